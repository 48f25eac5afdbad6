/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both rules over the samples of one process, side by side, and their figures as they are stored:
 * each rule's in charging_evaluation (with the flags of rule 2 in charging_flag), those of the
 * billed one in charging_process too.
 */
#ifndef SWAPSTACK_CHARGING_RULES_H
#define SWAPSTACK_CHARGING_RULES_H

#include "base/err.h"
#include "charging/evaluate.h"
#include "charging/evaluate2.h"
#include "store/charging.h"
#include "store/evaluation.h"
#include <math.h>

struct store;

struct rules_settings {
    int billed; /* rule version that fills charging_process and is billed: 1 or 2 */
    struct evaluate2_limits limits;
};
/* Rule 1 is billed, no rating is known. An initialiser. */
#define RULES_DEFAULT                                                                              \
    {                                                                                              \
        .billed = EVALUATE_RULE_VERSION, .limits = { EVALUATE2_GAP_DEFAULT_US, NAN }               \
    }

struct rules_state {
    struct evaluate_state first;
    struct evaluate2_state second;
};

struct rules_result {
    struct evaluate_result first; /* dates, levels, ranges, temperature and duration: of both */
    struct evaluate2_result second;
};

/* As evaluate_start, _add, _finish. The samples should carry their arrival. */
void rules_start(struct rules_state *state, const struct evaluate2_limits *limits);
void rules_add(struct rules_state *state, const struct evaluate_sample *sample);
void rules_finish(const struct rules_state *state, struct rules_result *result);

/* The energies of one rule, 1 or 2. */
struct rules_energy {
    double added_kwh, used_kwh;
    double used_exact_kwh; /* before rounding (tariffs use it) */
};
struct rules_energy rules_energy(const struct rules_result *result, int rule);

/* The columns of charging_process that the rule `billed` fills; reason, vehicle and time of
 * evaluation are left empty. */
struct charging_figures rules_figures(const struct rules_result *result, int billed);

/* The row of charging_evaluation of one rule, 1 or 2, without the time of evaluation. */
struct evaluation_row rules_evaluation(const struct rules_result *result, int rule);

/* Writes the figures and flags of both rules in place of what the process had. */
int rules_save(struct store *store, int64_t process, const struct rules_result *result,
               int64_t at_us, struct err *err);

#endif
