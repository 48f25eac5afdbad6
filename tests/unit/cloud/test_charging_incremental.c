/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: incremental is batch. Thousands of random streams (ties, late samples, nulls,
 * duplicates), cut anywhere by forgetting, rollbacks that are done again, restarts and ends that
 * were none: what is stored of both rules is what the pure functions say of all samples at once.
 * (test_charging_replay.c varies what begins and ends a process; here it is always a session.)
 */
#include "base/scope.h"

#include "cloud/charging_support.h"
#include "cloud/evaluate_support.h"

#define ROUNDS      80
#define SESSIONS    32 /* streams side by side in each round */
#define STEPS       (SESSIONS * 8)
#define SAMPLES_MAX 200
#define NAME_SIZE   32

static const struct charging_limits limits = {.sample_timeout_us = TIMEOUT_US,
                                              .gone_timeout_us = GONE_US,
                                              .rules = {2, {EVALUATE2_GAP_DEFAULT_US, 100}}};

struct stream {
    char session[NAME_SIZE], bid[NAME_SIZE];
    int64_t second, newest_second;
    bool open;
    struct evaluate_sample samples[SAMPLES_MAX]; /* all that were taken, in order of arrival */
    size_t count;
    struct charging_observation last;
};

struct scene {
    struct bench *bench;
    uint64_t seed;
    char station[NAME_SIZE];
    struct stream streams[SESSIONS];
    struct charging_observation since_commit[STEPS * 2 + SESSIONS * 8];
    size_t since_count;
};

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return (random_next(seed) >> 33) % limit;
}

static struct evaluate_sample sample_of(const struct charging_observation *now)
{
    return (struct evaluate_sample){.date_us = now->at.date_us,
                                    .battery_level = now->soc_percent,
                                    .added_kwh = now->charge_energy_added_kwh,
                                    .power_kw = now->charger_power_kw,
                                    .current_a = now->charger_current_a,
                                    .voltage_v = now->charger_voltage_v,
                                    .phases = now->charger_phases,
                                    .ideal_range_km = now->ideal_range_km,
                                    .rated_range_km = now->rated_range_km,
                                    .outside_temp_c = now->outside_temp_c,
                                    .meter_wh = now->meter_wh};
}

static struct charging_observation random_observation(struct scene *scene, struct stream *stream,
                                                      int64_t second, int charge)
{
    uint64_t *seed = &scene->seed;
    struct charging_observation made = charging_at(second);
    made.station_id = scene->station;
    made.slot = 1 + (stream - scene->streams);
    made.bid = stream->bid;
    made.session_id = stream->session;
    made.charge = charge;
    made.soc_percent = round(sometimes(seed, 0, 1000)) / 10;
    made.charge_energy_added_kwh = sometimes(seed, 0, 5) + (double)(second / 100);
    made.charger_power_kw = sometimes(seed, -5, 130);
    made.charger_current_a = sometimes(seed, 0, 32);
    made.charger_voltage_v = sometimes(seed, 200, 240);
    made.charger_phases = below(seed, 3) ? STORE_NULL : (int64_t)below(seed, 5);
    made.meter_wh = sometimes(seed, 0, 300) + (double)second * 10;
    made.outside_temp_c = sometimes(seed, -20, 40);
    made.ideal_range_km = sometimes(seed, 0, 400);
    made.rated_range_km = sometimes(seed, 0, 400);
    made.deduplicate = below(seed, 4) == 0;
    return made;
}

static bool holds(const struct stream *stream, int64_t date_us)
{
    for (size_t i = 0; i < stream->count; i++)
        if (stream->samples[i].date_us == date_us)
            return true;
    return false;
}

static void take(struct scene *scene, struct stream *stream, const struct charging_observation *now)
{
    observe(scene->bench, now);
    scene->since_commit[scene->since_count++] = *now;
    assert_in_range(scene->since_count, 1, COUNT(scene->since_commit));
    stream->last = *now;
    if (now->deduplicate && holds(stream, now->at.date_us))
        return;
    assert_in_range(stream->count, 0, SAMPLES_MAX - 1);
    stream->samples[stream->count++] = sample_of(now);
}

/* The next one of a stream: mostly forward, sometimes far; a tie, a late one, or the same again.
 * The one that opens a process is always charging and new. */
static void step(struct scene *scene, struct stream *stream)
{
    uint64_t *seed = &scene->seed, kind = below(seed, 16);
    struct charging_observation now;
    int64_t second = stream->newest_second;
    if (kind == 0 && stream->open) {
        take(scene, stream, &stream->last);
        return;
    }
    if (kind > 3 || !stream->open)
        second += 1 + (int64_t)below(seed, kind == 15 ? 900 : 40);
    else if (kind > 1)
        second -= (int64_t)below(seed, 200);
    int charge = stream->open && below(seed, 8) == 0 ? -1 : 1;
    now = random_observation(scene, stream, second, charge);
    if (second > stream->newest_second)
        stream->newest_second = second;
    take(scene, stream, &now);
    stream->open = true;
}

static void commit(struct scene *scene)
{
    flush_and_commit(scene->bench);
    scene->since_count = 0;
}

static void disturb(struct scene *scene)
{
    struct err err = {0};
    struct bench *bench = scene->bench;
    switch (below(&scene->seed, 50)) {
    case 0:
        charging_forget(bench->charging);
        return;
    case 1:
        commit(scene);
        return;
    case 2: /* a restart */
        commit(scene);
        charging_free(bench->charging);
        check(charging_new(&bench->charging, bench->store, bench->alerts, &limits, &err), &err);
        return;
    case 3: /* a batch that is undone and done again */
        if (below(&scene->seed, 2))
            check(charging_flush(bench->charging, &err), &err);
        store_rollback(bench->store);
        charging_forget(bench->charging);
        check(store_begin(bench->store, &err), &err);
        for (size_t i = 0; i < scene->since_count; i++)
            observe(bench, &scene->since_commit[i]);
        return;
    default:
        return;
    }
}

/* The end; sometimes late samples after it, which are taken in; sometimes it goes on after all. */
static void end(struct scene *scene, struct stream *stream)
{
    uint64_t *seed = &scene->seed;
    if (!stream->open)
        step(scene, stream);
    int64_t last = stream->newest_second + (int64_t)below(seed, 60);
    struct charging_observation now = random_observation(scene, stream, last, 0);
    now.deduplicate = false;
    stream->newest_second = last;
    take(scene, stream, &now);
    stream->open = false;
    disturb(scene);
    for (uint64_t late = below(seed, 3); late > 0; late--) {
        now = random_observation(scene, stream, last - (int64_t)below(seed, 300), 1);
        take(scene, stream, &now);
        disturb(scene);
    }
    if (below(seed, 4) == 0) {
        step(scene, stream);
        end(scene, stream);
    }
}

static void append(char *to, size_t size, const char *name, double value)
{
    size_t length = strlen(to);
    if (isnan(value))
        (void)snprintf(to + length, size - length, " %s -", name);
    else
        (void)snprintf(to + length, size - length, " %s %.3f", name, value);
}

#define TEXT_SIZE 1500

static void expect_second(const struct evaluate2_result *two, char to[TEXT_SIZE])
{
    append(to, TEXT_SIZE, "added", two->added_kwh);
    append(to, TEXT_SIZE, "used", two->used_kwh);
    append(to, TEXT_SIZE, "metered", two->by_meter_kwh);
    append(to, TEXT_SIZE, "gap", two->gap_kwh);
    append(to, TEXT_SIZE, "gap_us", (double)two->gap_us);
    append(to, TEXT_SIZE, "unmeasured", (double)two->unmeasured_us);
    append(to, TEXT_SIZE, "efficiency", two->efficiency);
    append(to, TEXT_SIZE, "peak", decimal_round(two->peak_power_kw, 3));
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++) {
        const struct evaluate2_mark *mark = &two->flags[flag];
        size_t length = strlen(to);
        if (mark->times)
            (void)snprintf(to + length, TEXT_SIZE - length, " %s %lld@%lld",
                           evaluate2_flag_name((enum evaluate2_flag)flag), (long long)mark->times,
                           (long long)mark->first_us);
    }
}

static void expect(struct stream *stream, char to[TEXT_SIZE])
{
    struct evaluate_result one;
    struct evaluate2_result two;
    evaluate_samples(stream->samples, stream->count, &one);
    struct evaluate2_state state; /* in order already, and numbered by arrival */
    evaluate2_start(&state, &limits.rules.limits);
    for (size_t i = 0; i < stream->count; i++)
        evaluate2_add(&state, &stream->samples[i]);
    evaluate2_finish(&state, &two);
    (void)snprintf(to, TEXT_SIZE, "%zu %lld..%lld", stream->count, (long long)one.start_date_us,
                   (long long)one.end_date_us);
    append(to, TEXT_SIZE, "temp", one.outside_temp_avg_c);
    append(to, TEXT_SIZE, "level", one.end_battery_level);
    append(to, TEXT_SIZE, "range", one.start_ideal_range_km);
    append(to, TEXT_SIZE, "min", (double)one.duration_min);
    append(to, TEXT_SIZE, "billed", two.used_kwh);
    append(to, TEXT_SIZE, "added", one.charge_energy_added_kwh);
    append(to, TEXT_SIZE, "used", one.charge_energy_used_kwh);
    expect_second(&two, to);
}

#define REAL(name, column)                                                                         \
    "' " name " ' || iif(" column " IS NULL, '-', printf('%%.3f', " column ")) || "

/* Flags in the order of the enumeration. */
static void write_order(char *to, size_t size)
{
    to[0] = '\0';
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++) {
        size_t length = strlen(to);
        (void)snprintf(to + length, size - length, " WHEN '%s' THEN %d",
                       evaluate2_flag_name((enum evaluate2_flag)flag), flag);
    }
}

static void compare(struct scene *scene, struct stream *stream, uint64_t round)
{
    char want[TEXT_SIZE], got[TEXT_SIZE], order[600], sql[3000];
    write_order(order, sizeof order);
    expect(stream, want);
    (void)snprintf(
        sql, sizeof sql,
        "SELECT c.samples || ' ' || p.start_date || '..' || p.end_date || " REAL(
            "temp", "p.outside_temp_avg") REAL("level", "p.end_battery_level")
            REAL("range", "p.start_ideal_range_km") REAL("min", "p.duration_min")
                REAL("billed", "p.charge_energy_used") REAL("added", "a.charge_energy_added") REAL(
                    "used", "a.charge_energy_used") REAL("added", "b.charge_energy_added")
                    REAL("used", "b.charge_energy_used") REAL("metered", "b.charge_energy_metered")
                        REAL("gap", "b.charge_energy_gap") REAL("gap_us", "b.gap_us")
                            REAL("unmeasured", "b.unmeasured_us") REAL("efficiency", "b.efficiency")
                                REAL("peak",
                                     "b.peak_power") "ifnull((SELECT group_concat(' ' || flag || "
                                                     "' ' || times || '@' || first_at, '') FROM "
                                                     "(SELECT * FROM charging_flag WHERE "
                                                     "process_id = p.id ORDER BY CASE flag%s "
                                                     "END)), '') FROM charging_process p JOIN "
                                                     "charge_chunk c ON c.process = p.id JOIN "
                                                     "charging_evaluation a ON a.process_id = "
                                                     "p.id AND a.rule_version = 1 JOIN "
                                                     "charging_evaluation b ON b.process_id = "
                                                     "p.id AND b.rule_version = 2 WHERE "
                                                     "p.station_id = '%s' AND p.session_id = "
                                                     "'%s' AND p.rule_version = 2",
        order, scene->station, stream->session);
    query_text(scene->bench->store, sql, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("round %llu, session %s:\n got  %s\n want %s", (unsigned long long)round,
                 stream->session, got, want);
}

static void one_round(struct bench *bench, struct scene *scene, uint64_t round)
{
    memset(scene, 0, sizeof *scene);
    scene->bench = bench;
    scene->seed = round * UINT64_C(0x9E3779B97F4A7C15) + 1;
    (void)snprintf(scene->station, sizeof scene->station, "s%d", (int)round);
    for (int i = 0; i < SESSIONS; i++) {
        struct stream *stream = &scene->streams[i];
        (void)snprintf(stream->session, sizeof stream->session, "S%d", i);
        (void)snprintf(stream->bid, sizeof stream->bid, "b%d-%d", (int)round, i);
    }
    for (int i = 0; i < STEPS; i++) {
        step(scene, &scene->streams[below(&scene->seed, SESSIONS)]);
        disturb(scene);
    }
    for (int i = 0; i < SESSIONS; i++)
        end(scene, &scene->streams[i]);
    commit(scene);
    for (int i = 0; i < SESSIONS; i++)
        compare(scene, &scene->streams[i], round);
}

static void any_stream_is_stored_as_the_pure_functions_say(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    charging_free(bench->charging);
    check(charging_new(&bench->charging, bench->store, bench->alerts, &limits, &err), &err);
    SCOPE_FREE struct scene *scene = malloc(sizeof *scene);
    assert_non_null(scene);
    for (uint64_t round = 1; round <= ROUNDS; round++)
        one_round(bench, scene, round);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charging_process"),
                     ROUNDS * SESSIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(any_stream_is_stored_as_the_pure_functions_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
