/* SPDX-License-Identifier: Apache-2.0 */
/* Retention in virtual time: what is thinned, dropped and removed when, what stays, and that it can
 * be broken off anywhere. */
#include "retention/retention.h"
#include "retention/thin.h"
#include "store/retention.h"

#include "cloud/ingest_fixture.h"
#include <math.h>
#include <sys/stat.h>

#define HOUR_US (3600 * SECOND_US)
#define DAY_US  (24 * HOUR_US)
#define DAY(n)  (EIGHT_US + (n)*DAY_US)
#define COUNT   360

static const struct charge_sample BARE = {.battery_level = NAN,
                                          .charge_energy_added = NAN,
                                          .charger_power = NAN,
                                          .charger_actual_current = NAN,
                                          .charger_voltage = NAN,
                                          .charger_phases = STORE_NULL,
                                          .ideal_battery_range_km = NAN,
                                          .rated_battery_range_km = NAN,
                                          .outside_temp = NAN,
                                          .meter_wh = NAN};

/* xorshift64*, so that a failure repeats. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* --- thinning --- */

static bool holds(const struct charge_sample *samples, size_t count,
                  const struct charge_sample *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&samples[i], wanted, sizeof *wanted) == 0)
            return true;
    return false;
}

static void assert_thinned(const struct charge_sample *all, size_t count, int64_t interval_us)
{
    SCOPE_FREE struct charge_sample *left = calloc(count + 1, sizeof *left);
    assert_non_null(left);
    memcpy(left, all, count * sizeof *all);
    size_t kept = thin_samples(left, count, interval_us), next = 0;
    assert_true(kept <= count && (count == 0 || kept > 0));
    for (size_t i = 0; i < kept; i++) { /* whole, and in their order */
        while (next < count && memcmp(&all[next], &left[i], sizeof *all) != 0)
            next++;
        assert_true(next++ < count);
    }
    if (count == 0)
        return;
    assert_true(holds(left, kept, &all[0]) && holds(left, kept, &all[count - 1]));
    double most = -INFINITY, least = INFINITY, most_left = -INFINITY, least_left = INFINITY;
    int64_t first = all[0].date_us, last = first, first_left = left[0].date_us,
            last_left = first_left;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, all[i].charger_power);
        least = fmin(least, all[i].charger_power);
        first = all[i].date_us < first ? all[i].date_us : first;
        last = all[i].date_us > last ? all[i].date_us : last;
    }
    for (size_t i = 0; i < kept; i++) {
        most_left = fmax(most_left, left[i].charger_power);
        least_left = fmin(least_left, left[i].charger_power);
        first_left = left[i].date_us < first_left ? left[i].date_us : first_left;
        last_left = left[i].date_us > last_left ? left[i].date_us : last_left;
    }
    assert_true(!(most > most_left) && !(least < least_left));
    assert_true(first == first_left && last == last_left);
    /* For every sample there is one that was kept at it or within the interval before it; a late
     * one (here by some seconds) may miss its own by as much. */
    for (size_t i = 0; i < count; i++) {
        bool near = false;
        for (size_t j = 0; j < kept && !near; j++)
            near = left[j].date_us <= all[i].date_us &&
                   all[i].date_us - left[j].date_us < interval_us + 20 * SECOND_US;
        assert_true(near);
    }
}

static void thinning_keeps_ends_extremes_and_pace(void **state)
{
    (void)state;
    struct charge_sample samples[COUNT];
    for (uint64_t round = 1; round < 60; round++) {
        uint64_t seed = round * 7919;
        size_t count = random_next(&seed) % COUNT;
        int64_t date_us = EIGHT_US;
        memset(samples, 0, sizeof samples); /* compared byte by byte */
        for (size_t i = 0; i < count; i++) {
            date_us += (int64_t)(random_next(&seed) % 20) * SECOND_US - SECOND_US;
            samples[i] = BARE;
            samples[i].date_us = date_us;
            if (random_next(&seed) % 4)
                samples[i].charger_power = (double)(random_next(&seed) % 500) / 10;
            samples[i].fast_charger_type = random_next(&seed) % 2 ? "CCS" : NULL;
        }
        assert_thinned(samples, count, (int64_t)(1 + random_next(&seed) % 900) * SECOND_US);
    }
}

static void thinning_is_what_it_says(void **state)
{
    (void)state;
    struct charge_sample samples[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        samples[i] = BARE;
        samples[i].date_us = EIGHT_US + (int64_t)i * 10 * SECOND_US;
        samples[i].charger_power = i == 101 ? 99 : i == 203 ? 1 : 40;
        samples[i].fast_charger_type = i >= 307 ? "CCS" : NULL;
        samples[i].charger_phases = i == 50 ? 1 : 3;
    }
    /* One per 5 min is 12; and the last, 99 kW, 1 kW, one phase, the first with CCS. */
    assert_int_equal(thin_samples(samples, COUNT, 300 * SECOND_US), 17);
    assert_int_equal(samples[1].date_us, EIGHT_US + 300 * SECOND_US);
    assert_int_equal(samples[16].date_us, EIGHT_US + 3590 * SECOND_US);
    assert_int_equal(thin_samples(samples, 17, 300 * SECOND_US), 17); /* twice is once */
    struct charge_sample far[] = {BARE, BARE, BARE};
    far[0].date_us = INT64_MIN + 5;
    far[1].date_us = INT64_MAX;
    assert_int_equal(thin_samples(far, 3, SECOND_US), 3);
}

/* --- the database --- */

/* A closed process with COUNT samples in the hour before `end_us`. */
static void add_process(struct store *store, int64_t id, int64_t end_us, bool packed)
{
    struct charge_head head = CHARGE_HEAD_NONE;
    int64_t newest = 0;
    char sql[500];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO charging_process (id, bid, station_id, slot, start_date, end_date, "
                   "charge_energy_used, rule_version) VALUES (%" PRId64 ", 'b', 's', 1, %" PRId64
                   ", %" PRId64 ", 12.34, 1)",
                   id, end_us - (COUNT - 1) * 10 * SECOND_US, end_us);
    must_execute(store, sql);
    assert_int_equal(charge_newest_sample(store, &newest, NULL), 0);
    for (int i = 0; i < COUNT; i++) {
        struct charge_sample sample = BARE;
        sample.date_us = end_us - (COUNT - 1 - i) * 10 * SECOND_US;
        sample.charger_power = 40 + i % 7;
        sample.meter_wh = i * 115;
        assert_int_equal(charge_sample_append(store, ++newest, id, head.last_sample, &sample, NULL),
                         0);
        head.last_sample = newest;
        head.samples++;
    }
    assert_int_equal(charge_head_save(store, id, &head, NULL), 0);
    if (packed)
        assert_int_equal(charge_pack(store, id, NULL), 0);
}

static const struct retention_limits LIMITS = {
    .thin_after_days = 3, .thin_interval_s = 600, .drop_after_days = 7};

static int make(void **state)
{
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    log_set_level(LOG_LEVEL_ERROR);
    *state = store;
    return 0;
}

static int end(void **state)
{
    store_close(*state);
    return 0;
}

#define store_test(function) cmocka_unit_test_setup_teardown(function, make, end)

static void must(int status, const struct err *err)
{
    if (status < 0)
        fail_msg("%s", err->text);
}

/* Steps until nothing is due; how many they were. */
static int run(struct store *store, struct retention *retention, int64_t plant_us,
               struct retention_done *done)
{
    struct err err = {0};
    int steps = 0;
    *done = (struct retention_done){0};
    for (; retention_is_due(retention, plant_us); steps++) {
        must(store_begin(store, &err), &err);
        must(retention_step(retention, plant_us, done, &err), &err);
        must(store_commit(store, &err), &err);
        assert_true(steps < 1000);
    }
    return steps;
}

static struct retention *must_new(struct store *store, const struct retention_limits *limits)
{
    struct retention *retention = NULL;
    struct err err = {0};
    must(retention_new(&retention, store, limits, &err), &err);
    return retention;
}

#define KEPT                                                                                       \
    "SELECT group_concat(kept || ':' || samples_before || '>' || samples, ' ') FROM "              \
    "charge_retention ORDER BY process"
#define NUMBERS                                                                                    \
    "SELECT group_concat(n) FROM (SELECT p.id, count(c.number) AS n FROM "                         \
    "charging_process p LEFT JOIN charge c ON c.process = p.id GROUP BY p.id)"

static void samples_are_thinned_then_dropped(void **state)
{
    struct store *store = *state;
    struct retention_done done;
    enum charge_kept kept;
    for (int day = 0; day < 5; day++)
        add_process(store, day + 1, DAY(day), day != 1); /* the second is not packed */
    must_execute(store, "INSERT INTO charging_process (id, station_id, slot, start_date) VALUES "
                        "(6, 's', 2, 0), (7, 's', 3, 5); UPDATE charging_process SET end_date = 5 "
                        "WHERE id = 7"); /* open since long; closed without a sample */
    struct retention *retention = must_new(store, &LIMITS);
    assert_int_equal(run(store, retention, DAY(3) - 1, &done), 1);
    assert_int_equal(done.thinned + done.dropped + done.samples, 0);
    assert_query_text(store, NUMBERS, "360,360,360,360,360,0,0");
    /* It rests for some hours. */
    assert_false(retention_is_due(retention, DAY(3)));
    assert_int_equal(run(store, retention, DAY(4), &done), 1);
    assert_int_equal(done.thinned, 2);
    /* 6 at their pace, the last, the least and the greatest power but those that are among them. */
    assert_query_text(store, NUMBERS, "8,8,360,360,360,0,0");
    assert_query_text(store, KEPT, "thinned:360>8 thinned:360>8");
    assert_query_text(store,
                      "SELECT max(charger_power) || ' ' || min(charger_power) || ' ' || "
                      "(max(meter_wh) - min(meter_wh)) FROM charge WHERE process = 1",
                      "46.0 40.0 41285.0");
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_open"), 0);
    assert_int_equal(charge_kept_load(store, 1, &kept, NULL), 0);
    assert_int_equal(kept, CHARGE_KEPT_THINNED);
    assert_int_equal(charge_kept_load(store, 3, &kept, NULL), 0);
    assert_int_equal(kept, CHARGE_KEPT_ALL);
    /* Nothing is thinned twice. */
    assert_int_equal(run(store, retention, DAY(4) + 7 * HOUR_US, &done), 1);
    assert_int_equal(done.thinned + done.samples, 0);
    assert_int_equal(run(store, retention, DAY(8), &done), 1);
    assert_int_equal(done.dropped, 2);
    assert_int_equal(done.thinned, 3);
    assert_int_equal(done.samples, 2 * 8 + 3 * 352);
    assert_query_text(store, NUMBERS, "0,0,8,8,8,0,0");
    assert_query_text(store, KEPT,
                      "none:360>0 none:360>0 thinned:360>8 thinned:360>8 "
                      "thinned:360>8");
    assert_query_text(store, "SELECT interval_s FROM charge_retention WHERE process = 1", "600");
    assert_int_equal(charge_kept_load(store, 1, &kept, NULL), 0);
    assert_int_equal(kept, CHARGE_KEPT_NONE);
    /* The figures stand. */
    assert_query_text(store,
                      "SELECT count(*) FROM charging_process WHERE charge_energy_used = "
                      "12.34 AND rule_version = 1",
                      "5");
    assert_query_text(store, "SELECT group_concat(name || '=' || value, ' ') FROM counter",
                      "retention.thinned=5 retention.samples=1776 retention.dropped=2");
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_damage"), 0);
    retention_free(retention);
}

static void what_was_told_is_on_record(void **state)
{
    struct store *store = *state;
    struct retention_limits none = {.thin_interval_s = 300};
    struct retention_done done;
    struct retention *retention = must_new(store, &none);
    assert_false(retention_is_due(retention, DAY(0))); /* nothing to keep account of */
    retention_set_limits(retention, &LIMITS);
    assert_int_equal(run(store, retention, DAY(0), &done), 1);
#define TOLD                                                                                       \
    "SELECT thin_after_days || ' ' || thin_interval_s || ' ' || drop_after_days FROM "             \
    "retention_state"
    assert_query_text(store, TOLD, "3.0 600 7.0");
    assert_int_equal(query_integer(store, "SELECT pass_ended_at FROM retention_state"), DAY(0));
    retention_free(retention);
    /* The same after a restart, but a pass begins at once. */
    retention = must_new(store, &LIMITS);
    assert_true(retention_is_due(retention, DAY(0) + 1));
    retention_set_limits(retention, &none);
    assert_int_equal(run(store, retention, DAY(1), &done), 1);
    assert_query_text(store, TOLD, "0.0 300 0.0");
    assert_false(retention_is_due(retention, DAY(9)));
    /* A pass of swapctl with other limits does not speak for the bridge. */
    struct err err = {0};
    must(retention_pass(store, &LIMITS, DAY(9), &done, &err), &err);
    assert_query_text(store, TOLD, "0.0 300 0.0");
    assert_int_equal(query_integer(store, "SELECT pass_ended_at FROM retention_state"), DAY(9));
    retention_free(retention);
}

static void damaged_samples_are_left_until_they_are_dropped(void **state)
{
    struct store *store = *state;
    struct retention_done done;
    for (int id = 1; id <= 4; id++)
        add_process(store, id, DAY(0), id < 3);
    must_execute(store, "UPDATE charge_chunk SET chunk = x'00' WHERE process = 1;"
                        "DELETE FROM charge_open WHERE process = 4 AND previous IS NULL");
    struct retention *retention = must_new(store, &LIMITS);
    (void)run(store, retention, DAY(4), &done);
    assert_int_equal(done.thinned, 2);
    assert_int_equal(done.damaged, 2);
    assert_query_text(store, "SELECT group_concat(process) FROM charge_damage", "1,4");
    (void)run(store, retention, DAY(8), &done);
    assert_int_equal(done.dropped, 4);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_damage"), 0);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_chunk"), 0);
    retention_free(retention);
}

static void it_can_be_broken_off_anywhere(void **state)
{
    struct store *store = *state;
    struct retention_done done, seen;
    struct err err = {0};
    assert_int_equal(store_begin(store, NULL), 0);
    for (int id = 1; id <= 130; id++)
        add_process(store, id, DAY(0) + id % 9, id % 3 != 0);
    assert_int_equal(store_commit(store, NULL), 0);
    must(retention_preview(store, &LIMITS, DAY(4), &seen, &err), &err);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_retention"), 0);
    struct retention *retention = must_new(store, &LIMITS);
    int64_t thinned = 0;
    for (int round = 0; retention_is_due(retention, DAY(4)); round++) {
        done = (struct retention_done){0};
        must(store_begin(store, &err), &err);
        must(retention_step(retention, DAY(4), &done, &err), &err);
        assert_true(done.thinned <= 60); /* small steps */
        if (round % 2) {                 /* undone, and half of the times a restart */
            store_rollback(store);
            retention_forget(retention);
            if (round % 4 == 1) {
                retention_free(retention);
                retention = must_new(store, &LIMITS);
            }
        } else {
            must(store_commit(store, &err), &err);
            thinned += done.thinned;
        }
        assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_retention"), thinned);
        assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_damage"), 0);
        assert_true(round < 50);
    }
    assert_int_equal(thinned, 130);
    assert_int_equal(seen.thinned, 130);
    assert_int_equal(seen.samples, query_integer(store, "SELECT value FROM counter WHERE name = "
                                                        "'retention.samples'"));
    retention_free(retention);
}

/* Short processes have nothing to be thinned: looked at once, and all of them kept. */
static void short_processes_stay_whole(void **state)
{
    struct store *store = *state;
    struct retention_limits limits = {.thin_after_days = 3, .thin_interval_s = 1};
    struct retention_done done;
    enum charge_kept kept;
    add_process(store, 1, DAY(0), true);
    struct retention *retention = must_new(store, &limits);
    (void)run(store, retention, DAY(4), &done);
    assert_int_equal(done.thinned + done.samples, 0);
    assert_query_text(store, KEPT, "all:360>360");
    assert_int_equal(charge_kept_load(store, 1, &kept, NULL), 0);
    assert_int_equal(kept, CHARGE_KEPT_ALL);
    retention_free(retention);
}

/* A session that went on: what it got since is thinned too, and nobody takes it for whole. */
static void a_resumed_process_is_looked_at_again(void **state)
{
    struct store *store = *state;
    struct retention_limits limits = {.thin_after_days = 3, .thin_interval_s = 600};
    struct retention_done done;
    int64_t newest = 0;
    add_process(store, 1, DAY(0), true);
    struct retention *retention = must_new(store, &limits);
    (void)run(store, retention, DAY(4), &done);
    assert_query_text(store, KEPT, "thinned:360>8");
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(charge_unpack(store, 1, &newest, NULL), 0);
    struct charge_sample sample = BARE;
    sample.date_us = DAY(4);
    assert_int_equal(charge_sample_append(store, 9, 1, 8, &sample, NULL), 0);
    must_execute(store, "UPDATE charge_head SET last_sample = 9, samples = 9");
    must_execute(store,
                 "UPDATE charging_process SET end_date = 1795248000000000 + 4 * 86400000000");
    assert_int_equal(charge_pack(store, 1, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    (void)run(store, retention, DAY(6), &done);
    assert_query_text(store, KEPT, "thinned:360>8");
    (void)run(store, retention, DAY(8), &done);
    assert_query_text(store, KEPT, "thinned:361>9");
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge"), 9);
    limits.drop_after_days = 1;
    retention_set_limits(retention, &limits);
    (void)run(store, retention, DAY(9), &done);
    assert_query_text(store, KEPT, "none:361>0");
    retention_free(retention);
}

static void old_rows_go_and_what_a_rebuild_needs_stays(void **state)
{
    struct store *store = *state;
    struct retention_limits limits = {.quarantine_days = 2, .event_log_days = 5};
    struct retention_done done;
    must_execute(store,
                 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999) "
                 "INSERT INTO quarantine (received_at, topic, reason, payload) SELECT "
                 "1795248000000000 + i * 86400000000 / 300, 't', 'r', x'' FROM n;"
                 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999) "
                 "INSERT INTO event_log (received_at, event_time, actor, kind, payload) SELECT "
                 "1795248000000000 + i * 86400000000 / 300, 0, 'station', CASE i % 6 WHEN 0 THEN "
                 "'STATUS' WHEN 1 THEN 'REGISTER' WHEN 2 THEN 'COMMAND_RESULT' WHEN 3 THEN "
                 "'SWAP_EVENT' WHEN 4 THEN 'battery.place' ELSE 'FAULT' END, '{}' FROM n");
    struct retention *retention = must_new(store, &limits);
    assert_true(run(store, retention, DAY(8), &done) > 3);
    assert_int_equal(done.quarantine, 1800);
    assert_int_equal(done.event_log, 450);
    assert_int_equal(query_integer(store, "SELECT min(received_at) FROM quarantine"), DAY(6));
    assert_query_text(store,
                      "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM event_log "
                      "GROUP BY kind ORDER BY kind)",
                      "350,500,350,350,500,500");
    assert_query_text(store,
                      "SELECT count(*) FROM event_log WHERE kind = 'STATUS' AND received_at "
                      "< 1795248000000000 + 3 * 86400000000",
                      "0");
    /* The newest always stays: ids must not begin again. */
    (void)run(store, retention, DAY(90), &done);
    assert_int_equal(query_integer(store, "SELECT id FROM quarantine"), 3000);
    retention_free(retention);
}

static void freed_pages_go_back_in_small_steps(void **state)
{
    const struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    struct retention_limits limits = {.drop_after_days = 1};
    struct retention_done done;
    struct stat before, after;
    log_set_level(LOG_LEVEL_ERROR);
    must_execute(store, "INSERT INTO charging_process (id, station_id, slot, start_date, end_date) "
                        "VALUES (1, 's', 1, 0, 5);"
                        "INSERT INTO charge_chunk VALUES (1, 9, zeroblob(8000000))");
    must_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(stat(dir->db, &before), 0);
    struct retention *retention = must_new(store, &limits);
    int steps = run(store, retention, DAY(0), &done);
    assert_int_equal(done.dropped, 1);
    /* 1953 pages were freed, and 1024 stay for the rows to come. */
    assert_in_range(done.pages, 900, 960);
    assert_in_range(steps, 8, 12);
    must_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(stat(dir->db, &after), 0);
    assert_true(after.st_size < before.st_size - 900 * 4096);
    assert_query_text(store, "PRAGMA integrity_check", "ok");
    retention_free(retention);
    store_close(store);
}

/* --- beside messages --- */

static void the_bridge_retains_between_batches(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    for (int id = 1; id <= 3; id++)
        add_process(fixture.store, id, EIGHT_US, true);
    fixture_pass(&fixture, 4 * DAY_US);
    tick(&fixture);
    assert_count(&fixture, "charge_retention", 0); /* for ever, by default */
    assert_count(&fixture, "retention_state", 0);
    fixture.options.retention = LIMITS;
    ingest_configure(fixture.ingest, &fixture.options);
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":16,\"time\":\"2026-11-25 08:00:01\","
         "\"data\":{}}");
    assert_count(&fixture, "charge_retention WHERE kept = 'thinned'", 3);
    /* What fails does no harm to messages, and is tried again. */
    must_execute(fixture.store, "ALTER TABLE charge_retention RENAME TO away");
    fixture_pass(&fixture, 4 * DAY_US);
    give(&fixture, "info/1231", "no message");
    assert_count(&fixture, "quarantine", 1);
    must_execute(fixture.store, "ALTER TABLE away RENAME TO charge_retention");
    fixture_pass(&fixture, SECOND_US);
    tick(&fixture);
    assert_count(&fixture, "charge_chunk", 3); /* a minute later */
    fixture_pass(&fixture, 62 * SECOND_US);
    tick(&fixture);
    assert_count(&fixture, "charge_chunk", 0);
    assert_count(&fixture, "charge_retention WHERE kept = 'none'", 3);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thinning_keeps_ends_extremes_and_pace),
        cmocka_unit_test(thinning_is_what_it_says),
        store_test(samples_are_thinned_then_dropped),
        store_test(what_was_told_is_on_record),
        store_test(damaged_samples_are_left_until_they_are_dropped),
        store_test(it_can_be_broken_off_anywhere),
        store_test(short_processes_stay_whole),
        store_test(a_resumed_process_is_looked_at_again),
        store_test(old_rows_go_and_what_a_rebuild_needs_stays),
        workdir_test(freed_pages_go_back_in_small_steps),
        cmocka_unit_test(the_bridge_retains_between_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
