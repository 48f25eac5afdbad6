/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl tariff, geofence, station zone and charging cost, on a database without a bridge. */
#include "ctl/ctl.h"

#include "cloud/support.h"

/* Runs swapctl on the test's database; returns its code, leaves what it printed in `out`. */
static int run(struct workdir *dir, struct strbuf *out, struct err *err, const char *const *words)
{
    char *argv[24] = {(char *)(uintptr_t) "swapctl", (char *)(uintptr_t) "--db", dir->db};
    char *text = NULL;
    size_t length = 0;
    int argc = 3;
    for (; words[argc - 3]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 3];
    struct args *args = NULL;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    assert_int_equal(args_parse(&args, &CTL_SPEC, argc, argv, err), 0);
    int rc = ctl_run(args, stream, err);
    (void)fclose(stream);
    args_free(args);
    strbuf_clear(out);
    strbuf_append(out, text, length);
    free(text);
    return rc;
}

static void assert_run(struct workdir *dir, const char *want, const char *const *words)
{
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    if (run(dir, &out, &err, words) < 0)
        fail_msg("%s", err.text);
    if (want)
        assert_string_equal(strbuf_text(&out), want);
}
#define RUN(want, ...) assert_run(dir, want, (const char *const[]){__VA_ARGS__, NULL})

static void assert_fails(struct workdir *dir, int code, const char *sentence,
                         const char *const *words)
{
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    assert_int_equal(run(dir, &out, &err, words), code);
    assert_contains(err.text, sentence);
}
#define FAILS(code, sentence, ...)                                                                 \
    assert_fails(dir, code, sentence, (const char *const[]){__VA_ARGS__, NULL})

static void fill(struct workdir *dir)
{
    struct store *store = must_open(dir->db, STORE_WRITE);
    must_execute(store, "INSERT INTO station (station_id, first_seen_at) VALUES ('s1', 0);"
                        "INSERT INTO charging_process (id, station_id, slot, start_date, end_date,"
                        " duration_min, charge_energy_added) VALUES"
                        " (1, 's1', 1, 1795248000000000, 1795251600000000, 60, 10),"
                        " (2, 's1', 2, 1795248000000000, 1795251600000000, 60, NULL)");
    store_close(store);
}

static void tariffs_come_into_force_and_reach_back(void **state)
{
    struct workdir *dir = *state;
    fill(dir);
    RUN("tariff 1 holds; 'swapctl tariff apply' brings old processes up to it\n", "tariff", "add",
        "--station", "s1", "--per-kwh", "0.25", "--fee", "0.5", "--from", "2026-01-01", "--windows",
        "mon-fri 08:00-20:00=0.4", "--actor", "ana");
    RUN("{\"id\":2}\n", "--json", "tariff", "add", "--per-minute", "0.01", "--from", "2026-01-01");
    RUN("      ID  STATION               START                           BEFORE         AFTER\n"
        "       1  s1                    2026-11-21T08:00:00.000Z             -          3.00\n"
        "       2  s1                    2026-11-21T08:00:00.000Z             -          0.50\n",
        "tariff", "apply", "--dry-run");
    RUN("[]\n", "--json", "tariff", "apply", "--to", "2026-11-21");
    RUN(NULL, "tariff", "apply", "--station", "s1");
    RUN("[]\n", "--json", "tariff", "apply"); /* again: nothing to do */
    struct store *store = must_open(dir->db, STORE_READ);
    assert_query_text(store, "SELECT group_concat(cost || cost_source, ' ') FROM charging_process",
                      "30000tariff 5000tariff");
    assert_query_text(store,
                      "SELECT actor_id || station_id || json_extract(payload, '$.request.windows') "
                      "FROM event_log WHERE kind = 'tariff.add'",
                      "anas1mon-fri 08:00-20:00=0.4");
    store_close(store);
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    assert_int_equal(
        run(dir, &out, &err, (const char *const[]){"--json", "charging", "list", NULL}), 0);
    assert_contains(strbuf_text(&out), "\"cost_basis\":\"tariff\",\"tariff_id\":1");
    RUN("tariff 1 ends\n", "tariff", "end", "1", "--to", "2026-06-01");
    RUN("ID  STATION  GEOFENCE  BILLED       PRICE     FEE  WINDOWS  FROM                  UNTIL\n"
        " 2  -        -         per_minute  0.0100       -        0  2026-01-01T00:00:00Z  -\n"
        " 1  s1       -         per_kwh     0.2500  0.5000        1  2026-01-01T00:00:00Z  "
        "2026-06-01T00:00:00Z\n",
        "tariff", "list");
    RUN("[{\"id\":1,\"station_id\":\"s1\",\"geofence\":null,\"billing_type\":\"per_kwh\","
        "\"cost_per_unit\":0.25,\"session_fee\":0.5,\"window_count\":1,"
        "\"valid_from\":\"2026-01-01T00:00:00.000000Z\",\"valid_until\":"
        "\"2026-06-01T00:00:00.000000Z\",\"geofence_id\":null,\"processes\":2,"
        "\"windows\":[{\"number\":1,\"days\":\"mon tue wed thu fri\",\"from_time\":\"08:00\","
        "\"to_time\":\"20:00\",\"cost_per_unit\":0.4}]}]\n",
        "--json", "tariff", "show", "1");
    FAILS(ERR_NOT_FOUND, "no '9' in the database", "tariff", "show", "9");
    FAILS(ERR_USAGE, "one of them", "tariff", "add");
    FAILS(ERR_USAGE, "tariff x: the id is a whole number", "tariff", "show", "x");
    FAILS(ERR_NOT_FOUND, "no tariff 9", "tariff", "end", "9");
}

static void places_and_vehicles_have_their_own_rules(void **state)
{
    struct workdir *dir = *state;
    fill(dir);
    RUN("station s1 is in Europe/Berlin\n", "station", "zone", "s1", "Europe/Berlin");
    FAILS(ERR_USAGE, "'station zone' needs two words: ID ZONE", "station", "zone", "s1");
    FAILS(ERR_USAGE, "one word too many", "station", "zone", "s1", "UTC", "x");
    FAILS(ERR_INVALID, "not in the system's tzdata", "station", "zone", "s1", "Mars/Olympus");
    RUN("geofence 1 is added; 0 processes have another one now, no cost changed\n", "geofence",
        "add", "--name", "yard", "--latitude", "52.5", "--longitude", "-13.4", "--radius", "80");
    RUN("{\"id\":1,\"relinked\":0}\n", "--json", "geofence", "change", "1", "--radius", "90");
    RUN("ID  NAME  LATITUDE  LONGITUDE  RADIUS M  PROCESSES\n"
        " 1  yard  52.50000  -13.40000        90          0\n",
        "geofence", "list");
    RUN(NULL, "geofence", "delete", "1");
    RUN("[]\n", "--json", "geofence", "list");
    RUN("free supercharging of vehicle V1 is on\n", "vehicle", "free", "V1", "on");
    FAILS(ERR_USAGE, "on or off is right", "vehicle", "free", "V1", "yes");
    RUN("cost of process 1: 4.12\n", "charging", "cost", "1", "--total", "4.1234");
    RUN("{\"cost\":\"2.50\"}\n", "--json", "charging", "cost", "1", "--per-kwh", "0.25");
    RUN("cost of process 1: none\n", "charging", "cost", "1", "--clear");
    FAILS(ERR_INVALID, "no known energy; give its total", "charging", "cost", "2", "--per-kwh",
          "1");
    FAILS(ERR_USAGE, "one of total", "charging", "cost", "2");
}

static void a_database_that_is_not_there_is_not_made(void **state)
{
    struct workdir *dir = *state;
    FAILS(ERR_NOT_FOUND, "there is no database", "tariff", "add", "--per-kwh", "1");
    assert_int_equal(access(dir->db, F_OK), -1);
}

static void processes_are_added_up(void **state)
{
    struct workdir *dir = *state;
    fill(dir);
    struct store *store = must_open(dir->db, STORE_WRITE);
    /* An hour with a sample at its end: 12 kW at 21 degrees. */
    must_execute(store, "INSERT INTO charge_open (id, process, previous, date, battery_level,"
                        " charge_energy_added, charger_power, outside_temp) VALUES"
                        " (1, 1, NULL, 1795248000000000, 20, 0, 0, 21),"
                        " (2, 1, 1, 1795251600000000, 80, 10, 12, 21);"
                        "INSERT INTO charge_head (process, last_sample, samples) VALUES (1, 2, 2);"
                        "UPDATE charging_process SET charge_energy_used = 12, cost = 31200"
                        " WHERE id = 1");
    store_close(store);
    RUN("STATION  HOUR   PROCESSES  HOURS  ADDED KWH  USED KWH  ADDED/USED  MEAN KW  PEAK KW  "
        "  COST\n"
        "s1       08:00          2   2.00      10.00     12.00       0.833     6.00    12.00  "
        "3.1200\n",
        "charging", "report", "--by", "station,hour");
    RUN("processes,hours,charge_energy_added,charge_energy_used,efficiency,mean_power,peak_power,"
        "cost\r\n2,2,10,12,0.8333,6,12,3.12\r\n",
        "charging", "report", "--csv");
    RUN("[{\"temperature\":null,\"power\":null,\"processes\":1,\"hours\":1,"
        "\"charge_energy_added\":0,\"charge_energy_used\":0,\"efficiency\":null},\n "
        "{\"temperature\":\"20..30\",\"power\":\"10..20\",\"processes\":1,\"hours\":1,"
        "\"charge_energy_added\":10,\"charge_energy_used\":12,\"efficiency\":0.8333}]\n",
        "--json", "charging", "efficiency");
    RUN("[]\n", "--json", "charging", "report", "--battery", "nobody's");
    FAILS(ERR_USAGE, "--by: 'hours': one of station", "charging", "report", "--by", "hours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(tariffs_come_into_force_and_reach_back),
        workdir_test(places_and_vehicles_have_their_own_rules),
        workdir_test(processes_are_added_up),
        workdir_test(a_database_that_is_not_there_is_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
