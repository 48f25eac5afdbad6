/* SPDX-License-Identifier: Apache-2.0 */
/* charge_retention and retention_state: what was thinned or dropped, and how far retention is; and
 * the statements that do it. Decisions are made in cloud/retention. */
#ifndef SWAPSTACK_STORE_RETENTION_H
#define SWAPSTACK_STORE_RETENTION_H

#include "store/sample.h"

/* What is left of the samples of a process. Figures can be computed again from CHARGE_KEPT_ALL
 * only. */
enum charge_kept { CHARGE_KEPT_ALL, CHARGE_KEPT_THINNED, CHARGE_KEPT_NONE };
int charge_kept_load(struct store *store, int64_t process, enum charge_kept *kept, struct err *err);

/* A closed process, in the order of their ends. */
struct retention_process {
    int64_t id, end_date_us;
    enum charge_kept kept;
    bool looked_at;  /* and has got no samples since */
    int64_t samples; /* stored, packed or open */
};
/* The first one behind (after_us, after_id) that ended before `before_us`: 1, or 0. */
int retention_next_process(struct store *store, int64_t after_us, int64_t after_id,
                           int64_t before_us, struct retention_process *row, struct err *err);

/* Puts `count` samples in the place of a process's (0: none; as many as there are: nothing is
 * written) and keeps account of it. `interval_s` of the thinning, STORE_NULL: dropped. */
int retention_reduce(struct store *store, const struct retention_process *process,
                     const struct charge_sample *samples, size_t count, int64_t interval_s,
                     int64_t at_us, struct err *err);

/* Removes at most `most` rows that are older; *removed says how many. Of event_log only kinds that
 * nothing is made of again. */
int retention_trim_quarantine(struct store *store, int64_t before_us, int64_t most,
                              int64_t *removed, struct err *err);
int retention_trim_event_log(struct store *store, int64_t before_us, int64_t most, int64_t *removed,
                             struct err *err);
/* How many they would be. */
int retention_count_old(struct store *store, int64_t quarantine_before_us,
                        int64_t event_log_before_us, int64_t *quarantine, int64_t *event_log,
                        struct err *err);

/* Gives at most `most` free pages back to the file system when there are more than `spare`, which
 * new rows will take. Nothing in a file that was made without auto_vacuum. */
int retention_release_pages(struct store *store, int64_t spare, int64_t most, int64_t *released,
                            struct err *err);

struct retention_state {
    double thin_after_days;
    int64_t thin_interval_s;
    double drop_after_days, quarantine_days, event_log_days;
    int64_t pass_began_at_us, pass_ended_at_us; /* STORE_NULL */
};
/* 1, or 0 when nothing was ever told. */
int retention_state_load(struct store *store, struct retention_state *state, struct err *err);
int retention_state_save(struct store *store, const struct retention_state *state, struct err *err);

#endif
