/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: bytes of a serial reader, the driver on a pty, the engine between reader and monitor, and
 * the simulated drivers who come without being called. */
#include "engine_fixture.h"

#include "drivers/reader/lines.h"
#include "drivers/reader/reader.h"
#include "firmware/sim_plant.h"
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

/* --- lines --- */

static void feed(struct reader_lines *lines, const char *text, int64_t at_s)
{
    reader_lines_feed(lines, text, strlen(text), at_s * 1000000);
}

static void test_a_token_is_a_line(void **state)
{
    (void)state;
    struct reader_lines lines = {0};
    feed(&lines, "CARD", 1);
    assert_int_equal(lines.number, 0);
    feed(&lines, "-7\r\n", 2);
    assert_int_equal(lines.number, 1);
    assert_string_equal(lines.token, "CARD-7");
    feed(&lines, "\r\n\n", 3); /* nothing is no token */
    assert_int_equal(lines.number, 1);
    feed(&lines,
         "\x02"
         "04A3F2\x03",
         4);
    assert_int_equal(lines.number, 2);
    assert_string_equal(lines.token, "04A3F2");
}

static void test_what_is_no_token_is_dropped_whole(void **state)
{
    (void)state;
    struct reader_lines lines = {0};
    char longest[66];
    memset(longest, 'A', sizeof longest);
    longest[64] = '\n';
    longest[65] = '\0';
    feed(&lines,
         "two words\n\xff\xfe"
         "A\n",
         1);
    assert_int_equal(lines.number, 0);
    feed(&lines, longest, 2);
    assert_int_equal(lines.number, 1);
    assert_int_equal(strlen(lines.token), 64);
    longest[64] = 'A';
    feed(&lines, longest, 3);
    feed(&lines, "\nB\n", 4);
    assert_int_equal(lines.number, 2);
    assert_string_equal(lines.token, "B");
}

static void test_a_card_that_stays_counts_once(void **state)
{
    (void)state;
    struct reader_lines lines = {0};
    for (int second = 1; second <= 20; second++)
        feed(&lines, "CARD-7\n", second);
    assert_int_equal(lines.number, 1);
    feed(&lines, "CARD-8\nCARD-7\n", 21); /* others do at once */
    assert_int_equal(lines.number, 3);
    feed(&lines, "CARD-7\n", 24); /* taken away for 3 s and held there again */
    assert_int_equal(lines.number, 4);
}

/* --- driver --- */

static struct board *board_with_reader(const char *address)
{
    char text[2048];
    struct board *board;
    struct board_report report;
    struct err err = {0};
    snprintf(text, sizeof text,
             "[board]\ncompatible = sim\nname = Test\n"
             "[gate]\ndriver = sim\n[lane]\ndriver = sim\n[guard]\ndriver = sim\n"
             "[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"
             "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"
             "[siren]\ndriver = sim\n[exhaust]\ndriver = sim\n"
             "[charge_enable]\ndriver = sim\n[bays]\ncount = 1\ndriver = sim\n"
             "[reader]\ndriver = reader\naddress = %s\n"
             "[sim]\nseed = 5\nsessions = none\npacks = empty\n",
             address);
    return board_parse(text, strlen(text), "test", &board, &report, &err) ? NULL : board;
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"/dev/ttyS2", "/dev/ttyS2 baud=115200 answers=on",
                                       "answers=off /dev/ttyUSB0"};
    static const char *const bad[] = {
        "", "ttyS2", "/dev/ttyS2 baud=12", "/dev/a /b", "/dev/a speed=9600", "/dev/a answers=1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct board *board = board_with_reader(good[i]);
        assert_non_null(board);
        board_free(board);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(board_with_reader(bad[i]));
}

static void await_bytes(int fd)
{
    struct pollfd wait = {fd, POLLIN, 0};
    assert_int_equal(poll(&wait, 1, 20000), 1);
}

static void test_the_driver_reads_and_answers(void **state)
{
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    char address[128];
    snprintf(address, sizeof address, "%s answers=on", ptsname(master));
    struct board *board = board_with_reader(address);
    assert_non_null(board);
    void *self;
    struct err err = {0};
    static struct io_readings readings;
    static struct io_requests requests;
    int64_t next_us;
    assert_int_equal(reader_driver.open(&self, board, NULL, &err), 0);
    assert_false(reader_driver.pump(self, 1000000, &next_us)); /* opens it */
    assert_int_equal(next_us, INT64_MAX);
    assert_int_equal(write(master, "CARD-7\r\n", 8), 8);
    await_bytes(reader_driver.wake_fd(self));
    assert_true(reader_driver.pump(self, 2000000, &next_us)); /* the engine is to step at once */
    assert_int_equal(reader_driver.read(self, 2000000, &readings, &err), 0);
    assert_string_equal(readings.token, "CARD-7");
    assert_int_equal(readings.token_number, 1);
    for (int i = 0; i < 3; i++) { /* said once */
        TEXT_SET(requests.notice, "Unauthorized");
        assert_int_equal(reader_driver.write(self, 3000000, &requests, &readings, &err), 0);
    }
    char said[64] = "";
    await_bytes(master);
    assert_int_equal(read(master, said, sizeof said - 1), 14);
    assert_string_equal(said, "Unauthorized\r\n");
    close(master); /* it is unplugged: tried again, the station goes on */
    assert_false(reader_driver.pump(self, 4000000, &next_us));
    assert_int_equal(reader_driver.wake_fd(self), -1);
    assert_int_equal(next_us, 5000000);
    assert_int_equal(reader_driver.read(self, 5000000, &readings, &err), 0);
    assert_int_equal(readings.token_number, 1);
    reader_driver.close(self);
    board_free(board);
}

/* --- engine --- */

static const char *show(struct rig *rig, const char *token)
{
    TEXT_SET(rig->plant.in.token, token);
    rig->plant.in.token_number++;
    rig_run(rig, 0.2);
    return rig->plant.out.notice;
}

/* What the monitor answers to the token that it was told of. */
static void let(struct rig *rig, const char *presented, const char *vehicle)
{
    cJSON *packet = ipc_begin(IPC_CHARGE_REQUEST, "charge");
    cJSON_AddStringToObject(packet, "cp_id", "1231");
    cJSON_AddStringToObject(packet, "driver_id", "CARD-7");
    cJSON_AddStringToObject(packet, "vehicle_id", vehicle);
    cJSON_AddStringToObject(packet, "request_id", "local-1");
    cJSON_AddStringToObject(packet, "command", "local-1");
    cJSON_AddStringToObject(packet, "presented", presented);
    rig_tell(rig, packet);
}

/* As the fixture's vehicle, but nobody called it: the lane's reader knows it. */
static const cJSON *first_swap_event(const struct rig *rig)
{
    for (size_t i = 0; i < rig->event_count; i++) {
        const cJSON *data = cJSON_GetObjectItem(rig->events[i].json, "data");
        if (cJSON_GetObjectItem(data, "event"))
            return data;
    }
    return NULL;
}

static void begin(struct rig *rig)
{
    rig_init(rig);
    rig_connect(rig);
    rig_run(rig, 40); /* verified, out of safe mode */
}

static void test_a_token_swaps_the_vehicle_in_the_lane(void **state)
{
    (void)state;
    static struct rig rig;
    begin(&rig);
    assert_string_equal(show(&rig, "CARD-7"), "");
    assert_string_equal(rig_answer(&rig, "type"), "token_presented");
    assert_string_equal(rig_answer(&rig, "token"), "CARD-7");
    assert_string_equal(rig_answer(&rig, "vehicle_id"), "");
    char presented[65];
    TEXT_SET(presented, rig_answer(&rig, "message_id"));
    let(&rig, presented, "");
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_run(&rig, 1);
    assert_string_equal(rig.plant.out.notice, "accepted");
    for (int i = 0; i < 600 && rig.plant.gate < 1; i++)
        rig_run(&rig, 0.1);
    rig.plant.in.lane_occupied = true; /* nobody called it */
    TEXT_SET(rig.plant.in.lane_vehicle, "CAR-9");
    rig_until_outcome(&rig, "local-1", 400);
    assert_string_equal(rig_outcome(&rig, "local-1", NULL), "done");
    assert_string_equal(rig.plant.out.notice, "");
    const cJSON *event = first_swap_event(&rig);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "vehicle")), "CAR-9");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "user")), "CARD-7");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "requestId")), "local-1");
    rig_free(&rig);
}

/* A gate does not open for somebody who has left. */
static void test_a_late_answer_is_stale(void **state)
{
    (void)state;
    static struct rig rig;
    begin(&rig);
    (void)show(&rig, "CARD-7");
    char presented[65];
    TEXT_SET(presented, rig_answer(&rig, "message_id"));
    rig_run(&rig, 11);
    let(&rig, presented, "");
    assert_string_equal(rig_answer(&rig, "reason"), "Stale");
    (void)show(&rig, "CARD-7");
    TEXT_SET(presented, rig_answer(&rig, "message_id"));
    let(&rig, "another", "");
    assert_string_equal(rig_answer(&rig, "reason"), "Stale");
    let(&rig, presented, "");
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    let(&rig, presented, ""); /* the answer was lost: the same command is the same swap */
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    assert_int_equal(engine_station(rig.engine)->swap.step, SWAP_SECURING);
    rig_free(&rig);
}

static void test_refusals_are_shown(void **state)
{
    (void)state;
    static struct rig rig;
    begin(&rig);
    (void)show(&rig, "CARD-7");
    cJSON *packet = ipc_begin(IPC_TOKEN_RESPONSE, rig_answer(&rig, "message_id"));
    cJSON_AddStringToObject(packet, "status", "refused");
    cJSON_AddStringToObject(packet, "reason", "Unauthorized");
    rig_tell(&rig, packet);
    rig_run(&rig, 1);
    assert_string_equal(rig.plant.out.notice, "Unauthorized");
    rig_run(&rig, 6);
    assert_string_equal(rig.plant.out.notice, "");
    rig_disconnect(&rig); /* without the monitor there is no motion (rule 10) */
    assert_string_equal(show(&rig, "CARD-8"), "SafetyLock");
    rig_run(&rig, 10);
    rig_connect(&rig); /* and what was wanted meanwhile is forgotten */
    rig_run(&rig, 60);
    assert_string_not_equal(rig_answer(&rig, "type"), "token_presented");
    rig_free(&rig);
}

static void test_a_token_of_an_earlier_run_is_old(void **state)
{
    (void)state;
    static struct rig rig;
    begin(&rig);
    (void)show(&rig, "CARD-7");
    rig_kill(&rig);
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 40);
    assert_string_not_equal(rig_answer(&rig, "type"), "token_presented");
    (void)show(&rig, "CARD-7");
    assert_string_equal(rig_answer(&rig, "type"), "token_presented");
    rig_free(&rig);
}

/* --- sim --- */

static void test_simulated_drivers_come_by_themselves(void **state)
{
    (void)state;
    static struct plant plant;
    plant_open(&plant, "nmc:97 empty empty empty",
               "at 5: token id=CARD-7\nat 2: vehicle_waits id=V7\nat 9: token id=CARD-7\n");
    plant_run(&plant, 6, 100);
    world_read(&plant.world, &plant.readings);
    assert_string_equal(plant.readings.token, "CARD-7");
    assert_int_equal(plant.readings.token_number, 1);
    plant_run(&plant, 60, 100);
    world_read(&plant.world, &plant.readings);
    assert_int_equal(plant.readings.token_number, 2);
    assert_false(plant.readings.lane_occupied); /* the gate is shut */
    plant.requests.gate = IO_MOTION_OPEN;
    plant_run(&plant, 120, 100);
    world_read(&plant.world, &plant.readings);
    assert_true(plant.readings.lane_occupied);
    assert_string_equal(plant.readings.lane_vehicle, "V7");
    plant_run(&plant, 1200, 100); /* served or not, it leaves, and does not come again */
    world_read(&plant.world, &plant.readings);
    assert_false(plant.readings.lane_occupied);
    plant_close(&plant);
}

static void test_scripts_need_an_id(void **state)
{
    (void)state;
    static struct script script;
    static const char text[] = "at 1: token\nat 1: token id=\nat 1: water id=X\nat 1: token id=A\n";
    script_parse(text, strlen(text), 4, &script);
    assert_int_equal(script.count, 1);
    assert_int_equal(script.mistake_count, 3);
    assert_string_equal(script.mistakes[0].text, "token needs id=TEXT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_is_a_line),
        cmocka_unit_test(test_what_is_no_token_is_dropped_whole),
        cmocka_unit_test(test_a_card_that_stays_counts_once),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_the_driver_reads_and_answers),
        cmocka_unit_test(test_a_token_swaps_the_vehicle_in_the_lane),
        cmocka_unit_test(test_a_late_answer_is_stale),
        cmocka_unit_test(test_refusals_are_shown),
        cmocka_unit_test(test_a_token_of_an_earlier_run_is_old),
        cmocka_unit_test(test_simulated_drivers_come_by_themselves),
        cmocka_unit_test(test_scripts_need_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
