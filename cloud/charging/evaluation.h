/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is derived from the samples of one process, by rule version 1 (sections 3, 4 and
 * 6 of design/charging.md) and by rule version 2 (charging/evaluate2.h), and its written form.
 * Pure. `swapctl charging evaluate` and the conformance tests both come this way.
 */
#ifndef SWAPSTACK_CHARGING_EVALUATION_H
#define SWAPSTACK_CHARGING_EVALUATION_H

#include "base/strbuf.h"
#include "charging/evaluate.h"
#include "charging/evaluate2.h"
#include "charging/samples.h"
#include <stdbool.h>

struct evaluation {
    struct evaluate_result figures;    /* rule 1; dates, levels and the like are of both */
    struct evaluate2_result intervals; /* rule 2 */
    int64_t cost, cost2;               /* by rule 1 and 2, ten-thousandths; COST_NONE */
    size_t refused;
};

/* Puts the samples in the order of their dates. `now_us`: start and end of a process that has no
 * samples. */
void evaluation_make(struct samples *samples, int64_t now_us, const struct evaluate2_limits *limits,
                     struct evaluation *evaluation);

/* By one rule (1 or 2): one JSON object, or a "name: value" line each: decimals at their stored
 * scale (in JSON as strings), null for what is not known ("-" in lines). Rule 2 gives the flags
 * with their reasons too. No line end behind the object. */
void evaluation_write(const struct evaluation *evaluation, int rule, bool json, struct strbuf *to);

#endif
