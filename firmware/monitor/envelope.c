/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes of what this station says. */
#include "monitor/state.h"

#include "protocol/json.h"
#include <stdio.h>
#include <string.h>

/* ms since this boot began, on the plant's pace; never steps. */
static int64_t up_ms(const struct monitor *monitor)
{
    double wall_us = (double)(now_us(monitor) - monitor->boot_mono_us);
    return (int64_t)(wall_us * monitor->settings->speed / 1000.0);
}

static enum message_clock clock_quality(const struct monitor *monitor)
{
    switch (monitor->settings->clock) {
    case SETTINGS_CLOCK_SYNCED:
        return CLOCK_QUALITY_SYNCED;
    case SETTINGS_CLOCK_UNSYNCED:
        return CLOCK_QUALITY_UNSYNCED;
    case SETTINGS_CLOCK_AUTO:
        break;
    }
    return monitor->link->clock_synced(monitor->link->self) ? CLOCK_QUALITY_SYNCED
                                                            : CLOCK_QUALITY_UNSYNCED;
}

void envelope_fill(const struct monitor *monitor, struct message *message)
{
    (void)snprintf(message->device, sizeof(message->device), "%s", monitor->settings->device);
    message->version = 1;
    memcpy(message->place.journal, monitor->journal->id, sizeof(message->place.journal));
    message->place.boot = monitor->journal->boot;
    message->place.lane = LANE_ABSENT;
    message->place.seq = message->place.prev = MESSAGE_ABSENT;
    message->clock = clock_quality(monitor);
    envelope_date(monitor, message, plant_now_us(monitor), 0);
}

void envelope_init(const struct monitor *monitor, struct message *message, int64_t type)
{
    message_init(message, type);
    envelope_fill(monitor, message);
}

void envelope_date(const struct monitor *monitor, struct message *message, int64_t time_us,
                   int64_t age_us)
{
    message->time = (struct timestamp){.us = time_us, .precision = TIMESTAMP_EXACT};
    /* Negative: from before this boot, kept by the engine. Time and `up` must agree: from one the
     * bridge learns the offset by which it corrects the other (unsynced clocks). */
    message->up_ms = up_ms(monitor) - (age_us > 0 ? age_us / 1000 : 0);
}
