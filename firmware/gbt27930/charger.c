/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/charger_internal.h"

#include "base/clock.h"
#include <assert.h>
#include <math.h>

#define BIT(state) MACHINE_BIT(GBT_CHARGER_##state)
/* RESET leads there from everywhere. */
#define AWAY BIT(IDLE)

static const uint32_t MOVES[] = {
    [GBT_CHARGER_IDLE] = BIT(HANDSHAKE),
    [GBT_CHARGER_HANDSHAKE] = AWAY | BIT(IDENTIFYING) | BIT(ENDED) | BIT(FAILED),
    [GBT_CHARGER_IDENTIFYING] = AWAY | BIT(IDENTIFIED) | BIT(ENDED) | BIT(ERROR),
    [GBT_CHARGER_IDENTIFIED] =
        AWAY | BIT(IDENTIFYING) | BIT(CONFIGURATION) | BIT(ENDED) | BIT(ERROR) | BIT(FAILED),
    [GBT_CHARGER_CONFIGURATION] = AWAY | BIT(READY) | BIT(ENDED) | BIT(ERROR),
    [GBT_CHARGER_READY] =
        AWAY | BIT(CONFIGURATION) | BIT(CHARGING) | BIT(STOPPING) | BIT(ERROR) | BIT(FAILED),
    [GBT_CHARGER_CHARGING] = AWAY | BIT(PAUSED) | BIT(STOPPING) | BIT(ERROR),
    [GBT_CHARGER_PAUSED] = AWAY | BIT(CHARGING) | BIT(STOPPING) | BIT(ERROR),
    [GBT_CHARGER_STOPPING] = AWAY | BIT(STATISTICS) | BIT(ERROR),
    [GBT_CHARGER_STATISTICS] = AWAY | BIT(ENDED) | BIT(ERROR),
    [GBT_CHARGER_ENDED] = AWAY | BIT(HANDSHAKE),
    [GBT_CHARGER_ERROR] = AWAY | BIT(IDENTIFYING) | BIT(ENDED) | BIT(FAILED),
    [GBT_CHARGER_FAILED] = AWAY | BIT(HANDSHAKE)};

#define STATE_NAME(name) #name,
static const char *const NAMES[] = {GBT_CHARGER_STATES(STATE_NAME)};
const struct machine GBT_CHARGER_MACHINE = {"charger", GBT_CHARGER_STATE_COUNT, NAMES, MOVES};

#define TIME_VALUE(name, value) .name = (value),
const struct gbt_charger_times GBT_CHARGER_TIMES_DEFAULT = {GBT_CHARGER_TIMES(TIME_VALUE)};

const char *gbt_cause_text(enum gbt_cause cause)
{
#define CAUSE_TEXT(name, text) text,
    static const char *const TEXTS[] = {GBT_CAUSES(CAUSE_TEXT)};
    assert(cause < GBT_CAUSE_COUNT);
    return TEXTS[cause];
}

/* What each state sends with its period. */
static uint32_t sent_in(const struct gbt_charger *charger)
{
    switch (charger->state) {
    case GBT_CHARGER_HANDSHAKE:
        return GBT_BIT(GBT_CHM);
    case GBT_CHARGER_IDENTIFYING:
    case GBT_CHARGER_IDENTIFIED:
        return GBT_BIT(GBT_CRM);
    case GBT_CHARGER_CONFIGURATION:
        return GBT_BIT(GBT_CTS) | GBT_BIT(GBT_CML);
    case GBT_CHARGER_READY:
        return GBT_BIT(GBT_CRO);
    case GBT_CHARGER_CHARGING:
    case GBT_CHARGER_PAUSED:
        return GBT_BIT(GBT_CCS);
    case GBT_CHARGER_STOPPING:
        return GBT_BIT(GBT_CST);
    case GBT_CHARGER_STATISTICS:
        return charger->link.heard_us[GBT_BSD] == GBT_NEVER ? GBT_BIT(GBT_CST) : GBT_BIT(GBT_CSD);
    case GBT_CHARGER_ERROR:
        return charger->error == GBT_CAUSE_PACK_ERROR ? 0 : GBT_BIT(GBT_CEM);
    default:
        return 0;
    }
}

static void check_invariants(const struct gbt_charger *charger)
{
    const struct gbt_charger_output *out = &charger->output;
    MACHINE_INVARIANT(!out->on || charger->state == GBT_CHARGER_CHARGING);
    MACHINE_INVARIANT(!out->on || charger->permit);
    MACHINE_INVARIANT(out->on || (out->voltage_v == 0 && out->current_a == 0));
    MACHINE_INVARIANT(out->voltage_v >= 0 && out->voltage_v <= charger->settings.max_voltage_v);
    MACHINE_INVARIANT(out->current_a >= 0 && out->current_a <= charger->settings.max_current_a);
    MACHINE_INVARIANT(!out->on || (out->voltage_v <= charger->bcp.max_voltage_v &&
                                   out->current_a <= -charger->bcp.max_current_a));
    MACHINE_INVARIANT(charger->attempts <= charger->settings.reconnects);
}

void charger_move(struct gbt_charger *charger, enum gbt_charger_state to, int64_t now_us)
{
    MACHINE_INVARIANT(machine_allows(&GBT_CHARGER_MACHINE, (int)charger->state, (int)to));
    charger->state = to;
    charger->since_us = now_us;
    charger->output = (struct gbt_charger_output){0};
    gbt_link_send_only(&charger->link, sent_in(charger), now_us);
}

void charger_stop(struct gbt_charger *charger, enum gbt_cause cause, int64_t now_us)
{
    switch (charger->state) {
    case GBT_CHARGER_READY:
    case GBT_CHARGER_CHARGING:
    case GBT_CHARGER_PAUSED:
        charger->stop = cause;
        charger->stopping_us = now_us;
        charger_move(charger, GBT_CHARGER_STOPPING, now_us);
        return;
    case GBT_CHARGER_HANDSHAKE:
    case GBT_CHARGER_IDENTIFYING:
    case GBT_CHARGER_IDENTIFIED:
    case GBT_CHARGER_CONFIGURATION:
    case GBT_CHARGER_ERROR:
        charger->stop = cause;
        charger_move(charger, GBT_CHARGER_ENDED, now_us);
        return;
    default: /* nothing flows, or it is being ended already */
        return;
    }
}

void charger_fail(struct gbt_charger *charger, enum gbt_cause error, int64_t now_us)
{
    charger->error = error;
    charger->stopping_us = now_us;
    charger_move(charger, GBT_CHARGER_ERROR, now_us);
}

static double least3(double a, double b, double c)
{
    return fmin(a, fmin(b, c));
}

/* What the pack wants, bears, and we can; 0 for what it does not say. */
static void set_output(struct gbt_charger *charger)
{
    const struct gbt_charger_settings *settings = &charger->settings;
    double voltage_v =
        isnan(charger->bcl.voltage_v) || isnan(charger->bcp.max_voltage_v)
            ? 0
            : least3(charger->bcl.voltage_v, charger->bcp.max_voltage_v, settings->max_voltage_v);
    double current_a =
        isnan(charger->bcl.current_a) || isnan(charger->bcp.max_current_a)
            ? 0
            : least3(-charger->bcl.current_a, -charger->bcp.max_current_a, settings->max_current_a);
    bool on =
        charger->state == GBT_CHARGER_CHARGING && charger->permit && voltage_v > 0 && current_a > 0;
    charger->output = on ? (struct gbt_charger_output){true, voltage_v, current_a}
                         : (struct gbt_charger_output){0};
}

void gbt_charger_init(struct gbt_charger *charger, const struct gbt_charger_settings *settings)
{
    *charger = (struct gbt_charger){.settings = *settings,
                                    .charging_us = GBT_NEVER,
                                    .stopping_us = GBT_NEVER,
                                    .min_cell_v = NAN};
    gbt_link_init(&charger->link, GBT_CHARGER);
}

static void start(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_settings settings = charger->settings;
    enum gbt_charger_state from = charger->state;
    if (from != GBT_CHARGER_IDLE && from != GBT_CHARGER_ENDED && from != GBT_CHARGER_FAILED)
        return;
    gbt_charger_init(charger, &settings);
    charger->state = from;
    charger->begin_us = now_us;
    charger_move(charger, GBT_CHARGER_HANDSHAKE, now_us);
}

/* The charger's own reasons to stop. */
static void check_input(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_input *in = &charger->input;
    bool live = charger->state == GBT_CHARGER_CHARGING || charger->state == GBT_CHARGER_PAUSED;
    bool under_way = charger->state != GBT_CHARGER_IDLE && charger->state != GBT_CHARGER_FAILED &&
                     charger->state != GBT_CHARGER_ENDED;
    /* 1 %: a regulator holds its set point no better */
    if (under_way && in->emergency)
        charger_stop(charger, GBT_CAUSE_EMERGENCY, now_us);
    else if (under_way && in->fault)
        charger_stop(charger, GBT_CAUSE_CHARGER_FAULT, now_us);
    else if (live && in->voltage_v > charger->bcp.max_voltage_v * 1.01)
        charger_stop(charger, GBT_CAUSE_OVERVOLTAGE, now_us);
}

void gbt_charger_step(struct gbt_charger *charger, const struct gbt_event *event, int64_t now_us)
{
    struct gbt_message message;
    struct gbt_notes notes;
    enum gbt_kind kind;
    switch (event->kind) {
    case GBT_EVENT_START:
        start(charger, now_us);
        break;
    case GBT_EVENT_RESET:
        if (charger->state != GBT_CHARGER_IDLE)
            charger_move(charger, GBT_CHARGER_IDLE, now_us);
        gbt_link_reset(&charger->link);
        break;
    case GBT_EVENT_STOP:
        charger_stop(charger, event->cause, now_us);
        break;
    case GBT_EVENT_FRAME:
        if (gbt_link_on_frame(&charger->link, event->frame, now_us, &message, &notes))
            charger_hear(charger, &message, now_us);
        break;
    case GBT_EVENT_TIME:
        charger->input = *event->input;
        gbt_link_on_time(&charger->link, now_us);
        check_input(charger, now_us);
        charger_check_times(charger, now_us);
        break;
    }
    set_output(charger);
    gbt_link_send_only(&charger->link, sent_in(charger), now_us);
    while (gbt_link_due(&charger->link, now_us, &kind)) {
        gbt_blank(&message, kind);
        charger_compose(charger, &message, now_us);
        gbt_link_send(&charger->link, &message, now_us);
    }
    check_invariants(charger);
}

bool gbt_charger_next(struct gbt_charger *charger, int64_t now_us, struct canframe *frame)
{
    return gbt_link_next(&charger->link, now_us, frame);
}

int64_t gbt_charger_due_us(const struct gbt_charger *charger, int64_t now_us)
{
    const int64_t LOOK_US = 50 * CLOCK_US_PER_MS; /* how late a time-out may be seen */
    switch (charger->state) {
    case GBT_CHARGER_IDLE:
    case GBT_CHARGER_ENDED:
    case GBT_CHARGER_FAILED:
        return INT64_MAX;
    default:
        break;
    }
    int64_t due_us = gbt_link_due_us(&charger->link);
    return due_us < now_us + LOOK_US ? due_us : now_us + LOOK_US;
}
