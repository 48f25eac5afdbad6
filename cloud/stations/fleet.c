/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/fleet.h"

#include "store/fleet.h"
#include <stdio.h>
#include <string.h>

_Static_assert(FLEET_ITEMS_MAX <= MESSAGE_CONFIG_MAX, "one message carries them all");

int fleet_load(struct fleet *fleet, struct store *store, struct err *err)
{
    struct fleet_item items[FLEET_ITEMS_MAX];
    size_t count;
    int status = fleet_list(store, items, &count, err);
    if (status < 0)
        return status;
    fleet->wanted.count = count;
    for (size_t i = 0; i < count; i++) {
        struct message_config_item *to = &fleet->wanted.items[i];
        memcpy(to->key, items[i].key, sizeof to->key);
        memcpy(to->value, items[i].value, sizeof to->value);
        to->version = items[i].version;
    }
    return 0;
}

static int64_t version_of(const struct message_config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->items[i].key, key) == 0)
            return config->items[i].version;
    return INT64_MIN;
}

bool fleet_is_behind(const struct fleet *fleet, const struct message_config *echo)
{
    for (size_t i = 0; i < fleet->wanted.count; i++)
        if (version_of(echo, fleet->wanted.items[i].key) < fleet->wanted.items[i].version)
            return true;
    return false;
}

bool fleet_should_tell(const struct fleet *fleet, struct station *station,
                       const struct message_config *echo, int64_t mono_us)
{
    if (fleet->wanted.count == 0)
        return false;
    bool again = station->told_mono_us == 0 || mono_us - station->told_mono_us >= FLEET_AGAIN_US;
    if (echo && (!again || !fleet_is_behind(fleet, echo)))
        return false;
    station->told_mono_us = mono_us;
    return true;
}
