/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/alert_json.h"

#include "protocol/timestamp.h"
#include <cjson/cJSON.h>
#include <math.h>

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text[0])
        (void)cJSON_AddStringToObject(object, name, text);
}

static void add_time(cJSON *object, const char *name, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE];
    if (us == STORE_NULL)
        return;
    timestamp_format(us, text);
    (void)cJSON_AddStringToObject(object, name, text);
}

static void add_number(cJSON *object, const char *name, double value)
{
    if (!isnan(value))
        (void)cJSON_AddNumberToObject(object, name, value);
}

int alert_json(const struct alert_row *row, const char *event, struct strbuf *to, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    add_number(object, "id", (double)row->id);
    add_text(object, "event", event);
    add_text(object, "kind", row->kind);
    add_text(object, "severity", row->severity);
    add_text(object, "bid", row->bid);
    add_text(object, "vid", row->vid);
    add_text(object, "station", row->station_id);
    add_number(object, "slot", row->slot == STORE_NULL ? NAN : (double)row->slot);
    add_time(object, "raised_at", row->raised_at_us);
    add_time(object, "cleared_at", row->cleared_at_us);
    add_time(object, "acknowledged_at", row->acknowledged_at_us);
    add_text(object, "acknowledged_by", row->acknowledged_by);
    add_number(object, "value", row->value);
    add_number(object, "threshold", row->threshold);
    add_text(object, "text", row->text);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text)
        strbuf_append_text(to, text);
    bool failed = !text || strbuf_failed(to);
    cJSON_free(text);
    return failed ? err_set(err, ERR_NOMEM, "alert %s: out of memory", row->kind) : 0;
}
