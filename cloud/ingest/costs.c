/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator changes about costs. */
#include "ingest/ingest_internal.h"

#include "charging/cost_change.h"

int ingest_change_costs(struct ingest *ingest, const struct cost_change *change,
                        struct strbuf *answer, struct err *err)
{
    int64_t now_us = ingest->env->plant_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = cost_change_run(ingest->store, change, now_us, answer, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}
