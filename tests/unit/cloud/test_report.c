/* SPDX-License-Identifier: Apache-2.0 */
/* The reports on a small database: filters, order, chains of samples; and the live view on it. */
#include "base/scope.h"
#include "base/strbuf.h"
#include "ctl/live_view.h"
#include "ctl/output.h"
#include "store/report.h"

#include "cloud/support.h"

/* 2026-11-21T11:00:00Z and minutes after it. */
#define AT(minutes) (INT64_C(1795258800000000) + INT64_C(60000000) * (minutes))

static struct store *fill(struct workdir *dir)
{
    struct store *store = must_open(dir->db, STORE_WRITE);
    must_execute(
        store,
        "INSERT INTO station (station_id, first_seen_at, status, mode, gate, state_time,"
        " journal_depth) VALUES ('1231', 1795258800000000, 'CHARGING', 'normal', 'closed',"
        " 1795258860000000, 3);"
        "INSERT INTO bay (station_id, slot, state, bid, soc, charging, door) VALUES"
        " ('1231', 1, 'CHARGING', 'B-1', 81.25, 1, 'closed'), ('1231', 2, 'EMPTY', NULL, NULL, 0,"
        " 'closed'), ('1231', 3, 'CHARGING', 'B-3', 40, 1, 'closed');"
        "INSERT INTO battery (bid, capacity_kwh, where_kind, where_id, slot) VALUES"
        " ('B-1', 50, 'bay', '1231', 1), ('B-2', 49.5, 'vehicle', 'V-1', NULL);"
        "INSERT INTO battery_version VALUES ('B-1', '1.0', 1, 'telemetry'),"
        " ('B-1', '1.1', 2, 'telemetry'), ('B-2', '7', 1, 'telemetry');"
        "INSERT INTO battery_exchange_task (task_id, bid, station_id, vid, event, event_time) "
        "VALUES"
        " ('a', 'B-1', '1231', 'V-1', 'On-Load', 1795258800000000),"
        " ('b', 'B-1', '1231', 'V-1', 'Off-Load', 1795262400000000),"
        " ('c', 'B-2', '1231', 'V-1', 'On-Load', 1795262400000000),"
        " ('d', 'B-9', '1232', 'V-9', 'On-Load', 1795262400000000);"
        "INSERT INTO swap (request_id, station_id, vid, started_at, ended_at, outcome, bid_in,"
        " bid_out, soc_in, soc_out) VALUES ('r1', '1231', 'V-1', 1795258800000000,"
        " 1795258920000000, 'done', 'B-1', 'B-2', 20, 95), ('r2', '1232', 'V-9', 1795258800000000,"
        " NULL, 'running', NULL, NULL, NULL, NULL);"
        "INSERT INTO charging_process (id, bid, station_id, slot, start_date, end_date, start_soc,"
        " end_soc, charge_energy_added, charge_energy_used, end_reason) VALUES"
        " (1, 'B-1', '1231', 1, 1795258800000000, 1795262400000000, 20, 95, 37.5, 39.1,"
        " 'stopped'), (2, 'B-3', '1231', 3, 1795258800000000, NULL, 40, NULL, NULL, NULL, NULL);"
        "INSERT INTO charge_open (id, process, previous, date, battery_level, charger_power) VALUES"
        " (1, 1, NULL, 1795258800000000, 20, 40), (2, 2, NULL, 1795258800000000, 40, 38),"
        " (3, 1, 1, 1795258900000000, 21, 40), (4, 2, 2, 1795258900000000, 41, 38),"
        " (5, 1, 3, 1795258850000000, 20.5, 40);" /* late, but in its place by date */
        "INSERT INTO charge_head (process, last_sample, samples) VALUES (1, 5, 3), (2, 4, 2);"
        "INSERT INTO alert (kind, severity, bid, station_id, raised_at, cleared_at, text) VALUES"
        " ('low_capacity', 'warning', 'B-2', '1231', 1795258800000000, NULL, '19 kWh'),"
        " ('station_offline', 'error', NULL, '1231', 1795258800000000, 1795258860000000, 'gone');"
        "INSERT INTO fault (station_id, slot, code, raised_at) VALUES"
        " ('1231', 2, 'DoorStuck', 1795258800000000);"
        "INSERT INTO quarantine (received_at, topic, reason, payload) VALUES"
        " (1795258800000000, 'info', 'no JSON', x'00ff22');"
        "INSERT INTO command (message_id, digest, device, type, payload, issued_at, outcome, "
        "reason)"
        " VALUES (NULL, '0123456789abcdef', '1231', 1, '{}', 1795258800000000, 'refused', 'Busy'),"
        " ('m2', 'fedcba9876543210', '1232', 2, '{}', 1795258800000000, 'done', NULL);"
        "INSERT INTO counter VALUES ('messages.total', 100), ('samples.total', 800);");
    return store;
}

static size_t count_rows(struct store *store, const struct report *report,
                         const struct report_filter *filter)
{
    SCOPE(output_table_free_scope) struct output_table table = {.report = report};
    struct err err = {0};
    if (report_run(store, report, filter, output_collect, &table, &err) < 0)
        fail_msg("%s: %s", report->name, err.text);
    return table.count;
}

static void every_report_counts_its_rows(void **state)
{
    struct store *store = fill(*state);
    static const struct {
        const struct report *report;
        size_t all, of_station; /* without a filter; of station 1231 */
    } cases[] = {
        {&REPORT_STATIONS, 1, 1},         {&REPORT_BAYS, 3, 3},       {&REPORT_BATTERIES, 2, 2},
        {&REPORT_EXCHANGES, 4, 3},        {&REPORT_SWAPS, 2, 1},      {&REPORT_CHARGING, 2, 2},
        {&REPORT_ALERTS, 2, 2},           {&REPORT_QUARANTINE, 1, 1}, {&REPORT_COMMANDS, 2, 1},
        {&REPORT_BATTERY_VERSIONS, 3, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_filter filter = REPORT_ALL;
        assert_int_equal(count_rows(store, cases[i].report, &filter), cases[i].all);
        filter.station = "1231";
        assert_int_equal(count_rows(store, cases[i].report, &filter), cases[i].of_station);
        filter.limit = 1;
        assert_int_equal(count_rows(store, cases[i].report, &filter), 1);
    }
    store_close(store);
}

static void filters_limit_battery_vehicle_and_time(void **state)
{
    struct store *store = fill(*state);
    struct report_filter filter = REPORT_ALL;
    filter.bid = "B-1";
    assert_int_equal(count_rows(store, &REPORT_EXCHANGES, &filter), 2);
    assert_int_equal(count_rows(store, &REPORT_BATTERY_VERSIONS, &filter), 2);
    assert_int_equal(count_rows(store, &REPORT_SWAPS, &filter), 1);
    filter = REPORT_ALL;
    filter.vid = "V-1";
    assert_int_equal(count_rows(store, &REPORT_EXCHANGES, &filter), 3);
    filter.from_us = AT(60);
    assert_int_equal(count_rows(store, &REPORT_EXCHANGES, &filter), 2);
    filter.from_us = STORE_NULL;
    filter.to_us = AT(60); /* exclusive */
    assert_int_equal(count_rows(store, &REPORT_EXCHANGES, &filter), 1);
    store_close(store);
}

static int collect_levels(void *self, const struct report *report,
                          const struct report_value *values, struct err *err)
{
    (void)report;
    (void)err;
    strbuf_printf(self, "%.1f ", values[1].real);
    return 0;
}

static void samples_follow_their_own_chain(void **state)
{
    struct store *store = fill(*state);
    SCOPE_STRBUF struct strbuf levels = STRBUF_INIT;
    struct report_filter filter = REPORT_ALL;
    filter.id = 1;
    assert_int_equal(
        report_run(store, &REPORT_CHARGING_SAMPLES, &filter, collect_levels, &levels, NULL), 0);
    assert_string_equal(strbuf_text(&levels), "20.0 20.5 21.0 ");
    store_close(store);
}

static int refuse_second(void *self, const struct report *report, const struct report_value *values,
                         struct err *err)
{
    (void)report;
    (void)values;
    return ++*(int *)self == 2 ? err_set(err, ERR_FULL, "enough") : 0;
}

static void a_reader_can_end_a_report(void **state)
{
    struct store *store = fill(*state);
    struct err err = {0};
    int seen = 0;
    assert_int_equal(report_run(store, &REPORT_BAYS, &REPORT_ALL, refuse_second, &seen, &err),
                     ERR_FULL);
    assert_int_equal(seen, 2);
    /* The statement was reset: the same report runs again. */
    assert_int_equal(count_rows(store, &REPORT_BAYS, &REPORT_ALL), 3);
    store_close(store);
}

static void the_live_view_shows_state_and_changes(void **state)
{
    struct store *store = fill(*state);
    SCOPE(live_view_free_scope) struct live_view *view = NULL;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    assert_int_equal(live_view_new(&view, NULL), 0);
    assert_int_equal(live_view_look(view, store, NULL, 0, NULL), 0);
    live_view_summary(view, &text);
    assert_contains(strbuf_text(&text), "11:01:00 --- 1231 CHARGING: 2 CHARGING, 1 EMPTY;");
    assert_contains(strbuf_text(&text), "messages 100 (0.0/s)");
    assert_contains(strbuf_text(&text), "swaps 1 done, 1 running  alerts 1");
    strbuf_clear(&text);
    live_view_changes(view, &text);
    assert_contains(strbuf_text(&text), "11:02:00 swap     done     1231 V-1: in B-1 20 %, out "
                                        "B-2 95 %\n");

    assert_contains(strbuf_text(&text), "charging begun    1231 bay 3 B-3 40 %\n");
    assert_contains(strbuf_text(&text), "charging ended    1231 bay 1 B-1 20 % to 95 %, added "
                                        "37.50 kWh, used 39.10 kWh - stopped\n");

    must_execute(store, "UPDATE swap SET outcome = 'failed', reason = 'gate' WHERE request_id ="
                        " 'r2'; UPDATE counter SET value = value + 50");
    assert_int_equal(live_view_look(view, store, NULL, 1000000, NULL), 0);
    strbuf_clear(&text);
    live_view_changes(view, &text);
    assert_string_equal(strbuf_text(&text), "11:00:00 swap     failed   1232 V-9 - gate\n");
    strbuf_clear(&text);
    live_view_summary(view, &text);
    assert_contains(strbuf_text(&text), "messages 150 (50.0/s)  samples 850 (50.0/s)");

    strbuf_clear(&text);
    assert_int_equal(live_view_screen(view, 60, 8, &text), 8);
    size_t lines = 0;
    for (const char *line = strbuf_text(&text); *line; line = strchr(line, '\n') + 1, lines++)
        assert_true(strchr(line, '\n') - line <= 62); /* 60 columns; an ellipsis has 3 bytes */
    assert_int_equal(lines, 8);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(every_report_counts_its_rows),
        workdir_test(filters_limit_battery_vehicle_and_time),
        workdir_test(samples_follow_their_own_chain),
        workdir_test(a_reader_can_end_a_report),
        workdir_test(the_live_view_shows_state_and_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
