/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration from the cloud: each key has a version, a newer one wins, all of it is durable
 * before it is used and echoed in the station object. Kept in the journal as {key:{version,value}}.
 */
#include "monitor/state.h"

#include "base/log.h"
#include "core/limits.h"
#include "protocol/json.h"
#include <string.h>

#define MODULE    "config"
#define VALUE_MAX (64u * 1024u) /* MESSAGE_CONFIG_MAX items of at most 400 bytes, twice over */

#define KEYS_MAX (MESSAGE_CONFIG_MAX - 1) /* the echo has one more: the authorisation list */

/* As the data of a SET_CONFIG message. */
static int write_items(const struct message_config *config, struct strbuf *to, struct err *err)
{
    struct message message;
    message_init(&message, MESSAGE_SET_CONFIG);
    memcpy(message.device, "self", sizeof("self"));
    message.data.set_config = *config;
    return message_encode(&message, to, err);
}

int configure_load(struct monitor *monitor, struct err *err)
{
    SCOPE_FREE char *text = malloc(VALUE_MAX);
    if (!text)
        return err_set(err, ERR_NOMEM, "out of memory");
    int rc =
        monitor->journal->ops->get_value(monitor->journal->self, "config", text, VALUE_MAX, err);
    if (rc < 0 || text[0] == '\0')
        return rc;
    struct message message;
    enum message_quality quality = MESSAGE_UNREADABLE;
    rc = message_decode(text, strlen(text), &message, &quality, err);
    if (rc == 0)
        monitor->config = message.data.set_config;
    message_free(&message);
    return rc;
}

static struct message_config_item *find_item(struct message_config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->items[i].key, key) == 0)
            return &config->items[i];
    }
    return NULL;
}

/* Whether all values together make sense, by the rules of the core, which uses them; keys that it
 * does not know are somebody else's, and what the cloud never said is as the core has it. */
static int judge(const struct message_config *config, struct err *err)
{
    struct station_settings settings;
    const char *why = "";
    settings_default(&settings);
    for (size_t i = 0; i < config->count; i++)
        if (settings_set(&settings, config->items[i].key, config->items[i].value, &why) < 0)
            return err_set(err, ERR_INVALID, "%s", why);
    return settings_check(&settings, &why) < 0 ? err_set(err, ERR_INVALID, "%s", why) : 0;
}

/* 1: it is newer, and taken; 0: it is not. */
static int merge_item(struct message_config *to, const struct message_config_item *from,
                      struct err *err)
{
    struct message_config_item *item = find_item(to, from->key);
    if (item && item->version >= from->version)
        return 0;
    if (!item && to->count >= KEYS_MAX)
        return err_set(err, ERR_INVALID, "configuration: more than %d keys", KEYS_MAX);
    if (!item)
        item = &to->items[to->count++];
    *item = *from;
    return 1;
}

int configure_take(struct monitor *monitor, const struct message_config *config, bool strict,
                   int *newer, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct message_config merged = monitor->config;
    /* What an older program took is no reason to take nothing any more. */
    bool sound = judge(&monitor->config, NULL) == 0;
    int rc = 0;
    *newer = 0;
    for (size_t i = 0; i < config->count; i++) {
        struct message_config before = merged;
        rc = merge_item(&merged, &config->items[i], err);
        bool taken = rc > 0;
        if (taken && !strict && sound)
            rc = judge(&merged, err);
        if (rc < 0 && strict)
            return rc;
        if (rc < 0) {
            log_warning(MODULE, "%s is left out: %s", config->items[i].key, err->text);
            merged = before;
            continue;
        }
        *newer += taken;
    }
    if (*newer == 0)
        return 0;
    rc = strict && sound ? judge(&merged, err) : 0;
    if (rc == 0)
        rc = write_items(&merged, &text, err);
    if (rc == 0)
        rc = monitor->journal->ops->put_value(monitor->journal->self, "config", strbuf_text(&text),
                                              err);
    if (rc == 0)
        monitor->config = merged;
    return rc;
}

void configure_tell_engine(struct monitor *monitor)
{
    if (monitor->config.count == 0 || monitor->engine.state != ENGINE_REGISTERED)
        return;
    cJSON *packet = watch_packet(monitor, IPC_CONFIG_REQUEST);
    cJSON *values = cJSON_AddObjectToObject(packet, "values");
    for (size_t i = 0; i < monitor->config.count; i++) {
        const struct message_config_item *item = &monitor->config.items[i];
        cJSON *entry = cJSON_AddObjectToObject(values, item->key);
        cJSON_AddNumberToObject(entry, "version", (double)item->version);
        cJSON_AddItemToObject(entry, "value", cJSON_Parse(item->value));
    }
    (void)watch_send(monitor, IPC_CONFIG_REQUEST, packet, NULL);
}
