/* SPDX-License-Identifier: Apache-2.0 */
/* The health of a battery from what the database knows of it: reads its charging processes, makes
 * the series, judges. Reading only; any connection will do. */
#ifndef SWAPSTACK_HEALTH_INSPECT_H
#define SWAPSTACK_HEALTH_INSPECT_H

#include "base/err.h"
#include "health/health.h"
#include "store/health.h"

struct inspection {
    struct health_battery_row battery;
    struct capacity_charge *charges; /* owned; in order of their ends */
    int64_t *ids;                    /* owned; of the charging processes, in the same order */
    struct series series;
    struct health health;
};

/* Reads the charges that ended before `before_us` and makes their series (what the battery itself
 * reported is always the newest). inspection_free also after an error. ERR_NOMEM, ERR_STORAGE. */
int inspection_read(struct store *store, const struct health_battery_row *battery,
                    const struct health_limits *limits, int64_t before_us,
                    struct inspection *inspection, struct err *err);
/* Judges what was read, as of `now_us`. ERR_NOMEM. */
int inspection_judge(struct inspection *inspection, const struct health_limits *limits,
                     int64_t now_us, struct err *err);
/* Releases the single charges; figures and judgement stay. */
void inspection_let_go(struct inspection *inspection);
void inspection_free(struct inspection *inspection);

#endif
