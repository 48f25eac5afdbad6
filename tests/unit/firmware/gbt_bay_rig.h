/* SPDX-License-Identifier: Apache-2.0 */
/* One bay of the profile gbt27930 and a pack on its bus, whose words a test can bend. For one test
 * program: it has state. Needs cmocka.h before it. */
#ifndef SWAPSTACK_TESTS_GBT_BAY_RIG_H
#define SWAPSTACK_TESTS_GBT_BAY_RIG_H

#include "drivers/can/gbt_bay.h"
#include "firmware/near.h"
#include "gbt27930/pack.h"
#include <string.h>

#define TICK_US INT64_C(10000)

static struct gbt_bay bay;
static struct gbt_pack pack;
static struct gbt_pack_input battery;
static struct can_station station;
static int64_t now_us;
static bool cut;
static void (*bend)(struct gbt_message *message); /* what the pack says is changed by it */

static void begin(void)
{
    const struct gbt_charger_settings settings = {.number = 1,
                                                  .max_voltage_v = 500,
                                                  .min_voltage_v = 200,
                                                  .max_current_a = 60,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    struct gbt_message brm, bcp;
    gbt_blank(&brm, GBT_BRM);
    brm.brm.version_minor = brm.brm.version_major = 1;
    brm.brm.chemistry = 3;
    brm.brm.rated_ah = 100;
    brm.brm.rated_v = 320;
    brm.brm.pack_number = 5;
    memcpy(brm.brm.maker, "ABCD", 5);
    gbt_blank(&bcp, GBT_BCP);
    bcp.bcp = (struct gbt_bcp){.max_cell_v = 3.65,
                               .max_current_a = -50,
                               .energy_kwh = 32,
                               .max_voltage_v = 365,
                               .max_temperature_c = 60};
    gbt_pack_init(&pack, &brm.brm, &bcp.bcp);
    gbt_bay_init(&bay, 1, CAN_BID_SERIAL, &settings);
    now_us = 1000000;
    cut = false;
    bend = NULL;
    battery = (struct gbt_pack_input){.voltage_v = 330,
                                      .current_a = 20,
                                      .soc_percent = 50,
                                      .max_cell_v = 3.3,
                                      .min_cell_v = 3.29,
                                      .max_temperature_c = 25,
                                      .min_temperature_c = 24,
                                      .want_v = 360,
                                      .want_a = 20,
                                      .ready = true,
                                      .permit = true};
    station = (struct can_station){.here = true, .charger = {.dc_v = 330, .dc_a = 20}};
}

/* Single frames of the pack can be bent; transfers go as they are. */
static struct canframe bent(const struct canframe *frame)
{
    struct gbt_message message;
    const struct gbt_spec *spec = gbt_find(frame->id >> 8 & 0x3FF00, GBT_PACK);
    struct canframe changed = *frame;
    size_t length;
    uint8_t bytes[GBT_SIZE_MAX];
    if (!bend || !spec || gbt_decode(spec, frame->data, frame->length, &message, NULL, NULL))
        return changed;
    bend(&message);
    assert_int_equal(gbt_encode(&message, bytes, &length, NULL), 0);
    memcpy(changed.data, bytes, length);
    return changed;
}

static void tick(void)
{
    struct canframe frame;
    now_us += TICK_US;
    station.charger.at_us = now_us;
    if (now_us % 100000 == 0)
        GBT_BAY_PROFILE.follow(&bay, &station, now_us);
    else
        GBT_BAY_PROFILE.tick(&bay, now_us);
    gbt_pack_on_time(&pack, &battery, now_us);
    for (bool any = true; any;) {
        any = false;
        while (GBT_BAY_PROFILE.next(&bay, now_us, &frame)) {
            any = true;
            if (!cut)
                gbt_pack_on_frame(&pack, &frame, now_us);
        }
        while (gbt_pack_next(&pack, now_us, &frame)) {
            any = true;
            const struct canframe changed = bent(&frame);
            if (!cut)
                GBT_BAY_PROFILE.hear(&bay, &changed, now_us);
        }
    }
}

static struct io_pack run(double seconds)
{
    struct io_pack reading;
    for (int64_t end_us = now_us + (int64_t)(seconds * 1e6); now_us < end_us;)
        tick();
    GBT_BAY_PROFILE.read(&bay, now_us, &reading);
    return reading;
}

static void want(bool contactor, bool charger)
{
    station.request.contactor = station.contactor_closed = contactor;
    station.request.charger_on = charger;
}

static void charge(void)
{
    begin();
    (void)run(2);
    want(true, false);
    (void)run(0.3);
    want(true, true);
    const struct io_pack reading = run(2);
    assert_int_equal(bay.charger.state, GBT_CHARGER_CHARGING);
    assert_near(reading.request_a, 20, 0);
}

#endif
