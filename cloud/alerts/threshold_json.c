/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/threshold_json.h"

#include "protocol/json.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static int take_text(const cJSON *object, const char *name, char *to, size_t size, struct err *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item && (!cJSON_IsString(item) || strlen(item->valuestring) >= size))
        return err_set(err, ERR_USAGE, "threshold: %s must be a text of at most %zu bytes", name,
                       size - 1);
    (void)snprintf(to, size, "%s", item ? item->valuestring : "");
    return 0;
}

static double take_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

int threshold_from_json(const cJSON *object, bool key_only, struct threshold_row *row,
                        struct err *err)
{
    enum threshold_kind kind;
    int status = take_text(object, "kind", row->kind, sizeof row->kind, err);
    if (status == 0)
        status = take_text(object, "model", row->model, sizeof row->model, err);
    if (status == 0)
        status = take_text(object, "station", row->station_id, sizeof row->station_id, err);
    if (status == 0)
        status = threshold_kind_of(row->kind, &kind, err);
    if (status < 0 || key_only)
        return status;
    row->raise = take_number(object, "raise");
    row->clear = take_number(object, "clear");
    row->enabled = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "enabled"));
    return threshold_check(kind, row->raise, isnan(row->clear) ? row->raise : row->clear, err);
}

static void add_text(struct strbuf *to, const char *name, const char *text)
{
    if (!text[0])
        return;
    strbuf_printf(to, ",\"%s\":", name);
    json_write_text(to, text);
}

void threshold_to_json(const struct threshold_row *row, bool key_only, struct strbuf *to)
{
    strbuf_append_text(to, "{\"kind\":");
    json_write_text(to, row->kind);
    add_text(to, "model", row->model);
    add_text(to, "station", row->station_id);
    if (!key_only) {
        strbuf_append_text(to, ",\"raise\":");
        json_write_number(to, row->raise);
        if (!isnan(row->clear)) {
            strbuf_append_text(to, ",\"clear\":");
            json_write_number(to, row->clear);
        }
        strbuf_printf(to, ",\"enabled\":%s", row->enabled ? "true" : "false");
    }
    strbuf_append_char(to, '}');
}
