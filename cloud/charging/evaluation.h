/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is derived from the samples of one process (rule version 1: sections 3, 4 and 6
 * of design/charging.md), and its written form. Pure. `swapctl charging evaluate` and the
 * conformance tests both come this way.
 */
#ifndef SWAPSTACK_CHARGING_EVALUATION_H
#define SWAPSTACK_CHARGING_EVALUATION_H

#include "base/strbuf.h"
#include "charging/evaluate.h"
#include "charging/samples.h"
#include <stdbool.h>

struct evaluation {
    struct evaluate_result figures;
    int64_t cost; /* ten-thousandths; COST_NONE */
    size_t refused;
};

/* Puts the samples in the order of their dates. `now_us`: start and end of a process that has no
 * samples. */
void evaluation_make(struct samples *samples, int64_t now_us, struct evaluation *evaluation);

/* One JSON object, or a "name: value" line each: decimals at their stored scale (in JSON as
 * strings), null for what is not known ("-" in lines). */
void evaluation_write(const struct evaluation *evaluation, bool json, struct strbuf *to);

#endif
