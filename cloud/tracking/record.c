/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into event_log besides derived facts: events that come from no station, and limits. */
#include "base/scope.h"
#include "store/eventlog.h"
#include "tracking/form.h"
#include "tracking/tracking_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int append(struct tracking *tracking, const char *kind, const char *station_id,
                  int64_t event_time_us, const char *payload, const struct tracking_source *source,
                  struct err *err)
{
    struct eventlog_row row = {.received_at_us = source->received_at_us,
                               .event_time_us = event_time_us,
                               .actor = source->actor,
                               .actor_id = source->actor_id,
                               .station_id = station_id,
                               .kind = kind,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = payload};
    return eventlog_append(tracking->store, &row, err);
}

int tracking_record_exchange(struct tracking *tracking, const struct exchange_form *form,
                             const struct tracking_source *source, bool *repeat, struct err *err)
{
    struct tracking_exchange exchange = form_exchange(form);
    int status = tracking_add_battery_exchange_task(tracking, &exchange, source, repeat, err);
    if (status < 0 || *repeat)
        return status;
    cJSON *object = form_to_json(form);
    char *payload = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!payload)
        return err_set(err, ERR_NOMEM, "exchange of battery %s: out of memory", form->bid);
    status = append(tracking, "exchange.add", form->station_id, form->event_time_us, payload,
                    source, err);
    cJSON_free(payload);
    return status;
}

static void write_limits(const struct tracking_limits *limits, char *to, size_t size)
{
    (void)snprintf(to, size,
                   "{\"capacity_min_kwh\":%.17g,\"frequent_window_us\":%" PRId64
                   ",\"frequent_swap_max\":%" PRId64 "}",
                   limits->capacity_min_kwh, limits->frequent_window_us, limits->frequent_swap_max);
}

int limits_from_json(const cJSON *object, struct tracking_limits *limits, struct err *err)
{
    const cJSON *capacity = cJSON_GetObjectItemCaseSensitive(object, "capacity_min_kwh");
    const cJSON *window = cJSON_GetObjectItemCaseSensitive(object, "frequent_window_us");
    const cJSON *most = cJSON_GetObjectItemCaseSensitive(object, "frequent_swap_max");
    if (!cJSON_IsNumber(capacity) || !cJSON_IsNumber(window) || !cJSON_IsNumber(most))
        return err_set(err, ERR_INVALID, "event_log: " EVENTLOG_LIMITS " needs three numbers");
    *limits = (struct tracking_limits){.capacity_min_kwh = capacity->valuedouble,
                                       .frequent_window_us = (int64_t)window->valuedouble,
                                       .frequent_swap_max = (int64_t)most->valuedouble};
    return 0;
}

int tracking_logged_limits(struct store *store, struct tracking_limits *limits, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    int found = eventlog_last_limits(store, &payload, err);
    if (found <= 0)
        return found;
    cJSON *object = cJSON_Parse(strbuf_text(&payload));
    int status = limits_from_json(object, limits, err);
    cJSON_Delete(object);
    return status < 0 ? status : 1;
}

int tracked_limits_log(struct tracking *tracking, const struct tracking_source *source,
                       struct err *err)
{
    if (tracking->limits_logged)
        return 0;
    SCOPE_STRBUF struct strbuf last = STRBUF_INIT;
    char now[160];
    write_limits(&tracking->limits, now, sizeof now);
    int found = eventlog_last_limits(tracking->store, &last, err);
    if (found < 0)
        return found;
    struct tracking_source self = {.actor = "system", .received_at_us = source->received_at_us};
    int status = 0;
    if (strcmp(strbuf_text(&last), now) != 0)
        status = append(tracking, EVENTLOG_LIMITS, NULL, source->received_at_us, now, &self, err);
    tracking->limits_logged = status == 0;
    return status;
}

int tracking_log_swap_end(struct tracking *tracking, const char *request_id, int64_t at_us,
                          const char *outcome, const char *reason,
                          const struct tracking_source *source, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    bool made = object && cJSON_AddStringToObject(object, "request_id", request_id) &&
                cJSON_AddStringToObject(object, "outcome", outcome) &&
                cJSON_AddStringToObject(object, "reason", reason);
    char *payload = made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!payload)
        return err_set(err, ERR_NOMEM, "event_log: out of memory");
    int status = append(tracking, "swap.end", source->actor_id, at_us, payload, source, err);
    cJSON_free(payload);
    return status;
}
