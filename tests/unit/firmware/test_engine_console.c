/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine answers technicians: views, logins, and that nothing moves without a login, a
 * record and the core's consent. */
#include "engine_fixture.h"

#include "engine/audit_file.h"
#include "engine/console.h"
#include "engine/state.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct desk {
    struct rig rig;
    struct engine_console console;
    struct engine_audit audit;
    struct strbuf lines;
    bool disk_full;
    cJSON *answer; /* of the last request */
};

static int keep(void *self, const char *line, struct err *err)
{
    struct desk *desk = self;
    if (desk->disk_full)
        return err_set(err, ERR_FULL, "no space left");
    strbuf_printf(&desk->lines, "%s\n", line);
    return 0;
}

static void desk_init(struct desk *desk)
{
    struct login_key key = {.present = true, .bytes = {1, 2, 3}};
    memset(desk, 0, sizeof *desk);
    rig_init(&desk->rig);
    desk->audit = (struct engine_audit){desk, keep};
    desk->console.engine = desk->rig.engine;
    desk->console.audit = &desk->audit;
    login_init(&desk->console.login, &key, 60 * CLOCK_US_PER_SECOND, 300 * CLOCK_US_PER_SECOND);
    rig_connect(&desk->rig);
    rig_run(&desk->rig, 5);
}

static void desk_free(struct desk *desk)
{
    cJSON_Delete(desk->answer);
    strbuf_free(&desk->lines);
    rig_free(&desk->rig);
}

static void ask_json(struct desk *desk, int client, cJSON *request)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct ipc_packet packet;
    assert_int_equal(ipc_encode(request, &text, NULL), 0);
    assert_int_equal(ipc_decode(text.text, text.length, &packet, NULL), 0);
    cJSON_Delete(desk->answer);
    cJSON *answer = engine_console_answer(&desk->console, client, &packet);
    ipc_packet_free(&packet);
    /* what it says is a packet by the table */
    struct strbuf said = STRBUF_INIT;
    assert_int_equal(ipc_encode(answer, &said, NULL), 0);
    assert_int_equal(ipc_decode(said.text, said.length, &packet, NULL), 0);
    assert_int_equal(packet.type, IPC_CONSOLE_RESPONSE);
    strbuf_free(&said);
    desk->answer = packet.json;
}

static const char *said(const struct desk *desk, const char *field)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(desk->answer, field));
    return text ? text : "";
}

static cJSON *data(const struct desk *desk, const char *field)
{
    return cJSON_GetObjectItem(cJSON_GetObjectItem(desk->answer, "data"), field);
}

/* on: -1 not given. The refusal's code, "" accepted. */
static const char *ask(struct desk *desk, int client, const char *verb, int bay, int on)
{
    cJSON *request = ipc_begin(IPC_CONSOLE_REQUEST, "1");
    cJSON_AddStringToObject(request, "verb", verb);
    if (bay >= 0)
        cJSON_AddNumberToObject(request, "bay", bay);
    if (on >= 0)
        cJSON_AddBoolToObject(request, "on", on);
    ask_json(desk, client, request);
    return said(desk, "reason");
}

static const char *answer_challenge(struct desk *desk, int client, bool right)
{
    char response[LOGIN_TEXT_SIZE];
    assert_string_equal(ask(desk, client, "challenge", -1, -1), "");
    assert_int_equal(login_response(&desk->console.login.key,
                                    cJSON_GetStringValue(data(desk, "challenge")), response),
                     0);
    response[0] = right ? response[0] : response[0] == '0' ? '1' : '0';
    cJSON *request = ipc_begin(IPC_CONSOLE_REQUEST, "1");
    cJSON_AddStringToObject(request, "verb", "login");
    cJSON_AddStringToObject(request, "answer", response);
    ask_json(desk, client, request);
    return said(desk, "reason");
}

static void views_need_no_login(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    assert_string_equal(ask(&desk, 0, "status", -1, -1), "");
    assert_string_equal(cJSON_GetStringValue(data(&desk, "mode")), "normal");
    assert_int_equal(cJSON_GetArraySize(data(&desk, "bays")), 6);
    const cJSON *bay = cJSON_GetArrayItem(data(&desk, "bays"), 3);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(bay, "bid")), "P-4");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(bay, "state")), "CHARGING");
    assert_string_equal(ask(&desk, 0, "io", 4, -1), "");
    assert_int_equal(cJSON_GetArraySize(data(&desk, "bays")), 1);
    bay = cJSON_GetArrayItem(data(&desk, "bays"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(bay, "contactor")));
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(bay, "age_ms")) >= 0);
    assert_string_equal(ask(&desk, 0, "io", 0, -1), "");
    assert_int_equal(cJSON_GetArraySize(data(&desk, "bays")), 6);
    desk.rig.plant.in.bays[1].smoke = true;
    rig_run(&desk.rig, 1);
    assert_string_equal(ask(&desk, 0, "faults", -1, -1), "");
    const cJSON *fault = cJSON_GetArrayItem(data(&desk, "faults"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(fault, "code")), "ThermalEvent");
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(fault, "slot")), 2);
    assert_string_equal(ask(&desk, 0, "io", 7, -1), "Malformed");
    assert_string_equal(ask(&desk, 0, "dance", -1, -1), "Unsupported");
    assert_int_equal(desk.lines.length, 0); /* looking is not on record */
    desk_free(&desk);
}

/* The largest station's answers fit into a packet. */
static void the_largest_station_fits(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    struct station *station = (struct station *)(uintptr_t)engine_station(desk.rig.engine);
    struct io_readings *in = (struct io_readings *)(uintptr_t)engine_readings(desk.rig.engine);
    station->bay_count = IO_BAYS_MAX;
    for (int i = 0; i < IO_BAYS_MAX; i++) {
        station->bays[i].slot = i + 1;
        memset(station->bays[i].bid, 'b', sizeof station->bays[i].bid - 1);
        memset(in->bays[i].pack.bid, 'b', sizeof in->bays[i].pack.bid - 1);
        memset(in->bays[i].pack.version, 'v', sizeof in->bays[i].pack.version - 1);
        in->bays[i].at_us = in->bays[i].pack.at_us = 1;
        in->bays[i].present = true;
    }
    for (int i = 0; i < FAULTS_MAX; i++)
        station->faults.list[i] = (struct fault){FAULT_StationSensorStale, 64, 1, 0, 1000000};
    station->faults.count = FAULTS_MAX;
    assert_string_equal(ask(&desk, 0, "status", -1, -1), "");
    assert_string_equal(ask(&desk, 0, "io", -1, -1), "");
    assert_string_equal(ask(&desk, 0, "faults", -1, -1), "");
    assert_int_equal(cJSON_GetArraySize(data(&desk, "faults")), FAULTS_MAX);
    desk_free(&desk);
}

static void nothing_moves_without_a_login(void **state)
{
    (void)state;
    static struct desk desk;
    static const char *const VERBS[] = {"maintenance", "unlock", "open", "close", "gate",
                                        "light",       "fan",    "stop", "reset"};
    desk_init(&desk);
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        assert_string_equal(ask(&desk, 0, VERBS[i], 1, 1), "Unauthorized");
    assert_string_equal(answer_challenge(&desk, 0, false), "Unauthorized");
    assert_string_equal(said(&desk, "text"), "the answer is wrong");
    assert_non_null(strstr(desk.lines.text, "login outcome=wrong"));
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    assert_string_equal(ask(&desk, 1, "maintenance", 0, 1), "Unauthorized"); /* somebody else */
    assert_string_equal(ask(&desk, 1, "challenge", -1, -1), "Busy");
    assert_string_equal(ask(&desk, 0, "logout", -1, -1), "");
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 1), "Unauthorized");
    for (int i = 0; i < 3; i++)
        assert_string_equal(answer_challenge(&desk, 2, false), "Unauthorized");
    assert_string_equal(ask(&desk, 0, "challenge", -1, -1), "Unauthorized");
    assert_non_null(strstr(said(&desk, "text"), "no login for another 30"));
    desk_free(&desk);
}

static void a_bay_is_opened_and_put_back(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    const struct station *station = engine_station(desk.rig.engine);
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    assert_string_equal(ask(&desk, 0, "open", 4, -1), "SafetyLock"); /* it charges */
    assert_string_equal(said(&desk, "text"), "the bay is not in maintenance");
    assert_non_null(strstr(desk.lines.text, "asked=open bay=4\n"));
    assert_non_null(strstr(desk.lines.text, "refused=open bay=4 reason=SafetyLock"));
    assert_string_equal(ask(&desk, 0, "reset", 4, -1), "SafetyLock");
    assert_string_equal(ask(&desk, 0, "maintenance", 4, 1), "");
    int saves = desk.rig.saves;
    rig_run(&desk.rig, 1);
    assert_string_equal(ask(&desk, 0, "open", 4, -1), "");
    rig_run(&desk.rig, 3);
    assert_int_equal(desk.rig.plant.in.bays[3].door, IO_DOOR_OPEN);
    assert_string_equal(ask(&desk, 0, "maintenance", 4, 0), "SafetyLock");
    assert_non_null(strstr(said(&desk, "text"), "bay 4: its door"));
    assert_string_equal(ask(&desk, 0, "light", 4, 1), "");
    assert_string_equal(ask(&desk, 0, "close", 4, -1), "");
    rig_run(&desk.rig, 3);
    assert_string_equal(ask(&desk, 0, "reset", 4, -1), "");
    assert_string_equal(ask(&desk, 0, "maintenance", 4, 0), "");
    assert_int_equal(station->bays[3].state, BAY_MAINTENANCE);
    rig_run(&desk.rig, 2);
    assert_int_equal(station->bays[3].state, BAY_CHARGING); /* verified anew; it had not failed */
    rig_run(&desk.rig, 79);
    assert_string_equal(answer_challenge(&desk, 0, true), ""); /* it was idle for too long */
    assert_true(desk.rig.saves > saves);
    /* words that are wrong */
    assert_string_equal(ask(&desk, 0, "open", 7, -1), "Malformed");
    assert_string_equal(ask(&desk, 0, "open", -1, -1), "Malformed");
    assert_string_equal(ask(&desk, 0, "light", 4, -1), "Malformed");
    assert_string_equal(ask(&desk, 0, "gate", -1, 1), "SafetyLock");
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 1), "");
    assert_string_equal(ask(&desk, 0, "gate", -1, 1), "");
    rig_run(&desk.rig, 3);
    assert_int_equal(desk.rig.plant.in.gate, IO_GATE_OPEN);
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 0), "SafetyLock");
    assert_string_equal(said(&desk, "text"), "the gate is not closed");
    desk_free(&desk);
}

static void what_cannot_go_on_record_is_not_done(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    const struct station *station = engine_station(desk.rig.engine);
    desk.disk_full = true;
    assert_string_equal(answer_challenge(&desk, 0, true), "StorageFault");
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 1), "Unauthorized");
    desk.disk_full = false;
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 1), "");
    rig_run(&desk.rig, 1);
    assert_string_equal(ask(&desk, 0, "unlock", 5, -1), "");
    rig_run(&desk.rig, 1);
    assert_true(desk.rig.plant.out.bays[4].unlock);
    desk.disk_full = true;
    assert_string_equal(ask(&desk, 0, "stop", -1, -1), ""); /* a stop waits for no disk */
    assert_string_equal(ask(&desk, 0, "open", 5, -1), "StorageFault");
    rig_run(&desk.rig, 1);
    assert_false(desk.rig.plant.out.bays[4].unlock);
    assert_int_equal(station->bays[4].door, DOOR_REST);
    desk_free(&desk);
}

/* Somebody who was told that the lock-out did not end still relies on it, and what was refused does
 * not move. */
static void what_cannot_be_stored_does_not_happen(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    const struct station *station = engine_station(desk.rig.engine);
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    desk.rig.fail_from = desk.rig.saves + 1;
    desk.rig.fail_count = 1;
    assert_string_equal(ask(&desk, 0, "maintenance", 5, 1), "StorageFault");
    assert_false(station->bays[4].maintenance);
    rig_run(&desk.rig, 3);
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 1), "");
    rig_run(&desk.rig, 1);
    desk.rig.fail_from = desk.rig.saves + 1;
    assert_string_equal(ask(&desk, 0, "maintenance", 0, 0), "StorageFault");
    assert_true(station->maintenance);
    rig_run(&desk.rig, 3);
    assert_int_equal(station->bays[4].state, BAY_MAINTENANCE);
    /* A door, while something else waits to be stored: an event that was acknowledged. */
    struct engine *engine = desk.rig.engine;
    engine->dirty = true;
    desk.rig.fail_from = desk.rig.saves + 1;
    assert_string_equal(ask(&desk, 0, "open", 5, -1), "StorageFault");
    rig_run(&desk.rig, 3);
    assert_int_equal(desk.rig.plant.in.bays[4].door, IO_DOOR_CLOSED);
    assert_string_equal(ask(&desk, 0, "open", 5, -1), "");
    rig_run(&desk.rig, 3);
    assert_int_equal(desk.rig.plant.in.bays[4].door, IO_DOOR_OPEN);
    desk_free(&desk);
}

static void the_end_of_a_session_stops_what_moves(void **state)
{
    (void)state;
    static struct desk desk;
    desk_init(&desk);
    const struct station *station = engine_station(desk.rig.engine);
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    assert_string_equal(ask(&desk, 0, "maintenance", 5, 1), "");
    rig_run(&desk.rig, 1);
    assert_string_equal(ask(&desk, 0, "unlock", 5, -1), "");
    rig_run(&desk.rig, 1);
    engine_console_gone(&desk.console, 1); /* somebody who was not logged in */
    assert_int_equal(station->bays[4].door, DOOR_UNLOCKED);
    engine_console_gone(&desk.console, 0);
    rig_run(&desk.rig, 1);
    assert_false(desk.rig.plant.out.bays[4].unlock);
    assert_int_equal(station->bays[4].state, BAY_MAINTENANCE); /* a person ends that */
    assert_non_null(strstr(desk.lines.text, "logout reason=\"connection closed\""));
    /* and by idleness, which looking around prevents */
    assert_string_equal(answer_challenge(&desk, 0, true), "");
    rig_run(&desk.rig, 50);
    assert_string_equal(ask(&desk, 0, "status", -1, -1), "");
    rig_run(&desk.rig, 50);
    engine_console_tick(&desk.console);
    assert_int_equal(desk.console.login.holder, 0);
    rig_run(&desk.rig, 11);
    engine_console_tick(&desk.console);
    assert_int_equal(desk.console.login.holder, -1);
    assert_non_null(strstr(desk.lines.text, "logout reason=idle"));
    desk_free(&desk);
}

static void the_audit_file_is_bounded(void **state)
{
    (void)state;
    char folder[] = "/tmp/swapstack-audit-XXXXXX", path[64], old[64];
    char line[1001];
    struct audit_file file;
    struct engine_audit audit;
    struct err err = {0};
    struct stat status;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/audit.log", folder);
    (void)snprintf(old, sizeof old, "%s/audit.log.1", folder);
    memset(line, 'x', 1000);
    line[1000] = '\0';
    audit_file_init(&file, folder, &audit);
    for (int i = 0; i < 600; i++)
        assert_int_equal(audit.record(audit.self, line, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size < AUDIT_FILE_MAX && status.st_size % 1001 == 0);
    assert_int_equal(stat(old, &status), 0);
    assert_true(status.st_size < AUDIT_FILE_MAX + 1001);
    (void)unlink(path);
    (void)unlink(old);
    (void)rmdir(folder);
    assert_int_equal(audit.record(audit.self, line, &err), ERR_STORAGE);
    assert_non_null(strstr(err.text, "audit.log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_need_no_login),
        cmocka_unit_test(the_largest_station_fits),
        cmocka_unit_test(nothing_moves_without_a_login),
        cmocka_unit_test(a_bay_is_opened_and_put_back),
        cmocka_unit_test(what_cannot_go_on_record_is_not_done),
        cmocka_unit_test(what_cannot_be_stored_does_not_happen),
        cmocka_unit_test(the_end_of_a_session_stops_what_moves),
        cmocka_unit_test(the_audit_file_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
