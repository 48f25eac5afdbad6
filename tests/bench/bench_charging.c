/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule 1 over stored history, and the same aggregation by SQL on plain rows, side by side: samples
 * a second on one core, and bytes a sample. Both must give the same figures.
 */
#include "base/args.h"
#include "base/scope.h"
#include "charging/history.h"
#include "store/charging.h"
#include "store/sample.h"
#include "store/store.h"
#include "store/store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOON INT64_C(1795262400000000)
#define US   INT64_C(1000000)

struct bench {
    struct store *store;
    int64_t processes, samples; /* samples: of each process */
    double *added, *used;       /* by rule 1; of each process */
};

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double rounded(double value, double scale)
{
    return round(value * scale) / scale;
}

/* xorshift64*: the same data in every run. */
static double noise(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (double)((*seed * UINT64_C(2685821657736338717)) >> 40) / (1 << 24) - 0.5;
}

/* A pack of 50 kWh, as a station reports it every 10 s: constant current, then constant voltage;
 * every 20th process reports current and voltage of three phases instead of power alone. Eight
 * columns are there; ranges, charger type and (one in two) the meter are not. */
static struct charge_sample make_sample(const struct bench *bench, int64_t process, int64_t number,
                                        double *kwh, uint64_t *seed)
{
    double share = (double)number / (double)bench->samples;
    double kw = 40 * fmin(1, 1.6 * (1.02 - share)) + noise(seed);
    bool alternating = process % 20 == 0;
    *kwh += kw / 360;
    return (struct charge_sample){
        .date_us = NOON + process * 60 * US + number * 10 * US + (number % 7 == 0 ? 1000 : 0),
        .battery_level = rounded(20 + *kwh * 2, 10),
        .charge_energy_added = rounded(*kwh * 0.95, 100),
        .charger_power = rounded(kw, 100),
        .charger_actual_current =
            rounded((alternating ? kw / 0.69 : kw * 1000 / 380) + noise(seed) / 2, 10),
        .charger_voltage = rounded((alternating ? 230 : 370 + 30 * share) + noise(seed), 10),
        .charger_phases = alternating ? 3 : STORE_NULL,
        .ideal_battery_range_km = NAN,
        .rated_battery_range_km = NAN,
        .outside_temp = rounded(20 + 3 * share, 10),
        .meter_wh = process % 2 ? round(1e6 + *kwh * 1000) : NAN,
    };
}

#define PLAIN_TABLE                                                                                \
    "CREATE TABLE plain (process INTEGER, date INTEGER, battery_level REAL, charge_energy_added "  \
    "REAL, charger_power REAL, charger_actual_current REAL, charger_voltage REAL, charger_phases " \
    "INTEGER, ideal_battery_range_km REAL, rated_battery_range_km REAL, outside_temp REAL, "       \
    "meter_wh REAL, PRIMARY KEY (process, date)) WITHOUT ROWID"

/* The window functions and sums that sections 3 and 4 of design/charging.md need, over rows that
 * lie in the order they are read: one pass without a sort. */
#define PLAIN_QUERY                                                                                \
    "WITH interval AS (SELECT process, date, charger_power AS p, charger_actual_current * "        \
    "charger_voltage AS iv, charger_phases AS phases, charge_energy_added AS added, "              \
    "(date - lag(date) OVER w) / 1e6 AS s, outside_temp, "                                         \
    "first_value(charge_energy_added) OVER w AS first_added, "                                     \
    "first_value(battery_level) OVER w AS first_level, lead(date) OVER w IS NULL AS is_last, "     \
    "battery_level FROM plain WINDOW w AS (PARTITION BY process ORDER BY date)), "                 \
    "total AS (SELECT process, count(*) AS n, min(date) AS start, max(date) AS end, "              \
    "max(first_added) AS first_added, max(added) FILTER (WHERE is_last) AS last_added, "           \
    "max(first_level) AS start_level, max(battery_level) FILTER (WHERE is_last) AS end_level, "    \
    "round(avg(outside_temp), 1) AS outside_temp_avg, avg(p * 1000 / nullif(iv, 0)) AS ratio, "    \
    "CAST(avg(phases) + 0.5 AS INTEGER) AS phases, "                                               \
    "sum(p * s) FILTER (WHERE p * s >= 0 AND (phases IS NULL OR iv IS NULL)) AS by_power, "        \
    "sum(p * s) FILTER (WHERE p * s >= 0 AND phases NOTNULL AND iv NOTNULL) AS else_by_power, "    \
    "sum(iv * s) FILTER (WHERE iv * s >= 0 AND phases NOTNULL) AS by_current "                     \
    "FROM interval GROUP BY process), "                                                            \
    "choice AS (SELECT *, CASE WHEN ratio IS NULL OR ratio <= 0 OR n <= 15 THEN NULL "             \
    "WHEN phases = round(ratio) THEN phases "                                                      \
    "WHEN phases = 3 AND abs(ratio / sqrt(3) - 1) <= 0.1 THEN sqrt(3) "                            \
    "WHEN round(ratio) > 0 AND abs(round(ratio) - ratio) <= 0.3 THEN round(ratio) END AS phi "     \
    "FROM total) "                                                                                 \
    "SELECT process, round(last_added - first_added, 2), round((ifnull(by_power, 0) + "            \
    "ifnull(CASE WHEN phi IS NULL THEN else_by_power ELSE by_current * phi / 1000 END, 0)) / "     \
    "3600, 2), start, end, start_level, end_level, outside_temp_avg FROM choice"

static int insert_plain(struct store *store, int64_t process, const struct charge_sample *sample,
                        struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store, "INSERT INTO plain VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, process);
    store_bind_integer(insert, 2, sample->date_us);
    store_bind_real(insert, 3, sample->battery_level);
    store_bind_real(insert, 4, sample->charge_energy_added);
    store_bind_real(insert, 5, sample->charger_power);
    store_bind_real(insert, 6, sample->charger_actual_current);
    store_bind_real(insert, 7, sample->charger_voltage);
    store_bind_integer(insert, 8, sample->charger_phases);
    store_bind_real(insert, 9, sample->ideal_battery_range_km);
    store_bind_real(insert, 10, sample->rated_battery_range_km);
    store_bind_real(insert, 11, sample->outside_temp);
    store_bind_real(insert, 12, sample->meter_wh);
    return store_run(store, insert, err);
}

/* One process, open, with its samples; then packed as the bridge packs it. */
static int fill_process(struct bench *bench, int64_t number, int64_t *newest, struct err *err)
{
    struct charging_process_row row = {.station_id = "bench",
                                       .slot = number,
                                       .latitude = NAN,
                                       .longitude = NAN,
                                       .start_date_us = NOON,
                                       .start_battery_level = NAN};
    struct charge_head head = {.last_sample = STORE_NULL};
    uint64_t seed = (uint64_t)number * 7919 + 1;
    double kwh = 0;
    int status = charging_process_insert(bench->store, &row, err);
    for (int64_t i = 0; status == 0 && i < bench->samples; i++) {
        struct charge_sample sample = make_sample(bench, row.id, i, &kwh, &seed);
        status =
            charge_sample_append(bench->store, ++*newest, row.id, head.last_sample, &sample, err);
        if (status == 0)
            status = insert_plain(bench->store, row.id, &sample, err);
        head.last_sample = *newest;
        head.samples++;
    }
    if (status == 0)
        status = charge_head_save(bench->store, row.id, &head, err);
    return status < 0 ? status : charge_pack(bench->store, row.id, err);
}

static int fill(struct bench *bench, struct err *err)
{
    int64_t newest = 0;
    if (sqlite3_exec(store_handle(bench->store), PLAIN_TABLE, NULL, NULL, NULL) != SQLITE_OK)
        return store_error(bench->store, "the table plain", err);
    int status = store_begin(bench->store, err);
    for (int64_t i = 0; status == 0 && i < bench->processes; i++)
        status = fill_process(bench, i, &newest, err);
    return status < 0 ? status : store_commit(bench->store, err);
}

static void say(const struct bench *bench, const char *what, double seconds)
{
    double samples = (double)(bench->processes * bench->samples);
    printf("| %s | %.3f s | %.2f million samples/s |\n", what, seconds, samples / seconds / 1e6);
}

/* Seconds of the fastest of three passes. */
static int by_rules(struct bench *bench, bool both, double *best, struct err *err)
{
    const struct evaluate2_limits limits = {EVALUATE2_GAP_DEFAULT_US, NAN};
    SCOPE(history_free) struct history history = {0};
    int status = 0;
    *best = INFINITY;
    for (int pass = 0; pass < 3; pass++) {
        double start = seconds_now();
        for (int64_t i = 0; status == 0 && i < bench->processes; i++) {
            struct rules_result result;
            status =
                both ? history_evaluate_both(&history, bench->store, i + 1, &limits, &result, err)
                     : history_evaluate(&history, bench->store, i + 1, &result.first, err);
            if (status < 0)
                return status;
            bench->added[i] = result.first.charge_energy_added_kwh;
            bench->used[i] = result.first.charge_energy_used_kwh;
        }
        *best = fmin(*best, seconds_now() - start);
    }
    return 0;
}

static int by_sql(struct bench *bench, double *seconds, int64_t *different, struct err *err)
{
    double start = seconds_now();
    sqlite3_stmt *select = store_prepare(bench->store, PLAIN_QUERY, err);
    int status = select ? 0 : ERR_STORAGE;
    int64_t rows = 0;
    *different = 0;
    while (status >= 0 && (status = store_step(bench->store, select, err)) == 1) {
        int64_t i = store_column_integer(select, 0) - 1;
        rows++;
        /* SQL rounds binary sums: a half may fall the other way. */
        *different += fabs(store_column_real(select, 1) - bench->added[i]) > 0.0101 ||
                      fabs(store_column_real(select, 2) - bench->used[i]) > 0.0101;
    }
    *seconds = seconds_now() - start;
    *different += bench->processes - rows;
    return status;
}

static int say_sizes(struct bench *bench, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        bench->store, "SELECT sum(length(chunk)) * 1.0 / sum(samples) FROM charge_chunk", err);
    int found = select ? store_step(bench->store, select, err) : ERR_STORAGE;
    if (found < 0)
        return found;
    printf("| packed | | %.2f bytes a sample |\n", store_column_real(select, 0));
    (void)sqlite3_reset(select);
    select =
        store_prepare(bench->store, "SELECT sum(pgsize) FROM dbstat WHERE name = 'plain'", NULL);
    if (select && store_step(bench->store, select, err) == 1) { /* dbstat is not in every SQLite */
        printf("| plain rows | | %.2f bytes a sample |\n",
               store_column_real(select, 0) / (double)(bench->processes * bench->samples));
        (void)sqlite3_reset(select);
    }
    return 0;
}

static int measure(struct bench *bench, struct err *err)
{
    double first = 0, both = 0, sql = 0;
    int64_t different = 0;
    int status = by_rules(bench, true, &both, err);
    if (status == 0)
        status = by_rules(bench, false, &first, err);
    if (status == 0)
        status = by_sql(bench, &sql, &different, err);
    if (status < 0)
        return status;
    say(bench, "rule 1, packed chunks", first);
    say(bench, "rules 1 and 2, packed chunks", both);
    say(bench, "rule 1 by SQL windows, plain rows", sql);
    printf("| rule 1, packed chunks, beside SQL | | %.0f times |\n", sql / first);
    if (different > 0)
        return err_set(err, ERR_INVALID, "%lld of %lld processes differ between rule and SQL",
                       (long long)different, (long long)bench->processes);
    return say_sizes(bench, err);
}

static const struct args_option options[] = {
    {"processes", "N", "charging processes (default 2000)", NULL, NULL},
    {"samples", "N", "samples of each (default 360: an hour at 10 s)", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static const struct args_spec spec = {
    .program = "bench_charging",
    .synopsis = "[--processes N] [--samples N]",
    .summary = "Evaluates stored charging processes by rule and by SQL; CPU time of one core.",
    .options = options};

static int64_t number_of(const struct args *args, const char *name, int64_t otherwise)
{
    const char *text = args_value(args, name);
    long long number = text ? strtoll(text, NULL, 10) : otherwise;
    return number > 0 ? number : otherwise;
}

static int run(struct bench *bench, struct err *err)
{
    int status = store_open(&bench->store, STORE_MEMORY, STORE_WRITE, err);
    if (status < 0)
        return status;
    bench->added = calloc((size_t)bench->processes, sizeof *bench->added);
    bench->used = calloc((size_t)bench->processes, sizeof *bench->used);
    status = bench->added && bench->used ? fill(bench, err) : ERR_NOMEM;
    if (status == 0)
        status = measure(bench, err);
    free(bench->added);
    free(bench->used);
    store_close(bench->store);
    return status;
}

int main(int argc, char **argv)
{
    struct args *args = NULL;
    struct err err = {0};
    if (args_parse(&args, &spec, argc, argv, &err) < 0)
        return args_fail(&spec, &err);
    struct bench bench = {.processes = number_of(args, "processes", 2000),
                          .samples = number_of(args, "samples", 360)};
    args_free(args);
    printf("| %lld processes of %lld samples | CPU time | |\n|---|---|---|\n",
           (long long)bench.processes, (long long)bench.samples);
    return run(&bench, &err) < 0 ? args_fail(&spec, &err) : 0;
}
