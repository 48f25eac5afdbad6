/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl tariff …, geofence …, station zone, vehicle free, charging cost: options to
 * a request (charging/cost_change.h), its answer to a sentence. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/cost_channel.h"
#include "ctl/output.h"
#include "protocol/json.h"
#include <inttypes.h>
#include <string.h>

/* An option and the member that it becomes. */
struct member {
    const char *option, *name;
};
#define MEMBERS_END                                                                                \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/* The request with the options that were given; NULL: out of memory. `word` (may be NULL): the
 * member that the verb's word becomes. */
static cJSON *make_request(const struct ctl *ctl, const char *command, const char *word,
                           const struct member *members)
{
    cJSON *request = cJSON_CreateObject();
    bool made = request && cJSON_AddStringToObject(request, "command", command) &&
                cJSON_AddStringToObject(request, "actor", ctl_actor(ctl)) &&
                (!word || cJSON_AddStringToObject(request, word, ctl->word));
    for (; made && members && members->option; members++) {
        const char *value = args_value(ctl->args, members->option);
        /* A switch has the value "". */
        made = !value || cJSON_AddStringToObject(request, members->name, value[0] ? value : "yes");
    }
    if (made)
        return request;
    cJSON_Delete(request);
    return NULL;
}

static int send(const struct ctl *ctl, const cJSON *request, cJSON **answer, struct err *err)
{
    SCOPE(cost_channel_close) struct cost_channel channel = {0};
    int rc = request ? 0 : err_set(err, ERR_NOMEM, "out of memory");
    *answer = NULL;
    if (rc == 0)
        rc = ctl_db_path(ctl, &channel.db_path, err);
    return rc < 0 ? rc : cost_channel_send(&channel, request, answer, err);
}

static int integer_of(const cJSON *answer, const char *name)
{
    return (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer, name));
}

static const char *text_of(const cJSON *answer, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, name));
}

const char *ctl_currency(const struct ctl *ctl)
{
    return config_text(ctl->config, "money", "currency");
}

/* "12.30 EUR". */
static void write_amount(const struct ctl *ctl, const char *amount)
{
    const char *currency = ctl_currency(ctl);
    fprintf(ctl->out, "%s%s%s", amount ? amount : "none", amount && currency[0] ? " " : "",
            amount ? currency : "");
}

/* Tariffs ----------------------------------------------------------------------------------------
 */

int ctl_list_tariffs(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_TARIFFS, &filter, err);
}

int ctl_add_tariff(const struct ctl *ctl, struct err *err)
{
    static const struct member members[] = {
        {"station", "station"}, {"geofence", "geofence"},     {"per-kwh", "per_kwh"},
        {"fee", "fee"},         {"per-minute", "per_minute"}, {"from", "from"},
        {"to", "to"},           {"windows", "windows"},       MEMBERS_END};
    SCOPE_JSON cJSON *request = make_request(ctl, "tariff_add", NULL, members), *answer = NULL;
    int rc = send(ctl, request, &answer, err);
    if (rc == 0 && ctl->json)
        fprintf(ctl->out, "{\"id\":%d}\n", integer_of(answer, "id"));
    else if (rc == 0)
        fprintf(ctl->out, "tariff %d holds; 'swapctl tariff apply' brings old processes up to it\n",
                integer_of(answer, "id"));
    return rc;
}

int ctl_end_tariff(const struct ctl *ctl, struct err *err)
{
    static const struct member members[] = {{"to", "to"}, MEMBERS_END};
    SCOPE_JSON cJSON *request = make_request(ctl, "tariff_end", "id", members), *answer = NULL;
    int rc = send(ctl, request, &answer, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "tariff %s ends\n", ctl->word);
    return rc;
}

struct apply {
    const struct ctl *ctl;
    struct output_array *array; /* NULL: a table */
    int64_t looked_at, changed;
};

static int show_change(struct apply *apply, cJSON *change, struct err *err)
{
    const char *before = text_of(change, "before"), *after = text_of(change, "after");
    if (apply->array)
        return output_array_add(apply->array, change, err);
    if (apply->changed == 0)
        fprintf(apply->ctl->out, "%8s  %-20s  %-24s  %12s  %12s\n", "ID", "STATION", "START",
                "BEFORE", "AFTER");
    fprintf(apply->ctl->out, "%8d  %-20s  %-24s  %12s  %12s\n", integer_of(change, "id"),
            text_of(change, "station_id"), text_of(change, "start_date"), before ? before : "-",
            after ? after : "-");
    cJSON_Delete(change);
    return 0;
}

/* One page; *more: there are further ones, and the request asks for the next. */
static int apply_page(struct apply *apply, struct cost_channel *channel, cJSON *request, bool *more,
                      struct err *err)
{
    SCOPE_JSON cJSON *answer = NULL;
    int rc = cost_channel_send(channel, request, &answer, err);
    if (rc < 0)
        return rc;
    cJSON *changes = cJSON_GetObjectItemCaseSensitive(answer, "changes"), *change;
    while (rc == 0 && (change = cJSON_DetachItemFromArray(changes, 0)) != NULL) {
        rc = show_change(apply, change, err);
        apply->changed++;
    }
    apply->looked_at += integer_of(answer, "looked_at");
    const cJSON *last = cJSON_GetObjectItemCaseSensitive(answer, "last");
    *more = cJSON_IsNumber(last);
    char text[32];
    (void)snprintf(text, sizeof text, "%.0f", *more ? last->valuedouble : 0);
    cJSON_DeleteItemFromObjectCaseSensitive(request, "after");
    if (rc == 0 && !cJSON_AddStringToObject(request, "after", text))
        rc = err_set(err, ERR_NOMEM, "out of memory");
    return rc;
}

int ctl_apply_tariffs(const struct ctl *ctl, struct err *err)
{
    static const struct member members[] = {
        {"station", "station"}, {"from", "from"}, {"to", "to"}, MEMBERS_END};
    SCOPE(cost_channel_close)
    struct cost_channel channel = {.dry = args_value(ctl->args, "dry-run") != NULL};
    SCOPE_JSON cJSON *request = make_request(ctl, "tariff_apply", NULL, members);
    struct output_array array;
    struct apply apply = {.ctl = ctl, .array = ctl->json ? &array : NULL};
    bool more = true;
    int rc = request ? ctl_db_path(ctl, &channel.db_path, err)
                     : err_set(err, ERR_NOMEM, "out of memory");
    if (ctl->json)
        output_array_begin(&array, ctl->out);
    while (rc == 0 && more)
        rc = apply_page(&apply, &channel, request, &more, err);
    if (ctl->json)
        output_array_end(&array);
    fprintf(stderr, "swapctl: %" PRId64 " processes looked at, the cost of %" PRId64 " %s\n",
            apply.looked_at, apply.changed, channel.dry ? "would change" : "changed");
    return rc;
}

/* Geofences --------------------------------------------------------------------------------------
 */

static const struct member FENCE_MEMBERS[] = {{"name", "name"},
                                              {"latitude", "latitude"},
                                              {"longitude", "longitude"},
                                              {"radius", "radius_m"},
                                              MEMBERS_END};

int ctl_list_geofences(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_GEOFENCES, &filter, err);
}

static int change_geofence(const struct ctl *ctl, const char *command, const char *word,
                           const struct member *members, const char *done, struct err *err)
{
    SCOPE_JSON cJSON *request = make_request(ctl, command, word, members), *answer = NULL;
    int rc = send(ctl, request, &answer, err);
    int id = integer_of(answer, "id"), relinked = integer_of(answer, "relinked");
    if (rc == 0 && ctl->json)
        fprintf(ctl->out, "{\"id\":%d,\"relinked\":%d}\n", id, relinked);
    else if (rc == 0)
        fprintf(ctl->out, "geofence %d %s; %d processes have another one now, no cost changed\n",
                id, done, relinked);
    return rc;
}

int ctl_add_geofence(const struct ctl *ctl, struct err *err)
{
    return change_geofence(ctl, "geofence_add", NULL, FENCE_MEMBERS, "is added", err);
}

int ctl_change_geofence(const struct ctl *ctl, struct err *err)
{
    return change_geofence(ctl, "geofence_change", "id", FENCE_MEMBERS, "is changed", err);
}

int ctl_delete_geofence(const struct ctl *ctl, struct err *err)
{
    return change_geofence(ctl, "geofence_delete", "id", NULL, "is deleted", err);
}

/* Stations, vehicles, costs by hand ---------------------------------------------------------------
 */

static int set_second(const struct ctl *ctl, const char *command, const char *word,
                      const char *second, struct err *err)
{
    SCOPE_JSON cJSON *request = make_request(ctl, command, word, NULL), *answer = NULL;
    if (request && !cJSON_AddStringToObject(request, second, ctl->second_word))
        return err_set(err, ERR_NOMEM, "out of memory");
    return send(ctl, request, &answer, err);
}

int ctl_set_station_zone(const struct ctl *ctl, struct err *err)
{
    int rc = set_second(ctl, "station_zone", "station", "zone", err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "station %s is in %s\n", ctl->word, ctl->second_word);
    return rc;
}

int ctl_set_vehicle_free(const struct ctl *ctl, struct err *err)
{
    int rc = set_second(ctl, "vehicle_free", "vehicle", "free", err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "free supercharging of vehicle %s is %s\n", ctl->word, ctl->second_word);
    return rc;
}

int ctl_set_charging_cost(const struct ctl *ctl, struct err *err)
{
    static const struct member members[] = {{"total", "total"},
                                            {"per-kwh", "per_kwh"},
                                            {"per-minute", "per_minute"},
                                            {"clear", "clear"},
                                            MEMBERS_END};
    SCOPE_JSON cJSON *request = make_request(ctl, "charging_cost", "id", members), *answer = NULL;
    int rc = send(ctl, request, &answer, err);
    const char *cost = text_of(answer, "cost");
    if (rc < 0)
        return rc;
    if (ctl->json) {
        const char *quote = cost ? "\"" : "";
        fprintf(ctl->out, "{\"cost\":%s%s%s}\n", quote, cost ? cost : "null", quote);
        return 0;
    }
    fprintf(ctl->out, "cost of process %s: ", ctl->word);
    write_amount(ctl, cost);
    fputc('\n', ctl->out);
    return 0;
}
