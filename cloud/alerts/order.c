/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/order.h"

#include "alerts/delivery.h"
#include "alerts/threshold_json.h"
#include "base/scope.h"
#include "store/eventlog.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS_MAX 1000

static const char *const COMMANDS[] = {[ALERT_ORDER_ACK] = "alert_ack",
                                       [ALERT_ORDER_TEST] = "alert_test",
                                       [ALERT_ORDER_WEBHOOK_SET] = "webhook_set",
                                       [ALERT_ORDER_WEBHOOK_UNSET] = "webhook_unset",
                                       [ALERT_ORDER_THRESHOLD_SET] = "threshold_set",
                                       [ALERT_ORDER_THRESHOLD_UNSET] = "threshold_unset"};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static int kind_of(const char *command)
{
    int kind = 0;
    while (kind < COMMAND_COUNT && (!command || strcmp(COMMANDS[kind], command) != 0))
        kind++;
    return kind;
}

bool alert_order_is(const char *command)
{
    return kind_of(command) < COMMAND_COUNT;
}

static int parse_ids(const cJSON *array, struct alert_order *order, struct err *err)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        double id = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        if (!(id >= 1 && id <= 9007199254740992.0) || id != floor(id))
            return err_set(err, ERR_USAGE, "ids[%zu]: the number of an alert is needed",
                           order->id_count);
        order->ids[order->id_count++] = (int64_t)id;
    }
    if (order->id_count == 0)
        return err_set(err, ERR_USAGE, "ids: the number of at least one alert is needed");
    return 0;
}

static int take(const cJSON *request, const char *name, char *to, size_t size, struct err *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, name);
    if (item && (!cJSON_IsString(item) || strlen(item->valuestring) >= size))
        return err_set(err, ERR_USAGE, "%s: a text of at most %zu bytes is needed", name, size - 1);
    (void)snprintf(to, size, "%s", item ? item->valuestring : "");
    return 0;
}

static int parse_webhook(const cJSON *request, bool name_only, struct channel_row *row,
                         struct err *err)
{
    *row = (struct channel_row){.kind = "webhook"};
    int status = take(request, "name", row->name, sizeof row->name, err);
    if (status == 0)
        status = take(request, "url", row->url, sizeof row->url, err);
    if (status == 0)
        status = take(request, "kinds", row->kinds, sizeof row->kinds, err);
    if (status == 0)
        status = take(request, "secret_file", row->secret_file, sizeof row->secret_file, err);
    return status < 0 || name_only ? status : channel_check(row, err);
}

static int parse_into(const cJSON *request, struct alert_order *order, struct err *err)
{
    const char *actor = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "actor"));
    if (!actor || !actor[0] || strlen(actor) >= sizeof order->actor)
        return err_set(err, ERR_USAGE, "actor: a text of 1 to %zu bytes is needed",
                       sizeof order->actor - 1);
    (void)snprintf(order->actor, sizeof order->actor, "%s", actor);
    if (order->kind == ALERT_ORDER_ACK)
        return parse_ids(cJSON_GetObjectItemCaseSensitive(request, "ids"), order, err);
    if (order->kind == ALERT_ORDER_TEST)
        return 0;
    if (order->kind == ALERT_ORDER_WEBHOOK_SET || order->kind == ALERT_ORDER_WEBHOOK_UNSET)
        return parse_webhook(request, order->kind == ALERT_ORDER_WEBHOOK_UNSET, &order->webhook,
                             err);
    return threshold_from_json(cJSON_GetObjectItemCaseSensitive(request, "threshold"),
                               order->kind == ALERT_ORDER_THRESHOLD_UNSET, &order->threshold, err);
}

int alert_order_parse(const cJSON *request, struct alert_order **order, struct err *err)
{
    int kind = kind_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "command")));
    int ids = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(request, "ids"));
    *order = NULL;
    if (kind == COMMAND_COUNT || ids > IDS_MAX)
        return err_set(err, ERR_USAGE, "an order about at most %d alerts is needed", IDS_MAX);
    SCOPE_FREE struct alert_order *made =
        calloc(1, sizeof *made + (size_t)ids * sizeof made->ids[0]);
    if (!made)
        return err_set(err, ERR_NOMEM, "order: out of memory");
    made->kind = (enum alert_order_kind)kind;
    int status = parse_into(request, made, err);
    if (status == 0)
        *order = SCOPE_STEAL(made);
    return status;
}

static int acknowledge(struct alerts *alerts, struct alert_order *order, int64_t at_us,
                       struct err *err)
{
    int status = 0;
    for (size_t i = 0; i < order->id_count && status == 0; i++) {
        bool known;
        status = alerts_acknowledge(alerts, order->ids[i], order->actor, at_us, &known, err);
        if (status == 0)
            ++*(known ? &order->known : &order->done);
    }
    return status;
}

static int log_threshold(struct store *store, const struct threshold_row *row, const char *kind,
                         bool key_only, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    threshold_to_json(row, key_only, &payload);
    if (strbuf_failed(&payload))
        return err_set(err, ERR_NOMEM, "threshold %s: out of memory", row->kind);
    struct eventlog_row log = {.received_at_us = row->set_at_us,
                               .event_time_us = row->set_at_us,
                               .actor = "operator",
                               .actor_id = row->set_by,
                               .station_id = row->station_id,
                               .kind = kind,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(store, &log, err);
}

static int set(struct alerts *alerts, struct threshold_row *row, struct err *err)
{
    enum threshold_kind kind;
    int status = threshold_kind_of(row->kind, &kind, err);
    if (status < 0)
        return status;
    if (isnan(row->clear)) {
        struct threshold_default by = {row->raise, alerts_default(alerts, kind).hysteresis};
        row->clear = threshold_from_default(kind, &by).clear;
    }
    status = alerts_put_threshold(alerts, row, err);
    return status < 0
               ? status
               : log_threshold(alerts_store(alerts), row, EVENTLOG_THRESHOLD_SET, false, err);
}

static int unset(struct alerts *alerts, const struct threshold_row *row, struct err *err)
{
    int found = alerts_remove_threshold(alerts, row->kind, row->model, row->station_id, err);
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "threshold %s: none is set for %s%s%s%s", row->kind,
                       row->model[0] ? "model " : "any model", row->model,
                       row->station_id[0] ? " at station " : "", row->station_id);
    return found < 0
               ? found
               : log_threshold(alerts_store(alerts), row, EVENTLOG_THRESHOLD_UNSET, true, err);
}

int alert_order_apply(struct alerts *alerts, struct alert_order *order, int64_t at_us,
                      struct err *err)
{
    struct threshold_row *row = &order->threshold;
    row->set_at_us = at_us;
    (void)snprintf(row->set_by, sizeof row->set_by, "%s", order->actor);
    order->done = order->known = 0;
    order->webhook.set_at_us = at_us;
    (void)snprintf(order->webhook.set_by, sizeof order->webhook.set_by, "%s", order->actor);
    int status = 0;
    switch (order->kind) {
    case ALERT_ORDER_ACK:
        return acknowledge(alerts, order, at_us, err);
    case ALERT_ORDER_TEST:
        status = alerts_test(alerts, order->actor, at_us, &order->alert_id, err);
        break;
    case ALERT_ORDER_WEBHOOK_SET:
        status = alerts_set_webhook(alerts, &order->webhook, err);
        break;
    case ALERT_ORDER_WEBHOOK_UNSET:
        status = alerts_unset_webhook(alerts, order->webhook.name, order->actor, at_us, err);
        break;
    case ALERT_ORDER_THRESHOLD_SET:
        status = set(alerts, row, err);
        break;
    case ALERT_ORDER_THRESHOLD_UNSET:
        status = unset(alerts, row, err);
        break;
    }
    order->done = status == 0;
    return status;
}

void alert_order_answer(const struct alert_order *order, cJSON *answer)
{
    (void)cJSON_AddNumberToObject(answer, "done", (double)order->done);
    (void)cJSON_AddNumberToObject(answer, "known", (double)order->known);
    if (order->kind == ALERT_ORDER_TEST)
        (void)cJSON_AddNumberToObject(answer, "alert", (double)order->alert_id);
}
