/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/pack.h"

#include "base/clock.h"

#define BIT(state) MACHINE_BIT(GBT_PACK_##state)

static const uint32_t MOVES[] = {
    [GBT_PACK_IDLE] = BIT(HANDSHAKE) | BIT(RECOGNITION),
    [GBT_PACK_HANDSHAKE] = BIT(RECOGNITION) | BIT(ERROR),
    [GBT_PACK_RECOGNITION] = BIT(PARAMETERS) | BIT(ERROR),
    [GBT_PACK_PARAMETERS] = BIT(RECOGNITION) | BIT(READY) | BIT(ERROR),
    [GBT_PACK_READY] = BIT(RECOGNITION) | BIT(CHARGING) | BIT(STOPPING) | BIT(ERROR),
    [GBT_PACK_CHARGING] = BIT(RECOGNITION) | BIT(STOPPING) | BIT(ERROR),
    [GBT_PACK_STOPPING] = BIT(STATISTICS) | BIT(ERROR),
    [GBT_PACK_STATISTICS] = BIT(ENDED) | BIT(ERROR),
    [GBT_PACK_ENDED] = BIT(HANDSHAKE) | BIT(RECOGNITION),
    [GBT_PACK_ERROR] = BIT(RECOGNITION) | BIT(FAILED),
    [GBT_PACK_FAILED] = BIT(HANDSHAKE) | BIT(RECOGNITION)};

#define STATE_NAME(name) #name,
static const char *const NAMES[] = {GBT_PACK_STATES(STATE_NAME)};
const struct machine GBT_PACK_MACHINE = {"pack", GBT_PACK_STATE_COUNT, NAMES, MOVES};

#define TIME_VALUE(name, value) .name = (value),
const struct gbt_pack_times GBT_PACK_TIMES_DEFAULT = {GBT_PACK_TIMES(TIME_VALUE)};

static uint32_t sent_in(const struct gbt_pack *pack)
{
    switch (pack->state) {
    case GBT_PACK_HANDSHAKE:
        return GBT_BIT(GBT_BHM);
    case GBT_PACK_RECOGNITION:
        return GBT_BIT(GBT_BRM);
    case GBT_PACK_PARAMETERS:
        return GBT_BIT(GBT_BCP);
    case GBT_PACK_READY:
        return GBT_BIT(GBT_BRO);
    case GBT_PACK_CHARGING:
        return GBT_BIT(GBT_BCL) | GBT_BIT(GBT_BCS) | GBT_BIT(GBT_BSM) | GBT_BIT(GBT_BMV) |
               GBT_BIT(GBT_BMT);
    case GBT_PACK_STOPPING:
        return GBT_BIT(GBT_BST);
    case GBT_PACK_STATISTICS: {
        int64_t until_us = pack->since_us + pack->times.bst_ms * CLOCK_US_PER_MS;
        return GBT_BIT(GBT_BSD) | (pack->now_us < until_us ? GBT_BIT(GBT_BST) : 0);
    }
    case GBT_PACK_ERROR:
        return GBT_BIT(GBT_BEM);
    default:
        return 0;
    }
}

static void move(struct gbt_pack *pack, enum gbt_pack_state to, int64_t now_us)
{
    MACHINE_INVARIANT(machine_allows(&GBT_PACK_MACHINE, (int)pack->state, (int)to));
    pack->state = to;
    pack->since_us = now_us;
}

void gbt_pack_init(struct gbt_pack *pack, const struct gbt_brm *brm, const struct gbt_bcp *bcp)
{
    *pack = (struct gbt_pack){.times = GBT_PACK_TIMES_DEFAULT, .brm = *brm, .bcp = *bcp};
    gbt_link_init(&pack->link, GBT_PACK);
}

/* --- hearing --- */

static void begin_recognition(struct gbt_pack *pack, int64_t now_us)
{
    gbt_link_reset(&pack->link);
    pack->error = (struct gbt_bem){.other = -1};
    pack->stop = (struct gbt_bst){0};
    move(pack, GBT_PACK_RECOGNITION, now_us);
}

static void begin_stopping(struct gbt_pack *pack, int64_t now_us)
{
    pack->stopping_us = now_us;
    move(pack, GBT_PACK_STOPPING, now_us);
}

static void hear_crm(struct gbt_pack *pack, const struct gbt_crm *crm, int64_t now_us)
{
    if (crm->result == GBT_RESULT_IDENTIFIED) {
        if (pack->state == GBT_PACK_RECOGNITION)
            move(pack, GBT_PACK_PARAMETERS, now_us);
        return;
    }
    switch (pack->state) { /* CRM 00: the charger begins, or begins anew */
    case GBT_PACK_RECOGNITION:
    case GBT_PACK_STOPPING:
    case GBT_PACK_STATISTICS:
        return;
    default:
        begin_recognition(pack, now_us);
    }
}

static void hear_cst(struct gbt_pack *pack, const struct gbt_cst *cst, int64_t now_us)
{
    pack->cst = *cst;
    if (pack->state == GBT_PACK_READY || pack->state == GBT_PACK_CHARGING) {
        pack->stop.charger_stopped = GBT_STATE_SET;
        begin_stopping(pack, now_us);
    }
    if (pack->state == GBT_PACK_STOPPING)
        move(pack, GBT_PACK_STATISTICS, now_us);
}

static void hear(struct gbt_pack *pack, const struct gbt_message *message, int64_t now_us)
{
    switch (message->kind) {
    case GBT_CHM:
        if (pack->state == GBT_PACK_IDLE || pack->state == GBT_PACK_ENDED ||
            pack->state == GBT_PACK_FAILED)
            move(pack, GBT_PACK_HANDSHAKE, now_us);
        break;
    case GBT_CRM:
        hear_crm(pack, &message->crm, now_us);
        break;
    case GBT_CML:
        pack->cml = message->cml;
        if (pack->state == GBT_PACK_PARAMETERS)
            move(pack, GBT_PACK_READY, now_us);
        break;
    case GBT_CRO:
        if (pack->state == GBT_PACK_READY && pack->input.ready &&
            message->cro.ready == GBT_IS_READY)
            move(pack, GBT_PACK_CHARGING, now_us);
        break;
    case GBT_CCS:
        pack->ccs = message->ccs;
        break;
    case GBT_CST:
        hear_cst(pack, &message->cst, now_us);
        break;
    case GBT_CSD:
        pack->csd = message->csd;
        if (pack->state == GBT_PACK_STATISTICS)
            move(pack, GBT_PACK_ENDED, now_us);
        break;
    case GBT_CEM:
        pack->cem = message->cem;
        break;
    default:
        break;
    }
}

/* --- patience --- */

static void fail(struct gbt_pack *pack, uint8_t *missed, int64_t now_us)
{
    pack->error = (struct gbt_bem){.other = -1};
    *missed = GBT_STATE_SET;
    move(pack, GBT_PACK_ERROR, now_us);
}

static bool passed(int64_t since_us, int64_t ms, int64_t now_us)
{
    return now_us - since_us >= ms * CLOCK_US_PER_MS;
}

static void check_ready(struct gbt_pack *pack, int64_t now_us)
{
    if (!pack->input.ready) /* the charger waits for our BRO AA */
        pack->since_us = now_us;
    else if (gbt_link_is_silent(&pack->link, GBT_CRO, pack->since_us, pack->times.cro_ms, now_us) ||
             passed(pack->since_us, pack->times.cro_ready_ms, now_us))
        fail(pack, &pack->error.cro, now_us);
}

static void check_charging(struct gbt_pack *pack, int64_t now_us)
{
    const struct gbt_pack_input *in = &pack->input;
    if (in->fault || in->finished) {
        pack->stop.pack_hot = in->fault ? GBT_STATE_SET : GBT_STATE_NORMAL;
        pack->stop.soc_reached = in->finished ? GBT_STATE_SET : GBT_STATE_NORMAL;
        begin_stopping(pack, now_us);
    } else if (gbt_link_is_silent(&pack->link, GBT_CCS, pack->since_us, pack->times.ccs_ms,
                                  now_us)) {
        fail(pack, &pack->error.ccs, now_us);
    }
}

static void check_times(struct gbt_pack *pack, int64_t now_us)
{
    const struct gbt_pack_times *times = &pack->times;
    switch (pack->state) {
    case GBT_PACK_HANDSHAKE:
        if (passed(pack->since_us, times->crm_ms, now_us))
            fail(pack, &pack->error.crm_unidentified, now_us);
        break;
    case GBT_PACK_RECOGNITION:
        if (passed(pack->since_us, times->crm_aa_ms, now_us))
            fail(pack, &pack->error.crm_identified, now_us);
        break;
    case GBT_PACK_PARAMETERS:
        if (passed(pack->since_us, times->cml_ms, now_us))
            fail(pack, &pack->error.cts_cml, now_us);
        break;
    case GBT_PACK_READY:
        check_ready(pack, now_us);
        break;
    case GBT_PACK_CHARGING:
        check_charging(pack, now_us);
        break;
    case GBT_PACK_STOPPING:
        if (passed(pack->stopping_us, times->cst_ms, now_us))
            fail(pack, &pack->error.cst, now_us);
        break;
    case GBT_PACK_STATISTICS:
        if (passed(pack->stopping_us, times->csd_ms, now_us))
            fail(pack, &pack->error.csd, now_us);
        break;
    case GBT_PACK_ERROR:
        if (passed(pack->since_us, times->crm_ms, now_us))
            move(pack, GBT_PACK_FAILED, now_us);
        break;
    default:
        break;
    }
}

/* --- saying --- */

static void compose_bsm(const struct gbt_pack_input *in, struct gbt_bsm *bsm)
{
    bsm->max_cell_number = bsm->max_temperature_point = bsm->min_temperature_point = 1;
    bsm->max_temperature_c = in->max_temperature_c;
    bsm->min_temperature_c = in->min_temperature_c;
    bsm->temperature = in->fault ? GBT_STATE_SET : GBT_STATE_NORMAL;
    bsm->permit = in->permit ? GBT_PERMIT_YES : GBT_PERMIT_NO;
}

static void compose(const struct gbt_pack *pack, struct gbt_message *message)
{
    const struct gbt_pack_input *in = &pack->input;
    switch (message->kind) {
    case GBT_BHM:
        message->bhm.max_voltage_v = pack->bcp.max_voltage_v;
        break;
    case GBT_BRM:
        message->brm = pack->brm;
        break;
    case GBT_BCP:
        message->bcp = pack->bcp;
        message->bcp.soc_percent = in->soc_percent;
        message->bcp.voltage_v = in->voltage_v;
        break;
    case GBT_BRO:
        message->bro.ready = in->ready ? GBT_IS_READY : GBT_NOT_READY;
        break;
    case GBT_BCL:
        message->bcl =
            (struct gbt_bcl){.voltage_v = in->want_v,
                             .current_a = -in->want_a,
                             .mode = in->constant_voltage ? GBT_MODE_VOLTAGE : GBT_MODE_CURRENT};
        break;
    case GBT_BCS:
        message->bcs = (struct gbt_bcs){.voltage_v = in->voltage_v,
                                        .current_a = -in->current_a,
                                        .max_cell_v = in->max_cell_v,
                                        .max_cell_group = 0,
                                        .soc_percent = in->soc_percent,
                                        .remaining_min = in->remaining_min};
        break;
    case GBT_BSM:
        compose_bsm(in, &message->bsm);
        break;
    case GBT_BMV: /* a pack of two groups, told by its extremes */
        message->bmv.count = 8;
        for (size_t i = 0; i < message->bmv.count; i++)
            message->bmv.items[i].voltage_v = i % 2 ? in->min_cell_v : in->max_cell_v;
        break;
    case GBT_BMT:
        message->bmt.count = 2;
        message->bmt.items[0].temperature_c = in->max_temperature_c;
        message->bmt.items[1].temperature_c = in->min_temperature_c;
        break;
    case GBT_BST:
        message->bst = pack->stop;
        break;
    case GBT_BSD:
        message->bsd = (struct gbt_bsd){.soc_percent = in->soc_percent,
                                        .min_cell_v = in->min_cell_v,
                                        .max_cell_v = in->max_cell_v,
                                        .min_temperature_c = in->min_temperature_c,
                                        .max_temperature_c = in->max_temperature_c};
        break;
    default: /* BEM */
        message->bem = pack->error;
        break;
    }
}

static void speak(struct gbt_pack *pack, int64_t now_us)
{
    struct gbt_message message;
    enum gbt_kind kind;
    pack->now_us = now_us;
    gbt_link_send_only(&pack->link, sent_in(pack), now_us);
    while (gbt_link_due(&pack->link, now_us, &kind)) {
        gbt_blank(&message, kind);
        compose(pack, &message);
        gbt_link_send(&pack->link, &message, now_us);
    }
}

void gbt_pack_on_frame(struct gbt_pack *pack, const struct canframe *frame, int64_t now_us)
{
    struct gbt_message message;
    struct gbt_notes notes;
    if (!gbt_link_on_frame(&pack->link, frame, now_us, &message, &notes))
        return;
    hear(pack, &message, now_us);
    pack->link.heard_us[message.kind] = now_us;
    speak(pack, now_us);
}

void gbt_pack_on_time(struct gbt_pack *pack, const struct gbt_pack_input *input, int64_t now_us)
{
    pack->input = *input;
    gbt_link_on_time(&pack->link, now_us);
    check_times(pack, now_us);
    speak(pack, now_us);
}

bool gbt_pack_next(struct gbt_pack *pack, int64_t now_us, struct canframe *frame)
{
    return gbt_link_next(&pack->link, now_us, frame);
}
