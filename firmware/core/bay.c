/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bay.h"
#include "core/custody.h"
#include "core/door.h"
#include "core/maintenance.h"
#include "core/safety.h"
#include "core/text.h"

#define B MACHINE_BIT

static const char *const NAMES[BAY_STATE_COUNT] = {
    [BAY_UNKNOWN] = "UNKNOWN",
    [BAY_EMPTY] = "EMPTY",
    [BAY_OPENING] = "OPENING",
    [BAY_OPEN] = "OPEN",
    [BAY_CLOSING] = "CLOSING",
    [BAY_IDENTIFY] = "IDENTIFY",
    [BAY_IDLE] = "IDLE",
    [BAY_CHARGING] = "CHARGING",
    [BAY_READY] = "READY",
    [BAY_RESERVED] = "RESERVED",
    [BAY_QUARANTINE] = "QUARANTINE",
    [BAY_FAULT] = "FAULT",
    [BAY_MAINTENANCE] = "MAINTENANCE",
    [BAY_ESTOP] = "ESTOP",
};

/* Each state may fall into these; only the ways up are listed one by one. */
#define DOWN (B(BAY_FAULT) | B(BAY_QUARANTINE) | B(BAY_MAINTENANCE) | B(BAY_ESTOP))

static const uint32_t MOVES[BAY_STATE_COUNT] = {
    [BAY_UNKNOWN] = B(BAY_EMPTY) | B(BAY_IDENTIFY) | B(BAY_OPEN) | DOWN,
    [BAY_EMPTY] = B(BAY_OPENING) | B(BAY_UNKNOWN) | DOWN,
    [BAY_OPENING] = B(BAY_OPEN) | B(BAY_CLOSING) | DOWN,
    [BAY_OPEN] = B(BAY_CLOSING) | B(BAY_UNKNOWN) | DOWN,
    [BAY_CLOSING] = B(BAY_EMPTY) | B(BAY_IDENTIFY) | DOWN,
    [BAY_IDENTIFY] = B(BAY_IDLE) | B(BAY_READY) | B(BAY_UNKNOWN) | DOWN,
    [BAY_IDLE] = B(BAY_CHARGING) | B(BAY_READY) | B(BAY_OPENING) | B(BAY_UNKNOWN) | DOWN,
    [BAY_CHARGING] = B(BAY_IDLE) | B(BAY_READY) | B(BAY_UNKNOWN) | DOWN,
    [BAY_READY] =
        B(BAY_IDLE) | B(BAY_CHARGING) | B(BAY_RESERVED) | B(BAY_OPENING) | B(BAY_UNKNOWN) | DOWN,
    [BAY_RESERVED] = B(BAY_READY) | B(BAY_OPENING) | B(BAY_UNKNOWN) | DOWN,
    /* A suspect pack leaves only by a person's reset, or back to its user before it is believed. */
    [BAY_QUARANTINE] = B(BAY_UNKNOWN) | B(BAY_OPENING) | B(BAY_MAINTENANCE) | B(BAY_ESTOP),
    [BAY_FAULT] = B(BAY_UNKNOWN) | B(BAY_OPENING) | (DOWN & ~B(BAY_FAULT)),
    [BAY_MAINTENANCE] = B(BAY_UNKNOWN) | B(BAY_ESTOP),
    [BAY_ESTOP] = B(BAY_UNKNOWN),
};

const struct machine BAY_MACHINE = {"bay", BAY_STATE_COUNT, NAMES, MOVES};

bool bay_door_in_use(const struct bay *bay)
{
    return bay->state == BAY_OPENING || bay->state == BAY_OPEN || bay->state == BAY_CLOSING ||
           bay->door != DOOR_REST;
}

/* What must hold in a state, whatever led there. */
static void check_invariant(const struct bay *bay)
{
    bool charging = bay->charge.phase != CHARGE_OFF;
    bool known = bay->state == BAY_IDLE || bay->state == BAY_CHARGING || bay->state == BAY_READY ||
                 bay->state == BAY_RESERVED;
    MACHINE_INVARIANT(charging == (bay->state == BAY_CHARGING));
    MACHINE_INVARIANT(!known || bay->bid[0]);
    MACHINE_INVARIANT(bay->state != BAY_EMPTY || !bay->bid[0]);
    MACHINE_INVARIANT(
        (bay->door != DOOR_REST) <=
        (bay->state == BAY_OPENING || bay->state == BAY_CLOSING || bay->state == BAY_MAINTENANCE));
    MACHINE_INVARIANT((bay->light || bay->fan) <= (bay->state == BAY_MAINTENANCE));
}

void bay_check(const struct bay *bay)
{
    bool moves = bay->state == BAY_OPENING || bay->state == BAY_CLOSING;
    MACHINE_INVARIANT((unsigned)bay->state < BAY_STATE_COUNT);
    MACHINE_INVARIANT(moves <= (bay->door != DOOR_REST));
    check_invariant(bay);
}

void bay_move(struct core_step *step, struct bay *bay, enum bay_state to)
{
    MACHINE_INVARIANT(machine_allows(&BAY_MACHINE, (int)bay->state, (int)to));
    if (to != BAY_CHARGING && bay->charge.phase != CHARGE_OFF)
        charge_cut(step, bay, "the bay left its charging state");
    if (to != BAY_OPENING && to != BAY_CLOSING)
        bay->door = DOOR_REST;
    if (to != BAY_MAINTENANCE)
        bay->light = bay->fan = false;
    if (bay->state == BAY_RESERVED) {
        bay->reservation = (struct reservation){0};
        step_touch(step);
    }
    bay->state = to;
    bay->since_us = step_now(step);
    step->actions->transition = true;
    check_invariant(bay);
}

void bay_set_bid(struct core_step *step, struct bay *bay, const char *bid)
{
    if (text_equal(bay->bid, bid))
        return;
    TEXT_SET(bay->bid, bid);
    bay->charge.inhibited = bay->charge.hot = false;
    bay->charge.failures = 0;
    bay->charge.retry_us = 0;
    step_touch(step);
}

void bay_open(struct core_step *step, struct bay *bay)
{
    static const enum fault_code GIVEN_BACK[] = {FAULT_PackUnidentified, FAULT_PackSilent,
                                                 FAULT_PackType};
    MACHINE_INVARIANT(!safety_door_obstacle(step, bay));
    for (size_t i = 0; i < sizeof GIVEN_BACK / sizeof *GIVEN_BACK; i++)
        fault_end(&step->station->faults, GIVEN_BACK[i], bay->slot, step_now(step), step->actions);
    bay->known_shut = false;
    bay_move(step, bay, BAY_OPENING);
    door_begin(step, bay, DOOR_UNLOCKING);
}

void bay_close(struct core_step *step, struct bay *bay)
{
    bay_move(step, bay, BAY_CLOSING);
    door_begin(step, bay, DOOR_CLOSING);
}

/* --- states --- */

/* The bay is shut: what is in it now? Also the end of every verification. */
static void settle(struct core_step *step, struct bay *bay)
{
    if (step_bay(step, bay)->present) {
        bay_move(step, bay, BAY_IDENTIFY);
        return;
    }
    custody_found_empty(step, bay);
    bay_move(step, bay, BAY_EMPTY);
}

static void step_unknown(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    if (in->at_us == 0)
        return;
    if (in->door != IO_DOOR_CLOSED)
        bay_move(step, bay, BAY_OPEN);
    else if (in->locked)
        settle(step, bay);
    else if (step_now(step) - bay->since_us > limits_us(step->station->limits.lock_s)) {
        step_fault(step, FAULT_LockFault, bay->slot, true);
        bay_move(step, bay, BAY_FAULT);
    }
}

/* The serial is known: is this pack fit to be used here? */
static void judge(struct core_step *step, struct bay *bay, const struct io_pack *pack)
{
    struct station *station = step->station;
    bool permitted = (station->permit.chemistries & (UINT32_C(1) << pack->chemistry)) != 0;
    bool twin = false;
    for (int i = 0; i < station->bay_count; i++)
        if (i != bay->slot - 1 && text_equal(station->bays[i].bid, pack->bid))
            twin = true;
    custody_found_pack(step, bay, pack);
    bay_set_bid(step, bay, pack->bid);
    if (pack->faults)
        step_fault(step, FAULT_PackDamaged, bay->slot, true);
    if (!permitted)
        step_fault(step, FAULT_PackType, bay->slot, true);
    if (twin)
        step_fault(step, FAULT_DuplicateSerial, bay->slot, true);
    if (fault_worst(&station->faults, bay->slot) >= (int)FAULT_QUARANTINES)
        bay_move(step, bay, BAY_QUARANTINE);
    else if (pack->soc_percent >= station->settings.target_soc_percent)
        bay_move(step, bay, BAY_READY);
    else
        bay_move(step, bay, BAY_IDLE);
}

static void step_identify(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    if (!in->present || !safety_bay_shut(step, in)) {
        bay_move(step, bay, BAY_UNKNOWN);
    } else if (safety_pack_fresh(step, in) && in->pack.bid[0]) {
        judge(step, bay, &in->pack);
    } else if (step_now(step) - bay->since_us > limits_us(step->station->limits.identify_s)) {
        step_fault(step, FAULT_PackUnidentified, bay->slot, true);
        bay_move(step, bay, BAY_FAULT);
    }
}

/* READY is sticky down to target - hysteresis, so that a pack at rest does not flicker. */
static void step_idle(struct core_step *step, struct bay *bay)
{
    const struct station_settings *settings = &step->station->settings;
    const struct io_bay *in = step_bay(step, bay);
    if (!in->present || !safety_bay_shut(step, in)) {
        bay_move(step, bay, BAY_UNKNOWN);
        return;
    }
    if (!safety_pack_fresh(step, in))
        return;
    if (!text_equal(in->pack.bid, bay->bid)) { /* a shut bay changed its pack: verify again */
        bay_move(step, bay, BAY_UNKNOWN);
        return;
    }
    if (bay->state == BAY_READY && bay->reservation.until_us) { /* made before a restart */
        bay_move(step, bay, BAY_RESERVED);
        return;
    }
    double soc = in->pack.soc_percent;
    double low = settings->target_soc_percent - settings->hysteresis_percent;
    if (bay->state == BAY_IDLE && soc >= settings->target_soc_percent)
        bay_move(step, bay, BAY_READY);
    else if (bay->state == BAY_READY && soc < low)
        bay_move(step, bay, BAY_IDLE);
}

static void step_reserved(struct core_step *step, struct bay *bay)
{
    const struct reservation *reservation = &bay->reservation;
    const struct swap *swap = &step->station->swap;
    bool held = !reservation->until_us && swap->step != SWAP_IDLE &&
                text_equal(reservation->request_id, swap->request_id);
    if (!held && step_now(step) >= reservation->until_us) {
        bay_move(step, bay, BAY_READY); /* forgets it */
        return;
    }
    step_idle(step, bay);
}

/* Faults and modes come before anything that the bay would do by itself. */
static bool fall(struct core_step *step, struct bay *bay)
{
    const struct station *station = step->station;
    int worst = fault_worst(&station->faults, bay->slot);
    bool emergency = station_mode(station) == STATION_EMERGENCY;
    if (bay->charge.phase != CHARGE_OFF && (emergency || worst >= (int)FAULT_BLOCKS)) {
        const struct fault *fault =
            fault_with_effect(&station->faults, emergency ? 0 : bay->slot, FAULT_BLOCKS);
        charge_cut(step, bay, fault ? fault_name(fault->code) : "emergency");
    }
    if (bay->state == BAY_ESTOP) {
        if (!emergency)
            bay_move(step, bay, BAY_UNKNOWN);
        return true;
    }
    if (emergency) {
        bay_move(step, bay, BAY_ESTOP);
        return true;
    }
    bool maintenance = bay->maintenance || station->maintenance;
    if (bay->state == BAY_MAINTENANCE) {
        if (!maintenance)
            bay_move(step, bay, BAY_UNKNOWN);
        else
            maintenance_bay_step(step, bay);
        return true;
    }
    if (maintenance) { /* no contactor opens under load for it */
        if (bay->charge.phase == CHARGE_OFF)
            bay_move(step, bay, BAY_MAINTENANCE);
        else
            charge_stop(step, bay, SESSION_CANCELLED, "maintenance");
        return true;
    }
    if (bay->state == BAY_QUARANTINE) {
        if (worst < (int)FAULT_QUARANTINES)
            bay_move(step, bay, BAY_UNKNOWN);
        return true;
    }
    if (worst >= (int)FAULT_QUARANTINES) {
        bay_move(step, bay, BAY_QUARANTINE);
        return true;
    }
    if (bay->state == BAY_FAULT) {
        if (worst < (int)FAULT_BLOCKS)
            bay_move(step, bay, BAY_UNKNOWN);
        return true;
    }
    if (worst >= (int)FAULT_BLOCKS) {
        bay_move(step, bay, BAY_FAULT);
        return true;
    }
    return false;
}

void bay_update(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    if (in->present && safety_pack_fresh(step, in) && in->pack.bid[0])
        bay->last = in->pack;
    if (fall(step, bay))
        return;
    switch (bay->state) {
    case BAY_UNKNOWN:
        step_unknown(step, bay);
        break;
    case BAY_EMPTY:
        if (in->present || !safety_bay_shut(step, in))
            bay_move(step, bay, BAY_UNKNOWN);
        break;
    case BAY_OPENING:
    case BAY_CLOSING:
        if (door_step(step, bay))
            settle(step, bay);
        break;
    case BAY_OPEN: /* shut by hand: verify, if no swap is waiting for it */
        if (!swap_uses(&step->station->swap, bay->slot) && safety_bay_shut(step, in))
            bay_move(step, bay, BAY_UNKNOWN);
        break;
    case BAY_IDENTIFY:
        step_identify(step, bay);
        break;
    case BAY_IDLE:
    case BAY_READY:
        step_idle(step, bay);
        break;
    case BAY_RESERVED:
        step_reserved(step, bay);
        break;
    case BAY_CHARGING: /* charge_step supervises */
        break;
    case BAY_QUARANTINE:
    case BAY_FAULT:
    case BAY_MAINTENANCE:
    case BAY_ESTOP:
    case BAY_STATE_COUNT:
        break;
    }
}
