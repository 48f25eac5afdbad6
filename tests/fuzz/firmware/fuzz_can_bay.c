/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any frames and any station before the bays of the driver `can`: readings are never of the future,
 * names hold only what a serial may, and nothing is asked for without permission.
 * Input: the first byte chooses the profile; then records of one byte that says what happens, one
 * that chooses a frame, its length and data.
 */
#include "drivers/can/cia_bay.h"
#include "drivers/can/gbt_bay.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD 11

static union {
    struct gbt_bay gbt;
    struct cia_bay cia;
} bay;

static struct canframe make_frame(const uint8_t *record, bool gbt)
{
    static const uint32_t IDS[] = {0x585, 0x705};
    unsigned choice = record[1] % (GBT_KIND_COUNT + 2);
    struct canframe frame = {.id = IDS[record[1] % 2], .length = record[2] % 9, .extended = gbt};
    memcpy(frame.data, record + 3, 8);
    if (gbt && choice < GBT_KIND_COUNT)
        frame.id = gbt_identifier(gbt_spec((enum gbt_kind)choice));
    else if (gbt)
        frame.id = choice == GBT_KIND_COUNT ? UINT32_C(0x1CEC56F4) : UINT32_C(0x1CEB56F4);
    return frame;
}

static struct can_station make_station(const uint8_t *record, int64_t now_us)
{
    uint8_t bits = record[1];
    return (struct can_station){
        .here = (bits & 3) != 0,
        .contactor_closed = (bits & 4) != 0,
        .emergency = (bits & 0xF8) == 0xF8,
        .charger = {.at_us = bits & 8 ? now_us : 1,
                    .fault = (bits & 0x70) == 0x70,
                    .dc_v = record[2] * 2.0,
                    .dc_a = record[3] == 255 ? NAN : record[3]},
        .request = {.contactor = (bits & 4) != 0, .charger_on = (bits & 0x14) == 0x14}};
}

static void check(const struct can_profile *profile, int64_t now_us)
{
    struct io_pack pack;
    struct canframe frame;
    int count = 0;
    while (profile->next(&bay, now_us, &frame))
        if (++count > 400)
            abort();
    profile->read(&bay, now_us, &pack);
    (void)profile->take_alarm(&bay);
    (void)profile->due_us(&bay, now_us);
    if (pack.at_us > now_us || strnlen(pack.bid, IO_ID_SIZE) == IO_ID_SIZE)
        abort();
    for (const char *at = pack.bid; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
            abort();
    if (profile == &GBT_BAY_PROFILE && pack.request_a > 0 && !pack.permit)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gbt_charger_settings settings = {.number = 1,
                                                  .max_voltage_v = 500,
                                                  .min_voltage_v = 10,
                                                  .max_current_a = 60,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    const struct can_address address = {
        .node = 5, .chemistry = IO_CHEMISTRY_LFP, .type = -1, .charge_v = NAN};
    bool gbt = size > 0 && (data[0] & 1);
    const struct can_profile *profile = gbt ? &GBT_BAY_PROFILE : &CIA_BAY_PROFILE;
    struct can_station station = {.here = true};
    int64_t now_us = 1;
    if (gbt)
        gbt_bay_init(&bay.gbt, 1, CAN_BID_SERIAL, &settings);
    else
        cia_bay_init(&bay.cia, 1, &address);
    profile->follow(&bay, &station, now_us);
    for (size_t at = 1; at + RECORD <= size; at += RECORD) {
        const uint8_t *record = data + at;
        now_us += (int64_t)(record[0] >> 4) * (record[0] & 8 ? 500000 : 5000);
        if (record[0] & 1) {
            const struct canframe frame = make_frame(record, gbt);
            profile->hear(&bay, &frame, now_us);
        } else if (record[0] & 2) {
            station = make_station(record, now_us);
            profile->follow(&bay, &station, now_us);
        } else {
            profile->tick(&bay, now_us);
        }
        check(profile, now_us);
    }
    return 0;
}
