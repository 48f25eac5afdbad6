/* SPDX-License-Identifier: Apache-2.0 */
/* How a moment of a charging process is named under each key. Only for analysis.c. */
#ifndef SWAPSTACK_CHARGING_ANALYSIS_KEY_H
#define SWAPSTACK_CHARGING_ANALYSIS_KEY_H

#include "charging/analysis.h"
#include <stdbool.h>

struct analysis_moment {
    const struct history_row *process;
    const struct zone *zone;
    int64_t at_us;
    double level, power_kw, temperature_c; /* NAN: not known */
};

/* Does the key depend on the clock on the wall? */
bool analysis_key_is_clock(enum analysis_key key);
/* *order sorts before the text; what is not known ("") comes first. */
void analysis_key_write(enum analysis_key key, const struct analysis_moment *moment,
                        char text[ANALYSIS_KEY_SIZE], int64_t *order);

#endif
