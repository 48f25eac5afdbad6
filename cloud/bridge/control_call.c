/* SPDX-License-Identifier: Apache-2.0 */
/* What may be asked over the control socket, and how a call passes to the writer and back. */
#include "bridge/control.h"

#include "protocol/json.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MAX    9007199254740992.0 /* 2^53: what a JSON number holds exactly */
#define IDLE_MAX_MIN 52560000           /* 100 years */

static int take_text(const cJSON *object, const char *name, char *to, size_t size, struct err *err)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    if (!text || !text[0] || strlen(text) >= size)
        return err_set(err, ERR_USAGE, "%s: a text of 1 to %zu bytes is needed", name, size - 1);
    (void)snprintf(to, size, "%s", text);
    return 0;
}

static int parse_approval(const cJSON *object, struct control_call *call, struct err *err)
{
    call->command = CONTROL_STATION_APPROVE;
    int status = take_text(object, "station", call->station, sizeof call->station, err);
    if (status == 0)
        status = take_text(object, "approval", call->approval, sizeof call->approval, err);
    const cJSON *actor = cJSON_GetObjectItemCaseSensitive(object, "actor");
    if (status == 0 && cJSON_IsString(actor) && actor->valuestring[0])
        status = take_text(object, "actor", call->actor, sizeof call->actor, err);
    return status;
}

static int parse_exchanges(const cJSON *object, struct control_call *call, struct err *err)
{
    char actor[16];
    call->command = CONTROL_EXCHANGE_ADD;
    int status = take_text(object, "actor", actor, sizeof actor, err);
    if (status == 0)
        status = take_text(object, "actor_id", call->actor, sizeof call->actor, err);
    if (status < 0)
        return status;
    call->import = strcmp(actor, "import") == 0;
    if (!call->import && strcmp(actor, "operator") != 0)
        return err_set(err, ERR_USAGE, "actor %s: must be operator or import", actor);
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, "exchanges"), *item;
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) == 0)
        return err_set(err, ERR_USAGE, "exchanges: an array of at least one object is needed");
    size_t count = (size_t)cJSON_GetArraySize(array);
    call->exchanges = calloc(1, sizeof *call->exchanges + count * sizeof call->exchanges->forms[0]);
    if (!call->exchanges)
        return err_set(err, ERR_NOMEM, "exchanges: out of memory");
    cJSON_ArrayForEach(item, array)
    {
        size_t i = call->exchanges->count++;
        if (form_from_json(item, &call->exchanges->forms[i], err) < 0) {
            err_prefix(err, "exchanges[%zu]: ", i);
            return ERR_USAGE;
        }
    }
    return 0;
}

static int take_whole(const cJSON *item, double least, const char *name, int64_t *to,
                      struct err *err)
{
    double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    if (!(value >= least && value <= WHOLE_MAX) || value != floor(value))
        return err_set(err, ERR_USAGE, "%s: a whole number from %.0f is needed", name, least);
    *to = (int64_t)value;
    return 0;
}

static int take_processes(const cJSON *object, struct control_call *call, struct err *err)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, "processes"), *item;
    if (!cJSON_IsArray(array))
        return err_set(err, ERR_USAGE, "processes: an array of ids is needed");
    size_t count = (size_t)cJSON_GetArraySize(array);
    call->processes = calloc(1, sizeof *call->processes + count * sizeof call->processes->ids[0]);
    if (!call->processes)
        return err_set(err, ERR_NOMEM, "processes: out of memory");
    cJSON_ArrayForEach(item, array)
    {
        int64_t *id = &call->processes->ids[call->processes->count++];
        if (take_whole(item, 1, "an id of processes", id, err) < 0)
            return ERR_USAGE;
    }
    return 0;
}

static int parse_recalculate(const cJSON *object, struct control_call *call, struct err *err)
{
    call->command = CONTROL_CHARGING_RECALCULATE;
    int status = take_processes(object, call, err);
    if (status < 0)
        return status;
    struct recalculate_order *order = &call->processes->order;
    const cJSON *done = cJSON_GetObjectItemCaseSensitive(object, "done");
    status = take_text(object, "selection", order->selection, sizeof order->selection, err);
    if (status == 0)
        status = take_whole(cJSON_GetObjectItemCaseSensitive(object, "position"), 0, "position",
                            &order->after_id, err);
    if (status == 0)
        status = take_whole(cJSON_GetObjectItemCaseSensitive(object, "looked_at"), 0, "looked_at",
                            &order->looked_at, err);
    if (status == 0 && !cJSON_IsBool(done))
        status = err_set(err, ERR_USAGE, "done: true or false is needed");
    order->done = cJSON_IsTrue(done);
    order->ids = call->processes->ids;
    order->count = call->processes->count;
    return status;
}

static int parse_repair(const cJSON *object, struct control_call *call, struct err *err)
{
    const cJSON *idle = cJSON_GetObjectItemCaseSensitive(object, "idle_min");
    call->command = CONTROL_CHARGING_REPAIR;
    if (!cJSON_IsNumber(idle) || !(idle->valuedouble >= 0 && idle->valuedouble <= IDLE_MAX_MIN))
        return err_set(err, ERR_USAGE, "idle_min: a number from 0 to %d is needed", IDLE_MAX_MIN);
    int status = take_processes(object, call, err);
    if (status == 0)
        call->processes->idle_us = (int64_t)(idle->valuedouble * 60e6);
    return status;
}

static int parse_costs(const cJSON *object, struct control_call *call, struct err *err)
{
    call->command = CONTROL_COSTS;
    call->costs = calloc(1, sizeof *call->costs);
    if (!call->costs)
        return err_set(err, ERR_NOMEM, "request: out of memory");
    return cost_change_parse(object, &call->costs->change, err);
}

void control_call_free(struct control_call *call)
{
    if (call->costs) {
        cost_change_free(call->costs->change);
        strbuf_free(&call->costs->answer);
    }
    free(call->costs);
    call->costs = NULL;
    free(call->exchanges);
    free(call->processes);
    free(call->alert_order);
    call->exchanges = NULL;
    call->processes = NULL;
    call->alert_order = NULL;
}

static int parse_model(const cJSON *object, struct control_call *call, struct err *err)
{
    call->command = CONTROL_BATTERY_MODEL;
    int status = take_text(object, "bid", call->bid, sizeof call->bid, err);
    if (status == 0)
        status = take_text(object, "actor", call->actor, sizeof call->actor, err);
    const char *model = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "model"));
    if (status == 0 && (!model || strlen(model) >= sizeof call->model))
        return err_set(err, ERR_USAGE, "model: a text of at most %zu bytes is needed",
                       sizeof call->model - 1);
    if (status == 0)
        (void)snprintf(call->model, sizeof call->model, "%s", model);
    return status;
}

static int parse_object(const cJSON *object, struct control_call *call, struct err *err)
{
    char command[32];
    int status = take_text(object, "command", command, sizeof command, err);
    if (status < 0)
        return status;
    if (strcmp(command, "ping") == 0) {
        call->command = CONTROL_PING;
        return 0;
    }
    if (strcmp(command, "station_approve") == 0)
        return parse_approval(object, call, err);
    if (strcmp(command, "exchange_add") == 0)
        return parse_exchanges(object, call, err);
    if (battery_order_is(command)) {
        call->command = CONTROL_BATTERY_ORDER;
        return battery_order_from_json(object, &call->order, err) < 0 ? (err->code = ERR_USAGE) : 0;
    }
    if (strcmp(command, "charging_repair") == 0)
        return parse_repair(object, call, err);
    if (strcmp(command, "battery_model") == 0)
        return parse_model(object, call, err);
    if (alert_order_is(command)) {
        call->command = CONTROL_ALERT_ORDER;
        return alert_order_parse(object, &call->alert_order, err);
    }
    if (cost_change_is_command(command))
        return parse_costs(object, call, err);
    if (strcmp(command, "charging_recalculate") == 0)
        return parse_recalculate(object, call, err);
    if (strcmp(command, "charging_settings") == 0) {
        call->command = CONTROL_CHARGING_SETTINGS;
        call->processes = calloc(1, sizeof *call->processes);
        return call->processes ? 0 : err_set(err, ERR_NOMEM, "request: out of memory");
    }
    return err_set(
        err, ERR_USAGE,
        "command %s: unknown; station_approve, exchange_add, battery_area, battery_lock, "
        "battery_unlock, charging_repair, charging_recalculate, charging_settings, battery_model, "
        "alert_ack, alert_test, threshold_set, threshold_unset, webhook_set, webhook_unset, ping "
        "and "
        "changes of costs (tariff_add …) are known",
        command);
}

int control_parse(const char *line, size_t length, struct control_call *call, struct err *err)
{
    *call = (struct control_call){0};
    SCOPE_JSON cJSON *object = NULL;
    struct err why = {0};
    if (json_parse(line, length, &object, &why) < 0)
        return err_set(err, ERR_USAGE, "request: %s", why.text);
    if (!cJSON_IsObject(object))
        return err_set(err, ERR_USAGE, "request: not a JSON object");
    return parse_object(object, call, err);
}

/* What was done to charging processes, or is to be known of them. */
static void format_processes(const struct control_call *call, cJSON *object)
{
    const struct control_processes *processes = call->processes;
    if (call->command == CONTROL_CHARGING_SETTINGS) {
        double rating_kw = processes->limits.charger_rating_kw;
        (void)cJSON_AddNumberToObject(object, "gap_us", (double)processes->limits.gap_us);
        (void)cJSON_AddItemToObject(object, "rating_kw",
                                    isnan(rating_kw) ? cJSON_CreateNull()
                                                     : cJSON_CreateNumber(rating_kw));
        return;
    }
    bool repair = call->command == CONTROL_CHARGING_REPAIR;
    (void)cJSON_AddNumberToObject(object, repair ? "closed" : "changed", (double)processes->worked);
}

void control_format(const struct control_call *call, int status, const struct err *err,
                    struct strbuf *to)
{
    cJSON *object = cJSON_CreateObject();
    if (status == 0) {
        (void)cJSON_AddTrueToObject(object, "ok");
        if (call->exchanges) {
            (void)cJSON_AddNumberToObject(object, "added", (double)call->exchanges->added);
            (void)cJSON_AddNumberToObject(object, "known", (double)call->exchanges->known);
        }
        if (call->processes)
            format_processes(call, object);
        if (call->alert_order)
            alert_order_answer(call->alert_order, object);
    } else {
        (void)cJSON_AddStringToObject(object, "error", err->text);
        (void)cJSON_AddStringToObject(object, "code", err_name(status));
    }
    if (status == 0 && call->costs && call->costs->answer.length > 0) {
        SCOPE_STRBUF struct strbuf members = STRBUF_INIT;
        strbuf_printf(&members, "{%s}", strbuf_text(&call->costs->answer));
        cJSON *more = cJSON_Parse(strbuf_text(&members));
        for (cJSON *each; more && (each = more->child);)
            (void)cJSON_AddItemToObject(object, each->string,
                                        cJSON_DetachItemViaPointer(more, each));
        cJSON_Delete(more);
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    strbuf_append_text(to, text ? text : "{\"error\":\"out of memory\",\"code\":\"ERR_NOMEM\"}");
    strbuf_append_char(to, '\n');
    cJSON_free(text);
}

struct control_request {
    struct control_call call;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool is_answered;
    int status;
    struct err err;
};

const struct control_call *control_request_call(const struct control_request *request)
{
    return &request->call;
}

void control_answer(struct control_request *request, int status, const struct err *err)
{
    (void)pthread_mutex_lock(&request->lock);
    request->status = status;
    if (status < 0)
        request->err = *err;
    request->is_answered = true;
    (void)pthread_cond_signal(&request->answered);
    (void)pthread_mutex_unlock(&request->lock);
}

int control_submit(struct ring *ring, const struct control_call *call, struct err *err)
{
    struct control_request request = {.call = *call};
    (void)pthread_mutex_init(&request.lock, NULL);
    (void)pthread_cond_init(&request.answered, NULL);
    struct ring_item item = {.kind = RING_REQUEST, .request = &request};
    int status = ring_push_reserve(ring, &item, err);
    if (status == 0) {
        (void)pthread_mutex_lock(&request.lock);
        while (!request.is_answered)
            (void)pthread_cond_wait(&request.answered, &request.lock);
        (void)pthread_mutex_unlock(&request.lock);
        status = request.status;
        if (status < 0 && err)
            *err = request.err;
    }
    (void)pthread_cond_destroy(&request.answered);
    (void)pthread_mutex_destroy(&request.lock);
    return status;
}
