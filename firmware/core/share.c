/* SPDX-License-Identifier: Apache-2.0 */
#include "core/share.h"

#include <math.h>
#include <stdbool.h>

void share_fairly(const double *wants, int count, double total, double *gives)
{
    double left = fmax(total, 0); /* fmax takes a NAN for 0 */
    int open = count;
    for (int i = 0; i < count; i++)
        gives[i] = -1; /* not settled */
    /* Each round settles those who want no more than an equal share of what is left; the share of
     * the others only grows by that. Without any, the others share equally. */
    for (bool settled = true; settled && open > 0;) {
        double share = left / open;
        settled = false;
        for (int i = 0; i < count; i++) {
            double want = fmax(wants[i], 0);
            if (gives[i] >= 0 || want > share)
                continue;
            gives[i] = want;
            left = fmax(left - want, 0);
            open--;
            settled = true;
        }
    }
    for (int i = 0; i < count; i++)
        if (gives[i] < 0)
            gives[i] = left / open;
}
