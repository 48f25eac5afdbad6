/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracking at the size of a fleet: fills a database with exchanges, then measures what the service
 * takes in, what the questions cost, what an export writes, and how much memory all of that needs.
 * Beside each figure that is claimed to be good stands the naive way to the same answer, measured
 * on the same data: no index, no counters, one transaction for each event.
 *
 *   bench_tracking ROWS FOLDER
 *
 * Rows are filled in without the service, with what it would have written (stays closed, ids
 * ascending instead of hashed), and indexed afterwards: the service would take an hour for ten
 * million. Its own rate is measured after that, on the full database and on an empty one.
 */
#include "alerts/alerts.h"
#include "base/clock.h"
#include "base/scope.h"
#include "store/report.h"
#include "tracking/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define EVENTS_PER_BATTERY 100
#define STATIONS           1000
#define BEGIN_US           INT64_C(1735689600000000) /* 2025-01-01 */
#define DAY_US             INT64_C(86400000000)
#define SPAN_US            (365 * DAY_US)
#define RUNS               300
#define SLOW_RUNS          3
#define TAKEN              20000 /* exchanges through the service */

struct bench {
    const char *folder;
    int64_t rows, batteries;
    struct store *store;
    uint64_t seed;
};

static _Noreturn void give_up(const struct err *err)
{
    fprintf(stderr, "bench_tracking: %s\n", err->text);
    exit(1);
}

static void must(int status, const struct err *err)
{
    if (status < 0)
        give_up(err);
}

static void say(const char *what)
{
    fprintf(stderr, "# %s\n", what);
}

static double seconds_since(int64_t from_us)
{
    return (double)(clock_mono_us() - from_us) / 1e6;
}

static int64_t below(struct bench *bench, int64_t limit)
{
    bench->seed ^= bench->seed >> 12;
    bench->seed ^= bench->seed << 25;
    bench->seed ^= bench->seed >> 27;
    return (int64_t)((bench->seed * UINT64_C(2685821657736338717) >> 33) % (uint64_t)limit);
}

/* The history: event `k` of battery `b`, On-Loads and Off-Loads in turn. --------------------- */

static int64_t time_of(const struct bench *bench, int64_t b, int64_t k)
{
    return BEGIN_US + (k * bench->batteries + b) * (SPAN_US / bench->rows);
}

static int64_t vehicle_of(const struct bench *bench, int64_t b, int64_t k)
{
    return (b * 7919 + k / 2 * 104729) % bench->batteries;
}

static int64_t station_of(int64_t b, int64_t k)
{
    return (b * 31 + (k + 1) / 2 * 17) % STATIONS;
}

static void open_database(struct bench *bench, const char *name, char path[512])
{
    struct err err = {0};
    snprintf(path, 512, "%s/%s", bench->folder, name);
    must(store_open(&bench->store, path, STORE_WRITE, &err), &err);
}

static void execute(struct bench *bench, const char *sql)
{
    char *text = NULL;
    if (sqlite3_exec(store_handle(bench->store), sql, NULL, NULL, &text) != SQLITE_OK) {
        fprintf(stderr, "bench_tracking: %s: %s\n", sql, text ? text : "?");
        exit(1);
    }
}

/* The definitions of a table's indexes, each followed by a line end. */
static char *index_definitions(struct bench *bench, const char *table)
{
    struct strbuf text = STRBUF_INIT;
    sqlite3_stmt *select = NULL;
    (void)sqlite3_prepare_v2(store_handle(bench->store),
                             "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND "
                             "tbl_name = ?1 AND sql NOTNULL",
                             -1, &select, NULL);
    (void)sqlite3_bind_text(select, 1, table, -1, SQLITE_STATIC);
    struct strbuf drop = STRBUF_INIT;
    while (sqlite3_step(select) == SQLITE_ROW) {
        strbuf_printf(&text, "%s;\n", (const char *)sqlite3_column_text(select, 1));
        strbuf_printf(&drop, "DROP INDEX %s;\n", (const char *)sqlite3_column_text(select, 0));
    }
    (void)sqlite3_finalize(select);
    execute(bench, strbuf_text(&drop));
    strbuf_free(&drop);
    return text.text;
}

static void bind_name(sqlite3_stmt *insert, int index, char prefix, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%c%07" PRId64, prefix, number);
    (void)sqlite3_bind_text(insert, index, text, -1, SQLITE_TRANSIENT);
}

static void fill_row(struct bench *bench, sqlite3_stmt *insert, int64_t row)
{
    int64_t k = row / bench->batteries, b = row % bench->batteries;
    bool on = k % 2 == 0;
    int64_t other = on ? k + 1 : k - 1;
    char task_id[40];
    snprintf(task_id, sizeof task_id, "%032" PRIx64, row);
    (void)sqlite3_bind_text(insert, 1, task_id, -1, SQLITE_TRANSIENT);
    bind_name(insert, 2, 'B', b);
    bind_name(insert, 3, 's', station_of(b, k));
    bind_name(insert, 4, 'V', vehicle_of(bench, b, k));
    (void)sqlite3_bind_text(insert, 5, on ? "On-Load" : "Off-Load", -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 6, time_of(bench, b, k));
    (void)sqlite3_bind_int64(insert, 7, time_of(bench, b, on ? k : other));
    if (other < EVENTS_PER_BATTERY)
        (void)sqlite3_bind_int64(insert, 8, time_of(bench, b, on ? other : k));
    else
        (void)sqlite3_bind_null(insert, 8);
    (void)sqlite3_bind_int64(insert, 9, 1 + row % 8);
    (void)sqlite3_bind_double(insert, 10, (double)(row % 101));
    (void)sqlite3_bind_double(insert, 11, 95);
    (void)sqlite3_step(insert);
    (void)sqlite3_reset(insert);
}

static void fill_exchanges(struct bench *bench)
{
    sqlite3_stmt *insert = NULL;
    (void)sqlite3_prepare_v2(
        store_handle(bench->store),
        "INSERT INTO battery_exchange_task (task_id, bid, station_id, vid, event, event_time, "
        "start_time, end_time, slot, soc, soh, battery_version, capacity_kwh) VALUES (?1, ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, '1.0', 70)",
        -1, &insert, NULL);
    for (int64_t row = 0; row < bench->rows; row++) {
        if (row % 100000 == 0) {
            execute(bench, row ? "COMMIT; BEGIN" : "BEGIN");
            fprintf(stderr, "\r# %" PRId64 " of %" PRId64, row, bench->rows);
        }
        fill_row(bench, insert, row);
    }
    execute(bench, "COMMIT");
    (void)sqlite3_finalize(insert);
    fprintf(stderr, "\n");
}

static void fill(struct bench *bench)
{
    say("filling");
    char *indexes = index_definitions(bench, "battery_exchange_task");
    fill_exchanges(bench);
    say("indexing");
    execute(bench, indexes);
    free(indexes);
    execute(bench,
            "INSERT INTO vehicle (vid) SELECT DISTINCT vid FROM battery_exchange_task;"
            "INSERT INTO battery (bid, battery_version, capacity_kwh, soh, where_kind, where_id, "
            "slot, where_since, where_source, last_seen_at) "
            "SELECT bid, '1.0', 70, 95, 'bay', station_id, slot, max(event_time), 'event', "
            "max(event_time) FROM battery_exchange_task GROUP BY bid;"
            "INSERT INTO battery_version SELECT bid, '1.0', min(event_time), 'exchange' "
            "FROM battery_exchange_task GROUP BY bid;"
            "INSERT INTO swaps_per_day SELECT event_time / 86400000000, station_id, count(*), "
            "min(event_time), max(event_time) FROM battery_exchange_task WHERE event = 'On-Load' "
            "GROUP BY 1, 2;"
            "INSERT INTO swaps_per_day SELECT day, '', sum(swaps), min(first_at), max(last_at) "
            "FROM swaps_per_day GROUP BY day;"
            "INSERT INTO swaps_per_day SELECT -1, station_id, sum(swaps), min(first_at), "
            "max(last_at) FROM swaps_per_day WHERE station_id <> '' GROUP BY station_id;"
            "PRAGMA wal_checkpoint(TRUNCATE)");
}

/* In a process of its own: what sorting needs is not what serving does. */
static void fill_apart(struct bench *bench)
{
    char path[512];
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        open_database(bench, "tracking.db", path);
        fill(bench);
        store_close(bench->store);
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        exit(1);
}

/* Figures --------------------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static int count_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    (void)report;
    (void)values;
    (void)err;
    ++*(int64_t *)self;
    return 0;
}

struct question {
    const char *name;
    const struct report *report; /* NULL: chosen by `by` */
    enum report_count_by by;
    bool battery, vehicle, station; /* what it is about, drawn anew each time */
    int64_t days;                   /* length of the span; 0: all of time; -1: an instant */
    const char *naive;              /* the same without index and counters */
};

static const struct question QUESTIONS[] = {
    {"vehicles of a battery (battery history)", &REPORT_BATTERY_STAYS, 0, true, false, false, 0,
     "SELECT count(*) FROM battery_exchange_task NOT INDEXED WHERE bid = 'B0000007'"},
    {"batteries of a vehicle (vehicle history)", &REPORT_VEHICLE_STAYS, 0, false, true, false, 0,
     "SELECT count(*) FROM battery_exchange_task NOT INDEXED WHERE vid = 'V0000007'"},
    {"where a battery is (battery where)", &REPORT_BATTERY_WHERE, 0, true, false, false, 0,
     "SELECT max(event_time) FROM battery_exchange_task NOT INDEXED WHERE bid = 'B0000007'"},
    {"who had it at a time (battery holder)", &REPORT_BATTERY_HOLDER, 0, true, false, false, -1,
     "SELECT max(event_time) FROM battery_exchange_task NOT INDEXED WHERE bid = 'B0000007' AND "
     "event_time <= 1750000000000000"},
    {"utilisation of a year", &REPORT_BATTERY_UTILISATION, 0, true, false, false, 365, NULL},
    {"way through stations (battery way)", &REPORT_BATTERY_WAY, 0, true, false, false, 0, NULL},
    {"swaps of a battery by day", NULL, COUNT_BY_DAY, true, false, false, 0, NULL},
    {"swaps of a vehicle by day", NULL, COUNT_BY_DAY, false, true, false, 0, NULL},
    {"swaps of a station by day, all", NULL, COUNT_BY_DAY, false, false, true, 0,
     "SELECT count(*) FROM battery_exchange_task NOT INDEXED WHERE station_id = 's0000007' AND "
     "event = 'On-Load' GROUP BY event_time / 86400000000"},
    {"swaps of a station by day, 30 days", NULL, COUNT_BY_DAY, false, false, true, 30, NULL},
    {"swaps by day, all", NULL, COUNT_BY_DAY, false, false, false, 0,
     "SELECT count(*) FROM battery_exchange_task NOT INDEXED WHERE event = 'On-Load' GROUP BY "
     "event_time / 86400000000"},
    {"swaps by day, 30 days", NULL, COUNT_BY_DAY, false, false, false, 30, NULL},
    {"swaps by station, all", NULL, COUNT_BY_STATION, false, false, false, 0,
     "SELECT station_id, count(*) FROM battery_exchange_task NOT INDEXED WHERE event = 'On-Load' "
     "GROUP BY station_id"},
    {"swaps by station, one day", NULL, COUNT_BY_STATION, false, false, false, 1, NULL},
    {"swaps by battery, one hour", NULL, COUNT_BY_BATTERY, false, false, false, -2, NULL},
};

static double cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* In ms by the wall, and (*cpu) of the processor alone: on a busy machine the first says more of
 * the others than of the question. */
static double ask(struct bench *bench, const struct question *question, int64_t *rows, double *cpu)
{
    char bid[24], vid[24], station[24];
    struct err err = {0};
    struct report_filter filter = REPORT_ALL;
    int64_t length = question->days == -2 ? DAY_US / 24 : question->days * DAY_US;
    int64_t from_us = BEGIN_US + below(bench, 300) * DAY_US + below(bench, 86400) * 1000000;
    snprintf(bid, sizeof bid, "B%07" PRId64, below(bench, bench->batteries));
    snprintf(vid, sizeof vid, "V%07" PRId64, below(bench, bench->batteries));
    snprintf(station, sizeof station, "s%07" PRId64, below(bench, STATIONS));
    filter.bid = question->battery ? bid : NULL;
    filter.vid = question->vehicle ? vid : NULL;
    filter.station = question->station ? station : NULL;
    filter.limit = 200; /* as swapctl's tables */
    if (question->days == -1)
        filter.to_us = from_us;
    else if (question->days == 365)
        filter.from_us = BEGIN_US, filter.to_us = BEGIN_US + SPAN_US;
    else if (question->days != 0)
        filter.from_us = from_us, filter.to_us = from_us + length;
    const struct report *report =
        question->report ? question->report : report_swap_count(question->by, &filter);
    int64_t begin_us = clock_mono_us();
    *cpu = -cpu_ms();
    must(report_run(bench->store, report, &filter, count_row, rows, &err), &err);
    *cpu += cpu_ms();
    return (double)(clock_mono_us() - begin_us) / 1000;
}

/* In a process of its own, whose memory does not count with the service's. */
static double ask_naively(struct bench *bench, const char *sql)
{
    double best = INFINITY;
    int ends[2];
    char path[512];
    if (pipe(ends) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        snprintf(path, sizeof path, "%s/tracking.db", bench->folder);
        must(store_open(&bench->store, path, STORE_READ, &err), &err);
        for (int i = 0; i < SLOW_RUNS; i++) {
            int64_t begin_us = clock_mono_us();
            execute(bench, sql);
            best = fmin(best, (double)(clock_mono_us() - begin_us) / 1000);
        }
        _exit(write(ends[1], &best, sizeof best) == sizeof best ? 0 : 1);
    }
    (void)close(ends[1]);
    if (child < 0 || read(ends[0], &best, sizeof best) != sizeof best)
        exit(1);
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    return best;
}

static void measure_questions(struct bench *bench)
{
    say("asking");
    printf("\n| question | rows | p50 ms | p99 ms | p99 CPU ms | naive ms | naive / p50 |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof QUESTIONS / sizeof QUESTIONS[0]; i++) {
        const struct question *question = &QUESTIONS[i];
        double took[RUNS], cpu[RUNS];
        int64_t rows = 0;
        for (int run = 0; run < RUNS; run++)
            took[run] = ask(bench, question, &rows, &cpu[run]);
        qsort(took, RUNS, sizeof took[0], by_size);
        qsort(cpu, RUNS, sizeof cpu[0], by_size);
        double p50 = took[RUNS / 2], p99 = took[RUNS * 99 / 100];
        printf("| %s | %" PRId64 " | %.3f | %.2f | %.2f |", question->name, rows / RUNS, p50, p99,
               cpu[RUNS * 99 / 100]);
        if (question->naive) {
            double naive = ask_naively(bench, question->naive);
            printf(" %.0f | %.0f |\n", naive, naive / p50);
        } else {
            printf(" | |\n");
        }
        fflush(stdout);
    }
}

/* Intake ---------------------------------------------------------------------------------------
 */

static void take(struct bench *bench, struct tracking *tracking, int64_t number)
{
    struct exchange_form form;
    struct err err = {0};
    bool repeat;
    int64_t b = number % bench->batteries, k = EVENTS_PER_BATTERY + number / bench->batteries;
    struct tracking_source source = {.actor = "import",
                                     .actor_id = "bench",
                                     .received_at_us = BEGIN_US + 2 * SPAN_US,
                                     .journal = "",
                                     .boot = STORE_NULL,
                                     .up_ms = STORE_NULL};
    form_init(&form);
    snprintf(form.bid, sizeof form.bid, "B%07" PRId64, b);
    snprintf(form.vid, sizeof form.vid, "V%07" PRId64, vehicle_of(bench, b, k));
    snprintf(form.station_id, sizeof form.station_id, "s%07" PRId64, station_of(b, k));
    snprintf(form.event, sizeof form.event, "%s", k % 2 == 0 ? "On-Load" : "Off-Load");
    form.event_time_us = time_of(bench, b, k);
    form.slot = 1 + number % 8;
    form.soc = (double)(number % 101);
    must(tracking_record_exchange(tracking, &form, &source, &repeat, &err), &err);
}

/* Exchanges a second, in transactions of `batch`. */
static double intake(struct bench *bench, int64_t count, int64_t batch, int64_t first)
{
    struct alerts *alerts = NULL;
    struct tracking *tracking = NULL;
    struct err err = {0};
    must(alerts_new(&alerts, bench->store, &err), &err);
    must(tracking_new(&tracking, bench->store, alerts, &TRACKING_LIMITS_DEFAULT, &err), &err);
    int64_t begin_us = clock_mono_us();
    for (int64_t i = 0; i < count; i++) {
        if (i % batch == 0)
            must(store_begin(bench->store, &err), &err);
        take(bench, tracking, first + i);
        if (i % batch == batch - 1 || i == count - 1) {
            must(tracking_flush(tracking, &err), &err);
            must(store_commit(bench->store, &err), &err);
            alerts_forget(alerts);
        }
    }
    double rate = (double)count / seconds_since(begin_us);
    tracking_free(tracking);
    alerts_free(alerts);
    return rate;
}

static void measure_intake(struct bench *bench)
{
    char path[512];
    struct bench empty = {
        .folder = bench->folder, .rows = bench->rows, .batteries = bench->batteries};
    say("taking in");
    double single = intake(bench, 500, 1, 0);
    double full = intake(bench, TAKEN, 1000, 500);
    open_database(&empty, "empty.db", path);
    double fresh = intake(&empty, TAKEN, 1000, 0);
    store_close(empty.store);
    printf("\n| intake through the service | exchanges/s |\n|---|---|\n"
           "| batches of 1000, on %" PRId64 " rows | %.0f |\n"
           "| batches of 1000, on an empty database | %.0f |\n"
           "| one transaction each, on %" PRId64 " rows (naive) | %.0f |\n"
           "| batches / one each | %.1f |\n| full / empty | %.2f |\n",
           bench->rows, full, fresh, bench->rows, single, full / single, full / fresh);
}

static double megabytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (double)status.st_size / 1e6 : (double)NAN;
}

static void measure_export(struct bench *bench)
{
    char path[512];
    struct err err = {0};
    struct exchange_filter filter = {.from_us = STORE_NULL, .to_us = STORE_NULL};
    int64_t count;
    struct rusage before, after;
    say("exporting");
    snprintf(path, sizeof path, "%s/exchanges.csv", bench->folder);
    (void)getrusage(RUSAGE_SELF, &before);
    int64_t begin_us = clock_mono_us();
    must(tracking_export_battery_assignments_to_csv(bench->store, &filter, path, NULL, NULL, &count,
                                                    &err),
         &err);
    double seconds = seconds_since(begin_us);
    (void)getrusage(RUSAGE_SELF, &after);
    printf("\n| export | |\n|---|---|\n| rows | %" PRId64 " |\n| MB | %.0f |\n| MB/s | %.1f |\n"
           "| rows/s | %.0f |\n| growth of peak memory, MB | %.1f |\n",
           count, megabytes(path), megabytes(path) / seconds, (double)count / seconds,
           (double)(after.ru_maxrss - before.ru_maxrss) / 1024);
}

int main(int argc, char **argv)
{
    char path[512];
    struct bench bench = {.seed = 88172645463325252u};
    if (argc != 3 || (bench.rows = strtoll(argv[1], NULL, 10)) < EVENTS_PER_BATTERY) {
        fprintf(stderr, "usage: bench_tracking ROWS FOLDER (at least %d rows)\n",
                EVENTS_PER_BATTERY);
        return 64;
    }
    bench.folder = argv[2];
    bench.batteries = bench.rows / EVENTS_PER_BATTERY;
    bench.rows = bench.batteries * EVENTS_PER_BATTERY;
    int64_t begin_us = clock_mono_us();
    fill_apart(&bench);
    open_database(&bench, "tracking.db", path);
    printf("%" PRId64 " exchanges of %" PRId64
           " batteries at %d stations; database %.0f MB, filled "
           "in %.0f s\n",
           bench.rows, bench.batteries, STATIONS, megabytes(path), seconds_since(begin_us));
    fflush(stdout);
    measure_questions(&bench);
    measure_export(&bench);
    measure_intake(&bench);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("\npeak memory of questions, export and intake: %.0f MB\n",
           (double)usage.ru_maxrss / 1024);
    store_close(bench.store);
    return 0;
}
