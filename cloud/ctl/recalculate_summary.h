/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recalculation tells: progress with the time it will take, on a terminal; at the end how
 * many processes it looked at and changed, and per field how many values changed and which one the
 * most. With JSON one object, whose "changes" are every single one of them.
 */
#ifndef SWAPSTACK_CTL_RECALCULATE_SUMMARY_H
#define SWAPSTACK_CTL_RECALCULATE_SUMMARY_H

#include "charging/recalculate.h"
#include <stdio.h>

struct recalculate_summary {
    int64_t total;                                           /* to be looked at in this run */
    int64_t resumed_after, looked_at_before, changed_before; /* of an earlier run; 0: none */
    int64_t looked_at, changed, incomplete, damaged;
    struct {
        int64_t count, process; /* `process`: of the largest change */
        double before, after;
    } fields[RECALCULATE_FIELDS];
    /* by recalculate_summary_begin */
    FILE *out;
    bool json, dry, terminal, any;
    int64_t began_mono_us, shown_mono_us;
};

void recalculate_summary_begin(struct recalculate_summary *summary, FILE *out, bool json, bool dry);
int recalculate_summary_take(struct recalculate_summary *summary, int64_t process,
                             const struct recalculate_result *result, struct err *err);
void recalculate_summary_progress(struct recalculate_summary *summary);
/* `whole`: the selection is through. */
void recalculate_summary_end(struct recalculate_summary *summary, bool whole);

#endif
