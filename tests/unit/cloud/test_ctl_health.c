/* SPDX-License-Identifier: Apache-2.0 */
/* `swapctl battery health` and `battery history --what …` on batteries whose wear is made up. */
#include "base/log.h"
#include "ctl/ctl.h"

#include "cloud/health_support.h"

#include <cjson/cJSON.h>

/* Runs swapctl; returns its code and leaves what it printed in `out`. */
static int run(struct strbuf *out, struct err *err, const char *const *words)
{
    char *argv[16] = {(char *)(uintptr_t) "swapctl"}, *text = NULL;
    size_t length = 0;
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    struct args *args = NULL;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    int rc = args_parse(&args, &CTL_SPEC, argc, argv, err);
    if (rc == 0)
        rc = ctl_run(args, stream, err);
    (void)fclose(stream);
    args_free(args);
    strbuf_clear(out);
    strbuf_append(out, text, length);
    free(text);
    return rc;
}
#define RUN(out, err, ...) run(out, err, (const char *const[]){__VA_ARGS__, NULL})

static void insert_charge(struct store *store, const char *bid,
                          const struct capacity_charge *charge)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO charging_process (bid, station_id, slot, start_date, end_date, start_soc, "
        "start_battery_level, end_soc, end_battery_level, charge_energy_added) "
        "VALUES (?1, 's1', 1, ?2, ?3, ?4, ?4, ?5, ?5, ?6)",
        NULL);
    store_bind_text(insert, 1, bid);
    store_bind_integer(insert, 2, charge->start_us);
    store_bind_integer(insert, 3, charge->end_us);
    store_bind_real(insert, 4, charge->start_soc_percent);
    store_bind_real(insert, 5, charge->end_soc_percent);
    store_bind_real(insert, 6, charge->added_kwh);
    assert_int_equal(store_run(store, insert, NULL), 0);
}

static void add_battery(struct store *store, const char *bid, const struct ageing *ageing)
{
    static struct capacity_charge charges[1000];
    struct dice dice = {11};
    char sql[200];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO battery (bid, capacity_kwh, soh, cycles) VALUES ('%s', %g, 91, 222)", bid,
        ageing->nominal_kwh);
    must_execute(store, sql);
    size_t count = ageing_charges(ageing, &dice, charges, 1000);
    for (size_t i = 0; i < count; i++)
        insert_charge(store, bid, &charges[i]);
}

/* Four fates in one database. */
static void fill(const char *db)
{
    struct store *store = must_open(db, STORE_WRITE);
    struct ageing ageing = {.nominal_kwh = 70, .soh_first_percent = 98, .soh_per_year = -4};
    ageing.charges_per_day = 1;
    ageing.days = 300;
    ageing.noise_percent = 0.5;
    add_battery(store, "B-falls", &ageing);
    ageing.soh_per_year = -9;
    add_battery(store, "B-falls-fast", &ageing);
    ageing.soh_first_percent = 78;
    add_battery(store, "B-worn", &ageing);
    ageing.days = 5;
    add_battery(store, "A-young", &ageing);
    /* A charge that is still running, and a battery that was never charged. */
    must_execute(store, "INSERT INTO charging_process (bid, station_id, slot, start_date) VALUES"
                        " ('B-falls', 's1', 2, 1700000000000000);"
                        "INSERT INTO battery (bid) VALUES ('A-unknown')");
    store_close(store);
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item))
        fail_msg("%s is no number", name);
    return item->valuedouble;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item))
        fail_msg("%s is no text", name);
    return item->valuestring;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g instead of %.12g (± %g)", value, expected, tolerance);
}

/* 2021-07-10 is 300 days after the beginning. */
#define AT "2021-07-11"

static void test_health_of_one(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(
        RUN(&out, &err, "--db", dir->db, "battery", "health", "B-falls", "--at", AT, "--json"), 0);
    cJSON *array = cJSON_Parse(strbuf_text(&out));
    const cJSON *health = cJSON_GetArrayItem(array, 0);
    assert_string_equal(text(health, "state"), "declining");
    /* Of the highest capacity that charges showed, a little above 98 % of 70 kWh less noise. */
    assert_near(number(health, "soh"), (98 - 4 * 300 / 365.25) / 0.98, 0.6);
    assert_near(number(health, "soh_per_year"), -4, 0.4);
    assert_true(number(health, "soh_per_year_low") < number(health, "soh_per_year"));
    assert_near(number(health, "days_left"), 20 / 4.08 * 365.25 - 300, 200);
    assert_true(strcmp(text(health, "end_of_life_earliest"), text(health, "end_of_life_at")) < 0);
    assert_true(strcmp(text(health, "end_of_life_at"), text(health, "end_of_life_latest")) < 0);
    assert_near(number(health, "nominal_capacity_kwh"), 68.6, 0.6);
    assert_string_equal(text(health, "nominal_capacity_source"), "highest_measured");
    assert_true(number(health, "charges") == number(health, "charges_used"));
    assert_near(number(health, "soh_reported"), 91, 0);
    assert_near(number(health, "cycles_reported"), 222, 0);
    assert_string_equal(text(health, "maintenance_by"), "calendar");
    cJSON_Delete(array);
    /* For people: one line a figure. */
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "health", "B-falls", "--at", AT),
                     0);
    assert_contains(strbuf_text(&out), "declining\n");
    /* As of long ago there was less to go by. */
    assert_int_equal(
        RUN(&out, &err, "--db", dir->db, "battery", "health", "B-falls", "--at", "2020-09-20"), 0);
    assert_contains(strbuf_text(&out), "not_enough_data");
    assert_contains(strbuf_text(&out), "at least 10 are needed");
}

static void test_health_of_all_begins_with_the_most_worn(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(setenv("SWAPSTACK_HEALTH_NOMINAL_CAPACITY_KWH", "70", 1), 0);
    int rc = RUN(&out, &err, "--db", dir->db, "battery", "health", "--all", "--at", AT, "--json");
    (void)unsetenv("SWAPSTACK_HEALTH_NOMINAL_CAPACITY_KWH");
    assert_int_equal(rc, 0);
    static const char *const expected[][2] = {{"B-worn", "end_of_life"},
                                              {"B-falls-fast", "declining"},
                                              {"B-falls", "declining"},
                                              {"A-unknown", "not_enough_data"},
                                              {"A-young", "not_enough_data"}};
    cJSON *array = cJSON_Parse(strbuf_text(&out));
    assert_int_equal(cJSON_GetArraySize(array), 5);
    for (int i = 0; i < 5; i++) {
        const cJSON *health = cJSON_GetArrayItem(array, i);
        assert_string_equal(text(health, "bid"), expected[i][0]);
        assert_string_equal(text(health, "state"), expected[i][1]);
    }
    cJSON_Delete(array);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "health", "--all", "--limit", "2"),
                     0);
    const char *table = strbuf_text(&out);
    size_t lines = 0;
    for (; *table; table++)
        lines += *table == '\n';
    assert_int_equal(lines, 3);
}

static void test_history_of_capacity_and_health(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    struct store *store = must_open(dir->db, STORE_WRITE);
    struct capacity_charge charge = {.start_us = BEGIN_US + 400 * DAY_US,
                                     .end_us = BEGIN_US + 400 * DAY_US + DAY_US / 24,
                                     .start_soc_percent = 60,
                                     .end_soc_percent = 70,
                                     .added_kwh = 7};
    insert_charge(store, "B-falls", &charge);
    store_close(store);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-falls", "--what",
                         "capacity", "--from", "2021-07-01", "--json"),
                     0);
    cJSON *array = cJSON_Parse(strbuf_text(&out));
    const cJSON *newest = cJSON_GetArrayItem(array, 0);
    assert_string_equal(text(newest, "verdict"), "short");
    assert_near(number(newest, "capacity_kwh"), 70, 1e-9);
    int all = cJSON_GetArraySize(array);
    cJSON_Delete(array);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-falls", "--what",
                         "soh", "--from", "2021-07-01", "--json"),
                     0);
    array = cJSON_Parse(strbuf_text(&out));
    assert_int_equal(cJSON_GetArraySize(array), all - 1);
    assert_string_equal(text(cJSON_GetArrayItem(array, 0), "verdict"), "used");
    cJSON_Delete(array);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-falls", "--what",
                         "soh", "--limit", "1"),
                     0);
    assert_contains(strbuf_text(&out), "SOH %");
}

static void test_history_of_days(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    struct store *store = must_open(dir->db, STORE_WRITE);
    /* Two stations on one day, one on the next. */
    must_execute(
        store, "INSERT INTO battery_day VALUES"
               " ('B-worn', 1795219200000000, 's1', 9, 1795248000000000, 10, 20, 100, 1500, 0, 5,"
               "  4, 200, 3.5, 3.6, 100, 0.1, 5, 0),"
               " ('B-worn', 1795219200000000, 's2', 1, 1795251600000000, 12, 47, 300, 9000, 30, 0,"
               "  8, 300, 3.4, 3.7, 300, 0.3, 60, 30),"
               " ('B-worn', 1795305600000000, 's2', 1, 1795334400000000, NULL, NULL, 0, 0, 0, 0,"
               "  NULL, 0, 3.4, 3.7, 0, 0.3, 0, 0)");
    store_close(store);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-worn", "--what",
                         "temperature", "--json"),
                     0);
    cJSON *array = cJSON_Parse(strbuf_text(&out));
    assert_int_equal(cJSON_GetArraySize(array), 2);
    const cJSON *day = cJSON_GetArrayItem(array, 0);
    assert_string_equal(text(day, "day"), "2026-11-22");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(day, "temp_mean")));
    day = cJSON_GetArrayItem(array, 1);
    assert_near(number(day, "temp_min"), 10, 0);
    assert_near(number(day, "temp_max"), 47, 0);
    assert_near(number(day, "temp_mean"), 10500.0 / 400, 1e-9);
    assert_near(number(day, "temp_high_s"), 30, 0);
    assert_near(number(day, "stations"), 2, 0);
    cJSON_Delete(array);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-worn", "--what",
                         "imbalance", "--to", "2026-11-22", "--json"),
                     0);
    array = cJSON_Parse(strbuf_text(&out));
    assert_int_equal(cJSON_GetArraySize(array), 1);
    day = cJSON_GetArrayItem(array, 0);
    assert_near(number(day, "cell_spread_mean"), 65.0 / 400, 1e-9);
    assert_near(number(day, "cell_spread_max"), 0.3, 1e-9);
    assert_near(number(day, "cell_spread_high_s"), 30, 0);
    assert_near(number(day, "temp_spread_mean"), 500.0 / 400, 1e-9);
    cJSON_Delete(array);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "history", "B-worn", "--what",
                         "imbalance", "--from", "2026-11-21T12:00:00Z"),
                     0);
    assert_contains(strbuf_text(&out), "2026-11-21"); /* the day that the time is in */
}

static void test_wrong_questions(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "health"), ERR_USAGE);
    assert_string_equal(err.text, "which battery? give its BID, or --all");
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "health", "B-worn", "--all"),
                     ERR_USAGE);
    assert_int_equal(RUN(&out, &err, "--db", dir->db, "battery", "health", "B-wron"),
                     ERR_NOT_FOUND);
    assert_string_equal(err.text, "battery: no 'B-wron' in the database");
    assert_int_equal(
        RUN(&out, &err, "--db", dir->db, "battery", "history", "B-worn", "--what", "age"),
        ERR_USAGE);
    assert_contains(err.text, "--what age: vehicles");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(test_health_of_one),
        workdir_test(test_health_of_all_begins_with_the_most_worn),
        workdir_test(test_history_of_capacity_and_health),
        workdir_test(test_history_of_days),
        workdir_test(test_wrong_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
