/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever the stream of observations, and wherever memory is forgotten, batches are
 * rolled back and done again, or the module is made anew, the stored processes are those of a model
 * that keeps every sample and evaluates them at once. Neither the closing of processes whose
 * station is away nor a repair changes that: the stream opens them again.
 */
#include "base/scope.h"
#include "charging/evaluate.h"
#include "store/charging.h"

#include "cloud/charging_support.h"

#define ROUNDS        150
#define STEPS         120
#define SLOTS         3
#define PROCESSES_MAX (STEPS + 1)
#define SESSION_SIZE  12

struct model_process {
    int64_t slot;
    const char *bid, *session;
    const char *end; /* NULL: open */
    struct evaluate_sample samples[STEPS];
    size_t count;
};

struct model {
    struct model_process *processes;
    size_t count;
};

/* xorshift64*, so that a failure repeats from its seed. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return (random_next(seed) >> 33) % limit;
}

static double maybe(uint64_t *seed, double value)
{
    return below(seed, 6) == 0 ? NAN : value;
}

static struct charging_observation random_observation(uint64_t *seed, int64_t *second,
                                                      char session[SESSION_SIZE])
{
    static const char *const bids[] = {"b1", "b1", "b1", "b2", ""};
    static const char *const sessions[] = {"", "", "S1", "S2", "S3"};
    /* Mostly forward by less than a minute; now and then a long silence, or a clock set back. */
    uint64_t kind = below(seed, 20);
    *second += kind == 0 ? 2000 : kind == 1 ? -90 : (int64_t)below(seed, 60);
    struct charging_observation made = charging_at(*second);
    made.slot = 1 + (int64_t)below(seed, SLOTS);
    made.bid = bids[below(seed, 5)];
    /* Each bay has sessions of its own: a session never changes the bay. */
    const char *name = sessions[below(seed, 5)];
    if (name[0])
        (void)snprintf(session, SESSION_SIZE, "%s-%d", name, (int)made.slot);
    else
        session[0] = '\0';
    made.session_id = session;
    made.charge = (int)below(seed, 8) == 0 ? 0 : below(seed, 10) == 0 ? -1 : 1;
    made.soc_percent = maybe(seed, (double)below(seed, 101));
    made.charge_energy_added_kwh = maybe(seed, (double)below(seed, 90000) / 1000);
    made.charger_power_kw = maybe(seed, (double)below(seed, 130) - 5);
    made.charger_current_a = maybe(seed, (double)below(seed, 32));
    made.charger_voltage_v = maybe(seed, 220 + (double)below(seed, 20));
    made.charger_phases = below(seed, 3) == 0 ? STORE_NULL : 1 + (int64_t)below(seed, 3);
    made.outside_temp_c = maybe(seed, (double)below(seed, 400) / 9);
    made.ideal_range_km = maybe(seed, (double)below(seed, 400) / 7);
    return made;
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
                                    .outside_temp_c = now->outside_temp_c};
}

static int64_t newest(const struct model_process *process)
{
    int64_t date_us = INT64_MIN;
    for (size_t i = 0; i < process->count; i++)
        if (process->samples[i].date_us > date_us)
            date_us = process->samples[i].date_us;
    return date_us;
}

static struct model_process *find_open(struct model *model, int64_t slot)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->processes[i].slot == slot && !model->processes[i].end)
            return &model->processes[i];
    return NULL;
}

static void add(struct model_process *process, const struct charging_observation *now)
{
    process->samples[process->count++] = sample_of(now);
}

/* The table of charging/life.h once more, in words of its own. */
static void model_observe(struct model *model, const struct charging_observation *now)
{
    struct model_process *open = find_open(model, now->slot);
    bool says_session = now->session_id[0] != '\0';
    if (open) {
        bool same = says_session ? strcmp(open->session, now->session_id) == 0
                                 : strcmp(open->bid, now->bid) == 0;
        bool held = open->session[0] && strcmp(open->session, now->session_id) == 0;
        if (!same)
            open->end = !now->bid[0] && now->charge != 1 ? "removed" : "superseded";
        else if (!held && now->at.date_us - newest(open) > TIMEOUT_US)
            open->end = "timeout";
        else {
            add(open, now);
            if (now->charge == 0)
                open->end = "stopped";
            return;
        }
    }
    if (now->charge != 1)
        return;
    for (size_t i = 0; says_session && i < model->count; i++)
        if (strcmp(model->processes[i].session, now->session_id) == 0) {
            struct model_process *again = &model->processes[i];
            if (now->at.date_us > newest(again))
                again->end = NULL;
            add(again, now);
            return;
        }
    struct model_process *process = &model->processes[model->count++];
    *process =
        (struct model_process){.slot = now->slot, .bid = now->bid, .session = now->session_id};
    add(process, now);
}

static void number(char *to, size_t size, double value)
{
    if (isnan(value))
        (void)snprintf(to, size, "-");
    else
        (void)snprintf(to, size, "%.2f", value);
}

#define REAL(name) "iif(" name " IS NULL, '-', printf('%%.2f', " name ")) || ' ' || "

static void compare(struct bench *bench, struct model *model, uint64_t seed)
{
    for (size_t i = 0; i < model->count; i++) {
        struct model_process *process = &model->processes[i];
        struct evaluate_result want;
        size_t count = process->count;
        evaluate_samples(process->samples, count, &want);
        char added[32], used[32], temp[32], level[32], range[32], expected[512], sql[1024],
            got[512];
        number(added, sizeof added, want.charge_energy_added_kwh);
        number(used, sizeof used, want.charge_energy_used_kwh);
        number(temp, sizeof temp, want.outside_temp_avg_c);
        number(level, sizeof level, want.end_battery_level);
        number(range, sizeof range, want.start_ideal_range_km);
        (void)snprintf(expected, sizeof expected, "%lld..%lld %s %s %s %s %s %lld %zu %s",
                       (long long)want.start_date_us, (long long)want.end_date_us, added, used,
                       temp, level, range, (long long)want.duration_min, count,
                       process->end ? process->end : "repaired");
        (void)snprintf(
            sql, sizeof sql,
            "SELECT ifnull(start_date || '..' || end_date || ' ' || " REAL("charge_energy_added")
                REAL("charge_energy_used") REAL("outside_temp_avg") REAL("end_battery_level") REAL(
                    "start_ideal_range_km") "duration_min || ' ' || "
                                            "samples || ' ' || replace(end_reason, 'gone', "
                                            "'repaired'), 'open') FROM "
                                            "charging_process JOIN (SELECT process, samples FROM "
                                            "charge_head UNION ALL SELECT process, samples "
                                            "FROM charge_chunk) ON "
                                            "process = id WHERE id = %zu",
            i + 1);
        query_text(bench->store, sql, got, sizeof got);
        if (strcmp(got, expected) != 0)
            fail_msg("seed %llu, process %zu: got \"%s\", expected \"%s\"",
                     (unsigned long long)seed, i + 1, got, expected);
    }
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charging_process"),
                     model->count);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM (SELECT 1 FROM "
                                                 "charging_process WHERE end_date IS NULL GROUP BY "
                                                 "station_id, slot HAVING count(*) > 1)"),
                     0);
}

static void renew(struct bench *bench)
{
    struct err err = {0};
    const struct charging_limits limits = {
        .sample_timeout_us = TIMEOUT_US, .gone_timeout_us = GONE_US, .rules = RULES_DEFAULT};
    flush_and_commit(bench);
    charging_free(bench->charging);
    check(charging_new(&bench->charging, bench->store, bench->alerts, &limits, &err), &err);
}

/* The observations since the last commit are undone and done again. */
static void redo(struct bench *bench, const struct charging_observation *observations,
                 const size_t *since, size_t count, uint64_t *seed)
{
    struct err err = {0};
    if (below(seed, 2))
        check(charging_flush(bench->charging, &err), &err);
    store_rollback(bench->store);
    charging_forget(bench->charging);
    check(store_begin(bench->store, &err), &err);
    for (size_t i = *since; i < count; i++)
        observe(bench, &observations[i]);
}

/* Closes all open processes as an operator does. */
static void repair_all(struct bench *bench)
{
    struct err err = {0};
    int64_t ids[SLOTS];
    flush_and_commit(bench);
    int count = charging_process_list_idle(bench->store, INT64_MAX, ids, SLOTS, &err);
    check(count, &err);
    for (int i = 0; i < count; i++) {
        bool closed;
        check(charging_repair(bench->charging, ids[i], INT64_MAX, NOON, &closed, &err), &err);
        assert_true(closed);
    }
    flush_and_commit(bench);
}

/* Closes those that were not heard of for long, which may be any. */
static void close_gone(struct bench *bench, uint64_t *seed)
{
    struct err err = {0};
    int64_t now_us = NOON + GONE_US + (int64_t)below(seed, 5000) * SECOND;
    check(charging_tick(bench->charging, now_us, &err), &err);
    flush_and_commit(bench);
}

static void one_stream(uint64_t seed)
{
    void *state;
    bench_make(&state);
    struct bench *bench = state;
    struct model model = {calloc(PROCESSES_MAX, sizeof *model.processes), 0};
    struct charging_observation observations[STEPS];
    char sessions[STEPS][SESSION_SIZE];
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    int64_t second = 0;
    size_t committed = 0;
    for (size_t i = 0; i < STEPS; i++) {
        observations[i] = random_observation(&random, &second, sessions[i]);
        observe(bench, &observations[i]);
        model_observe(&model, &observations[i]);
        switch (below(&random, 12)) {
        case 0:
            charging_forget(bench->charging);
            break;
        case 1:
            flush_and_commit(bench);
            committed = i + 1;
            break;
        case 2:
            renew(bench);
            committed = i + 1;
            break;
        case 3:
            redo(bench, observations, &committed, i + 1, &random);
            break;
        case 4:
            if (below(&random, 2))
                repair_all(bench);
            else
                close_gone(bench, &random);
            committed = i + 1;
            break;
        default:
            break;
        }
    }
    repair_all(bench);
    compare(bench, &model, seed);
    free(model.processes);
    bench_remove(&state);
}

static void any_stream_gives_the_processes_of_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        one_stream(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_stream_gives_the_processes_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
