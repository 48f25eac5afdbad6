/* SPDX-License-Identifier: Apache-2.0 */
/* `swapctl charging samples` and `charging evaluate`: what one writes the other reads, and the
 * figures are those of the process. */
#include "store/sample.h"

#include "cloud/ctl_support.h"

/* Two closed processes, one of them packed, with the same samples. */
static void fill(const char *db)
{
    struct store *store = must_open(db, STORE_WRITE);
    must_execute(
        store,
        "INSERT INTO charging_process (id, station_id, slot, start_date, end_date) VALUES"
        " (1, 's1', 1, 1795248000000000, 1795251600000001),"
        " (2, 's1', 2, 1795248000000000, 1795251600000001);"
        "INSERT INTO charge_open (id, process, previous, date, charge_energy_added, charger_power,"
        " charger_phases, fast_charger_type) VALUES"
        " (1, 1, NULL, 1795248000000000, 0.41, 7, 3, 'a,\"b'),"
        " (2, 2, NULL, 1795248000000000, 0.41, 7, 3, 'a,\"b'),"
        " (3, 1, 1, 1795251600000001, 0.72, 5.0625, NULL, NULL),"
        " (4, 2, 2, 1795251600000001, 0.72, 5.0625, NULL, NULL);"
        "INSERT INTO charge_head (process, last_sample, samples) VALUES (1, 3, 2), (2, 4, 2);");
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(charge_pack(store, 2, NULL), 0);
    assert_int_equal(charge_pack(store, 2, NULL), 0); /* again: nothing to do */
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM charge_open"), 2);
    store_close(store);
}

static void write_file(const char *path, const struct strbuf *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->text, 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
}

static void samples_go_out_and_in_again(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf open = STRBUF_INIT, packed = STRBUF_INIT, figures = STRBUF_INIT;
    struct err err = {0};
    char path[400];
    fill(dir->db);
    (void)snprintf(path, sizeof path, "%s/samples", dir->path);
    for (int csv = 0; csv < 2; csv++) {
        const char *form = csv ? "--csv" : "--json";
        assert_int_equal(RUN(&open, &err, "charging", "samples", "1", "--db", dir->db, form), 0);
        assert_int_equal(RUN(&packed, &err, "charging", "samples", "2", "--db", dir->db, form), 0);
        assert_string_equal(strbuf_text(&open), strbuf_text(&packed));
        if (csv)
            assert_non_null(strstr(strbuf_text(&open),
                                   "\r\n2026-11-21T08:00:00.000000Z,,0.41,7,,,3,,,,,\"a,\"\"b\""
                                   "\r\n2026-11-21T09:00:00.000001Z,,0.72,5.0625,,,,,,,,\r\n"));
        write_file(path, &packed);
        assert_int_equal(RUN(&figures, &err, "charging", "evaluate", path, "--json"), 0);
        assert_non_null(strstr(strbuf_text(&figures), "\"charge_energy_added\":\"0.31\","
                                                      "\"charge_energy_used\":\"5.06\""));
        assert_non_null(strstr(strbuf_text(&figures), "\"end_date\":"
                                                      "\"2026-11-21T09:00:00.000001Z\""));
        assert_non_null(strstr(strbuf_text(&figures), "\"samples\":2,\"samples_refused\":0"));
    }
    assert_int_equal(RUN(&open, &err, "charging", "samples", "2", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&open), "TIME"));
}

static void samples_are_evaluated_by_either_rule(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;
    struct err err = {0};
    char path[400];
    (void)snprintf(path, sizeof path, "%s/samples", dir->path);
    strbuf_append_text(&text, "date,charger_power\n2026-11-21T08:00:00Z,8\n"
                              "2026-11-21T08:05:00Z,12\n2026-11-21T08:15:00Z,0\n");
    write_file(path, &text);
#define EVALUATE(...) RUN(&out, &err, "charging", "evaluate", path, __VA_ARGS__)
    assert_int_equal(EVALUATE("--json", "--rule", "both"), 0);
    const char *first = strstr(strbuf_text(&out), "[{\"start_date\"");
    const char *second = strstr(strbuf_text(&out), "\"rule_version\":1},{\"start_date\"");
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(strstr(first, "\"charge_energy_used\":\"1.00\""));  /* the later power */
    assert_non_null(strstr(second, "\"charge_energy_used\":\"0.83\"")); /* 10 kW for 5 min */
    assert_non_null(strstr(second, "\"charge_energy_gap\":\"1.00\""));
    assert_non_null(strstr(second, "\"flags\":[{\"flag\":\"gap\",\"times\":1,"));
    assert_int_equal(EVALUATE("--rule", "both", "--gap-limit", "4"), 0);
    assert_non_null(strstr(strbuf_text(&out), "charge_energy_gap      1.83\n"));
    assert_non_null(strstr(strbuf_text(&out),
                           "gap                    no sample for more than 4 min: 15.0 min in all, "
                           "1.83 kWh are estimated for them and kept apart (2, from "
                           "2026-11-21T08:00:00.000000Z)\n"));
    assert_int_equal(EVALUATE("--rule", "2", "--rating", "11.5"), 0); /* 12 kW: 5 % are allowed */
    assert_null(strstr(strbuf_text(&out), "power_above_rating"));
    assert_int_equal(EVALUATE("--rule", "2", "--rating", "11"), 0);
    assert_non_null(
        strstr(strbuf_text(&out), "power_above_rating     up to 12.00 kW at a charger"));
    assert_int_equal(EVALUATE("--rule", "3"), ERR_USAGE);
    assert_non_null(strstr(err.text, "1, 2 or both"));
    assert_int_equal(EVALUATE("--gap-limit", "0"), ERR_USAGE);
    assert_int_equal(EVALUATE("--rating", "11x"), ERR_USAGE);
    assert_non_null(strstr(err.text, "--rating 11x: a number above 0"));
}

static void wrong_processes_and_damaged_chunks_are_named(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    assert_int_equal(RUN(&out, &err, "charging", "samples", "3", "--db", dir->db), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no charging process 3"));
    assert_int_equal(RUN(&out, &err, "charging", "samples", "x", "--db", dir->db), ERR_USAGE);
    assert_non_null(strstr(err.text, "whole number"));
    struct store *store = must_open(dir->db, STORE_WRITE);
    must_execute(store, "UPDATE charge_chunk SET chunk = x'535743'");
    store_close(store);
    assert_true(RUN(&out, &err, "charging", "samples", "2", "--db", dir->db, "--csv") < 0);
    assert_non_null(strstr(err.text, "charging process 2: 3 bytes that are no packed samples"));
    assert_int_equal(RUN(&out, &err, "charging", "samples", "1", "--db", dir->db, "--csv"), 0);
    assert_int_equal(RUN(&out, &err, "charging", "evaluate", "/nowhere"), ERR_NOT_FOUND);
    /* The figures of the process stand, and are shown. */
    assert_int_equal(RUN(&out, &err, "charging", "show", "2", "--db", dir->db), ERR_INVALID);
    assert_non_null(strstr(err.text, "3 bytes that are no packed samples"));
    assert_non_null(strstr(strbuf_text(&out), "end_date"));
    assert_int_equal(RUN(&out, &err, "charging", "show", "1", "--db", dir->db), 0);
    assert_int_equal(RUN(&out, &err, "charging", "check", "--db", dir->db), ERR_INVALID);
    assert_contains(err.text, "of 1 charging processes are damaged");
    assert_non_null(strstr(strbuf_text(&out), "charging process 2: 3 bytes"));
    assert_int_equal(RUN(&out, &err, "charging", "check", "--db", dir->db, "--json"), ERR_INVALID);
    assert_non_null(strstr(strbuf_text(&out), "[{\"process\":2,\"station_id\":\"s1\""));
    assert_int_equal(
        RUN(&out, &err, "charging", "check", "--db", dir->db, "--battery", "other", "--json"), 0);
    assert_string_equal(strbuf_text(&out), "[]\n");
}

static void any_sql_is_answered_but_writing(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
#define SQL(...) RUN(&out, &err, "sql", "--db", dir->db, __VA_ARGS__)
    assert_int_equal(SQL("SELECT process, time_text(date) AS t, fast_charger_type, NULL AS n FROM "
                         "charge WHERE date < time_us('2026-11-21T08:30:00Z')"),
                     0);
    assert_string_equal(strbuf_text(&out),
                        "process  t                            fast_charger_type  n\n"
                        "      1  2026-11-21T08:00:00.000000Z  a,\"b\n"
                        "      2  2026-11-21T08:00:00.000000Z  a,\"b\n");
    assert_int_equal(SQL("--csv", "SELECT process, fast_charger_type AS 'a,b', '' AS e, NULL AS n, "
                                  "x'00ff' AS x FROM charge WHERE number = 1 AND process = 2"),
                     0);
    assert_string_equal(strbuf_text(&out),
                        "process,\"a,b\",e,n,x\r\n2,\"a,\"\"b\",\"\",,X'00FF'\r\n");
    assert_int_equal(SQL("--json", "SELECT 1 AS i, 0.5 AS r, 'a\"' AS t, NULL AS n, x'01' AS b, "
                                   "9223372036854775807 AS m UNION ALL SELECT 2, 1e999, '', 3, 4, "
                                   "5; SELECT 1 WHERE 0"),
                     0);
    assert_string_equal(strbuf_text(&out),
                        "[{\"i\":1,\"r\":0.5,\"t\":\"a\\\"\",\"n\":null,\"b\":\"X'01'\","
                        "\"m\":9223372036854775807},\n "
                        "{\"i\":2,\"r\":9e999,\"t\":\"\",\"n\":3,\"b\":4,\"m\":5}]\n[]\n");
    /* More rows than are kept to know the widths. */
    assert_int_equal(SQL("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                         "10000) SELECT i FROM n"),
                     0);
    assert_non_null(strstr(strbuf_text(&out), "\n500\n501\n"));
    assert_non_null(strstr(strbuf_text(&out), "\n9999\n10000\n"));
    static const char *const writing[] = {
        "DELETE FROM station",         "CREATE TABLE x (y)",
        "PRAGMA user_version = 99",    "VACUUM INTO '/tmp/never'",
        "CREATE TEMP TABLE x (y)",     "UPDATE charge_chunk SET chunk = x''",
        "PRAGMA journal_mode = DELETE"};
    for (size_t i = 0; i < sizeof writing / sizeof writing[0]; i++)
        assert_int_equal(SQL(writing[i]), ERR_PERMISSION);
    assert_int_not_equal(SQL("ATTACH '/tmp/never.db' AS n; CREATE TABLE n.x (y)"), 0);
    assert_int_not_equal(access("/tmp/never.db", F_OK), 0);
    assert_int_equal(SQL("SELECT 1; SELEC 2"), ERR_INVALID);
    assert_non_null(strstr(err.text, "near \"SELEC\": syntax error (at: SELEC 2)"));
    assert_int_equal(SQL("SELECT * FROM nowhere"), ERR_INVALID);
    assert_int_equal(SQL("--json", "--csv", "SELECT 1"), ERR_USAGE);
    assert_int_equal(SQL(" -- nothing"), 0);
    assert_string_equal(strbuf_text(&out), "");
}

/* Three samples of 1970 in a process of their own. */
static void add_old(const char *db)
{
    struct store *store = must_open(db, STORE_WRITE);
    must_execute(store,
                 "INSERT INTO charging_process (id, station_id, slot, start_date, end_date) "
                 "VALUES (9, 's1', 3, 0, 20000000);"
                 "INSERT INTO charge_open (id, process, previous, date) VALUES (11, 9, NULL, "
                 "0), (12, 9, 11, 10000000), (13, 9, 12, 20000000);"
                 "INSERT INTO charge_head (process, last_sample, samples) VALUES (9, 13, 3)");
    store_close(store);
}

static void retention_is_told_and_run(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    fill(dir->db);
    add_old(dir->db);
#define RETAIN(...) RUN(&out, &err, "retention", __VA_ARGS__, "--db", dir->db)
    assert_int_equal(RETAIN("status"), 0);
    assert_non_null(strstr(strbuf_text(&out), "thin_after_days     -\n"));
    assert_non_null(strstr(strbuf_text(&out), "processes_whole     3\n"));
    assert_non_null(strstr(strbuf_text(&out), "file_can_shrink     yes\n"));
    assert_int_equal(RETAIN("run"), 0); /* nothing was told: nothing goes */
    assert_non_null(strstr(strbuf_text(&out), "0 processes thinned, 0 dropped"));
    assert_int_equal(RETAIN("run", "--dry-run", "--thin-after-days", "3650", "--json"), 0);
    assert_string_equal(strbuf_text(&out),
                        "[{\"dry_run\":true,\"thinned\":1,\"dropped\":0,\"samples\":1,"
                        "\"damaged\":0,\"quarantine\":0,\"event_log\":0,\"pages\":0}]\n");
    assert_int_equal(RUN(&out, &err, "charging", "samples", "9", "--csv", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "1970-01-01T00:00:10"));
    assert_int_equal(RETAIN("run", "--thin-after-days", "3650"), 0);
    assert_non_null(
        strstr(strbuf_text(&out), "1 processes thinned, 0 dropped, together 1 samples"));
    assert_int_equal(RUN(&out, &err, "charging", "samples", "9", "--csv", "--db", dir->db), 0);
    assert_null(strstr(strbuf_text(&out), "1970-01-01T00:00:10"));
    assert_int_equal(RUN(&out, &err, "charging", "show", "9", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "samples_kept          thinned\n"));
    assert_int_equal(RUN(&out, &err, "charging", "show", "1", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "samples_kept          all\n"));
    assert_int_equal(RETAIN("run", "--drop-after-days", "3650"), 0);
    assert_non_null(
        strstr(strbuf_text(&out), "0 processes thinned, 1 dropped, together 2 samples"));
    assert_int_equal(RETAIN("status", "--json"), 0);
    assert_non_null(strstr(strbuf_text(&out), "\"processes_whole\":2,\"processes_thinned\":0,"
                                              "\"processes_dropped\":1,\"samples_removed\":3,"));
    assert_int_equal(RETAIN("run", "--drop-after-days", "soon"), ERR_USAGE);
    assert_non_null(strstr(err.text, "--drop-after-days soon: a number of days"));
    struct store *store = must_open(dir->db, STORE_WRITE); /* as a bridge has it */
    assert_int_equal(RETAIN("run"), ERR_BUSY);
    assert_int_equal(RETAIN("run", "--dry-run"), 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples_go_out_and_in_again, workdir_make, workdir_remove),
        cmocka_unit_test_setup_teardown(samples_are_evaluated_by_either_rule, workdir_make,
                                        workdir_remove),
        cmocka_unit_test_setup_teardown(wrong_processes_and_damaged_chunks_are_named, workdir_make,
                                        workdir_remove),
        cmocka_unit_test_setup_teardown(any_sql_is_answered_but_writing, workdir_make,
                                        workdir_remove),
        cmocka_unit_test_setup_teardown(retention_is_told_and_run, workdir_make, workdir_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
