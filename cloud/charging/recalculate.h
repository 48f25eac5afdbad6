/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of closed charging processes made again from their samples. Looking (recalculate_look)
 * needs a reading connection only, so that the work is done beside the writer; the writer is asked
 * for what differs, looks again itself, because the process may have gone on meanwhile, and writes
 * in one short transaction.
 *
 * Both rules are applied (charging/rules.h); the one whose energies stand in charging_process stays
 * the one that it was. A figure there never gives way to one that is not known, and a cost is never
 * touched: who entered or billed it decides about that.
 */
#ifndef SWAPSTACK_CHARGING_RECALCULATE_H
#define SWAPSTACK_CHARGING_RECALCULATE_H

#include "charging/rules.h"
#include "store/recalculation.h"
#include <stdbool.h>

enum recalculate_outcome {
    RECALCULATE_SAME,
    RECALCULATE_DIFFERS,
    RECALCULATE_INCOMPLETE, /* its samples were thinned or dropped (retention), or it had none */
    RECALCULATE_DAMAGED,    /* they cannot be read */
};

/* One field whose value differs; times are µs, NAN is not known. */
struct recalculate_change {
    size_t field;
    double before, after;
};

#define RECALCULATE_FIELDS 23
/* Names it: the column of charging_process, or rule and column of charging_evaluation
 * ("rule_2.efficiency"); and whether it is a time. */
const char *recalculate_field_name(size_t field);
bool recalculate_field_is_time(size_t field);

/* Everything that is derived from the samples of one process. */
struct recalculate_figures {
    struct charging_figures process;
    struct evaluation_row rules[2];
    int64_t flags; /* how many */
};

struct recalculate_result {
    enum recalculate_outcome outcome;
    size_t samples;
    struct rules_result made;
    struct recalculate_figures figures; /* as they should be */
    bool process_differs, rules_differ;
    struct recalculate_change changes[RECALCULATE_FIELDS];
    size_t change_count;
    struct err why; /* RECALCULATE_DAMAGED */
};

/* `limits`: those of rule 2. */
int recalculate_look(struct store *store, const struct recalculation_row *row,
                     const struct evaluate2_limits *limits, struct recalculate_result *result,
                     struct err *err);

/* What the writer is asked for: to write these processes if they still differ, and to note that the
 * selection is done up to `after_id`. */
struct recalculate_order {
    char selection[512]; /* canonical form of what was asked for */
    int64_t after_id, looked_at;
    bool done; /* the selection is through: nothing is left to be resumed */
    const int64_t *ids;
    size_t count;
};
/* Inside the caller's transaction. *changed: how many were written. */
int recalculate_write(struct store *store, const struct recalculate_order *order,
                      const struct evaluate2_limits *limits, int64_t now_us, int64_t *changed,
                      struct err *err);

#endif
