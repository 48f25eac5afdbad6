/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_log alone rebuilds tracking: random lives of two stations (swaps, time-outs, telemetry with
 * facts that change, backlog that comes late, imports, restarts of the bridge, changed limits) are
 * replayed from the log and come out row by row the same. And what does not agree is found and
 * repaired.
 */
#include "alerts/order.h"
#include "cloud/ingest_fixture.h"

#include "store/audit.h"
#include "tracking/form.h"
#include "tracking/order.h"
#include "tracking/replay.h"

#define LIVES 60
#define STEPS 80

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static int below(uint64_t *seed, unsigned limit)
{
    return (int)((random_next(seed) >> 33) % limit);
}

struct life {
    struct fixture fixture;
    uint64_t seed;
    int seq[3], boot[3]; /* of station 1, 2 */
};

/* "time", place and quality of a message: most are of now, some of an hour that is past. */
static void envelope(struct life *life, int station, const char *lane, char to[320])
{
    static const int late[] = {0, 0, 0, 0, 7, 600, 3600};
    char time[TIMESTAMP_TEXT_SIZE], place[96] = "";
    timestamp_format(life->fixture.plant_us - late[below(&life->seed, 7)] * SECOND_US, time);
    if (lane) {
        life->seq[station]++;
        (void)snprintf(place, sizeof place, ",\"lane\":\"%s\",\"seq\":%d,\"prev\":%d", lane,
                       life->seq[station], life->seq[station] - 1);
    }
    (void)snprintf(to, 320,
                   "\"time\":\"%s\",\"v\":1,\"journal\":\"a%d\",\"boot\":%d,\"up\":%" PRId64
                   ",\"clock\":\"synced\"%s",
                   time, station, life->boot[station],
                   (life->fixture.plant_us - EIGHT_US) / 1000 + 1, place);
}

static void swap(struct life *life, int station)
{
    static const char *const events[] = {"On-Load", "Off-Load", "On-Load", "Off-Load", "Timeout"};
    uint64_t *seed = &life->seed;
    char place[320];
    envelope(life, station, "event", place);
    givef(&life->fixture, "info",
          "{\"device\":\"s%d\",\"type\":17,\"data\":{\"event\":\"%s\",\"requestId\":\"r%d\","
          "\"bay\":%d,\"battery\":{\"bid\":\"b%d\",\"soc\":%d,\"soh\":%d,\"capacityKwh\":%d,"
          "\"version\":\"1.%d\"},\"vehicle\":\"v%d\",\"user\":\"u1\"},%s}",
          station, events[below(seed, 5)], below(seed, 12), 1 + below(seed, 3), below(seed, 4),
          below(seed, 100), 90 + below(seed, 9), 15 + below(seed, 60), below(seed, 3),
          below(seed, 3), place);
}

static void telemetry(struct life *life, int station)
{
    uint64_t *seed = &life->seed;
    /* Mostly the same, so that a place is confirmed before an event contradicts it. */
    int stays = below(seed, 6) ? station - 1 : below(seed, 4);
    char place[320];
    envelope(life, station, NULL, place);
    givef(&life->fixture, "info",
          "{\"device\":\"s%d\",\"type\":0,\"data\":{\"station\":{\"state\":\"ACTIVE\","
          "\"latitude\":31.%d,\"longitude\":121.5,\"bays\":"
          "[{\"slot\":1,\"state\":\"READY\"},{\"slot\":2,\"state\":\"EMPTY\"}]},\"battery\":["
          "{\"slot\":1,\"bid\":\"b%d\",\"soc\":%d,\"soh\":%d,\"capacityKwh\":%d,"
          "\"version\":\"1.%d\"}]},%s}",
          station, below(seed, 4) ? station : 5, stays, below(seed, 100), 90 + below(seed, 9),
          15 + below(seed, 60), below(seed, 3), place);
}

static void command(struct life *life, int station)
{
    static const char *const outcomes[] = {"done", "failed"};
    uint64_t *seed = &life->seed;
    char place[320], time[TIMESTAMP_TEXT_SIZE];
    int request = below(seed, 12);
    timestamp_format(life->fixture.plant_us, time);
    givef(&life->fixture, "control",
          "{\"device\":\"s%d\",\"type\":1,\"data\":{\"user\":\"u1\",\"vehicle\":\"v1\","
          "\"requestId\":\"r%d\"},\"time\":\"%s\",\"v\":1,\"id\":\"c%d\"}",
          station, request, time, request);
    envelope(life, station, "event", place);
    givef(&life->fixture, "info",
          "{\"device\":\"s%d\",\"type\":19,\"data\":{\"command\":\"c%d\",\"digest\":"
          "\"0123456789abcdef\",\"type\":1,\"outcome\":\"%s\",\"reason\":\"because\"},%s}",
          station, request, outcomes[below(seed, 2)], place);
}

static void operate(struct life *life)
{
    struct exchange_form form;
    struct err err = {0};
    int64_t added, known;
    uint64_t *seed = &life->seed;
    form_init(&form);
    (void)snprintf(form.bid, sizeof form.bid, "b%d", below(seed, 4));
    (void)snprintf(form.vid, sizeof form.vid, "v%d", below(seed, 3));
    (void)snprintf(form.station_id, sizeof form.station_id, "s%d", 1 + below(seed, 3));
    (void)snprintf(form.event, sizeof form.event, "%s", below(seed, 2) ? "On-Load" : "Off-Load");
    form.event_time_us = life->fixture.plant_us - below(seed, 3) * 600 * SECOND_US;
    assert_int_equal(ingest_add_exchanges(life->fixture.ingest, &form, 1, below(seed, 2), "ana",
                                          &added, &known, &err),
                     0);
}

static void order(struct life *life)
{
    static const struct area_limit limits[] = {
        {"s1", 0, 0, 0}, {"", 31.2, 121.5, 20000}, {"s2", 0, 0, 0}};
    struct err err = {0};
    struct battery_order order = {
        .kind = (enum battery_order_kind)below(&life->seed, 3), .actor = "ana", .reason = "recall"};
    (void)snprintf(order.bid, sizeof order.bid, "b%d", below(&life->seed, 4));
    order.limit_count = (size_t)below(&life->seed, 4);
    memcpy(order.limits, limits, order.limit_count * sizeof limits[0]);
    int status = ingest_obey_order(life->fixture.ingest, &order, &err);
    /* Locked already, or not locked: of such an order nothing must be left. */
    assert_true(status == 0 || (order.kind == BATTERY_ORDER_LOCK && status == ERR_EXISTS) ||
                (order.kind == BATTERY_ORDER_UNLOCK && status == ERR_NOT_FOUND));
}

/* Thresholds and models change while events come: comments depend on both. */
static void decide(struct life *life)
{
    struct err err = {0};
    uint64_t *seed = &life->seed;
    char bid[8], text[256];
    (void)snprintf(bid, sizeof bid, "b%d", below(seed, 4));
    if (below(seed, 3) == 0) {
        int status =
            ingest_set_model(life->fixture.ingest, bid, below(seed, 2) ? "M" : "", "ana", &err);
        assert_true(status == 0 || status == ERR_NOT_FOUND);
        return;
    }
    (void)snprintf(text, sizeof text,
                   "{\"command\":\"threshold_%s\",\"actor\":\"ana\",\"threshold\":{\"kind\":"
                   "\"%s\",\"model\":\"%s\",\"station\":\"%s\",\"raise\":%d,\"enabled\":%s}}",
                   below(seed, 4) ? "set" : "unset",
                   below(seed, 2) ? "low_capacity" : "frequent_swap", below(seed, 2) ? "M" : "",
                   below(seed, 2) ? "s1" : "", below(seed, 40), below(seed, 5) ? "true" : "false");
    cJSON *request = cJSON_Parse(text);
    struct alert_order *order = NULL;
    if (alert_order_parse(request, &order, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    int status = ingest_obey_alerts(life->fixture.ingest, order, &err);
    assert_true(status == 0 || status == ERR_NOT_FOUND);
    free(order);
    cJSON_Delete(request);
}

static void live(struct life *life, uint64_t number)
{
    fixture_begin(&life->fixture, STORE_MEMORY);
    life->seed = number * UINT64_C(0x9E3779B97F4A7C15) + 1;
    life->seq[1] = life->seq[2] = 0;
    life->boot[1] = life->boot[2] = 1;
    for (int i = 0; i < STEPS; i++) {
        int station = 1 + below(&life->seed, 2), what = below(&life->seed, 21);
        fixture_pass(&life->fixture, (1 + below(&life->seed, 40)) * SECOND_US);
        if (what < 8)
            swap(life, station);
        else if (what < 15)
            telemetry(life, station);
        else if (what < 16)
            command(life, station);
        else if (what < 17)
            operate(life), order(life), order(life), order(life);
        else if (what < 18)
            fixture_restart(&life->fixture);
        else if (what < 19)
            decide(life);
        else if (what < 20)
            life->boot[station]++, life->seq[station] = 0;
        else {
            life->fixture.options.tracking.frequent_swap_max = 1 + below(&life->seed, 3);
            ingest_configure(life->fixture.ingest, &life->fixture.options);
        }
        forget_said(&life->fixture);
    }
}

static void note(void *self, const char *check, const char *sentence)
{
    strbuf_printf(self, "%s: %s\n", check, sentence);
}

/* Differences between the database and its log, as text. */
static void differences(struct store *store, struct store *repair, struct strbuf *to)
{
    struct err err = {0};
    struct audit_listener listener = {.tell = note, .self = to};
    struct audit_result result;
    int64_t rows;
    struct store *memory = must_open(STORE_MEMORY, STORE_WRITE);
    if (tracking_replay(store, memory, &rows, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < AUDIT_TABLES; i++)
        if (audit_compare(store, memory, i, repair, &listener, &result, &err) < 0)
            fail_msg("%s", err.text);
    for (size_t i = 0; i < AUDIT_INVARIANTS && !repair; i++)
        if (audit_invariant(store, i, &listener, &result, &err) < 0)
            fail_msg("%s", err.text);
    store_close(memory);
}

static void the_log_rebuilds_every_life(void **state)
{
    (void)state;
    /* What a life must contain, all of them together, to say anything. */
    static const char *const kinds[] = {"SWAP_EVENT",       "exchange.add", "tracking.limits",
                                        "swap.end",         "battery.seen", "battery.place",
                                        "battery.capacity", "battery.soh",  "battery.version",
                                        "station.position", "battery.area", "battery.lock",
                                        "battery.unlock",   "threshold.set"};
    int64_t counts[sizeof kinds / sizeof kinds[0]] = {0};
    for (uint64_t number = 1; number <= LIVES; number++) {
        struct life life;
        SCOPE_STRBUF struct strbuf found = STRBUF_INIT;
        live(&life, number);
        differences(life.fixture.store, NULL, &found);
        if (found.length)
            fail_msg("life %d:\n%s", (int)number, strbuf_text(&found));
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            char sql[128];
            (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM event_log WHERE kind = '%s'",
                           kinds[i]);
            counts[i] += query_integer(life.fixture.store, sql);
        }
        assert_count(&life.fixture, "quarantine", 0);
        fixture_end(&life.fixture);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (counts[i] < LIVES)
            fail_msg("%s: only %d", kinds[i], (int)counts[i]);
}

/* Every way in which something is written, one after the other: event_log says who it was, and is
 * enough after each. */
struct way {
    const char *kind, *actor; /* of the row that it leaves: "actor actor_id" */
    void (*go)(struct fixture *fixture);
};

static void go_approve(struct fixture *fixture)
{
    assert_int_equal(ingest_approve(fixture->ingest, "s1", "approved", "ana", NULL), 0);
}

static void enter(struct fixture *fixture, const char *event, int64_t at_us, bool import)
{
    struct exchange_form form;
    int64_t added, known;
    form_init(&form);
    (void)snprintf(form.bid, sizeof form.bid, "b1");
    (void)snprintf(form.vid, sizeof form.vid, "v1");
    (void)snprintf(form.station_id, sizeof form.station_id, "s1");
    (void)snprintf(form.event, sizeof form.event, "%s", event);
    form.event_time_us = at_us;
    assert_int_equal(ingest_add_exchanges(fixture->ingest, &form, 1, import, import ? "bo" : "ana",
                                          &added, &known, NULL),
                     0);
    assert_int_equal(added, 1);
}

static void go_add(struct fixture *fixture)
{
    enter(fixture, "On-Load", EIGHT_US, false);
}

static void go_import(struct fixture *fixture)
{
    enter(fixture, "Off-Load", EIGHT_US + 60 * SECOND_US, true);
}

static void go_order(struct fixture *fixture, enum battery_order_kind kind)
{
    struct battery_order order = {.kind = kind,
                                  .bid = "b1",
                                  .actor = "eva",
                                  .reason = "recall",
                                  .limits = {{"s2", 0, 0, 0}},
                                  .limit_count = 1};
    assert_int_equal(ingest_obey_order(fixture->ingest, &order, NULL), 0);
}

static void go_area(struct fixture *fixture)
{
    go_order(fixture, BATTERY_ORDER_AREA);
}

static void go_lock(struct fixture *fixture)
{
    go_order(fixture, BATTERY_ORDER_LOCK);
}

static void go_unlock(struct fixture *fixture)
{
    go_order(fixture, BATTERY_ORDER_UNLOCK);
}

static void report(struct fixture *fixture, const char *battery)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(fixture->plant_us, time);
    givef(fixture, "info",
          "{\"device\":\"s1\",\"type\":0,\"v\":1,\"time\":\"%s\",\"data\":{\"station\":{\"state\":"
          "\"ACTIVE\"%s}}",
          time, battery);
}

static void go_position(struct fixture *fixture)
{
    report(fixture, ",\"latitude\":31.2,\"longitude\":121.5},\"battery\":[]");
}

static void go_bay(struct fixture *fixture)
{
    report(fixture, "},\"battery\":{\"slot\":2,\"bid\":\"b1\"}");
}

static void go_version(struct fixture *fixture)
{
    report(fixture, "},\"battery\":{\"slot\":2,\"bid\":\"b1\",\"version\":\"2.0\"}");
}

static void go_capacity(struct fixture *fixture)
{
    report(fixture, "},\"battery\":{\"slot\":2,\"bid\":\"b1\",\"capacityKwh\":64.5}");
}

static void go_soh(struct fixture *fixture)
{
    report(fixture, "},\"battery\":{\"slot\":2,\"bid\":\"b1\",\"soh\":91.5}");
}

static void go_swap(struct fixture *fixture)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(fixture->plant_us, time);
    givef(fixture, "info",
          "{\"device\":\"s1\",\"type\":17,\"v\":1,\"time\":\"%s\",\"data\":{\"event\":\"On-Load\","
          "\"requestId\":\"r1\",\"bay\":2,\"battery\":{\"bid\":\"b1\"},\"vehicle\":\"v2\"}}",
          time);
}

static void go_limits(struct fixture *fixture)
{
    fixture->options.tracking.capacity_min_kwh = 30;
    ingest_configure(fixture->ingest, &fixture->options);
    enter(fixture, "Off-Load", fixture->plant_us, false);
}

static void each_write_names_its_actor_and_is_enough(void **state)
{
    static const struct way ways[] = {
        {"station.approval", "operator ana", go_approve},
        {"exchange.add", "operator ana", go_add},
        {"exchange.add", "import bo", go_import},
        {"battery.area", "operator eva", go_area},
        {"battery.lock", "operator eva", go_lock},
        {"battery.unlock", "operator eva", go_unlock},
        {"station.position", "station s1", go_position},
        {"bay.bid", "station s1", go_bay},
        {"battery.place", "station s1", go_bay},
        {"battery.version", "station s1", go_version},
        {"battery.capacity", "station s1", go_capacity},
        {"battery.soh", "station s1", go_soh},
        {"SWAP_EVENT", "station s1", go_swap},
        {"tracking.limits", "system -", go_limits},
    };
    struct fixture fixture;
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        SCOPE_STRBUF struct strbuf found = STRBUF_INIT, sql = STRBUF_INIT;
        fixture_pass(&fixture, 60 * SECOND_US);
        ways[i].go(&fixture);
        strbuf_printf(&sql,
                      "SELECT actor || ' ' || ifnull(actor_id, '-') FROM (SELECT 1) LEFT JOIN "
                      "event_log ON id = (SELECT max(id) FROM event_log WHERE kind = '%s')",
                      ways[i].kind);
        assert_query_text(fixture.store, strbuf_text(&sql), ways[i].actor);
        differences(fixture.store, NULL, &found);
        if (found.length)
            fail_msg("%s: %s", ways[i].kind, strbuf_text(&found));
        forget_said(&fixture);
    }
    assert_count(&fixture, "quarantine", 0);
    assert_count(&fixture, "event_log WHERE actor IS NULL", 0);
    assert_query_text(fixture.store,
                      "SELECT battery_version || ' ' || capacity_kwh || ' ' || soh FROM battery",
                      "2.0 64.5 91.5");
    fixture_end(&fixture);
}

static void damage_is_found_and_repaired(void **state)
{
    struct workdir *dir = *state;
    struct life life;
    struct err err = {0};
    live(&life, 1);
    /* Onto a file: repair reads through a second connection. */
    SCOPE_STRBUF struct strbuf vacuum = STRBUF_INIT;
    fixture_restart(&life.fixture);
    strbuf_printf(&vacuum, "VACUUM INTO '%s'", dir->db);
    must_execute(life.fixture.store, strbuf_text(&vacuum));
    fixture_end(&life.fixture);
    struct store *writer = must_open(dir->db, STORE_WRITE);
    must_execute(writer,
                 "UPDATE battery SET where_kind = 'storage', soc = 77 WHERE bid = 'b1';"
                 "DELETE FROM battery_exchange_task WHERE rowid = 3;"
                 "UPDATE battery_exchange_task SET end_time = end_time + 1 WHERE rowid = "
                 "(SELECT min(rowid) FROM battery_exchange_task WHERE start_time < end_time);"
                 "INSERT INTO battery (bid) VALUES ('stray');"
                 "INSERT INTO battery_version VALUES ('stray', '9', 5, 'import');"
                 "UPDATE swap SET outcome = 'running';"
                 "UPDATE swaps_per_day SET swaps = 99 WHERE day = -1 AND station_id = 's1';"
                 "DELETE FROM stream WHERE lane = 'event'");
    struct store *reader = must_open(dir->db, STORE_READ);
    SCOPE_STRBUF struct strbuf found = STRBUF_INIT, repaired = STRBUF_INIT, left = STRBUF_INIT;
    differences(reader, NULL, &found);
    assert_contains(strbuf_text(&found), "battery: b1: where_kind is storage, the log says ");
    assert_contains(strbuf_text(&found), "battery: stray: the log does not say so");
    assert_contains(strbuf_text(&found), "battery_version: stray 5 9: the log does not say so");
    assert_contains(strbuf_text(&found), ": is missing");
    assert_contains(strbuf_text(&found), "end_time is ");
    assert_contains(strbuf_text(&found), "outcome is running, the log says ");
    assert_contains(strbuf_text(&found), "swaps_per_day: s1 -1: swaps is 99, the log says ");
    assert_contains(strbuf_text(&found), "marks only grow: event_log ");
    assert_int_equal(store_begin(writer, &err), 0);
    assert_int_equal(audit_defer_references(writer, &err), 0);
    differences(reader, writer, &repaired);
    if (store_commit(writer, &err) < 0)
        fail_msg("%s", err.text);
    differences(reader, NULL, &left);
    /* All but the marks, which are not tracking's to make. */
    for (const char *line = strbuf_text(&left); *line; line = strchr(line, '\n') + 1)
        assert_int_equal(strncmp(line, "marks only grow: ", 17), 0);
    assert_query_text(reader, "SELECT soc FROM battery WHERE bid = 'b1'", "77.0"); /* no fact */
    store_close(reader);
    store_close(writer);
}

static void a_log_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct err err = {0};
    int64_t rows;
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    struct store *memory = must_open(STORE_MEMORY, STORE_WRITE);
    must_execute(store, "INSERT INTO event_log (id, received_at, event_time, actor, kind, payload) "
                        "VALUES (7, 1, 1, 'station', 'battery.soh', '{\"soh\":5}')");
    assert_int_equal(tracking_replay(store, memory, &rows, &err), ERR_INVALID);
    assert_string_equal(err.text, "event_log 7 (battery.soh): the payload has no bid");
    store_close(memory);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_rebuilds_every_life),
        cmocka_unit_test(each_write_names_its_actor_and_is_enough),
        workdir_test(damage_is_found_and_repaired),
        cmocka_unit_test(a_log_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
