/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/couriers.h"

#include "bridge/hook.h"
#include "bridge/webhook.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A broker that is there again is told soon, whatever webhooks are granted. */
#define MQTT_RETRY_MAX_US INT64_C(10000000)

enum { MQTT, WEBHOOK, COMMAND, COURIERS };

struct couriers {
    atomic_bool stop;
    int stop_fd; /* readable when `stop` is true */
    bool curl;   /* curl_global_init has succeeded */
    struct announcer *announcer;
    struct webhook *webhook;
    struct courier *courier[COURIERS];
};

static enum delivery_outcome call(void *self, const struct channel_row *channel,
                                  const struct delivery_row *row,
                                  const struct courier_settings *settings, struct err *err)
{
    struct couriers *couriers = self;
    return webhook_deliver(couriers->webhook, channel, row, settings->webhook_timeout_ms, err);
}

static enum delivery_outcome run(void *self, const struct channel_row *channel,
                                 const struct delivery_row *row,
                                 const struct courier_settings *settings, struct err *err)
{
    const struct couriers *couriers = self;
    (void)channel;
    if (!settings->command[0]) {
        err_set(err, ERR_CONFIG, "[alerts] command is not set");
        return DELIVERY_DOWN;
    }
    return hook_deliver(settings->command, row, settings->command_timeout_ms, couriers->stop_fd,
                        err);
}

static struct courier_settings settings_of(int courier, const struct courier_settings *given)
{
    struct courier_settings settings = *given;
    if (courier == MQTT && settings.policy.retry_max_us > MQTT_RETRY_MAX_US)
        settings.policy.retry_max_us = MQTT_RETRY_MAX_US;
    return settings;
}

static int make_parts(struct couriers *couriers, const char *prefix, announcer_publish *publish,
                      void *publish_self, struct err *err)
{
    couriers->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (couriers->stop_fd < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "couriers");
    couriers->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!couriers->curl)
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    int status = webhook_new(&couriers->webhook, &couriers->stop, err);
    return status < 0 ? status
                      : announcer_new(&couriers->announcer, prefix, publish, publish_self,
                                      &couriers->stop, err);
}

int couriers_new(struct couriers **couriers, const char *db_path, struct ring *ring,
                 const char *prefix, announcer_publish *publish, void *publish_self,
                 const struct courier_settings *settings, struct err *err)
{
    struct couriers *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "couriers: out of memory");
    made->stop_fd = -1;
    int status = make_parts(made, prefix, publish, publish_self, err);
    if (status < 0) {
        couriers_free(made);
        return status;
    }
    const struct courier_port ports[COURIERS] = {
        [MQTT] = announcer_port(made->announcer),
        [WEBHOOK] = {.self = made, .kind = "webhook", .deliver = call},
        [COMMAND] = {.self = made, .kind = "command", .deliver = run}};
    for (int i = 0; i < COURIERS && status == 0; i++) {
        struct courier_settings own = settings_of(i, settings);
        status = courier_new(&made->courier[i], db_path, ring, &ports[i], &own, &made->stop, err);
    }
    if (status < 0)
        couriers_free(made);
    else
        *couriers = made;
    return status;
}

int couriers_start(struct couriers *couriers, struct err *err)
{
    int status = 0;
    for (int i = 0; i < COURIERS && status == 0; i++)
        status = courier_start(couriers->courier[i], err);
    return status;
}

void couriers_stop(struct couriers *couriers)
{
    uint64_t one = 1;
    if (!couriers)
        return;
    atomic_store(&couriers->stop, true);
    if (couriers->stop_fd >= 0)
        (void)!write(couriers->stop_fd, &one, sizeof one);
    if (couriers->announcer)
        announcer_wake(couriers->announcer);
    for (int i = 0; i < COURIERS; i++)
        courier_stop(couriers->courier[i]);
}

void couriers_free(struct couriers *couriers)
{
    if (!couriers)
        return;
    couriers_stop(couriers);
    for (int i = 0; i < COURIERS; i++)
        courier_free(couriers->courier[i]);
    announcer_free(couriers->announcer);
    webhook_free(couriers->webhook);
    if (couriers->curl)
        curl_global_cleanup();
    if (couriers->stop_fd >= 0)
        (void)close(couriers->stop_fd);
    free(couriers);
}

void couriers_wake(struct couriers *couriers)
{
    for (int i = 0; i < COURIERS; i++)
        courier_wake(couriers->courier[i]);
}

void couriers_configure(struct couriers *couriers, const struct courier_settings *settings)
{
    for (int i = 0; i < COURIERS; i++) {
        struct courier_settings own = settings_of(i, settings);
        courier_configure(couriers->courier[i], &own);
    }
}

void couriers_set_link(struct couriers *couriers, bool up)
{
    announcer_set_link(couriers->announcer, up);
    if (up)
        courier_wake(couriers->courier[MQTT]);
}

void couriers_published(struct couriers *couriers, int64_t token, bool ok)
{
    announcer_published(couriers->announcer, token, ok);
}
