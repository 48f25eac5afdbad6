/* SPDX-License-Identifier: Apache-2.0 */
/* `swapctl charging recalculate` without a bridge; with one: tests/e2e/test_charging.py. */
#include "store/recalculation.h"

#include "cloud/charging_support.h"
#include "cloud/ctl_support.h"
#include <cjson/cJSON.h>

#define PROCESSES 8
#define USED                                                                                       \
    "SELECT group_concat(ifnull(charge_energy_used, '-'), ' ') FROM (SELECT charge_energy_used "   \
    "FROM charging_process ORDER BY id)"
#define RIGHT "1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0"

/* Eight closed processes of two batteries, each 1 kWh in a minute at 60 kW; what is written to them
 * from then on is counted. */
static void fill(const char *db)
{
    struct err err = {0};
    struct bench bench = {.store = must_open(db, STORE_WRITE)};
    const struct charging_limits limits = CHARGING_LIMITS_DEFAULT;
    check(alerts_new(&bench.alerts, bench.store, &err), &err);
    check(charging_new(&bench.charging, bench.store, bench.alerts, &limits, &err), &err);
    check(store_begin(bench.store, &err), &err);
    for (int process = 0; process < PROCESSES; process++)
        for (int i = 0; i <= 6; i++) {
            struct charging_observation now = charging_at(process * 3600 + i * 10);
            now.bid = process % 2 ? "b2" : "b1";
            now.charger_power_kw = 60;
            now.outside_temp_c = 20;
            now.charge = i < 6;
            observe(&bench, &now);
        }
    flush_and_commit(&bench);
    charging_free(bench.charging);
    alerts_free(bench.alerts);
    store_rollback(bench.store);
    assert_query_text(bench.store, USED, RIGHT);
    must_execute(bench.store,
                 "CREATE TABLE touched (id INTEGER); CREATE TRIGGER touch AFTER UPDATE ON "
                 "charging_process BEGIN INSERT INTO touched VALUES (new.id); END;");
    store_close(bench.store);
}

static void spoil(const char *db, const char *sql)
{
    struct store *store = must_open(db, STORE_WRITE);
    must_execute(store, sql);
    must_execute(store, "DELETE FROM touched");
    store_close(store);
}

static void assert_stored(const char *db, const char *sql, const char *want)
{
    struct store *store = must_open(db, STORE_READ);
    assert_query_text(store, sql, want);
    store_close(store);
}

#define TOUCHED "SELECT ifnull(group_concat(id, ' '), 'none') FROM touched"
#define SPOIL                                                                                      \
    "UPDATE charging_process SET charge_energy_used = 0.25 WHERE id = 2;"                          \
    "UPDATE charging_process SET charge_energy_used = NULL, cost = 77700, cost_source = 'manual' " \
    "WHERE id = 5;"                                                                                \
    "UPDATE charging_process SET duration_min = 9, outside_temp_avg = 21 WHERE id = 6"

static void only_what_differs_is_written_and_told(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db), 0);
    assert_string_equal(strbuf_text(&out), "8 processes looked at, 0 changed\n");
    spoil(dir->db, SPOIL);
    assert_int_equal(
        RUN(&out, &err, "charging", "recalculate", "--all", "--dry-run", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "8 processes looked at, 3 would change\n"));
    assert_stored(dir->db, TOUCHED, "none");
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db), 0);
    assert_string_equal(strbuf_text(&out),
                        "8 processes looked at, 3 changed\n"
                        "  charge_energy_used              2  largest: process 5, - to 1\n"
                        "  outside_temp_avg                1  largest: process 6, 21 to 20\n"
                        "  duration_min                    1  largest: process 6, 9 to 1\n");
    assert_stored(dir->db, USED, RIGHT);
    assert_stored(dir->db, TOUCHED, "2 5 6");
    assert_stored(dir->db,
                  "SELECT cost || ' ' || cost_source || ' ' || end_reason FROM charging_process "
                  "WHERE id = 5",
                  "77700 manual stopped");
    assert_stored(dir->db, "SELECT count(*) FROM charging_recalculation", "0");
}

static void a_selection_is_all_that_is_looked_at(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    spoil(dir->db, "UPDATE charging_process SET charge_energy_used = 3");
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--bid", "b2", "--from",
                         "2025-11-21T14:00:00Z", "--to", "2025-11-21T17:00:00Z", "--db", dir->db),
                     0);
    assert_stored(dir->db, TOUCHED, "4");
    assert_int_equal(
        RUN(&out, &err, "charging", "recalculate", "--station", "other", "--db", dir->db), 0);
    assert_string_equal(strbuf_text(&out), "0 processes looked at, 0 changed\n");
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--db", dir->db), ERR_USAGE);
    assert_int_equal(
        RUN(&out, &err, "charging", "recalculate", "--all", "--station", "s1", "--db", dir->db),
        ERR_USAGE);
}

static void what_cannot_be_made_again_stays(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    spoil(dir->db, "DELETE FROM charge_chunk WHERE process = 3;"
                   "UPDATE charge_chunk SET chunk = x'535743' WHERE process = 4;"
                   "UPDATE charging_process SET charge_energy_used = 2, start_ideal_range_km = 300;"
                   "INSERT INTO charge_retention VALUES (5, 'thinned', 60, 9, 7, 0);"
                   "UPDATE charging_process SET end_date = NULL WHERE id = 8");
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "7 processes looked at, 4 changed\n"));
    assert_non_null(
        strstr(strbuf_text(&out), "2 no longer have all their samples and stay as they are\n"));
    assert_non_null(
        strstr(strbuf_text(&out), "1 have samples that cannot be read and stay as they are\n"));
    assert_stored(dir->db, USED, "1.0 1.0 2.0 2.0 2.0 1.0 1.0 2.0");
    /* The samples say nothing of the range: what is on record does not give way to nothing. */
    assert_stored(dir->db,
                  "SELECT group_concat(DISTINCT start_ideal_range_km) FROM charging_process",
                  "300.0");
}

static void a_run_that_was_ended_goes_on(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    char selection[200];
    fill(dir->db);
    spoil(dir->db, "UPDATE charging_process SET charge_energy_used = 3");
    (void)snprintf(selection, sizeof selection, "station= bid= from=%lld to=%lld",
                   (long long)STORE_NULL, (long long)STORE_NULL);
    struct store *store = must_open(dir->db, STORE_WRITE);
    const struct recalculation_position position = {5, 5, 5, NOON, NOON};
    check(store_begin(store, &err), &err);
    check(recalculation_position_save(store, selection, &position, &err), &err);
    check(store_commit(store, &err), &err);
    store_close(store);
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--station", "s2", "--db", dir->db),
                     0);
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--json", "--db", dir->db),
                     0);
    assert_stored(dir->db, TOUCHED, "6 7 8");
    cJSON *object = cJSON_Parse(strbuf_text(&out));
    assert_non_null(object);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "changes")), 3);
    assert_int_equal(cJSON_GetObjectItem(object, "changed")->valueint, 3);
    assert_int_equal(cJSON_GetObjectItem(object, "resumed_after")->valueint, 5);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(object, "complete")));
    const cJSON *field =
        cJSON_GetObjectItem(cJSON_GetObjectItem(object, "fields"), "charge_energy_used");
    assert_int_equal(cJSON_GetObjectItem(field, "count")->valueint, 3);
    cJSON_Delete(object);
    /* Through: the next one begins at the first. */
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db), 0);
    assert_stored(dir->db, USED, RIGHT);
}

static void figures_of_rule_2_are_added_where_they_are_missing(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    spoil(dir->db, "DELETE FROM charging_evaluation WHERE process_id = 2 AND rule_version = 2");
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "8 processes looked at, 1 changed\n"));
    assert_non_null(strstr(strbuf_text(&out),
                           "rule_2.charge_energy_used        1  largest: process 2, - to 1\n"));
    assert_stored(dir->db, TOUCHED, "none"); /* what is billed is as it was */
    assert_stored(dir->db, "SELECT count(*) FROM charging_evaluation WHERE rule_version = 2", "8");
    /* Other limits than those it was evaluated with, no bridge to ask: they are asked for. */
    assert_int_equal(RUN(&out, &err, "charging", "recalculate", "--all", "--rating", "10",
                         "--dry-run", "--db", dir->db),
                     0);
    assert_non_null(strstr(strbuf_text(&out), "8 processes looked at, 8 would change\n"));
}

/* Whatever the writer can store, at most one batch is lost when it cannot any more. */
static void each_order_is_a_transaction_with_its_position(void **state)
{
    const struct workdir *dir = *state;
    struct err err = {0};
    fill(dir->db);
    spoil(dir->db, "UPDATE charging_process SET charge_energy_used = 3;"
                   "CREATE TRIGGER no BEFORE UPDATE ON charging_process WHEN new.id = 4 BEGIN "
                   "SELECT raise(ABORT, 'no'); END");
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    assert_true(RUN(&out, &err, "charging", "recalculate", "--all", "--db", dir->db) < 0);
    assert_non_null(strstr(strbuf_text(&out), "not through"));
    assert_stored(dir->db, TOUCHED, "none");
    assert_stored(dir->db, "SELECT count(*) FROM charging_recalculation", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(only_what_differs_is_written_and_told),
        workdir_test(a_selection_is_all_that_is_looked_at),
        workdir_test(what_cannot_be_made_again_stays),
        workdir_test(a_run_that_was_ended_goes_on),
        workdir_test(figures_of_rule_2_are_added_where_they_are_missing),
        workdir_test(each_order_is_a_transaction_with_its_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
