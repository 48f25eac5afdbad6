/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/order.h"

#include "base/utf8.h"
#include "tracking/lock.h"
#include <stdio.h>
#include <string.h>

static const char *const COMMANDS[] = {[BATTERY_ORDER_AREA] = "battery_area",
                                       [BATTERY_ORDER_LOCK] = "battery_lock",
                                       [BATTERY_ORDER_UNLOCK] = "battery_unlock"};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof COMMANDS[0])

static size_t find_command(const char *command)
{
    size_t kind = 0;
    while (kind < COMMAND_COUNT && strcmp(COMMANDS[kind], command) != 0)
        kind++;
    return kind;
}

bool battery_order_is(const char *command)
{
    return find_command(command) < COMMAND_COUNT;
}

/* A text of one line, 1 to size - 1 bytes. */
static int take(const cJSON *object, const char *name, char *to, size_t size, struct err *err)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    bool right = text && text[0] && strlen(text) < size && utf8_is_valid(text);
    for (const char *c = text; right && *c; c++)
        right = (unsigned char)*c >= 0x20 && *c != 0x7f;
    if (!right)
        return err_set(err, ERR_INVALID, "%s: a text of 1 to %zu bytes in one line is needed", name,
                       size - 1);
    (void)snprintf(to, size, "%s", text);
    return 0;
}

int battery_order_from_json(const cJSON *object, struct battery_order *order, struct err *err)
{
    char command[32];
    *order = (struct battery_order){0};
    int status = take(object, "command", command, sizeof command, err);
    if (status < 0)
        return status;
    size_t kind = find_command(command);
    if (kind == COMMAND_COUNT)
        return err_set(err, ERR_INVALID, "command %s: no order about a battery", command);
    order->kind = (enum battery_order_kind)kind;
    status = take(object, "battery", order->bid, sizeof order->bid, err);
    if (status == 0)
        status = take(object, "actor", order->actor, sizeof order->actor, err);
    if (status == 0 && order->kind == BATTERY_ORDER_LOCK)
        status = take(object, "reason", order->reason, sizeof order->reason, err);
    if (status == 0 && order->kind == BATTERY_ORDER_AREA)
        status = area_from_json(cJSON_GetObjectItemCaseSensitive(object, "limits"), order->limits,
                                &order->limit_count, err);
    return status;
}

cJSON *battery_order_to_json(const struct battery_order *order)
{
    cJSON *object = cJSON_CreateObject();
    bool made =
        object && cJSON_AddStringToObject(object, "command", COMMANDS[order->kind]) &&
        cJSON_AddStringToObject(object, "battery", order->bid) &&
        cJSON_AddStringToObject(object, "actor", order->actor) &&
        (order->kind != BATTERY_ORDER_LOCK ||
         cJSON_AddStringToObject(object, "reason", order->reason)) &&
        (order->kind != BATTERY_ORDER_AREA ||
         cJSON_AddItemToObject(object, "limits", area_to_json(order->limits, order->limit_count)));
    if (made)
        return object;
    cJSON_Delete(object);
    return NULL;
}

int battery_order_run(struct store *store, struct alerts *alerts, const struct battery_order *order,
                      int64_t at_us, struct err *err)
{
    switch (order->kind) {
    case BATTERY_ORDER_AREA:
        return area_set(store, alerts, order->bid, order->limits, order->limit_count, order->actor,
                        at_us, err);
    case BATTERY_ORDER_LOCK:
        return battery_lock(store, order->bid, order->reason, order->actor, at_us, err);
    case BATTERY_ORDER_UNLOCK:
        return battery_unlock(store, order->bid, order->actor, at_us, err);
    }
    return err_set(err, ERR_INVALID, "battery %s: an unknown order", order->bid);
}
