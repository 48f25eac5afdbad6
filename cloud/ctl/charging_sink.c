/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/charging_sink.h"

#include "base/clock.h"
#include "protocol/json.h"
#include "stations/control_client.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <unistd.h>

#define US_PER_MINUTE INT64_C(60000000)

static void write_ids(struct strbuf *to, const int64_t *ids, size_t count)
{
    strbuf_append_text(to, "\"processes\":[");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(to, "%s%lld", i > 0 ? "," : "", (long long)ids[i]);
    strbuf_append_text(to, "]}");
}

/* Asks the bridge and adds its answer `name` to *told. */
static int ask(const struct charging_sink *sink, const struct strbuf *request, const char *name,
               int64_t *told, struct err *err)
{
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    if (strbuf_failed(request))
        return err_set(err, ERR_NOMEM, "out of memory");
    int status = control_request(sink->db_path, strbuf_text(request), &reply, err);
    if (status < 0)
        return status;
    SCOPE_JSON cJSON *object = cJSON_Parse(strbuf_text(&reply));
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(number))
        return err_set(err, ERR_PROTOCOL, "the bridge's answer does not say \"%s\": %.80s", name,
                       strbuf_text(&reply));
    *told += (int64_t)number->valuedouble;
    return 0;
}

static int open_database(struct charging_sink *sink, struct err *err)
{
    const struct charging_limits limits = CHARGING_LIMITS_DEFAULT;
    /* STORE_WRITE would create a database that a mistyped --db names. */
    if (access(sink->db_path, F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no database %s", sink->db_path);
    int status = store_open(&sink->store, sink->db_path, STORE_WRITE, err);
    if (status == 0)
        status = alerts_new(&sink->alerts, sink->store, err);
    if (status == 0)
        status = charging_new(&sink->charging, sink->store, sink->alerts, &limits, err);
    if (status < 0)
        charging_sink_close(sink);
    return status;
}

static int commit(struct charging_sink *sink, int status, struct err *err)
{
    if (status == 0)
        status = charging_flush(sink->charging, err);
    if (status == 0)
        status = store_commit(sink->store, err);
    alerts_forget(sink->alerts); /* nobody is there to publish them; they are on record */
    if (status < 0) {
        store_rollback(sink->store);
        charging_forget(sink->charging);
    }
    return status;
}

static int repair_here(struct charging_sink *sink, const int64_t *ids, size_t count,
                       int64_t idle_min, int64_t *closed, struct err *err)
{
    int64_t now_us = clock_wall_us(), ended = 0;
    int status = store_begin(sink->store, err);
    for (size_t i = 0; i < count && status == 0; i++) {
        bool one = false;
        status = charging_repair(sink->charging, ids[i], now_us - idle_min * US_PER_MINUTE, now_us,
                                 &one, err);
        ended += one;
    }
    status = commit(sink, status, err);
    *closed += status == 0 ? ended : 0;
    return status;
}

/* Asks the bridge; 1: none runs, and the database is open here. Decided at the first call. */
static int ask_or_open(struct charging_sink *sink, const struct strbuf *request, const char *name,
                       int64_t *told, struct err *err)
{
    if (sink->store)
        return 1;
    int status = ask(sink, request, name, told, err);
    bool absent = status == ERR_UNAVAILABLE && !sink->decided;
    sink->decided = true;
    if (!absent)
        return status;
    status = open_database(sink, err);
    return status < 0 ? status : 1;
}

int charging_sink_repair(struct charging_sink *sink, const int64_t *ids, size_t count,
                         int64_t idle_min, int64_t *closed, struct err *err)
{
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT;
    strbuf_printf(&request, "{\"command\":\"charging_repair\",\"idle_min\":%lld,",
                  (long long)idle_min);
    write_ids(&request, ids, count);
    int here = ask_or_open(sink, &request, "closed", closed, err);
    return here <= 0 ? here : repair_here(sink, ids, count, idle_min, closed, err);
}

int charging_sink_limits(const struct charging_sink *sink, struct evaluate2_limits *limits,
                         struct err *err)
{
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    struct err why = {0};
    *limits = sink->limits;
    int status =
        control_request(sink->db_path, "{\"command\":\"charging_settings\"}", &reply, &why);
    if (status == ERR_UNAVAILABLE)
        return 0;
    if (status < 0)
        return err_set(err, status, "%s", why.text);
    SCOPE_JSON cJSON *object = cJSON_Parse(strbuf_text(&reply));
    const cJSON *gap = cJSON_GetObjectItemCaseSensitive(object, "gap_us");
    const cJSON *rating = cJSON_GetObjectItemCaseSensitive(object, "rating_kw");
    if (!cJSON_IsNumber(gap))
        return err_set(err, ERR_PROTOCOL, "the bridge's answer does not say \"gap_us\": %.80s",
                       strbuf_text(&reply));
    limits->gap_us = (int64_t)gap->valuedouble;
    limits->charger_rating_kw = cJSON_IsNumber(rating) ? rating->valuedouble : (double)NAN;
    return 0;
}

int charging_sink_recalculate(struct charging_sink *sink, const struct recalculate_order *order,
                              int64_t *changed, struct err *err)
{
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT;
    strbuf_append_text(&request, "{\"command\":\"charging_recalculate\",\"selection\":");
    json_write_text(&request, order->selection);
    strbuf_printf(&request, ",\"position\":%lld,\"looked_at\":%lld,\"done\":%s,",
                  (long long)order->after_id, (long long)order->looked_at,
                  order->done ? "true" : "false");
    write_ids(&request, order->ids, order->count);
    *changed = 0;
    int here = ask_or_open(sink, &request, "changed", changed, err);
    if (here <= 0)
        return here;
    int status = store_begin(sink->store, err);
    if (status == 0)
        status =
            recalculate_write(sink->store, order, &sink->limits, clock_wall_us(), changed, err);
    return commit(sink, status, err);
}

void charging_sink_close(struct charging_sink *sink)
{
    charging_free(sink->charging);
    alerts_free(sink->alerts);
    store_close(sink->store);
    sink->charging = NULL;
    sink->alerts = NULL;
    sink->store = NULL;
}
