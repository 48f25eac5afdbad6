/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration from the cloud: each key has a version, a newer one wins, all of it is durable
 * before it is used and echoed in the station object. Kept in the journal as {key:{version,value}}.
 */
#include "monitor/state.h"

#include "base/log.h"
#include "protocol/json.h"
#include <string.h>

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

int configure_take(struct monitor *monitor, const struct message_config *config, int *newer,
                   struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct message_config merged = monitor->config;
    *newer = 0;
    for (size_t i = 0; i < config->count; i++) {
        struct message_config_item *item = find_item(&merged, config->items[i].key);
        if (item && item->version >= config->items[i].version)
            continue;
        if (!item && merged.count >= KEYS_MAX)
            return err_set(err, ERR_INVALID, "configuration: more than %d keys", KEYS_MAX);
        if (!item)
            item = &merged.items[merged.count++];
        *item = config->items[i];
        (*newer)++;
    }
    if (*newer == 0)
        return 0;
    int rc = write_items(&merged, &text, err);
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
