/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from no station: exchange events, orders about batteries, what came of exporting. */
#include "ingest/ingest_internal.h"
#include "tracking/form.h"
#include "tracking/order.h"
#include <math.h>
#include <string.h>

static int add_all(struct ingest *ingest, const struct exchange_form *forms, size_t count,
                   const struct tracking_source *source, int64_t *known, struct err *err)
{
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        bool repeat;
        status = tracking_record_exchange(ingest->tracking, &forms[i], source, &repeat, err);
        *known += repeat;
    }
    return status;
}

int ingest_add_exchanges(struct ingest *ingest, const struct exchange_form *forms, size_t count,
                         bool import, const char *actor_id, int64_t *added, int64_t *known,
                         struct err *err)
{
    struct tracking_source source = {.actor = import ? "import" : "operator",
                                     .actor_id = actor_id,
                                     .received_at_us = ingest->env->plant_us(ingest->env->self),
                                     .journal = "",
                                     .boot = STORE_NULL,
                                     .up_ms = STORE_NULL};
    *added = *known = 0;
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = add_all(ingest, forms, count, &source, known, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    else
        *added = (int64_t)count - *known;
    return status;
}

int ingest_note_export(struct ingest *ingest, bool failed, const char *text, struct err *err)
{
    struct alert_subject subject = {
        .kind = "export_failed", .severity = "error", .slot = STORE_NULL};
    int64_t now_us = ingest->env->plant_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    if (status == 0 && failed)
        status =
            alerts_raise(ingest->alerts, &subject, now_us, (double)NAN, (double)NAN, text, err);
    else if (status == 0)
        status = alerts_clear(ingest->alerts, &subject, now_us, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

struct telling {
    struct ingest *ingest;
    int status;
    struct err *err;
};

static void tell_station(void *self, struct station *station)
{
    struct telling *telling = self;
    if (telling->status == 0 && strcmp(station->row.status, "DISCONNECTED") != 0)
        telling->status = ingest_offer_config(telling->ingest, station, NULL, telling->err);
}

/* Who is there hears at once; the others when they come. */
static int tell_all(struct ingest *ingest, struct err *err)
{
    struct telling telling = {.ingest = ingest, .err = err};
    telling.status = fleet_load(&ingest->fleet, ingest->store, err);
    registry_each(ingest->registry, tell_station, &telling);
    return telling.status;
}

int ingest_obey_order(struct ingest *ingest, const struct battery_order *order, struct err *err)
{
    int64_t now_us = ingest->env->plant_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    if (status == 0) /* it looks into the tables */
        status = tracking_flush(ingest->tracking, err);
    if (status == 0)
        status = battery_order_run(ingest->store, ingest->alerts, order, now_us, err);
    if (status == 0 && order->kind != BATTERY_ORDER_AREA)
        status = tell_all(ingest, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}
