/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated vehicles of two packs, in either order of a swap, and the plant's file with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "drivers/sim/world_check.h"
#include "drivers/sim/world_fields.h"
#include "firmware/sim_plant.h"

#define PACKS "nmc:97 lfp:98 empty empty"

static void open_plant(struct plant *plant, double two_percent)
{
    plant_open(plant, PACKS, NULL);
    plant->world.params.two_pack_share_percent = two_percent;
    (void)snprintf(plant->requests.announce, sizeof plant->requests.announce, "V1");
    plant->requests.gate = IO_MOTION_OPEN;
    plant_run(plant, 0.2, 200);
}

static struct sim_vehicle *vehicle(struct plant *plant)
{
    return world_vehicle(&plant->world, "V1");
}

static void open_door(struct plant *plant, int bay)
{
    plant->requests.bays[bay].unlock = true;
    plant->requests.bays[bay].door = IO_MOTION_OPEN;
}

static void shut_door(struct plant *plant, int bay)
{
    plant->requests.bays[bay].unlock = false;
    plant->requests.bays[bay].door = IO_MOTION_CLOSE;
    plant_until(plant, plant->readings.bays[bay].door == IO_DOOR_CLOSED, 20);
    plant->requests.bays[bay].door = IO_MOTION_HOLD;
}

static void give(struct plant *plant, int bay)
{
    open_door(plant, bay);
    plant_until(plant, plant->readings.bays[bay].present, 120);
    shut_door(plant, bay);
}

static void take(struct plant *plant, int bay)
{
    open_door(plant, bay);
    plant_until(plant, !plant->readings.bays[bay].present, 120);
    shut_door(plant, bay);
}

static void leaves(struct plant *plant)
{
    plant_until(plant, !plant->readings.lane_occupied, 60);
    assert_int_equal(vehicle(plant)->pack_count, vehicle(plant)->set);
}

static void a_vehicle_gets_its_set_with_records(void **state)
{
    (void)state;
    struct plant plant;
    struct driver_record first, second, none;
    open_plant(&plant, 100);
    assert_int_equal(vehicle(&plant)->set, 2);
    assert_int_equal(vehicle(&plant)->pack_count, 2);
    assert_int_equal(vehicle(&plant)->packs[0].chemistry, vehicle(&plant)->packs[1].chemistry);
    assert_true(world_take_record(&plant.world, &first));
    assert_true(world_take_record(&plant.world, &second));
    assert_false(world_take_record(&plant.world, &none));
    assert_string_equal(first.bid, vehicle(&plant)->packs[0].bid);
    assert_string_equal(second.bid, vehicle(&plant)->packs[1].bid);
    assert_string_not_equal(first.bid, second.bid);
    assert_string_equal(second.vehicle, "V1");
    plant_close(&plant);
    open_plant(&plant, 0);
    assert_int_equal(vehicle(&plant)->set, 1);
    plant_close(&plant);
}

static void both_come_in_then_both_go_out(void **state)
{
    (void)state;
    struct plant plant;
    open_plant(&plant, 100);
    give(&plant, 2);
    give(&plant, 3);
    assert_int_equal(vehicle(&plant)->pack_count, 0);
    take(&plant, 0);
    assert_true(plant.readings.lane_occupied);
    take(&plant, 1);
    leaves(&plant);
    assert_string_equal(vehicle(&plant)->packs[0].bid, "SIM-0001");
    assert_string_equal(vehicle(&plant)->packs[1].bid, "SIM-0002");
    assert_string_equal(vehicle(&plant)->packs[1].vin, "V1");
    plant_close(&plant);
}

static void both_go_out_then_both_come_in(void **state)
{
    (void)state;
    struct plant plant;
    open_plant(&plant, 100);
    take(&plant, 0);
    take(&plant, 1);
    assert_int_equal(vehicle(&plant)->pack_count, 4);
    give(&plant, 0);
    assert_true(plant.readings.lane_occupied);
    give(&plant, 1);
    leaves(&plant);
    assert_string_equal(vehicle(&plant)->packs[0].bid, "SIM-0001");
    assert_string_equal(vehicle(&plant)->packs[1].bid, "SIM-0002");
    plant_close(&plant);
}

/* One for one, although it could exchange two. */
static void one_of_two_is_exchanged(void **state)
{
    (void)state;
    struct plant plant;
    open_plant(&plant, 100);
    give(&plant, 2);
    take(&plant, 0);
    leaves(&plant);
    assert_string_equal(vehicle(&plant)->packs[1].bid, "SIM-0001");
    plant_close(&plant);
}

/* Saved in the middle of an exchange and loaded again, it goes on as if nothing had been. */
static void the_plant_keeps_a_visit_of_two_packs(void **state)
{
    (void)state;
    struct plant plant;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
    open_plant(&plant, 100);
    take(&plant, 0);
    assert_int_equal(plant.world.visit.used, 2);
    assert_int_equal(world_save(&plant.world, &text, &err), 0);
    struct io_requests requests = plant.requests;
    plant_close(&plant);
    plant_open(&plant, PACKS, NULL);
    if (world_load(&plant.world, strbuf_text(&text), text.length, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(world_save(&plant.world, &again, &err), 0);
    assert_string_equal(strbuf_text(&text), strbuf_text(&again));
    plant.requests = requests;
    take(&plant, 1);
    give(&plant, 0);
    give(&plant, 1);
    leaves(&plant);
    plant_close(&plant);
}

/* Cuts `from` … `to` (without `to`) out of the text and puts `with` there. */
static void replace(struct strbuf *text, const char *from, const char *to, const char *with)
{
    SCOPE_STRBUF struct strbuf changed = STRBUF_INIT;
    const char *begin = strstr(strbuf_text(text), from);
    assert_non_null(begin);
    const char *end = strstr(begin + 1, to);
    assert_non_null(end);
    strbuf_append(&changed, text->text, (size_t)(begin - text->text));
    strbuf_append_text(&changed, with);
    strbuf_append_text(&changed, end);
    strbuf_clear(text);
    strbuf_append_text(text, strbuf_text(&changed));
}

/* The body with its header and the right check sum. */
static void seal(const struct strbuf *body, struct strbuf *to)
{
    strbuf_printf(to, WORLD_HEADER, WORLD_VERSION,
                  (unsigned long long)world_check(body->text, body->length));
    strbuf_append(to, body->text, body->length);
    strbuf_append_text(to, "}\n");
}

static void a_file_from_before_there_were_sets_is_read(void **state)
{
    (void)state;
    struct plant plant;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, body = STRBUF_INIT, old = STRBUF_INIT;
    open_plant(&plant, 0);
    plant_until(&plant, plant.world.visit.state == VISIT_WAITING, 120);
    char bid[IO_ID_SIZE];
    (void)snprintf(bid, sizeof bid, "%s", vehicle(&plant)->packs[0].bid);
    assert_int_equal(world_save(&plant.world, &text, &err), 0);
    const char *begin = strstr(strbuf_text(&text), "\"world\":") + 8;
    strbuf_append(&body, begin, strlen(begin) - 2);
    replace(&body, "\"set\":1", "\"recorded\"", "\"has_pack\":true,");
    replace(&body, "\"packs\":[", "{\"bid\":", "\"pack\":");
    replace(&body, "}]}],\"script\"", "],\"script\"", "}}");
    replace(&body, "\"came\":1,", "\"gave\"", "");
    seal(&body, &old);
    plant_close(&plant);
    plant_open(&plant, PACKS, NULL);
    if (world_load(&plant.world, strbuf_text(&old), old.length, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(vehicle(&plant)->set, 1);
    assert_int_equal(vehicle(&plant)->pack_count, 1);
    assert_string_equal(vehicle(&plant)->packs[0].bid, bid);
    assert_int_equal(plant.world.visit.used, 1);
    plant_close(&plant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vehicle_gets_its_set_with_records),
        cmocka_unit_test(both_come_in_then_both_go_out),
        cmocka_unit_test(both_go_out_then_both_come_in),
        cmocka_unit_test(one_of_two_is_exchanged),
        cmocka_unit_test(the_plant_keeps_a_visit_of_two_packs),
        cmocka_unit_test(a_file_from_before_there_were_sets_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
