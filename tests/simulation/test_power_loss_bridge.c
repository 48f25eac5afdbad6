/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power loss for the bridge: two stations give their journals' rows in batches, and the power fails
 * inside the k-th sync of the database, for every k of the scenario and several seeds of what
 * becomes of the writes that were not synced. After each failure, on what was left:
 *
 * - the database opens by the bridge's own rules and is whole;
 * - every mark that a station was told is still there, and every batch is there whole or not at
 * all;
 * - marks and effects agree: event_log holds 1 … mark of each stream once and in order, and each
 *   telemetry row its charging sample;
 * - after the stations sent again what was not acknowledged, the database is, row by row and in
 *   all tables but the counters, that of a run without any failure.
 */
#include "cmocka_first.h"
#include "ingest/ingest.h"
#include "power_rig.h"
#include "store/store.h"

#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATIONS 2
#define STEPS    15
#define EVENTS   4 /* rows of a station in a step */
#define SAMPLES  2
#define ROWS     (STATIONS * (EVENTS + SAMPLES))
#define BOOT_2   8 /* the step from which on the stations are in their second boot */
#define SECOND   CLOCK_US_PER_SECOND
#define START_US INT64_C(1795248000000000) /* 2026-11-21T08:00:00Z */

/* Counters count work, repeats included; with a failure there is more of it. Levels (state of
 * charge, last seen …) are written some seconds late by design (a battery's day up to a minute),
 * and event_log notes what the writer's memory knew of last seen before an exchange: of these
 * tables facts are compared. */
#define NOT_COMPARED ",counter,battery,battery_day,bay,station,event_log,"
static const char *const FACTS[] = {
    "SELECT bid, where_kind, where_id, slot, where_since, where_source FROM battery ORDER BY bid",
    "SELECT station_id, slot, state, bid, session_id, charging FROM bay ORDER BY station_id, slot",
    "SELECT station_id, status, approval, mode, journal, boot FROM station ORDER BY station_id",
    ("SELECT received_at, event_time, actor, actor_id, station_id, kind, journal, boot, lane, seq,"
     " payload FROM event_log WHERE kind <> 'battery.seen' ORDER BY id"),
};

struct scene {
    struct power_rig rig;
    struct store *store; /* NULL while the bridge is down */
    struct ingest *ingest;
    struct env env;
    struct ingest_out out;
    int step;                             /* the batch that is being given */
    int acknowledged;                     /* steps whose marks every station was told */
    int64_t told[STATIONS][2 /* boot */]; /* highest event mark told */
    int failures;
};

/* --- what stations say --- */

static int64_t step_time_us(int step)
{
    return START_US + step * 10 * SECOND;
}

static void event_data(int station, int number, char *to, size_t size)
{
    int turn = number / 4, bay = turn % 3 + 1;
    switch (number % 4) {
    case 0:
        (void)snprintf(to, size,
                       "17,\"data\":{\"event\":\"Off-Load\",\"requestId\":\"R%d\",\"bay\":%d,"
                       "\"vehicle\":\"V%d-%d\",\"user\":\"U\",\"battery\":{\"bid\":\"B%d-%d\","
                       "\"soc\":20}}",
                       turn, bay, station, turn % 2, station, turn % 4);
        return;
    case 1:
        (void)snprintf(to, size,
                       "17,\"data\":{\"event\":\"On-Load\",\"requestId\":\"R%d\",\"bay\":%d,"
                       "\"vehicle\":\"V%d-%d\",\"user\":\"U\",\"battery\":{\"bid\":\"B%d-%d\","
                       "\"soc\":95}}",
                       turn, bay % 3 + 1, station, turn % 2, station, (turn + 2) % 4);
        return;
    case 2:
        (void)snprintf(to, size,
                       "18,\"data\":{\"code\":\"LockTimeout\",\"severity\":\"warning\","
                       "\"active\":%s,\"bay\":%d}",
                       turn % 2 ? "false" : "true", bay);
        return;
    default:
        (void)snprintf(to, size,
                       "20,\"data\":{\"session\":\"S%d\",\"bay\":%d,\"bid\":\"B%d-%d\","
                       "\"status\":\"%s\"}",
                       turn / 2, bay, station, turn % 4, turn % 2 ? "completed" : "in_progress");
    }
}

/* One charging sample; the session changes now and then, which closes a process. */
static void sample_data(int station, int number, char *to, size_t size)
{
    (void)snprintf(to, size,
                   "0,\"data\":{\"station\":{\"state\":\"CHARGING\",\"mode\":\"normal\",\"bays\":["
                   "{\"slot\":5,\"state\":\"CHARGING\"}]},\"battery\":[{\"slot\":5,\"bid\":\"C%d\","
                   "\"session\":\"T%d\",\"charge\":true,\"soc\":%d,\"chargeEnergyAdded\":%d.25,"
                   "\"chargerPower\":7.5}]}",
                   station, number / 8, 30 + number, number);
}

static void write_row(int station, int step, int at, char *to, size_t size)
{
    bool event = at < EVENTS;
    int boot = step < BOOT_2 ? 1 : 2, base = step < BOOT_2 ? step : step - BOOT_2;
    int per_step = event ? EVENTS : SAMPLES, in_step = event ? at : at - EVENTS;
    int seq = base * per_step + in_step + 1;
    char data[700];
    if (event)
        event_data(station, step * EVENTS + in_step, data, sizeof data);
    else
        sample_data(station, step * SAMPLES + in_step, data, sizeof data);
    int64_t time_ms = (step_time_us(step) + at * SECOND) / CLOCK_US_PER_MS;
    int length = snprintf(to, size,
                          "{\"device\":\"station%d\",\"type\":%s,\"time\":%" PRId64
                          ",\"v\":1,\"journal\":\"ab%d\",\"boot\":%d,\"lane\":\"%s\",\"seq\":%d,"
                          "\"prev\":%d,\"up\":%d,\"clock\":\"synced\"}",
                          station, data, time_ms, station, boot, event ? "event" : "telemetry", seq,
                          seq - 1, (base * 10 + at) * 1000);
    assert(length > 0 && (size_t)length < size);
}

/* --- the bridge --- */

static int64_t scene_now(void *self)
{
    return step_time_us(((struct scene *)self)->step);
}

/* The contract under test: whoever is told a mark may delete its rows. (With the power gone nobody
 * hears it, but then, too, a mark is only told after its commit: a checkpoint that fails behind a
 * commit does not undo it.) */
static void hear_ack(void *self, const char *device, const struct message_ack *ack)
{
    struct scene *scene = self;
    int station = device[strlen("station")] - '0';
    assert(station >= 0 && station < STATIONS && ack->boot >= 1 && ack->boot <= 2);
    if (ack->event < scene->told[station][ack->boot - 1])
        fail_msg("%s is told a lower mark than before", device);
    scene->told[station][ack->boot - 1] = ack->event;
}

static void hear_register(void *self, const char *device,
                          const struct message_register_result *result)
{
    (void)self;
    (void)device;
    (void)result;
}

static void hear_told(void *self)
{
    (void)self;
}

static void close_bridge(struct scene *scene)
{
    ingest_free(scene->ingest);
    scene->ingest = NULL;
    store_close(scene->store);
    scene->store = NULL;
}

static int open_bridge(struct scene *scene, struct err *err)
{
    struct ingest_options options = {
        .unknown = UNKNOWN_ACCEPT,
        .report_interval_us = 3600 * SECOND, /* nobody is called silent */
        .quarantine_rows = 10,
        .quarantine_bytes = 64,
        .commands = {.expire_us = 60 * SECOND, .accepted_expire_us = 900 * SECOND},
        .thresholds = THRESHOLD_DEFAULTS,
        .channels = {.mqtt = true},
        .tracking = {.capacity_min_kwh = 20,
                     .frequent_window_us = 24 * 3600 * SECOND,
                     .frequent_swap_max = 3},
        .charging = {.sample_timeout_us = 900 * SECOND,
                     .gone_timeout_us = 86400 * SECOND,
                     .rules = RULES_DEFAULT}};
    power_rig_mirror(&scene->rig);
    int status = store_open(&scene->store, scene->rig.database, STORE_WRITE, err);
    /* Often, so that the scenario has failures inside checkpoints. */
    if (status == 0 && sqlite3_wal_autocheckpoint(store_handle(scene->store), 25) != SQLITE_OK)
        status = err_set(err, ERR_STORAGE, "autocheckpoint");
    if (status == 0)
        status = ingest_new(&scene->ingest, scene->store, &scene->env, &options, &scene->out, err);
    if (status < 0)
        close_bridge(scene);
    return status;
}

static int give_step(struct scene *scene, struct err *err)
{
    static char payloads[ROWS][1200];
    struct ingest_message messages[ROWS];
    for (int i = 0; i < ROWS; i++) {
        int station = i / (EVENTS + SAMPLES), at = i % (EVENTS + SAMPLES);
        write_row(station, scene->step, at, payloads[i], sizeof payloads[i]);
        messages[i] = (struct ingest_message){.topic = "info",
                                              .payload = payloads[i],
                                              .length = strlen(payloads[i]),
                                              .plant_us = step_time_us(scene->step),
                                              .mono_us = step_time_us(scene->step)};
    }
    size_t done = 0;
    int status = ingest_batch(scene->ingest, messages, ROWS, &done, err);
    assert(status < 0 || done == ROWS);
    return status;
}

/* Some steps end with a clean stop and a start: settling, closing checkpoint, opening. */
static int stop_and_start(struct scene *scene, struct err *err)
{
    int status = ingest_settle(scene->ingest, err);
    close_bridge(scene);
    if (crash_vfs_is_off(scene->rig.vfs)) /* closing does not tell */
        return err_set(err, ERR_STORAGE, "the power failed while closing");
    return status == 0 ? open_bridge(scene, err) : status;
}

static int run(struct scene *scene, struct err *err)
{
    int status = scene->ingest ? 0 : open_bridge(scene, err);
    while (status == 0 && scene->acknowledged < STEPS) {
        scene->step = scene->acknowledged;
        status = give_step(scene, err);
        if (status == 0)
            scene->acknowledged++;
        if (status == 0 && scene->acknowledged % 5 == 0)
            status = stop_and_start(scene, err);
    }
    return status;
}

/* --- what must hold --- */

static int64_t ask(struct scene *scene, const char *sql, int station, int boot)
{
    return power_rig_ask_about(store_handle(scene->store), sql, station, boot);
}

static void check_stream(struct scene *scene, int station, int boot, int steps, const char *when)
{
    int64_t mark = ask(scene,
                       "SELECT coalesce(max(seq), 0) FROM stream WHERE device = 'station' || ?1"
                       " AND boot = ?2 AND lane = 'event'",
                       station, boot);
    if (mark < scene->told[station][boot - 1])
        fail_msg("%s: station%d boot %d was told %" PRId64 ", the mark is %" PRId64, when, station,
                 boot, scene->told[station][boot - 1], mark);
    if (mark != steps * EVENTS && mark != (steps + 1) * EVENTS)
        fail_msg("%s: the mark %" PRId64 " lies inside a batch", when, mark);
    int64_t logged =
        ask(scene,
            "SELECT count(*) FROM event_log WHERE station_id = 'station' || ?1 AND boot ="
            " ?2 AND lane = 'event'",
            station, boot);
    /* A row is out of order when an earlier id has a seq that is not smaller. */
    int64_t disorder = ask(scene,
                           "SELECT count(*) FROM (SELECT seq, row_number() OVER (ORDER BY id) AS n"
                           " FROM event_log WHERE station_id = 'station' || ?1 AND boot = ?2"
                           " AND lane = 'event') WHERE seq <> n",
                           station, boot);
    if (logged != mark || disorder != 0)
        fail_msg("%s: station%d boot %d: mark %" PRId64 ", %" PRId64 " events logged, %" PRId64
                 " out of order",
                 when, station, boot, mark, logged, disorder);
}

static void check_all(struct scene *scene, const char *when)
{
    power_rig_check_whole(store_handle(scene->store), when);
    for (int station = 0; station < STATIONS; station++) {
        int first = scene->acknowledged < BOOT_2 ? scene->acknowledged : BOOT_2;
        check_stream(scene, station, 1, first == BOOT_2 ? BOOT_2 - 1 : first, when);
        if (scene->acknowledged >= BOOT_2)
            check_stream(scene, station, 2, scene->acknowledged - BOOT_2, when);
    }
    if (ask(scene, "SELECT coalesce(sum(gap_rows), 0) FROM stream", 0, 0) != 0)
        fail_msg("%s: a gap is counted where nothing was lost", when);
    int64_t samples = ask(scene,
                          "SELECT (SELECT count(*) FROM charge_open) + "
                          "(SELECT coalesce(sum(samples), 0) FROM charge_chunk)",
                          0, 0);
    int64_t marks =
        ask(scene, "SELECT coalesce(sum(seq), 0) FROM stream WHERE lane = 'telemetry'", 0, 0);
    if (samples != marks)
        fail_msg("%s: %" PRId64 " telemetry rows accepted, %" PRId64 " samples stored", when, marks,
                 samples);
}

static void scene_begin(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){
        .env = {.self = scene, .wall_us = scene_now, .mono_us = scene_now, .plant_us = scene_now},
        .out = {
            .self = scene, .ack = hear_ack, .register_result = hear_register, .told = hear_told}};
    power_rig_begin(&scene->rig, seed, "swapstack.db");
}

static void scene_end(struct scene *scene, struct strbuf *dump)
{
    check_all(scene, "at the end");
    power_rig_dump(store_handle(scene->store), NOT_COMPARED, dump);
    for (size_t i = 0; i < sizeof FACTS / sizeof FACTS[0]; i++)
        power_rig_dump_rows(store_handle(scene->store), "fact", FACTS[i], dump);
    close_bridge(scene);
    power_rig_end(&scene->rig);
}

/* The power fails at sync k; sometimes again soon after. Returns false when k is beyond the end. */
static bool fail_at(uint64_t k, uint64_t seed, const char *expected, int *failures)
{
    struct scene scene;
    struct err err = {0};
    char when[80];
    (void)snprintf(when, sizeof when, "power lost at sync %" PRIu64 " (seed %" PRIu64 ")", k, seed);
    scene_begin(&scene, seed);
    crash_vfs_fail_at_sync(scene.rig.vfs, k);
    while (run(&scene, &err) < 0) {
        if (!crash_vfs_is_off(scene.rig.vfs))
            fail_msg("%s: %s", when, err.text);
        close_bridge(&scene);
        crash_vfs_reboot(scene.rig.vfs);
        /* With odd seeds the reboot itself is hit, at another sync each time, up to three times. */
        if (seed % 2 == 1 && scene.failures++ < 3)
            crash_vfs_fail_at_sync(scene.rig.vfs, (k + seed / 2) % 7 + 1);
        err = (struct err){0};
        if (open_bridge(&scene, &err) == 0)
            check_all(&scene, when);
        else if (!crash_vfs_is_off(scene.rig.vfs))
            fail_msg("%s: the database is not opened: %s", when, err.text);
        ++*failures;
    }
    bool reached = crash_vfs_sync_count(scene.rig.vfs) >= k;
    SCOPE_STRBUF struct strbuf dump = STRBUF_INIT;
    scene_end(&scene, &dump);
    if (strcmp(strbuf_text(&dump), expected) != 0) {
        size_t same = 0;
        const char *a = strbuf_text(&dump), *b = expected;
        while (a[same] && a[same] == b[same])
            same++;
        while (same > 0 && a[same - 1] != '\n')
            same--;
        fail_msg("%s: the completed database differs:\n%.200s\ninstead of\n%.200s", when, a + same,
                 b + same);
    }
    return reached;
}

static void every_sync_of_the_bridge(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    SCOPE_STRBUF struct strbuf expected = STRBUF_INIT;
    struct scene undisturbed;
    struct err err = {0};
    scene_begin(&undisturbed, 0);
    if (run(&undisturbed, &err) < 0)
        fail_msg("%s", err.text);
    uint64_t syncs = crash_vfs_sync_count(undisturbed.rig.vfs);
    scene_end(&undisturbed, &expected);
    uint64_t seeds = power_rig_seeds(2);
    int failures = 0;
    for (uint64_t seed = 0; seed < seeds; seed++)
        for (uint64_t k = 1; k <= syncs; k++)
            if (!fail_at(k, seed, strbuf_text(&expected), &failures))
                fail_msg("sync %" PRIu64 " was never reached", k);
    printf("bridge: %" PRIu64 " syncs, %" PRIu64 " seeds, %d power failures: nothing lost, nothing "
           "twice\n",
           syncs, seeds, failures);
    assert_true(syncs > 30 && failures >= (int)(syncs * seeds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sync_of_the_bridge)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
