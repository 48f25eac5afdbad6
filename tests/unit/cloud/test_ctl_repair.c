/* SPDX-License-Identifier: Apache-2.0 */
/* `swapctl charging repair` without a bridge; with one: tests/e2e/test_charging.py. */
#include "cloud/ctl_support.h"

#define STATES                                                                                     \
    "SELECT group_concat(id || ' ' || ifnull(end_date, '-') || ' ' || ifnull(end_reason, 'open')," \
    " ' | ') FROM charging_process"

/* Three that are open: one old, one without samples, one whose sample has just arrived. */
static void fill(const char *db)
{
    struct store *store = must_open(db, STORE_WRITE);
    must_execute(store,
                 "INSERT INTO charging_process (id, bid, station_id, slot, start_date) VALUES"
                 " (1, 'b1', 's1', 1, 1000000000), (2, 'b2', 's2', 2, 1000000000),"
                 " (3, 'b3', 's3', 3, 1000000000);"
                 "INSERT INTO charge_open (id, process, previous, date, charger_power) VALUES"
                 " (1, 1, NULL, 1000000000, 60), (2, 3, NULL, 1000000000, 60),"
                 " (3, 1, 1, 1060000000, 60);"
                 "INSERT INTO charge_head (process, last_sample, samples, touched_at) VALUES"
                 " (1, 3, 2, 1060000000), (3, 2, 1, unixepoch() * 1000000)");
    store_close(store);
}

static void idle_processes_are_closed_at_their_last_samples(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(RUN(&out, &err, "charging", "repair", "--dry-run", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "b1"));
    assert_null(strstr(strbuf_text(&out), "b3"));
    assert_non_null(strstr(strbuf_text(&out), "2 open charging processes got no sample for 60 min; "
                                              "nothing was changed"));
    struct store *store = must_open(dir->db, STORE_READ);
    assert_query_text(store, STATES, "1 - open | 2 - open | 3 - open");
    store_close(store);
    assert_int_equal(
        RUN(&out, &err, "charging", "repair", "--station", "s1", "--json", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "\"id\":1,"));
    assert_non_null(strstr(strbuf_text(&out), "1970-01-01T00:17:40.000000Z"));
    assert_int_equal(RUN(&out, &err, "charging", "repair", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "1 charging processes closed"));
    store = must_open(dir->db, STORE_READ);
    assert_query_text(store,
                      "SELECT group_concat(id || ' ' || ifnull(end_reason, 'open') || ' ' || "
                      "ifnull(charge_energy_used, '-'), ' | ') FROM charging_process",
                      "1 repaired 1.0 | 2 repaired - | 3 open -");
    assert_query_text(store, "SELECT end_date FROM charging_process WHERE id = 1", "1060000000");
    store_close(store);
    assert_int_equal(RUN(&out, &err, "charging", "repair", "--db", dir->db), 0);
    assert_string_equal(strbuf_text(&out), "0 charging processes closed at their last samples\n");
}

static void wrong_words_are_named(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    assert_true(RUN(&out, &err, "charging", "repair", "--db", dir->db) < 0);
    fill(dir->db);
    assert_int_equal(RUN(&out, &err, "charging", "repair", "--idle-min", "soon", "--db", dir->db),
                     ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(idle_processes_are_closed_at_their_last_samples),
        workdir_test(wrong_words_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
