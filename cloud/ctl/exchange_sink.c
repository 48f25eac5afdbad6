/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/exchange_sink.h"

#include "alerts/channels.h"
#include "base/clock.h"
#include "protocol/json.h"
#include "stations/control_client.h"
#include <unistd.h>

static int send_to_bridge(struct exchange_sink *sink, const char *objects, struct err *err)
{
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT, reply = STRBUF_INIT;
    strbuf_append_text(&request, "{\"command\":\"exchange_add\",\"actor\":");
    json_write_text(&request, sink->actor);
    strbuf_append_text(&request, ",\"actor_id\":");
    json_write_text(&request, sink->actor_id);
    strbuf_append_text(&request, ",\"exchanges\":[");
    strbuf_append_text(&request, objects);
    strbuf_append_text(&request, "]}");
    if (strbuf_failed(&request))
        return err_set(err, ERR_NOMEM, "out of memory");
    int status = control_request(sink->db_path, strbuf_text(&request), &reply, err);
    if (status < 0)
        return status;
    cJSON *object = cJSON_Parse(strbuf_text(&reply));
    const cJSON *added = cJSON_GetObjectItemCaseSensitive(object, "added");
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(object, "known");
    bool told = cJSON_IsNumber(added) && cJSON_IsNumber(known);
    if (told) {
        sink->added += (int64_t)added->valuedouble;
        sink->known += (int64_t)known->valuedouble;
    }
    cJSON_Delete(object);
    return told ? 0 : err_set(err, ERR_PROTOCOL, "the bridge is too old to take exchanges");
}

/* With the limits that the bridge last ran with, so that comments come out the same. */
static int open_database(struct exchange_sink *sink, struct err *err)
{
    struct tracking_limits limits = TRACKING_LIMITS_DEFAULT;
    /* STORE_WRITE would create a database that a mistyped --db names. */
    if (access(sink->db_path, F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no database %s", sink->db_path);
    int status = store_open(&sink->store, sink->db_path, STORE_WRITE, err);
    if (status == 0)
        status = tracking_logged_limits(sink->store, &limits, err);
    if (status >= 0)
        status = alerts_new(&sink->alerts, sink->store, err);
    if (status == 0)
        status = tracking_new(&sink->tracking, sink->store, sink->alerts, &limits, err);
    return status;
}

static int store_all(struct exchange_sink *sink, const struct exchange_form *forms, size_t count,
                     int64_t *known, struct err *err)
{
    struct tracking_source source = {.actor = sink->actor,
                                     .actor_id = sink->actor_id,
                                     .received_at_us = clock_wall_us(),
                                     .journal = "",
                                     .boot = STORE_NULL,
                                     .up_ms = STORE_NULL};
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        bool repeat;
        status = tracking_record_exchange(sink->tracking, &forms[i], &source, &repeat, err);
        *known += repeat;
    }
    return status;
}

static int store_batch(struct exchange_sink *sink, const struct exchange_form *forms, size_t count,
                       struct err *err)
{
    int64_t known = 0;
    int status = store_begin(sink->store, err);
    if (status == 0)
        status = alerts_begin(sink->alerts, clock_wall_us(), err);
    if (status == 0)
        status = store_all(sink, forms, count, &known, err);
    if (status == 0)
        status = tracking_flush(sink->tracking, err);
    if (status == 0)
        status = store_commit(sink->store, err);
    if (status < 0) {
        store_rollback(sink->store);
        alerts_forget(sink->alerts);
        tracking_forget(sink->tracking);
        return status;
    }
    sink->known += known;
    sink->added += (int64_t)count - known;
    return 0;
}

int exchange_sink_decide(struct exchange_sink *sink, struct err *err)
{
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    if (sink->decided)
        return 0;
    int status = control_request(sink->db_path, "{\"command\":\"ping\"}", &reply, err);
    if (status == ERR_UNAVAILABLE)
        status = open_database(sink, err);
    sink->decided = status == 0;
    if (status < 0)
        exchange_sink_close(sink);
    return status;
}

bool exchange_sink_wants_objects(const struct exchange_sink *sink)
{
    return !sink->store;
}

int exchange_sink_send(struct exchange_sink *sink, const struct exchange_form *forms, size_t count,
                       const char *objects, struct err *err)
{
    int status = exchange_sink_decide(sink, err);
    if (status < 0)
        return status;
    return sink->store ? store_batch(sink, forms, count, err) : send_to_bridge(sink, objects, err);
}

void exchange_sink_close(struct exchange_sink *sink)
{
    tracking_free(sink->tracking);
    alerts_free(sink->alerts);
    store_close(sink->store);
    sink->tracking = NULL;
    sink->alerts = NULL;
    sink->store = NULL;
}
