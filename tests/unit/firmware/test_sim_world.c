/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated plant over time: repeatable, saved and restored at any moment, pauses of any
 * length; and the driver functions around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/env.h"
#include "drivers/driver.h"
#include "drivers/sim/draw.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/world_check.h"
#include "drivers/sim/world_fields.h"
#include "firmware/near.h"
#include "firmware/sim_plant.h"

#define PACKS "nmc:97 lfp:98 nmc:80 empty"
#define FAULTS                                                                                     \
    "when charging bay=3 after=20: hot_cell value=0.1 for=30\nat 50: sensors_frozen bay=1 for=9\n"

/* Requests of a swap with charging beside it, by the plant second: the script of a day. */
static void script_requests(struct plant *plant, int second)
{
    struct io_requests *requests = &plant->requests;
    requests->gate = second < 200 ? IO_MOTION_OPEN : IO_MOTION_CLOSE;
    (void)snprintf(requests->announce, sizeof requests->announce, "%s",
                   second >= 5 && second < 60 ? "V9" : "");
    plant_charge(plant, 2, 403.2, 90);
    requests->bays[2].charger_on = second >= 10 && second < 170;
    requests->bays[3].unlock = second >= 60 && second < 110;
    requests->bays[3].door = second >= 60 && second < 110 ? IO_MOTION_OPEN : IO_MOTION_CLOSE;
    requests->bays[0].unlock = second >= 120 && second < 175;
    requests->bays[0].door = second >= 120 && second < 175 ? IO_MOTION_OPEN : IO_MOTION_CLOSE;
}

enum { SCRIPT_S = 240 };

static void saved(const struct sim_world *world, struct strbuf *to)
{
    struct err err = {0};
    strbuf_clear(to);
    if (world_save(world, to, &err) != 0)
        fail_msg("%s", err.text);
}

static void test_same_seed_same_world(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
    for (int round = 0; round < 2; round++) {
        struct plant plant;
        plant_open(&plant, PACKS, FAULTS);
        for (int s = 0; s < SCRIPT_S; s++) {
            script_requests(&plant, s);
            plant_run(&plant, 1, 200);
        }
        /* The script did what it is for. */
        assert_string_equal(world_vehicle(&plant.world, "V9")->packs[0].bid, "SIM-0001");
        assert_true(plant.readings.bays[3].present && !plant.readings.bays[0].present);
        assert_true(plant.readings.bays[2].pack.energy_added_kwh > 1);
        assert_true(plant.world.bays[2].pack.hot_k > 1);
        saved(&plant.world, round == 0 ? &first : &second);
        plant_close(&plant);
    }
    assert_string_equal(strbuf_text(&first), strbuf_text(&second));

    struct plant other;
    plant_open(&other, PACKS, FAULTS);
    other.world.params.seed = 6;
    for (int s = 0; s < SCRIPT_S; s++) {
        script_requests(&other, s);
        plant_run(&other, 1, 200);
    }
    saved(&other.world, &second);
    assert_string_not_equal(strbuf_text(&first), strbuf_text(&second));
    plant_close(&other);
}

/* Saved and restored at every second of the swap into a fresh world: goes on to the same end, bit
 * for bit. */
static void test_restore_at_any_moment(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf wanted = STRBUF_INIT, got = STRBUF_INIT, kept = STRBUF_INIT;
    struct plant plant;
    plant_open(&plant, PACKS, FAULTS);
    for (int s = 0; s < SCRIPT_S; s++) {
        script_requests(&plant, s);
        plant_run(&plant, 1, 200);
    }
    saved(&plant.world, &wanted);
    plant_close(&plant);

    plant_open(&plant, PACKS, FAULTS);
    for (int s = 0; s < SCRIPT_S; s++) {
        script_requests(&plant, s);
        plant_run(&plant, 0.6, 200);
        saved(&plant.world, &kept);
        struct plant next;
        plant_open(&next, "empty empty empty empty", FAULTS);
        struct err err = {0};
        if (world_load(&next.world, strbuf_text(&kept), kept.length, &err) != 0)
            fail_msg("second %d: %s", s, err.text);
        next.requests = plant.requests;
        world_read(&next.world, &next.readings);
        world_read(&plant.world, &plant.readings);
        saved(&next.world, &got);
        assert_string_equal(strbuf_text(&got), strbuf_text(&kept));
        plant_close(&plant);
        plant = next;
        plant_run(&plant, 0.4, 200);
    }
    saved(&plant.world, &got);
    assert_string_equal(strbuf_text(&got), strbuf_text(&wanted));
    plant_close(&plant);
}

/* Every damage is found: each bit of the file, each length; and the plant in memory is untouched.
 */
static void test_damaged_world(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, after = STRBUF_INIT;
    saved(&plant.world, &text);
    for (size_t i = 0; i < text.length; i += 7) {
        struct err err = {0};
        text.text[i] ^= 1;
        assert_int_equal(world_load(&plant.world, text.text, text.length, &err), ERR_INVALID);
        assert_true(strlen(err.text) > 20);
        text.text[i] ^= 1;
        assert_int_equal(world_load(&plant.world, text.text, i, &err), ERR_INVALID);
    }
    saved(&plant.world, &after);
    assert_string_equal(strbuf_text(&text), strbuf_text(&after));
    assert_int_equal(world_load(&plant.world, text.text, text.length, NULL), 0);
    plant_close(&plant);
}

/* Replaces text in a saved world and gives it a right check sum again. */
static int load_edited(struct plant *plant, const char *from, const char *to, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, edited = STRBUF_INIT, body = STRBUF_INIT;
    saved(&plant->world, &text);
    const char *begin = strstr(text.text, "\"world\":") + 8;
    const char *at = strstr(begin, from);
    assert_non_null(at);
    strbuf_append(&body, begin, (size_t)(at - begin));
    strbuf_append_text(&body, to);
    strbuf_append_text(&body, at + strlen(from));
    body.length -= 2; /* "}\n" of the file */
    strbuf_printf(&edited, WORLD_HEADER, WORLD_VERSION,
                  (unsigned long long)world_check(body.text, body.length));
    strbuf_append(&edited, body.text, body.length);
    strbuf_append_text(&edited, "}\n");
    return world_load(&plant->world, edited.text, edited.length, err);
}

static void test_impossible_world(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    static const struct {
        const char *from, *to, *words;
    } cases[] = {
        {"\"gate\":0", "\"gate\":2", "world.gate is not a number from 0 to 1"},
        {"\"door\":0", "\"dor\":0", "bays[0].door is missing"},
        {"\"bid\":\"SIM-0002\"", "\"bid\":2", "bays[1].pack.bid is not a text"},
        {"\"has_pack\":false", "\"has_pack\":true", "bays[3].pack is missing"},
        {"\"state\":0", "\"state\":3", "visit: the vehicle or the bay does not exist"},
        {"\"state\":0", "\"state\":0.5", "visit.state is not a number"},
        {"\"chemistry\":2", "\"chemistry\":3", "chemistry is not a number from 1 to 2"},
        {"\"contactor_closed\":false", "\"contactor_closed\":0", "is not true or false"},
        {"\"visit\":", "\"visit\"", "no JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        assert_int_equal(load_edited(&plant, cases[i].from, cases[i].to, &err), ERR_INVALID);
        if (strstr(err.text, cases[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].words);
    }
    plant_close(&plant);
}

/* Hours without the engine in one step: packs cool, nothing is charged, nothing moves. */
static void test_long_pause(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    plant_charge(&plant, 2, 403.2, 100);
    plant.requests.bays[3].unlock = true;
    plant.requests.bays[3].door = IO_MOTION_OPEN;
    plant_run(&plant, 601.8, 200);
    struct sim_bay before = plant.world.bays[2];
    assert_true(before.charger.dc_a > 80 && before.contactor_closed);
    plant.world.bays[3].door = 0.4;
    int64_t end_us = plant.world.now_us + INT64_C(40) * 3600 * CLOCK_US_PER_SECOND;
    world_advance(&plant.world, end_us);
    world_read(&plant.world, &plant.readings);
    const struct io_bay *bay = &plant.readings.bays[2];
    assert_int_equal(plant.readings.now_us, end_us);
    assert_int_equal(bay->pack.at_us, end_us);
    assert_near(bay->charger.dc_a, 0, 0);
    assert_false(bay->contactor_closed);
    assert_near(bay->charger.meter_wh, before.charger.meter_wh, 0);
    assert_near(plant.world.bays[2].pack.soc, before.pack.soc, 1e-4); /* but for ageing */
    assert_near(plant.world.bays[2].pack.temp_c, plant.readings.ambient_c, 0.5);
    assert_near(plant.world.bays[2].pack.counted_soc, plant.world.bays[2].pack.soc, 1e-4);
    assert_near(plant.world.bays[3].door, 0.4, 0);
    plant_close(&plant);
}

/* A plant clock that begins anew (another run on the same state) takes the world along. */
static void test_time_goes_back(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    plant_run(&plant, 3600, 1000);
    double station_wh = plant.world.station_wh;
    world_advance(&plant.world, PLANT_START_US);
    world_read(&plant.world, &plant.readings);
    assert_int_equal(plant.readings.now_us, PLANT_START_US);
    assert_int_equal(plant.readings.at_us, PLANT_START_US);
    assert_int_equal(plant.readings.bays[0].pack.at_us, PLANT_START_US);
    assert_near(plant.world.station_wh, station_wh, 0);
    plant_run(&plant, 1, 200);
    assert_int_equal(plant.readings.bays[0].at_us, plant.readings.now_us);
    plant_close(&plant);
}

/* Requests that make no sense, for hours: no pack is lost or doubled, every value stays in its
 * range (world_save checks them), and what is saved can be read. */
static void random_requests(struct plant *plant, int64_t round)
{
    struct io_requests *requests = &plant->requests;
    uint64_t bits = draw_bits(3, "random requests", "", round);
    uint64_t slow = draw_bits(3, "random calls", "", round / 24); /* two minutes each */
    static const char *const vehicles[] = {"", "A", "B", "C"};
    (void)snprintf(requests->announce, sizeof requests->announce, "%s", vehicles[slow & 3]);
    requests->gate = (slow >> 2 & 3) != 0 ? IO_MOTION_OPEN : IO_MOTION_CLOSE;
    requests->charge_enable = (bits >> 4 & 7) != 0;
    struct io_bay_request *bay = &requests->bays[bits >> 7 & 3];
    bay->unlock = (bits >> 9 & 1) != 0;
    bay->door = (enum io_motion)((bits >> 10 & 3) % 3);
    bay->contactor = (bits >> 12 & 1) != 0;
    bay->charger_on = (bits >> 13 & 1) != 0;
    bay->charge_v = (double)(bits >> 14 & 511);
    bay->charge_a = (double)(bits >> 23 & 255);
    bay->fan = (bits >> 31 & 1) != 0;
}

static int count_packs(struct sim_world *world)
{
    int count = 0;
    for (int i = 0; i < world->bay_count; i++)
        count += world->bays[i].has_pack;
    for (size_t i = 0; i < world->vehicle_count; i++)
        count += world->vehicles[i].pack_count;
    return count;
}

static void test_random_requests(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, FAULTS "at 900: smoke for=60\nat 1800: contactor_stuck bay=1\n");
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
    int taken_in = 0, packs = 0;
    for (int64_t round = 0; round < 4000; round++) {
        random_requests(&plant, round);
        plant_run(&plant, 5, 200);
        if (round % 500 == 499)
            world_advance(&plant.world, plant.world.now_us + 900 * CLOCK_US_PER_SECOND);
        struct driver_record record;
        while (world_take_record(&plant.world, &record))
            taken_in++; /* each brings one pack into this world */
        packs = count_packs(&plant.world);
        assert_int_equal(packs, 3 + taken_in);
        if (round % 100 != 0)
            continue;
        struct err err = {0};
        saved(&plant.world, &text);
        if (world_load(&plant.world, text.text, text.length, &err) != 0)
            fail_msg("round %d: %s", (int)round, err.text);
        saved(&plant.world, &again);
        assert_string_equal(strbuf_text(&text), strbuf_text(&again));
    }
    int64_t visits = 0;
    for (size_t i = 0; i < plant.world.vehicle_count; i++)
        visits += plant.world.vehicles[i].visits;
    assert_true(visits > 5); /* the people did something */
    plant_close(&plant);
}

/* An env in memory: one state, a clock to set. */
struct memory {
    struct env env;
    int64_t plant_us;
    struct strbuf state;
    bool broken;
};

static int64_t memory_plant(void *self)
{
    return ((struct memory *)self)->plant_us;
}

static int memory_save(void *self, const char *name, const void *bytes, size_t length,
                       struct err *err)
{
    struct memory *memory = self;
    assert_string_equal(name, SIM_STATE_NAME);
    if (memory->broken)
        return err_set(err, ERR_STORAGE, "disk full");
    strbuf_clear(&memory->state);
    strbuf_append(&memory->state, bytes, length);
    return 0;
}

static int memory_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    struct memory *memory = self;
    if (memory->state.length == 0)
        return err_set(err, ERR_NOT_FOUND, "%s was never saved", name);
    strbuf_append(to, memory->state.text, memory->state.length);
    return 0;
}

/* The driver through its functions: the engine dies while it charges and comes back a minute
 * later: charging stopped, the world is the same. */
static void test_driver_over_a_restart(void **state)
{
    (void)state;
    struct memory memory = {.plant_us = PLANT_START_US};
    memory.env = (struct env){.self = &memory,
                              .plant_us = memory_plant,
                              .state_save = memory_save,
                              .state_load = memory_load};
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    struct err err = {0};
    void *self = NULL;
    const struct driver_ops *ops = driver_find("sim");
    static struct io_readings in;
    assert_int_equal(ops->open(&self, plant.board, &memory.env, &err), 0);
    assert_int_equal(err.code, 0);
    plant_charge(&plant, 2, 403.2, 100);
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V5");
    for (int i = 0; i < 3000; i++) {
        memory.plant_us += 200 * CLOCK_US_PER_MS;
        assert_int_equal(ops->read(self, memory.plant_us, &in, &err), 0);
        assert_int_equal(ops->write(self, memory.plant_us, &plant.requests, &in, &err), 0);
    }
    assert_int_equal(in.bay_count, 4);
    assert_near(in.bays[2].charger.dc_a, 100, 1);
    double soc = in.bays[2].pack.soc_percent, added = in.bays[2].pack.energy_added_kwh;
    double meter = in.bays[2].charger.meter_wh, mains = in.mains_import_wh;
    assert_true(added > 5 && mains > meter);
    memory.broken = true;
    assert_int_equal(ops->save(self, &err), ERR_STORAGE);
    memory.broken = false;
    assert_int_equal(ops->save(self, &err), 0);
    ops->close(self);

    memory.plant_us += 60 * CLOCK_US_PER_SECOND;
    assert_int_equal(ops->open(&self, plant.board, &memory.env, &err), 0);
    assert_int_equal(ops->read(self, memory.plant_us, &in, &err), 0);
    assert_near(in.bays[2].charger.dc_a, 0, 0);
    assert_false(in.bays[2].contactor_closed);
    assert_near(in.bays[2].pack.soc_percent, soc, 0.1);
    assert_near(in.bays[2].pack.energy_added_kwh, added, 1e-9);
    assert_near(in.bays[2].charger.meter_wh, meter, 1e-9);
    assert_true(in.mains_import_wh > mains);
    struct driver_record record;
    assert_true(ops->take_record(self, &record)); /* not handed over before: still there */
    assert_string_equal(record.vehicle, "V5");
    assert_false(ops->take_record(self, &record));
    ops->close(self);

    /* A damaged file is refused, in words that name it. */
    memory.state.text[memory.state.length / 2] ^= 4;
    assert_int_equal(ops->open(&self, plant.board, &memory.env, &err), ERR_INVALID);
    assert_null(self);
    assert_non_null(strstr(err.text, "sim-world.json: the saved plant is damaged"));
    /* One of a board with other bays too. */
    memory.state.text[memory.state.length / 2] ^= 4;
    plant.board->bay_count = 3;
    (void)snprintf(plant.board->sim.packs, sizeof plant.board->sim.packs, "empty empty empty");
    assert_int_equal(ops->open(&self, plant.board, &memory.env, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "the saved plant has 4 bays, the board 3"));
    strbuf_free(&memory.state);
    plant_close(&plant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_world), cmocka_unit_test(test_restore_at_any_moment),
        cmocka_unit_test(test_damaged_world),        cmocka_unit_test(test_impossible_world),
        cmocka_unit_test(test_long_pause),           cmocka_unit_test(test_time_goes_back),
        cmocka_unit_test(test_random_requests),      cmocka_unit_test(test_driver_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
