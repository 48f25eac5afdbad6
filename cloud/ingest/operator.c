/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks for over the control socket, each in a transaction of its own. */
#include "alerts/order.h"
#include "ingest/ingest_internal.h"

/* Commits what went well, undoes the rest. */
static int settle(struct ingest *ingest, int status, struct err *err)
{
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

int ingest_set_model(struct ingest *ingest, const char *bid, const char *model, const char *actor,
                     struct err *err)
{
    struct tracking_source source = {.actor = "operator",
                                     .actor_id = actor,
                                     .received_at_us = ingest->env->plant_us(ingest->env->self),
                                     .journal = "",
                                     .boot = STORE_NULL,
                                     .up_ms = STORE_NULL};
    bool changed;
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = tracking_set_battery_model(ingest->tracking, bid, model, &source, &changed, err);
    return settle(ingest, status, err);
}

/* Of the closed ones so many go at most with each note. */
#define FORGET_AT_ONCE 100

int ingest_note_deliveries(struct ingest *ingest, const struct delivery_row *rows, size_t count,
                           int64_t keep_us, struct err *err)
{
    int64_t wall_us = ingest->env->wall_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    for (size_t i = 0; i < count && status == 0; i++)
        status = delivery_save(ingest->store, &rows[i], err);
    if (status == 0)
        status = delivery_forget(ingest->store, wall_us - keep_us, FORGET_AT_ONCE, err);
    return settle(ingest, status, err);
}

int ingest_obey_alerts(struct ingest *ingest, struct alert_order *order, struct err *err)
{
    int64_t at_us = ingest->env->plant_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = alert_order_apply(ingest->alerts, order, at_us, err);
    return settle(ingest, status, err);
}
