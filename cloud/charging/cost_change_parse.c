/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/cost_change.h"

#include "charging/money.h"
#include "charging/tou.h"
#include "protocol/timestamp.h"
#include "protocol/topic.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TARIFF_SPAN "station geofence per_kwh per_minute fee from to windows"

static const struct {
    const char *command, *members; /* that it may have */
} COMMANDS[COST_CHANGE_KINDS] = {
    [COST_CHANGE_TARIFF_ADD] = {"tariff_add", TARIFF_SPAN},
    [COST_CHANGE_TARIFF_END] = {"tariff_end", "id to"},
    [COST_CHANGE_TARIFF_APPLY] = {"tariff_apply", "station from to after"},
    [COST_CHANGE_GEOFENCE_ADD] = {"geofence_add", "name latitude longitude radius_m"},
    [COST_CHANGE_GEOFENCE_CHANGE] = {"geofence_change", "id name latitude longitude radius_m"},
    [COST_CHANGE_GEOFENCE_DELETE] = {"geofence_delete", "id"},
    [COST_CHANGE_STATION_ZONE] = {"station_zone", "station zone"},
    [COST_CHANGE_VEHICLE_FREE] = {"vehicle_free", "vehicle free"},
    [COST_CHANGE_CHARGING_COST] = {"charging_cost", "id total per_kwh per_minute clear"},
};

static int find_command(const char *command)
{
    for (int i = 0; command && i < COST_CHANGE_KINDS; i++)
        if (strcmp(COMMANDS[i].command, command) == 0)
            return i;
    return -1;
}

bool cost_change_is_command(const char *command)
{
    return find_command(command) >= 0;
}

void cost_change_free(struct cost_change *change)
{
    if (change)
        free(change->request);
    free(change);
}

/* Is `name` one of the words? */
static bool among(const char *name, const char *words)
{
    size_t length = strlen(name);
    for (const char *at = words; length > 0 && (at = strstr(at, name)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Only members that the command knows, each a text that is not empty; kept for the log. */
static int check_members(const cJSON *object, struct cost_change *change, struct err *err)
{
    const char *members = COMMANDS[change->kind].members;
    const cJSON *member;
    cJSON *request = cJSON_CreateObject();
    int status = request ? 0 : err_set(err, ERR_NOMEM, "request: out of memory");
    cJSON_ArrayForEach(member, object)
    {
        bool head = strcmp(member->string, "command") == 0 || strcmp(member->string, "actor") == 0;
        if (status < 0)
            break;
        if (!head && !among(member->string, members))
            status = err_set(err, ERR_USAGE, "%s: has no '%.40s'; it takes: %s",
                             COMMANDS[change->kind].command, member->string, members);
        else if (!cJSON_IsString(member) || !member->valuestring[0])
            status = err_set(err, ERR_USAGE, "%s: a text is needed", member->string);
        else if (!head && !cJSON_AddStringToObject(request, member->string, member->valuestring))
            status = err_set(err, ERR_NOMEM, "request: out of memory");
    }
    change->request = status == 0 ? cJSON_PrintUnformatted(request) : NULL;
    cJSON_Delete(request);
    return status;
}

static int need(const cJSON *object, const char *name, struct err *err)
{
    return text_of(object, name) ? 0 : err_set(err, ERR_USAGE, "%s: is missing", name);
}

static int take_text(const cJSON *object, const char *name, char *to, size_t size, struct err *err)
{
    const char *text = text_of(object, name);
    if (text && strlen(text) >= size)
        return err_set(err, ERR_USAGE, "%s: at most %zu bytes are right", name, size - 1);
    for (const char *c = text; c && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return err_set(err, ERR_USAGE, "%s: has a control character", name);
    if (text)
        memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int take_station(const cJSON *object, char to[65], struct err *err)
{
    int status = take_text(object, "station", to, 65, err);
    if (status == 0 && to[0] && !device_is_valid(to))
        return err_set(err, ERR_USAGE, "station %s: 1 to 64 of A-Za-z0-9._- are right", to);
    return status;
}

static int take_id(const cJSON *object, const char *name, int64_t least, int64_t *to,
                   struct err *err)
{
    const char *text = text_of(object, name);
    char *end = NULL;
    if (!text)
        return 0;
    errno = 0;
    *to = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || *to < least)
        return err_set(err, ERR_USAGE, "%s %.40s: a whole number from %d is right", name, text,
                       (int)least);
    return 0;
}

static int take_time(const cJSON *object, const char *name, int64_t *to, struct err *err)
{
    const char *text = text_of(object, name);
    struct timestamp time;
    if (!text)
        return 0;
    if (timestamp_parse(text, strlen(text), &time, err) < 0)
        return err_prefix(err, "%s: ", name);
    *to = time.us;
    return 0;
}

static int take_money(const cJSON *object, const char *name, int64_t *to, struct err *err)
{
    const char *text = text_of(object, name);
    return text ? money_parse(name, text, to, err) : 0;
}

static int take_number(const cJSON *object, const char *name, double least, double most, double *to,
                       struct err *err)
{
    const char *text = text_of(object, name);
    char *end = NULL;
    if (!text)
        return 0;
    *to = strtod(text, &end);
    if (end == text || *end != '\0' || !(*to >= least && *to <= most))
        return err_set(err, ERR_USAGE, "%s %.40s: a number from %g to %g is right", name, text,
                       least, most);
    return 0;
}

static int parse_windows(const cJSON *object, struct tariff_row *tariff, struct err *err)
{
    const char *text = text_of(object, "windows");
    struct tou_window windows[TOU_WINDOWS_MAX];
    struct tou_plan plan;
    if (!text)
        return 0;
    int status = tou_parse(text, windows, &tariff->window_count, err);
    if (status == 0)
        status = tou_plan_make(windows, tariff->window_count, &plan, err);
    for (size_t i = 0; i < tariff->window_count && status == 0; i++)
        tariff->windows[i] = (struct tariff_window_row){windows[i].days, windows[i].from_minute,
                                                        windows[i].to_minute, windows[i].price};
    return status;
}

static int parse_tariff(const cJSON *object, struct cost_change *change, struct err *err)
{
    struct tariff_row *tariff = &change->tariff;
    bool per_kwh = text_of(object, "per_kwh") != NULL;
    *tariff = (struct tariff_row){
        .geofence_id = STORE_NULL, .cost_per_unit = STORE_NULL, .session_fee = STORE_NULL};
    if (per_kwh == (text_of(object, "per_minute") != NULL))
        return err_set(err, ERR_USAGE, "a tariff has a price per_kwh or per_minute, one of them");
    if (text_of(object, "station") && text_of(object, "geofence"))
        return err_set(err, ERR_USAGE, "a tariff is for a station or for a geofence, not for both");
    memcpy(tariff->billing_type, per_kwh ? "per_kwh" : "per_minute", per_kwh ? 8 : 11);
    int status = take_money(object, tariff->billing_type, &tariff->cost_per_unit, err);
    if (status == 0)
        status = take_money(object, "fee", &tariff->session_fee, err);
    if (status == 0)
        status = take_station(object, tariff->station_id, err);
    if (status == 0)
        status = take_id(object, "geofence", 1, &tariff->geofence_id, err);
    if (status == 0)
        status = parse_windows(object, tariff, err);
    if (status < 0)
        return status;
    if (tariff->session_fee != STORE_NULL && tariff->session_fee < 0)
        return err_set(err, ERR_USAGE, "fee: 0 or more is right");
    if (change->from_us != STORE_NULL && change->to_us != STORE_NULL &&
        change->to_us <= change->from_us)
        return err_set(err, ERR_USAGE, "a tariff must end after it begins");
    return 0;
}

static int parse_geofence(const cJSON *object, struct cost_change *change, struct err *err)
{
    struct geofence_row *fence = &change->geofence;
    fence->latitude = fence->longitude = fence->radius_m = NAN;
    int status = take_text(object, "name", fence->name, sizeof fence->name, err);
    if (status == 0)
        status = take_number(object, "latitude", -90, 90, &fence->latitude, err);
    if (status == 0)
        status = take_number(object, "longitude", -180, 180, &fence->longitude, err);
    if (status == 0)
        status = take_number(object, "radius_m", 1, 1e6, &fence->radius_m, err);
    if (status < 0)
        return status;
    if (change->kind == COST_CHANGE_GEOFENCE_ADD &&
        (!fence->name[0] || isnan(fence->latitude) || isnan(fence->longitude) ||
         isnan(fence->radius_m)))
        return err_set(err, ERR_USAGE, "a geofence needs a name, latitude, longitude and radius_m");
    return 0;
}

static int parse_cost(const cJSON *object, struct cost_change *change, struct err *err)
{
    static const struct {
        const char *name;
        enum cost_billing mode;
    } modes[] = {
        {"total", COST_NOT_BILLED}, {"per_kwh", COST_PER_KWH}, {"per_minute", COST_PER_MINUTE}};
    int given = text_of(object, "clear") != NULL, status = 0;
    change->amount = COST_NONE;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0] && status == 0; i++) {
        if (!text_of(object, modes[i].name))
            continue;
        given++;
        change->mode = modes[i].mode;
        status = take_money(object, modes[i].name, &change->amount, err);
    }
    if (status == 0 && given != 1)
        return err_set(err, ERR_USAGE,
                       "a cost by hand is one of total, per_kwh, per_minute and clear");
    return status;
}

static int parse_free(const cJSON *object, struct cost_change *change, struct err *err)
{
    const char *free_text = text_of(object, "free");
    if (!free_text || (strcmp(free_text, "on") != 0 && strcmp(free_text, "off") != 0))
        return err_set(err, ERR_USAGE, "free: on or off is right");
    change->free = strcmp(free_text, "on") == 0;
    return take_text(object, "vehicle", change->vid, sizeof change->vid, err);
}

static int parse_own(const cJSON *object, struct cost_change *change, struct err *err)
{
    static const char *const needed[COST_CHANGE_KINDS] = {
        [COST_CHANGE_TARIFF_END] = "id",      [COST_CHANGE_GEOFENCE_CHANGE] = "id",
        [COST_CHANGE_GEOFENCE_DELETE] = "id", [COST_CHANGE_CHARGING_COST] = "id",
        [COST_CHANGE_STATION_ZONE] = "zone",  [COST_CHANGE_VEHICLE_FREE] = "vehicle"};
    int status = needed[change->kind] ? need(object, needed[change->kind], err) : 0;
    if (status < 0)
        return status;
    switch (change->kind) {
    case COST_CHANGE_TARIFF_ADD:
        return parse_tariff(object, change, err);
    case COST_CHANGE_GEOFENCE_ADD:
    case COST_CHANGE_GEOFENCE_CHANGE:
        return parse_geofence(object, change, err);
    case COST_CHANGE_STATION_ZONE:
        return need(object, "station", err);
    case COST_CHANGE_VEHICLE_FREE:
        return parse_free(object, change, err);
    case COST_CHANGE_CHARGING_COST:
        return parse_cost(object, change, err);
    case COST_CHANGE_TARIFF_END:
    case COST_CHANGE_TARIFF_APPLY:
    case COST_CHANGE_GEOFENCE_DELETE:
    case COST_CHANGE_KINDS:
        break;
    }
    return 0;
}

static int parse(const cJSON *object, struct cost_change *change, struct err *err)
{
    int status = check_members(object, change, err);
    if (status == 0 && !change->request)
        status = err_set(err, ERR_NOMEM, "request: out of memory");
    if (status == 0)
        status = take_text(object, "actor", change->actor, sizeof change->actor, err);
    if (status == 0)
        status = take_station(object, change->station_id, err);
    if (status == 0)
        status = take_text(object, "zone", change->zone, sizeof change->zone, err);
    if (status == 0)
        status = take_id(object, "id", 1, &change->id, err);
    if (status == 0)
        status = take_id(object, "after", 0, &change->id, err);
    if (status == 0)
        status = take_time(object, "from", &change->from_us, err);
    if (status == 0)
        status = take_time(object, "to", &change->to_us, err);
    return status < 0 ? status : parse_own(object, change, err);
}

int cost_change_parse(const cJSON *object, struct cost_change **to, struct err *err)
{
    int kind = find_command(text_of(object, "command"));
    *to = NULL;
    if (kind < 0)
        return err_set(err, ERR_USAGE, "command: not a change of costs");
    struct cost_change *change = calloc(1, sizeof *change);
    if (!change)
        return err_set(err, ERR_NOMEM, "request: out of memory");
    change->kind = (enum cost_change_kind)kind;
    change->from_us = change->to_us = STORE_NULL;
    int status = parse(object, change, err);
    if (status < 0) {
        cost_change_free(change);
        if (err && status == ERR_INVALID)
            err->code = ERR_USAGE;
        return status == ERR_INVALID ? ERR_USAGE : status;
    }
    *to = change;
    return 0;
}
