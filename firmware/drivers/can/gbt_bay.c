/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/can/gbt_bay.h"

#include "base/clock.h"
#include "base/log.h"
#include <math.h>

#define CHARGER_STALE_US (1 * CLOCK_US_PER_SECOND)
#define COUNT_GAP_US     (5 * CLOCK_US_PER_SECOND) /* BCS may be away so long */

static bool is_live(const struct gbt_bay *bay)
{
    return bay->charger.state >= GBT_CHARGER_READY && bay->charger.state <= GBT_CHARGER_PAUSED;
}

static void forget(struct gbt_bay *bay)
{
    const struct gbt_charger_settings settings = bay->settings;
    gbt_bay_init(bay, bay->slot, bay->bid, &settings);
}

void gbt_bay_init(struct gbt_bay *bay, int slot, enum can_bid bid,
                  const struct gbt_charger_settings *settings)
{
    *bay = (struct gbt_bay){.slot = slot,
                            .bid = bid,
                            .settings = *settings,
                            .soc_percent = NAN,
                            .voltage_v = NAN,
                            .current_a = 0};
    gbt_charger_init(&bay->charger, settings);
}

/* --- what the pack says --- */

static bool is_new(const struct gbt_bay *bay, enum gbt_kind kind, int64_t now_us)
{
    return bay->charger.link.heard_us[kind] == now_us;
}

static void count_energy(struct gbt_bay *bay, int64_t now_us)
{
    double watts = bay->voltage_v * bay->current_a;
    if (bay->counted_us && now_us - bay->counted_us <= COUNT_GAP_US && watts > 0)
        bay->energy_kwh += watts * (double)(now_us - bay->counted_us) / 3.6e12;
    bay->counted_us = now_us;
}

static void take_soc(struct gbt_bay *bay, double soc_percent)
{
    if (isfinite(soc_percent))
        bay->soc_percent = soc_percent;
}

/* `before`: the state in which the machine heard it; BRM and BCP it keeps in theirs only. */
static void remember(struct gbt_bay *bay, enum gbt_charger_state before, int64_t now_us)
{
    const struct gbt_charger *charger = &bay->charger;
    for (unsigned kind = 0; kind < GBT_KIND_COUNT; kind++)
        if (charger->link.heard_us[kind] > bay->heard_us)
            bay->heard_us = charger->link.heard_us[kind];
    if (is_new(bay, GBT_BHM, now_us) || is_new(bay, GBT_BRM, now_us) ||
        is_new(bay, GBT_BSD, now_us))
        bay->current_a = 0; /* its contactors are open before BRO AA and after the end */
    if (is_new(bay, GBT_BRM, now_us) && before == GBT_CHARGER_IDENTIFYING) {
        bay->brm = charger->brm;
        bay->identified = true;
    }
    if (is_new(bay, GBT_BCP, now_us) && before == GBT_CHARGER_IDENTIFIED) {
        bay->bcp = charger->bcp;
        bay->parameters = true;
        bay->voltage_v = charger->bcp.voltage_v;
        bay->current_a = 0;
        take_soc(bay, charger->bcp.soc_percent);
    }
    if (is_new(bay, GBT_BCS, now_us)) {
        count_energy(bay, now_us); /* with what flowed up to now */
        bay->voltage_v = charger->bcs.voltage_v;
        bay->current_a = -charger->bcs.current_a;
        bay->measured_us = now_us;
        take_soc(bay, charger->bcs.soc_percent);
    }
    if (is_new(bay, GBT_BSD, now_us))
        take_soc(bay, charger->bsd.soc_percent);
    if (charger->link.dialects & GBT_DIALECT(NO_HANDSHAKE))
        bay->without_handshake = true;
}

static uint32_t bit_if(bool set, enum gbt_bay_fault fault)
{
    return set ? (uint32_t)fault : 0;
}

static bool is_set(uint8_t status)
{
    return status == GBT_STATE_SET;
}

/* Why the pack ended: too hot passes by itself, full is no fault, all else somebody must look at.
 */
static void judge_end(struct gbt_bay *bay, int64_t now_us)
{
    const struct gbt_bsm *bsm = &bay->charger.bsm;
    const struct gbt_bst *bst = &bay->charger.bst;
    bool hot = is_set(bsm->temperature) || is_set(bst->pack_hot) || is_set(bst->bms_hot);
    if (hot)
        bay->cool_us = now_us + GBT_BAY_COOL_US;
    bay->faults |=
        bit_if(is_set(bsm->insulation) || is_set(bst->insulation), GBT_BAY_FAULT_INSULATION) |
        bit_if(is_set(bsm->connector) || is_set(bst->connector), GBT_BAY_FAULT_CONNECTOR) |
        bit_if(is_set(bst->connector_hot), GBT_BAY_FAULT_CONNECTOR_HOT) |
        bit_if(is_set(bst->relay), GBT_BAY_FAULT_RELAY) |
        bit_if(is_set(bst->point2), GBT_BAY_FAULT_POINT2) |
        bit_if(is_set(bsm->current) || is_set(bst->current), GBT_BAY_FAULT_CURRENT) |
        bit_if(is_set(bst->voltage), GBT_BAY_FAULT_VOLTAGE) |
        bit_if(bsm->cell_voltage == 1, GBT_BAY_FAULT_CELL_HIGH) |
        bit_if(bsm->cell_voltage == 2, GBT_BAY_FAULT_CELL_LOW) |
        bit_if(bsm->soc == 2, GBT_BAY_FAULT_SOC_LOW) |
        bit_if(is_set(bst->other), GBT_BAY_FAULT_OTHER);
    if (bsm->soc == 1) /* too high: it wants no more */
        bay->finished = true;
}

/* --- what follows of it --- */

static void tell_end(struct gbt_bay *bay)
{
    log_info("can", "bay=%d the charge ends: %s", bay->slot, gbt_cause_text(bay->charger.stop));
}

static void tell_failure(struct gbt_bay *bay)
{
    const struct gbt_charger *charger = &bay->charger;
    if (!bay->troubled)
        log_warning(
            "can", "bay=%d GB/T 27930: %s", bay->slot,
            gbt_cause_text(charger->error != GBT_CAUSE_NONE ? charger->error : charger->stop));
    bay->troubled = true;
}

/* The machine has moved from `before`. */
static void on_move(struct gbt_bay *bay, enum gbt_charger_state before, int64_t now_us)
{
    const struct gbt_charger *charger = &bay->charger;
    bool stopped = before == GBT_CHARGER_CHARGING || before == GBT_CHARGER_READY ||
                   before == GBT_CHARGER_PAUSED;
    switch (charger->state) {
    case GBT_CHARGER_IDENTIFIED:
        bay->troubled = false;
        break;
    case GBT_CHARGER_CHARGING:
        if (before == GBT_CHARGER_READY)
            log_info("can", "bay=%d charges by GB/T 27930", bay->slot);
        break;
    case GBT_CHARGER_PAUSED:
        bay->alarm |= bay->wanted;
        break;
    case GBT_CHARGER_STOPPING:
    case GBT_CHARGER_STATISTICS:
        if (!stopped) { /* the station had stopped; the pack's BST may tell of faults all the same
                         */
            judge_end(bay, now_us);
            break;
        }
        tell_end(bay);
        bay->alarm |= bay->wanted;
        if (charger->stop == GBT_CAUSE_PACK_STOPPED)
            bay->finished = true;
        else if (charger->stop == GBT_CAUSE_PACK_FAULT)
            judge_end(bay, now_us);
        break;
    case GBT_CHARGER_ERROR:
        bay->alarm |= bay->wanted && stopped;
        tell_failure(bay);
        break;
    case GBT_CHARGER_FAILED:
        bay->alarm |= bay->wanted && stopped;
        bay->retry_us = now_us + GBT_BAY_RETRY_US;
        tell_failure(bay);
        break;
    default:
        break;
    }
}

static void step(struct gbt_bay *bay, const struct gbt_event *event, int64_t now_us)
{
    enum gbt_charger_state before = bay->charger.state;
    gbt_charger_step(&bay->charger, event, now_us);
    remember(bay, before, now_us);
    if (bay->charger.state != before)
        on_move(bay, before, now_us);
}

static void begin(struct gbt_bay *bay, int64_t now_us)
{
    const struct gbt_event event = {.kind = GBT_EVENT_START};
    if (bay->without_handshake) /* its silence is known: do not let it count as the pack's */
        bay->charger.settings.times.bhm_ms = 0;
    step(bay, &event, now_us);
}

/* --- the station --- */

static struct gbt_charger_input make_input(const struct gbt_bay *bay, int64_t now_us)
{
    const struct can_station *station = &bay->station;
    const struct io_charger *charger = &station->charger;
    bool fresh = charger->at_us > 0 && now_us - charger->at_us <= CHARGER_STALE_US;
    /* Faults of the charger end a charge; they do not keep a pack from being recognised. */
    return (struct gbt_charger_input){
        .voltage_v = fresh && isfinite(charger->dc_v) ? charger->dc_v : 0,
        .current_a = fresh && isfinite(charger->dc_a) ? charger->dc_a : 0,
        .energy_kwh = bay->session_kwh,
        .wall_us = station->wall_us,
        .insulated = true, /* supervised by hardware (design/hardware.md rule 1) */
        .ready = station->contactor_closed && bay->wanted,
        .hold = !bay->wanted,
        .fault = is_live(bay) && (charger->fault || !fresh),
        .emergency = is_live(bay) && station->emergency,
    };
}

static void tick(void *self, int64_t now_us)
{
    struct gbt_bay *bay = self;
    if (!bay->here)
        return;
    const struct gbt_charger_input input = make_input(bay, now_us);
    const struct gbt_event time = {.kind = GBT_EVENT_TIME, .input = &input};
    step(bay, &time, now_us);
    const struct gbt_event stop = {.kind = GBT_EVENT_STOP, .cause = GBT_CAUSE_CONDITION};
    if (!bay->wanted && (is_live(bay) || bay->charger.state == GBT_CHARGER_CONFIGURATION))
        step(bay, &stop, now_us);
    enum gbt_charger_state state = bay->charger.state;
    if (state == GBT_CHARGER_IDLE || state == GBT_CHARGER_ENDED ||
        (state == GBT_CHARGER_FAILED && now_us >= bay->retry_us))
        begin(bay, now_us);
}

static void count_session(struct gbt_bay *bay, int64_t now_us)
{
    const struct io_charger *charger = &bay->station.charger;
    double watts = charger->dc_v * charger->dc_a;
    int64_t span_us = now_us - bay->followed_us;
    if (bay->followed_us && span_us <= COUNT_GAP_US && watts > 0)
        bay->session_kwh += watts * (double)span_us / 3.6e12;
    bay->followed_us = now_us;
}

static void follow(void *self, const struct can_station *station, int64_t now_us)
{
    struct gbt_bay *bay = self;
    const struct io_bay_request *request = &station->request;
    if (!station->here) {
        if (bay->here)
            forget(bay);
        return;
    }
    count_session(bay, now_us);
    bay->station = *station;
    bay->here = true;
    bay->ran = request->contactor && (bay->ran || request->charger_on);
    bay->finished = bay->finished && request->contactor;
    bool wanted = request->contactor && (request->charger_on || !bay->ran) && !bay->finished;
    if (wanted && !bay->wanted)
        bay->session_kwh = 0;
    bay->wanted = wanted;
    tick(bay, now_us);
}

static void hear(void *self, const struct canframe *frame, int64_t now_us)
{
    struct gbt_bay *bay = self;
    const struct gbt_event event = {.kind = GBT_EVENT_FRAME, .frame = frame};
    if (bay->here)
        step(bay, &event, now_us);
}

static bool next(void *self, int64_t now_us, struct canframe *frame)
{
    struct gbt_bay *bay = self;
    return bay->here && gbt_charger_next(&bay->charger, now_us, frame);
}

static int64_t due_us(const void *self, int64_t now_us)
{
    const struct gbt_bay *bay = self;
    if (!bay->here)
        return INT64_MAX;
    if (bay->charger.state == GBT_CHARGER_FAILED)
        return bay->retry_us;
    int64_t at_us = gbt_charger_due_us(&bay->charger, now_us);
    return at_us == INT64_MAX ? now_us : at_us; /* ENDED: goes on at once */
}

static bool take_alarm(void *self)
{
    struct gbt_bay *bay = self;
    bool alarm = bay->alarm;
    bay->alarm = false;
    return alarm;
}

const struct can_profile GBT_BAY_PROFILE = {follow, hear,         tick,      next,
                                            due_us, gbt_bay_read, take_alarm};
