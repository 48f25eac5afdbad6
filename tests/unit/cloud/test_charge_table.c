/* SPDX-License-Identifier: Apache-2.0 */
/* The tables `charge` and `charge_damage` of SQL: open and packed samples as rows, by every way
 * that a query may limit them; what is damaged is told and takes nothing else with it. And the
 * functions of the extension. */
#include "extension/extension.h"
#include "store/query.h"
#include "store/sample.h"

#include "cloud/support.h"
#include <math.h>

#define HOUR INT64_C(3600000000)
#define T0   INT64_C(1795258800000000) /* 2026-11-21T11:00:00Z */

/* Process p of PROCESSES: station s(p % 3), battery b(p % 4), an hour that begins p hours after T0
 * with ten samples; every second one is packed, the last is open still. */
#define PROCESSES 12
#define SAMPLES   10

static void add_process(struct store *store, int process, int64_t *newest)
{
    char sql[400];
    struct charge_head head = CHARGE_HEAD_NONE;
    int64_t start = T0 + process * HOUR;
    bool open = process == PROCESSES;
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO charging_process (id, bid, station_id, slot, start_date, end_date)"
                   " VALUES (%d, 'b%d', 's%d', 1, %lld, CASE WHEN %d THEN NULL ELSE %lld END)",
                   process, process % 4, process % 3, (long long)start, open,
                   (long long)(start + (SAMPLES - 1) * HOUR / SAMPLES));
    must_execute(store, sql);
    for (int i = 0; i < SAMPLES; i++) {
        struct charge_sample sample = {.date_us = start + i * HOUR / SAMPLES,
                                       .battery_level = 20 + i,
                                       .charge_energy_added = NAN,
                                       .charger_power = process + i / 100.0,
                                       .charger_actual_current = NAN,
                                       .charger_voltage = NAN,
                                       .charger_phases = STORE_NULL,
                                       .ideal_battery_range_km = NAN,
                                       .rated_battery_range_km = NAN,
                                       .outside_temp = NAN,
                                       .meter_wh = NAN};
        int64_t id = ++*newest;
        assert_int_equal(charge_sample_append(store, id, process, head.last_sample, &sample, NULL),
                         0);
        head.last_sample = id;
        head.samples++;
    }
    assert_int_equal(charge_head_save(store, process, &head, NULL), 0);
    if (process % 2)
        assert_int_equal(charge_pack(store, process, NULL), 0);
}

static int make(void **state)
{
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    int64_t newest = 0;
    assert_int_equal(store_begin(store, NULL), 0);
    for (int process = 1; process <= PROCESSES; process++)
        add_process(store, process, &newest);
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(extension_add_functions(store_handle(store)), SQLITE_OK);
    *state = store;
    return 0;
}

static int end(void **state)
{
    store_close(*state);
    return 0;
}

#define table_test(function) cmocka_unit_test_setup_teardown(function, make, end)

/* What the same condition says of a plain table with the same rows. */
static void assert_same_as_plain(struct store *store, const char *condition)
{
    char of_table[200], sql[900];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) || ' ' || ifnull(group_concat(process || '.' || number), '-') "
                   "FROM plain WHERE %s",
                   condition);
    char plain[4096], charge[4096];
    query_text(store, sql, plain, sizeof plain);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) || ' ' || ifnull(group_concat(process || '.' || number), '-') "
                   "FROM (SELECT * FROM charge WHERE %s ORDER BY process, number)",
                   condition);
    query_text(store, sql, charge, sizeof charge);
    (void)snprintf(of_table, sizeof of_table, "%s", condition);
    if (strcmp(plain, charge) != 0)
        fail_msg("%s:\n charge: %s\n plain: %s", of_table, charge, plain);
}

static void every_way_gives_the_rows_of_a_plain_table(void **state)
{
    struct store *store = *state;
    static const char *const conditions[] = {
        "1",
        "process = 7",
        "process = '7'",
        "process = 7.5",
        "process = 'x'",
        "process = NULL",
        "process IN (3, 4, 99, 12)",
        "process > 5 AND process <= 8",
        "process BETWEEN 11 AND 40",
        "bid = 'b1'",
        "bid = 'B1'",
        "bid = 'B1' COLLATE NOCASE",
        "station_id = 's2'",
        "station_id = 's2' AND bid = 'b1'",
        "station_id = 's2' OR bid = 'b1'",
        "station_id > 's1'",
        "slot = 1 AND process = 3",
        "date >= 1795258800000000 + 5 * 3600000000",
        "date < 1795258800000000 + 5 * 3600000000",
        "date > 1795258800000000 + 3 * 3600000000 AND date <= 1795258800000000 + 5 * 3600000000",
        "date = 1795258800000000 + 5 * 3600000000",
        "date >= time_us('2026-11-21T20:30:00Z') AND bid = 'b3'",
        "date < 'x' AND process = 5",
        "date >= NULL",
        "charger_power > 11.05",
        "number = 3",
        "process IS NOT NULL AND damaged IS NULL",
    };
    must_execute(store, "CREATE TEMP TABLE plain AS SELECT * FROM charge ORDER BY process, number");
    assert_int_equal(query_integer(store, "SELECT count(*) FROM plain"), PROCESSES * SAMPLES);
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        assert_same_as_plain(store, conditions[i]);
    assert_query_text(store,
                      "SELECT group_concat(n) FROM (SELECT p.id, count(c.number) AS n FROM "
                      "charging_process p LEFT JOIN charge c ON c.process = p.id GROUP BY p.id)",
                      "10,10,10,10,10,10,10,10,10,10,10,10");
    assert_query_text(store,
                      "SELECT count(*) FROM charge a JOIN charge b USING (process, number) "
                      "WHERE a.date IS b.date AND a.charger_power IS b.charger_power",
                      "120");
    assert_query_text(store, "SELECT count(DISTINCT rowid) FROM charge", "120");
}

/* The detail of EXPLAIN QUERY PLAN. */
static void plan_of(struct store *store, const char *sql, char *to, size_t size)
{
    char explain[600];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(store_handle(store), explain, -1, &statement, NULL),
                     SQLITE_OK);
    to[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW)
        (void)snprintf(to + strlen(to), size - strlen(to), "%s; ",
                       sqlite3_column_text(statement, 3));
    (void)sqlite3_finalize(statement);
}

static void the_planner_knows_what_is_cheap(void **state)
{
    struct store *store = *state;
    char plan[1000];
    plan_of(store, "SELECT number FROM charge WHERE process = 7", plan, sizeof plan);
    assert_string_equal(plan, "SCAN charge VIRTUAL TABLE INDEX 1:; ");
    plan_of(store, "SELECT * FROM charge WHERE bid = 'b1' AND date > 5", plan, sizeof plan);
    assert_string_equal(plan, "SCAN charge VIRTUAL TABLE INDEX 168:; "); /* 8 + 32 + 128 */
    /* A join goes by process, from the few processes to their samples. */
    plan_of(store,
            "SELECT * FROM charge JOIN charging_process p ON p.id = process WHERE p.slot = 1", plan,
            sizeof plan);
    assert_non_null(strstr(plan, "charge VIRTUAL TABLE INDEX 129:"));
    assert_true(strstr(plan, "SCAN p") < strstr(plan, "SCAN charge"));
    /* Rows come in order: nothing is sorted. */
    plan_of(store, "SELECT * FROM charge ORDER BY process, number", plan, sizeof plan);
    assert_null(strstr(plan, "TEMP B-TREE"));
    plan_of(store, "SELECT * FROM charge WHERE process = 7 ORDER BY number", plan, sizeof plan);
    assert_null(strstr(plan, "TEMP B-TREE"));
    plan_of(store, "SELECT * FROM charge ORDER BY process DESC", plan, sizeof plan);
    assert_non_null(strstr(plan, "TEMP B-TREE"));
    plan_of(store, "SELECT * FROM charge ORDER BY date", plan, sizeof plan);
    assert_non_null(strstr(plan, "TEMP B-TREE"));
}

static void damage_is_told_and_takes_nothing_with_it(void **state)
{
    struct store *store = *state;
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_damage"), 0);
    must_execute(store,
                 "UPDATE charge_chunk SET chunk = CAST(substr(chunk, 1, length(chunk) - 1) AS BLOB)"
                 " WHERE process = 3;"
                 "DELETE FROM charge_open WHERE process = 6 AND previous IS NULL;"
                 "UPDATE charge_chunk SET samples = 9 WHERE process = 5;"
                 "INSERT INTO charge_head (process, last_sample, samples) VALUES (7, 99999, 4);"
                 "UPDATE charging_process SET end_date = start_date WHERE id = 9");
    /* All the others, and one row for each that cannot be read. */
    assert_query_text(store, "SELECT count(*) || ' ' || count(number) FROM charge", "102 100");
    assert_query_text(
        store,
        "SELECT group_concat(process || ifnull(number, '')) FROM charge WHERE damaged "
        "IS NOT NULL",
        "3,6");
    assert_query_text(store, "SELECT damaged FROM charge WHERE process = 3",
                      "charging process 3: the check sum of the packed samples is wrong");
    assert_query_text(store, "SELECT count(*) FROM charge WHERE process IN (2, 3, 4)", "21");
    assert_query_text(store, "SELECT group_concat(process) FROM charge_damage", "3,5,6,7,9");
    assert_query_text(store,
                      "SELECT group_concat(process || station_id || problem, '|') FROM "
                      "charge_damage WHERE process IN (5, 6)",
                      "5s2charging process 5: 10 samples, but 9 on record|6s0the samples of "
                      "charging process 6 are broken at 51");
    assert_query_text(store, "SELECT problem FROM charge_damage WHERE process = 7",
                      "charging process 7: 10 samples packed and 4 open; only the packed ones are "
                      "shown");
    assert_query_text(store,
                      "SELECT problem FROM charge_damage WHERE station_id = 's0' AND bid = "
                      "'b1'",
                      "charging process 9: 9 samples outside of its start and end");
    assert_query_text(store, "SELECT count(*) FROM charge_damage WHERE process = 8", "0");
    assert_query_text(store, "SELECT chunk_check(chunk) FROM charge_chunk WHERE process = 3",
                      "the check sum of the packed samples is wrong");
    assert_query_text(store, "SELECT sum(chunk_samples(chunk)) FROM charge_chunk", "50");
}

/* A cursor that is opened again and again (the right side of a join) frees what it read. */
static void a_query_may_stop_anywhere(void **state)
{
    struct store *store = *state;
    assert_query_text(store,
                      "SELECT sum((SELECT max(number) FROM charge c WHERE c.process = p.id)) FROM "
                      "charging_process p",
                      "120");
    assert_query_text(store, "SELECT number FROM charge WHERE bid = 'b1' LIMIT 1 OFFSET 12", "3");
    must_execute(store, "SELECT * FROM charge LIMIT 1");
    sqlite3_stmt *write = NULL;
    assert_int_not_equal(
        sqlite3_prepare_v2(store_handle(store), "DELETE FROM charge", -1, &write, NULL), SQLITE_OK);
}

static void functions_say_what_people_read(void **state)
{
    struct store *store = *state;
    assert_query_text(store, "SELECT time_text(1795258800000001)", "2026-11-21T11:00:00.000001Z");
    assert_query_text(store, "SELECT time_us('2026-11-21T11:00:00+01:00') - 1795258800000000",
                      "-3600000000");
    assert_query_text(store, "SELECT time_us(time_text(1795258800123456))", "1795258800123456");
    assert_query_text(store, "SELECT money_text(-5) || ' ' || money_text(123456)",
                      "-0.0005 12.3456");
    assert_query_text(store, "SELECT money_text(-9223372036854775807 - 1)",
                      "-922337203685477.5808");
    assert_query_text(store,
                      "SELECT time_text(NULL) IS NULL AND time_us(NULL) IS NULL AND "
                      "money_text(NULL) IS NULL AND chunk_check(NULL) IS NULL AND "
                      "chunk_samples(x'00') IS NULL",
                      "1");
    assert_query_text(store, "SELECT chunk_check(x'')", "0 bytes that are no packed samples");
    assert_query_text(store, "SELECT swapstack_version()", SWAPSTACK_VERSION);
    static const char *const wrong[] = {"SELECT time_us('noon')", "SELECT time_text('noon')",
                                        "SELECT time_text(9e30)", "SELECT money_text(1.5)",
                                        "SELECT time_text(9223372036854775807)"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (sqlite3_exec(store_handle(store), wrong[i], NULL, NULL, NULL) != SQLITE_ERROR)
            fail_msg("%s is taken", wrong[i]);
}

/* The functions and tables also on a connection that the store did not make (swapstack.so). */
static void a_foreign_database_is_a_sentence(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(extension_add(db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT time_text(0)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM charge", NULL, NULL, NULL), SQLITE_ERROR);
    assert_contains(sqlite3_errmsg(db), "needs a database of Swapstack");
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM charge_damage", NULL, NULL, NULL),
                     SQLITE_ERROR);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        table_test(every_way_gives_the_rows_of_a_plain_table),
        table_test(the_planner_knows_what_is_cheap),
        table_test(damage_is_told_and_takes_nothing_with_it),
        table_test(a_query_may_stop_anywhere),
        table_test(functions_say_what_people_read),
        cmocka_unit_test(a_foreign_database_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
