/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any frames at any times before the charger and the pack of GB/T 27930: no move outside their
 * tables, no power without permission or above the limits (the machines abort), bounded answers.
 * Input: records of one byte that says what happens, then a frame's identifier choice and data.
 */
#include "gbt27930/charger.h"
#include "gbt27930/pack.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD 11

/* A message, or a frame of the transport protocol, from the other side. */
static struct canframe make_frame(const uint8_t *record, uint8_t sender)
{
    unsigned choice = record[1] % (GBT_KIND_COUNT + 2);
    uint32_t way = sender == GBT_PACK ? UINT32_C(0x56F4) : UINT32_C(0xF456);
    struct canframe frame = {.extended = true, .length = record[2] % 9};
    memcpy(frame.data, record + 3, 8);
    if (choice < GBT_KIND_COUNT)
        frame.id = gbt_identifier(gbt_spec((enum gbt_kind)choice));
    else
        frame.id = (choice == GBT_KIND_COUNT ? UINT32_C(0x1CEC0000) : UINT32_C(0x1CEB0000)) | way;
    return frame;
}

static void drain(struct gbt_charger *charger, struct gbt_pack *pack, int64_t now_us)
{
    struct canframe frame;
    int count = 0;
    while (gbt_charger_next(charger, now_us, &frame))
        if (++count > 400)
            abort();
    while (gbt_pack_next(pack, now_us, &frame))
        if (++count > 800)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gbt_charger charger;
    static struct gbt_pack pack;
    const struct gbt_charger_settings settings = {.number = 1,
                                                  .max_voltage_v = 500,
                                                  .min_voltage_v = 200,
                                                  .max_current_a = 60,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    const struct gbt_pack_input battery = {
        .voltage_v = 350, .want_v = 400, .want_a = 50, .ready = true};
    struct gbt_charger_input input = {.voltage_v = 350, .insulated = true, .ready = true};
    struct gbt_message brm, bcp;
    int64_t now_us = 1;
    gbt_blank(&brm, GBT_BRM);
    gbt_blank(&bcp, GBT_BCP);
    gbt_charger_init(&charger, &settings);
    gbt_pack_init(&pack, &brm.brm, &bcp.bcp);
    for (size_t at = 0; at + RECORD <= size; at += RECORD) {
        const uint8_t *record = data + at;
        struct canframe frame = make_frame(record, record[0] & 8 ? GBT_CHARGER : GBT_PACK);
        struct gbt_event event = {.kind = (enum gbt_event_kind)(record[0] % 8),
                                  .frame = &frame,
                                  .input = &input,
                                  .cause = GBT_CAUSE_BY_HAND};
        if (event.kind > GBT_EVENT_RESET)
            event.kind = GBT_EVENT_FRAME;
        now_us += (int64_t)(record[0] >> 4) * (record[0] & 8 ? 500000 : 5000);
        input.fault = event.kind == GBT_EVENT_TIME && record[1] == 1;
        input.hold = event.kind == GBT_EVENT_TIME && record[1] == 2;
        input.current_a = record[2];
        gbt_charger_step(&charger, &event, now_us);
        gbt_pack_on_frame(&pack, &frame, now_us);
        if (event.kind == GBT_EVENT_TIME)
            gbt_pack_on_time(&pack, &battery, now_us);
        drain(&charger, &pack, now_us);
    }
    return 0;
}
