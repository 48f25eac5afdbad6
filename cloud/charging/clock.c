/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station's clock may be set while it charges: by NTP long after the start, by hand, or wrongly
 * and back. Its `up` is touched by none of that. So within one boot `up` tells how much time has
 * passed, and the newest date that the station said tells where on the calendar that was: when both
 * disagree, the samples of this boot that the process already has are moved, and the process stays
 * whole, as long as it was, in the order it had. A date that is merely the time of arrival moves
 * nothing; it is taken from the process's calendar instead.
 *
 * A process that is closed already keeps its dates.
 */
#include "charging/charging_internal.h"

#include "base/log.h"
#include <stdlib.h>

/* Below it dates are taken as they are: two clocks read one after the other, an NTP that slews, and
 * the latency of an estimated date. */
#define STEP_US INT64_C(1000000)

static bool same_boot(const struct charge_head *head, const struct charging_moment *at)
{
    return at->up_us != STORE_NULL && head->clock_offset_us != STORE_NULL &&
           head->clock_journal == at->journal && head->clock_boot == at->boot;
}

/* The calendar of this boot moved by `step_us`. */
static int move(struct charging *charging, struct charging_process *process, int64_t step_us,
                struct err *err)
{
    struct charge_head *head = &process->head;
    int status =
        charge_samples_move(charging->store, head->clock_since, head->last_sample, step_us, err);
    head->clock_offset_us += step_us;
    /* At once: a repaired head (charge_heads_repair) must not know less than the samples. */
    if (status == 0)
        status = charge_head_save(charging->store, process->id, head, err);
    if (status == 0)
        status = charging_process_load(charging, process, err);
    if (status == 0)
        status = charging_process_update(charging->store, process->id, process->slot,
                                         process->start_us, err);
    if (status == 0)
        log_info("charging", "clock set station=%s slot=%lld process=%lld by_ms=%lld",
                 process->station_id, (long long)process->slot, (long long)process->id,
                 (long long)(step_us / 1000));
    return status;
}

int charging_clock_settle(struct charging *charging, struct charging_process *process,
                          struct charging_observation *observation, struct err *err)
{
    const struct charge_head *head = &process->head;
    struct charging_moment *at = &observation->at;
    if (!same_boot(head, at))
        return 0;
    int64_t step_us = at->date_us - at->up_us - head->clock_offset_us;
    if (llabs(step_us) <= STEP_US)
        return 0;
    if (!at->estimated && process->start_us + step_us >= 0)
        return move(charging, process, step_us, err);
    at->date_us = at->up_us + head->clock_offset_us;
    return 0;
}

void charging_clock_note(struct charging_process *process,
                         const struct charging_observation *observation)
{
    struct charge_head *head = &process->head;
    const struct charging_moment *at = &observation->at;
    head->touched_us = observation->arrived_us;
    if (!same_boot(head, at))
        head->clock_since = head->last_sample;
    bool said = at->up_us != STORE_NULL;
    head->clock_journal = said ? at->journal : STORE_NULL;
    head->clock_boot = said ? at->boot : STORE_NULL;
    head->clock_offset_us = said ? at->date_us - at->up_us : STORE_NULL;
}

int64_t charging_clock_since_newest(const struct charging_process *process,
                                    const struct charging_moment *moment)
{
    const struct charge_head *head = &process->head;
    int64_t now_us = moment->date_us;
    if (same_boot(head, moment))
        now_us = moment->up_us + head->clock_offset_us;
    return now_us - process->newest_us;
}
