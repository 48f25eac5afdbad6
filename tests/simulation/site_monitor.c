/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor as a process: the real logic over a journal in memory, and no cloud that ever
 * answers, so that its journal holds all that it stored. */
#include "site.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t clock_us(void *self)
{
    return site_plant_us(self);
}

static void random_bytes(void *self, void *to, size_t length)
{
    random_fill(&((struct site *)self)->random, to, length);
}

static int no_save(void *self, const char *name, const void *bytes, size_t length, struct err *err)
{
    (void)self;
    (void)bytes;
    (void)length;
    return err_set(err, ERR_STORAGE, "the monitor keeps %s in its journal", name);
}

static int no_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    (void)self;
    (void)to;
    return err_set(err, ERR_NOT_FOUND, "%s was never saved", name);
}

/* --- link: the broker is away --- */

static int link_publish(void *self, const char *topic, const void *payload, size_t length, int qos,
                        int64_t *token, struct err *err)
{
    (void)self;
    (void)payload;
    (void)length;
    (void)qos;
    (void)token;
    return err_set(err, ERR_UNAVAILABLE, "%s: no broker", topic);
}

static int link_set_will(void *self, const char *topic, const void *payload, size_t length,
                         struct err *err)
{
    (void)self;
    (void)topic;
    (void)payload;
    (void)length;
    (void)err;
    return 0;
}

static void link_nothing(void *self)
{
    (void)self;
}

static int link_engine_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct site *site = self;
    if (process_call(&site->monitor_process) != CALL_WORKS)
        return err_set(err, ERR_UNAVAILABLE, "dead");
    return site_send(site, false, bytes, length, err);
}

static void link_engine_close(void *self)
{
    struct site *site = self;
    if (process_call(&site->monitor_process) == CALL_WORKS)
        site->ipc_breaks = true;
}

static void link_request_exit(void *self, enum monitor_exit mode)
{
    (void)mode;
    ((struct site *)self)->monitor_exits = true;
}

static bool link_clock_synced(void *self)
{
    (void)self;
    return true;
}

void site_monitor_init(struct site *site)
{
    struct err err = {0};
    char id[JOURNAL_ID_SIZE];
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, random_next(&site->random),
                   random_next(&site->random));
    if (journal_memory_new(&site->memory, id, &err) < 0)
        site_violate(site, "no journal: %s", err.text);
    site->settings = (struct settings){
        .device = "1231",
        .location = "Lot 7",
        .price_per_kwh = 0.3,
        .latitude = 52.5,
        .longitude = 13.4,
        .clock = SETTINGS_CLOCK_SYNCED,
        .prefix = "",
        .health_interval_us = 5 * CLOCK_US_PER_SECOND,
        .health_timeout_us = 20 * CLOCK_US_PER_SECOND,
        .report_interval_plant_us = 60 * CLOCK_US_PER_SECOND,
        .speed = 1,
        .group_us = CLOCK_US_PER_SECOND,
        .telemetry_max_bytes = 20000,
        .ttl_us = 30 * CLOCK_US_PER_SECOND,
    };
    site->monitor_env =
        (struct env){site, clock_us, clock_us, clock_us, random_bytes, no_save, no_load};
    site->monitor_link = (struct monitor_link){.self = site,
                                               .publish = link_publish,
                                               .set_will = link_set_will,
                                               .go_offline = link_nothing,
                                               .go_online = link_nothing,
                                               .engine_send = link_engine_send,
                                               .engine_close = link_engine_close,
                                               .request_exit = link_request_exit,
                                               .clock_synced = link_clock_synced};
}

static void start(struct site *site)
{
    struct process *process = &site->monitor_process;
    struct monitor_options options = {.settings = &site->settings,
                                      .env = &site->monitor_env,
                                      .link = &site->monitor_link,
                                      .journal = &site->journal};
    struct err err = {0};
    process->dead = false;
    process->fatal_in = 0;
    site->monitor_exits = false;
    int code = journal_memory_open(&site->journal, site->memory, &err);
    if (code == 0)
        code = monitor_new(&site->monitor, &options, &err);
    if (code) {
        if (code != ERR_FULL && code != ERR_STORAGE)
            site_violate(site, "the monitor does not start: %s", err.text);
        site->monitor = NULL;
        journal_memory_crash(site->memory, false);
        site->monitor_restart_us = site->now_us + 2 * CLOCK_US_PER_SECOND;
        return;
    }
    process->running = true;
    site->monitor_tick_us = 0;
    site->ipc_connect_us = site->now_us + random_between(&site->random, 1000, 1500000);
}

void site_monitor_die(struct site *site, bool power_lost)
{
    struct process *process = &site->monitor_process;
    if (process->running) {
        site_trace(site, "monitor dies");
        process->running = false;
        monitor_free(site->monitor);
        site->monitor = NULL;
        site->monitor_hung_us = 0;
        site->monitor_restart_us = site->now_us + random_between(&site->random, 100000, 8000000);
        site_disconnect(site, site->engine_process.running, false);
    }
    journal_memory_crash(site->memory, power_lost);
}

void site_monitor_free(struct site *site)
{
    monitor_free(site->monitor);
    journal_memory_free(site->memory);
}

void site_monitor_step(struct site *site)
{
    struct process *process = &site->monitor_process;
    if (site->monitor_disk_us && site->now_us >= site->monitor_disk_us) {
        journal_memory_set_full(site->memory, false);
        site->monitor_disk_us = 0;
    }
    if (!process->running && site->now_us >= site->monitor_restart_us)
        start(site);
    if (!process->running || site->now_us < site->monitor_hung_us)
        return;
    if (!process->dead && site->now_us >= site->monitor_tick_us) {
        int64_t next_us = monitor_tick(site->monitor);
        site->monitor_tick_us = next_us == INT64_MAX ? INT64_MAX : next_us - SIM_START_US;
    }
    if (site->ipc_breaks) {
        site->ipc_breaks = false;
        site_disconnect(site, site->engine_process.running, false);
    }
    if (process->dead)
        site_monitor_die(site, false);
    else if (site->monitor_exits) {
        monitor_shutdown(site->monitor, "restart");
        site_monitor_die(site, false);
    }
}

bool site_monitor_is_drained(struct site *site)
{
    struct journal_command command;
    return site->monitor_process.running && !site->monitor_process.dead &&
           site->journal.ops->next_open_command(site->journal.self, 0, &command, NULL) ==
               ERR_NOT_FOUND;
}
