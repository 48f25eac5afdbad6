/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/can/cia_bay.h"

#include "base/clock.h"
#include "base/log.h"

#define COUNT_GAP_US (5 * CLOCK_US_PER_SECOND)

void cia_bay_init(struct cia_bay *bay, int slot, const struct can_address *address)
{
    *bay = (struct cia_bay){.slot = slot, .address = *address};
    cia418_client_init(&bay->client, address->node, address->scale == CAN_SCALE_ADRD5161);
}

static void count_energy(struct cia_bay *bay, int64_t now_us)
{
    double watts = cia_bay_voltage_v(bay) * cia_bay_current_a(bay, now_us);
    int64_t span_us = now_us - bay->followed_us;
    if (bay->followed_us && span_us <= COUNT_GAP_US && watts > 0)
        bay->energy_kwh += watts * (double)span_us / 3.6e12;
    bay->followed_us = now_us;
}

/* Logs what changes: met, gone, of a wrong kind. An alarm when the pack withdraws its permission
 * while it is charged. */
static void watch(struct cia_bay *bay, enum cia418_client_state before)
{
    const struct cia418_client *client = &bay->client;
    const struct cia418_value *status = &client->values[CIA418_STATUS];
    if (client->state != before && client->state == CIA418_CLIENT_PRESENT) {
        int profile = (int)(client->values[CIA418_DEVICE_TYPE].number & 0xFFFF);
        log_info("can", "bay=%d node=%d is there: device profile %d", bay->slot, client->sdo.node,
                 profile);
    } else if (client->state != before && before == CIA418_CLIENT_PRESENT) {
        log_warning("can", "bay=%d node=%d does not answer any more, or was restarted", bay->slot,
                    client->sdo.node);
        bay->lost = true;
        bay->alarm |= bay->station.request.charger_on;
    }
    if (status->heard_us == bay->status_us)
        return;
    bool ready = cia_bay_permits(bay);
    bay->alarm |= bay->ready && !ready && bay->station.request.charger_on;
    bay->ready = ready;
    bay->status_us = status->heard_us;
}

static void tick(void *self, int64_t now_us)
{
    struct cia_bay *bay = self;
    enum cia418_client_state before = bay->client.state;
    if (!bay->here)
        return;
    cia418_client_on_time(&bay->client, now_us);
    watch(bay, before);
}

static void follow(void *self, const struct can_station *station, int64_t now_us)
{
    struct cia_bay *bay = self;
    if (!station->here) {
        const struct can_address address = bay->address;
        if (bay->here)
            cia_bay_init(bay, bay->slot, &address);
        return;
    }
    bay->here = true;
    bay->station = *station;
    count_energy(bay, now_us);
    cia418_client_give(&bay->client, station->request.charger_on && station->contactor_closed);
    tick(bay, now_us);
}

static void hear(void *self, const struct canframe *frame, int64_t now_us)
{
    struct cia_bay *bay = self;
    enum cia418_client_state before = bay->client.state;
    if (!bay->here)
        return;
    cia418_client_on_frame(&bay->client, frame, now_us);
    watch(bay, before);
}

static bool next(void *self, int64_t now_us, struct canframe *frame)
{
    struct cia_bay *bay = self;
    return bay->here && cia418_client_next(&bay->client, now_us, frame);
}

static int64_t due_us(const void *self, int64_t now_us)
{
    const struct cia_bay *bay = self;
    (void)now_us;
    return bay->here ? cia418_client_due_us(&bay->client) : INT64_MAX;
}

static bool take_alarm(void *self)
{
    struct cia_bay *bay = self;
    bool alarm = bay->alarm;
    bay->alarm = false;
    return alarm;
}

const struct can_profile CIA_BAY_PROFILE = {follow, hear,         tick,      next,
                                            due_us, cia_bay_read, take_alarm};
