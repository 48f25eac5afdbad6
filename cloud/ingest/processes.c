/* SPDX-License-Identifier: Apache-2.0 */
/* Charging processes that an operator works on. */
#include "charging/recalculate.h"
#include "ingest/ingest_internal.h"

static int repair_all(struct ingest *ingest, const int64_t *ids, size_t count, int64_t idle_us,
                      int64_t *closed, struct err *err)
{
    int64_t plant_us = ingest->env->plant_us(ingest->env->self);
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        bool ended = false;
        status =
            charging_repair(ingest->charging, ids[i], plant_us - idle_us, plant_us, &ended, err);
        *closed += ended;
    }
    return status;
}

int ingest_repair_charging(struct ingest *ingest, const int64_t *ids, size_t count, int64_t idle_us,
                           int64_t *closed, struct err *err)
{
    *closed = 0;
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = repair_all(ingest, ids, count, idle_us, closed, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

const struct evaluate2_limits *ingest_rule_limits(const struct ingest *ingest)
{
    return &ingest->options.charging.rules.limits;
}

int ingest_recalculate_charging(struct ingest *ingest, const struct recalculate_order *order,
                                int64_t *changed, struct err *err)
{
    *changed = 0;
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = recalculate_write(ingest->store, order, ingest_rule_limits(ingest),
                                   ingest->env->plant_us(ingest->env->self), changed, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}
