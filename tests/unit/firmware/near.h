/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison of reals in tests; shows both when they differ. Needs cmocka.h before it. */
#ifndef SWAPSTACK_TESTS_NEAR_H
#define SWAPSTACK_TESTS_NEAR_H

#include <math.h>

#define assert_near(value, wanted, tolerance)                                                      \
    do {                                                                                           \
        double near_value_ = (value), near_wanted_ = (wanted);                                     \
        if (!(fabs(near_value_ - near_wanted_) <= (tolerance)))                                    \
            fail_msg("%s is %.17g, wanted %.17g within %g", #value, near_value_, near_wanted_,     \
                     (double)(tolerance));                                                         \
    } while (0)

#endif
