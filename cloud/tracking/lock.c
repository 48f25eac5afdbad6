/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/lock.h"

#include "protocol/timestamp.h"
#include "store/eventlog.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static void key_of(int list, char key[16])
{
    (void)snprintf(key, 16, "locked.%d", list);
}

/* The list's array, owned by the caller; NULL: it has none yet, or it is damaged. */
static cJSON *find_list(const struct fleet_item *items, size_t count, int list)
{
    char key[16];
    key_of(list, key);
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].key, key) == 0)
            return cJSON_Parse(items[i].value);
    return NULL;
}

static int store_list(struct store *store, int list, const cJSON *array, int64_t at_us,
                      struct err *err)
{
    char key[16];
    char *text = cJSON_PrintUnformatted(array);
    if (!text)
        return err_set(err, ERR_NOMEM, "locked batteries: out of memory");
    key_of(list, key);
    int status = strlen(text) <= LOCK_LIST_BYTES
                     ? fleet_set(store, key, text, at_us, err)
                     : err_set(err, ERR_FULL, "locked batteries: list %d is full", list);
    cJSON_free(text);
    return status;
}

static bool has_room(const cJSON *array, const char *bid)
{
    char *text = cJSON_PrintUnformatted(array);
    /* Escapes make a serial longer: at most six bytes for one. */
    size_t length = 0;
    for (const char *c = bid; *c; c++)
        length += (unsigned char)*c < 0x20 || *c == '"' || *c == '\\' ? 6 : 1;
    bool fits = text && strlen(text) + length + 3 <= LOCK_LIST_BYTES;
    cJSON_free(text);
    return fits;
}

/* Into the first list with room. */
static int enlist(struct store *store, const char *bid, int64_t at_us, struct err *err)
{
    struct fleet_item items[FLEET_ITEMS_MAX];
    size_t count;
    int status = fleet_list(store, items, &count, err);
    for (int list = 1; list <= LOCK_LISTS && status == 0; list++) {
        cJSON *array = find_list(items, count, list);
        if (!array)
            array = cJSON_CreateArray();
        bool room =
            array && has_room(array, bid) && cJSON_AddItemToArray(array, cJSON_CreateString(bid));
        if (room)
            status = store_list(store, list, array, at_us, err);
        cJSON_Delete(array);
        if (room)
            return status;
    }
    return status < 0 ? status
                      : err_set(err, ERR_FULL,
                                "locked batteries: %d lists of %d bytes are full; unlock others",
                                LOCK_LISTS, LOCK_LIST_BYTES);
}

static int delist(struct store *store, const char *bid, int64_t at_us, struct err *err)
{
    struct fleet_item items[FLEET_ITEMS_MAX];
    size_t count;
    int status = fleet_list(store, items, &count, err);
    for (int list = 1; list <= LOCK_LISTS && status == 0; list++) {
        cJSON *array = find_list(items, count, list);
        for (int i = cJSON_GetArraySize(array) - 1; i >= 0 && status == 0; i--) {
            const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(array, i));
            if (!text || strcmp(text, bid) != 0)
                continue;
            cJSON_DeleteItemFromArray(array, i);
            status = store_list(store, list, array, at_us, err);
        }
        cJSON_Delete(array);
    }
    return status;
}

static int log_order(struct store *store, const char *kind, const char *bid, const char *reason,
                     const char *actor, int64_t at_us, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    bool made = object && cJSON_AddStringToObject(object, "bid", bid) &&
                (!reason || cJSON_AddStringToObject(object, "reason", reason));
    char *payload = made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!payload)
        return err_set(err, ERR_NOMEM, "%s of battery %s: out of memory", kind, bid);
    struct eventlog_row row = {.received_at_us = at_us,
                               .event_time_us = at_us,
                               .actor = "operator",
                               .actor_id = actor,
                               .kind = kind,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = payload};
    int status = eventlog_append(store, &row, err);
    cJSON_free(payload);
    return status;
}

int battery_lock(struct store *store, const char *bid, const char *reason, const char *actor,
                 int64_t at_us, struct err *err)
{
    struct battery_lock_row row = {.locked_at_us = at_us};
    int found = battery_lock_load(store, bid, &row, err);
    if (found == 1) {
        char since[TIMESTAMP_TEXT_SIZE];
        timestamp_format(row.locked_at_us, since);
        return err_set(err, ERR_EXISTS, "battery %s is locked already, since %s by %s: %s", bid,
                       since, row.locked_by, row.reason);
    }
    (void)snprintf(row.reason, sizeof row.reason, "%s", reason);
    (void)snprintf(row.locked_by, sizeof row.locked_by, "%s", actor);
    int status = found < 0 ? found : battery_lock_insert(store, bid, &row, err);
    if (status == 0)
        status = enlist(store, bid, at_us, err);
    return status < 0 ? status : log_order(store, "battery.lock", bid, reason, actor, at_us, err);
}

int battery_unlock(struct store *store, const char *bid, const char *actor, int64_t at_us,
                   struct err *err)
{
    int found = battery_lock_load(store, bid, NULL, err);
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "battery %s is not locked", bid);
    int status = found < 0 ? found : battery_lock_remove(store, bid, err);
    if (status == 0)
        status = delist(store, bid, at_us, err);
    return status < 0 ? status : log_order(store, "battery.unlock", bid, NULL, actor, at_us, err);
}
