/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/channels.h"

#include "alerts/alert_json.h"
#include "alerts/alerts_internal.h"
#include "alerts/delivery.h"
#include "base/scope.h"
#include "protocol/json.h"
#include "store/eventlog.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int read_channels(struct alerts *alerts, struct err *err)
{
    if (alerts->channels_known)
        return 0;
    free(alerts->channels);
    alerts->channels = NULL;
    alerts->channel_count = 0;
    int status = channel_list(alerts->store, &alerts->channels, &alerts->channel_count, err);
    alerts->channels_known = status == 0;
    return status;
}

void alerts_set_channels(struct alerts *alerts, const struct alert_channels *to)
{
    alerts->own = *to;
    alerts->own_known = true;
    alerts->own_stored = false;
}

static const struct channel_row *find(const struct alerts *alerts, const char *name)
{
    for (size_t i = 0; i < alerts->channel_count; i++)
        if (strcmp(alerts->channels[i].name, name) == 0)
            return &alerts->channels[i];
    return NULL;
}

/* Makes the table say of this channel what the configuration does. */
static int store_own(struct alerts *alerts, const char *name, bool wanted, const char *kinds,
                     struct err *err)
{
    const struct channel_row *now = find(alerts, name);
    if (!wanted && !now)
        return 0;
    if (wanted && now && strcmp(now->kinds, kinds) == 0)
        return 0;
    alerts->channels_known = false;
    if (!wanted) {
        int status = channel_remove(alerts->store, name, "the channel was switched off",
                                    alerts->wall_us, err);
        return status < 0 ? status : 0;
    }
    struct channel_row row = {.set_at_us = alerts->wall_us, .set_by = "configuration"};
    (void)snprintf(row.name, sizeof row.name, "%s", name);
    (void)snprintf(row.kind, sizeof row.kind, "%s", name);
    (void)snprintf(row.kinds, sizeof row.kinds, "%s", kinds);
    return channel_put(alerts->store, &row, err);
}

int alerts_begin(struct alerts *alerts, int64_t wall_us, struct err *err)
{
    alerts->wall_us = wall_us;
    if (!alerts->own_known || alerts->own_stored)
        return 0;
    const struct alert_channels *own = &alerts->own;
    int status = read_channels(alerts, err);
    if (status == 0)
        status = store_own(alerts, "mqtt", own->mqtt, "", err);
    if (status == 0)
        status = read_channels(alerts, err);
    if (status == 0)
        status = store_own(alerts, "command", own->command, own->command_kinds, err);
    alerts->own_stored = status == 0;
    return status;
}

static int put_delivery(struct alerts *alerts, const struct alert_row *row, const char *event,
                        const char *channel, const char *payload, struct err *err)
{
    struct delivery_row delivery = {
        .alert_id = row->id, .created_at_us = alerts->wall_us, .next_at_us = alerts->wall_us};
    (void)snprintf(delivery.event, sizeof delivery.event, "%s", event);
    (void)snprintf(delivery.channel, sizeof delivery.channel, "%s", channel);
    (void)snprintf(delivery.kind, sizeof delivery.kind, "%s", row->kind);
    (void)snprintf(delivery.payload, sizeof delivery.payload, "%s", payload);
    alerts->told = true;
    return delivery_insert(alerts->store, &delivery, err);
}

int alerts_tell(struct alerts *alerts, const struct alert_row *row, const char *event,
                struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    int status = read_channels(alerts, err);
    if (status < 0 || alerts->channel_count == 0)
        return status;
    bool test = strcmp(event, "test") == 0;
    status = alert_json(row, event, &payload, err);
    for (size_t i = 0; i < alerts->channel_count && status == 0; i++) {
        const struct channel_row *channel = &alerts->channels[i];
        if (test || delivery_is_wanted(channel->kinds, row->kind))
            status = put_delivery(alerts, row, event, channel->name, strbuf_text(&payload), err);
    }
    return status;
}

bool alerts_take_told(struct alerts *alerts)
{
    bool told = alerts->told;
    alerts->told = false;
    return told;
}

static void add_text(struct strbuf *to, const char *name, const char *text)
{
    if (!text[0])
        return;
    strbuf_printf(to, "%s\"%s\":", to->length > 1 ? "," : "", name);
    json_write_text(to, text);
}

static int log_change(struct alerts *alerts, const char *kind, const struct channel_row *row,
                      struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    strbuf_append_char(&payload, '{');
    add_text(&payload, "name", row->name);
    add_text(&payload, "url", row->url);
    add_text(&payload, "kinds", row->kinds);
    add_text(&payload, "secret_file", row->secret_file);
    strbuf_append_char(&payload, '}');
    if (strbuf_failed(&payload))
        return err_set(err, ERR_NOMEM, "webhook %s: out of memory", row->name);
    struct eventlog_row log = {.received_at_us = row->set_at_us,
                               .event_time_us = row->set_at_us,
                               .actor = "operator",
                               .actor_id = row->set_by,
                               .kind = kind,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(alerts->store, &log, err);
}

int alerts_set_webhook(struct alerts *alerts, const struct channel_row *row, struct err *err)
{
    alerts->channels_known = false;
    int status = channel_put(alerts->store, row, err);
    return status < 0 ? status : log_change(alerts, "webhook.set", row, err);
}

int alerts_unset_webhook(struct alerts *alerts, const char *name, const char *by, int64_t at_us,
                         struct err *err)
{
    struct channel_row row = {.set_at_us = at_us};
    (void)snprintf(row.name, sizeof row.name, "%s", name);
    (void)snprintf(row.set_by, sizeof row.set_by, "%s", by);
    int status = read_channels(alerts, err);
    if (status < 0)
        return status;
    const struct channel_row *known = find(alerts, name);
    if (!known || strcmp(known->kind, "webhook") != 0)
        return err_set(err, ERR_NOT_FOUND, "webhook %s: there is none of this name", name);
    alerts->channels_known = false;
    status = channel_remove(alerts->store, name, "the webhook was removed", alerts->wall_us, err);
    return status < 0 ? status : log_change(alerts, "webhook.unset", &row, err);
}

int alerts_test(struct alerts *alerts, const char *by, int64_t at_us, int64_t *id, struct err *err)
{
    struct alert_row row = {.kind = "test",
                            .severity = "info",
                            .slot = STORE_NULL,
                            .raised_at_us = at_us,
                            .cleared_at_us = STORE_NULL,
                            .acknowledged_at_us = STORE_NULL,
                            .value = NAN,
                            .threshold = NAN};
    (void)snprintf(row.text, sizeof row.text, "a test of alerts, sent by %s", by);
    int status = alert_insert(alerts->store, &row, err);
    /* It is over at once: nobody has to clear it. */
    if (status == 0)
        status = alert_set_cleared(alerts->store, row.id, at_us, err);
    row.cleared_at_us = at_us;
    *id = row.id;
    return status < 0 ? status : alerts_tell(alerts, &row, "test", err);
}
