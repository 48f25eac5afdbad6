/* SPDX-License-Identifier: Apache-2.0 */
/* What the pack's messages do to the charger. */
#include "gbt27930/charger_internal.h"

#include <math.h>

bool gbt_charger_fits(const struct gbt_charger_settings *settings, const struct gbt_bcp *bcp)
{
    return !(bcp->max_voltage_v < settings->min_voltage_v) &&
           !(bcp->voltage_v > settings->max_voltage_v);
}

static void hear_bcp(struct gbt_charger *charger, const struct gbt_bcp *bcp, int64_t now_us)
{
    if (charger->state != GBT_CHARGER_IDENTIFIED)
        return;
    charger->bcp = *bcp;
    if (charger->input.hold)
        return;
    if (gbt_charger_fits(&charger->settings, bcp)) {
        charger_move(charger, GBT_CHARGER_CONFIGURATION, now_us);
        return;
    }
    charger->stop = GBT_CAUSE_INCOMPATIBLE;
    charger_move(charger, GBT_CHARGER_FAILED, now_us);
}

static void hear_bro(struct gbt_charger *charger, const struct gbt_bro *bro, int64_t now_us)
{
    charger->bro = *bro;
    if (charger->state == GBT_CHARGER_CONFIGURATION && bro->ready == GBT_IS_READY) {
        charger->ready_us = now_us;
        charger_move(charger, GBT_CHARGER_READY, now_us);
    } else if (charger->state == GBT_CHARGER_READY && bro->ready == GBT_NOT_READY) {
        charger_move(charger, GBT_CHARGER_CONFIGURATION, now_us);
    }
}

/* Charging begins when the pack has said both what it wants and how it is (fig. A.6). */
static void begin_charging(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_link *link = &charger->link;
    if (charger->state != GBT_CHARGER_READY || !charger->input.ready ||
        link->heard_us[GBT_BCL] < charger->since_us || link->heard_us[GBT_BCS] < charger->since_us)
        return;
    if (charger->charging_us == GBT_NEVER)
        charger->charging_us = now_us;
    charger->live_us = now_us;
    charger_move(charger, GBT_CHARGER_CHARGING, now_us);
}

/* A status that is untrusted or not given leaves the previous one standing (annex C.3). */
static bool is_abnormal(uint8_t status)
{
    return status == GBT_STATE_SET;
}

/* For these 2 says "too low". */
static bool is_off_level(uint8_t status)
{
    return status == 1 || status == 2;
}

/* Table 20, note: anything abnormal stops; all normal and permission 00 pauses, 01 goes on. */
static void hear_bsm(struct gbt_charger *charger, const struct gbt_bsm *bsm, int64_t now_us)
{
    charger->bsm = *bsm;
    bool live = charger->state == GBT_CHARGER_CHARGING || charger->state == GBT_CHARGER_PAUSED;
    if (is_off_level(bsm->cell_voltage) || is_off_level(bsm->soc) || is_abnormal(bsm->current) ||
        is_abnormal(bsm->temperature) || is_abnormal(bsm->insulation) ||
        is_abnormal(bsm->connector)) {
        charger->permit = false;
        if (live)
            charger_stop(charger, GBT_CAUSE_PACK_FAULT, now_us);
        return;
    }
    if (bsm->permit != GBT_PERMIT_NO && bsm->permit != GBT_PERMIT_YES)
        return;
    charger->permit = bsm->permit == GBT_PERMIT_YES;
    if (charger->state == GBT_CHARGER_CHARGING && !charger->permit)
        charger_move(charger, GBT_CHARGER_PAUSED, now_us);
    else if (charger->state == GBT_CHARGER_PAUSED && charger->permit)
        charger_move(charger, GBT_CHARGER_CHARGING, now_us);
}

static bool has_fault(const struct gbt_bst *bst)
{
    return is_abnormal(bst->insulation) || is_abnormal(bst->connector_hot) ||
           is_abnormal(bst->bms_hot) || is_abnormal(bst->connector) || is_abnormal(bst->pack_hot) ||
           is_abnormal(bst->relay) || is_abnormal(bst->point2) || is_abnormal(bst->other) ||
           is_abnormal(bst->current) || is_abnormal(bst->voltage);
}

static void hear_bst(struct gbt_charger *charger, const struct gbt_bst *bst, int64_t now_us)
{
    charger->bst = *bst;
    charger_stop(charger, has_fault(bst) ? GBT_CAUSE_PACK_FAULT : GBT_CAUSE_PACK_STOPPED, now_us);
    if (charger->state == GBT_CHARGER_STOPPING)
        charger_move(charger, GBT_CHARGER_STATISTICS, now_us);
}

/* A pack that sends BSD has ended, whether its BST came through or not. */
static void hear_bsd(struct gbt_charger *charger, const struct gbt_bsd *bsd, int64_t now_us)
{
    charger->bsd = *bsd;
    if (charger->state == GBT_CHARGER_STOPPING)
        charger_move(charger, GBT_CHARGER_STATISTICS, now_us);
}

static void hear_bem(struct gbt_charger *charger, const struct gbt_bem *bem, int64_t now_us)
{
    charger->bem = *bem;
    switch (charger->state) {
    case GBT_CHARGER_IDLE:
    case GBT_CHARGER_HANDSHAKE: /* it repeats BEM until it has seen our CRM 00 (fig. A.12) */
    case GBT_CHARGER_IDENTIFYING:
    case GBT_CHARGER_ENDED:
    case GBT_CHARGER_ERROR:
    case GBT_CHARGER_FAILED:
        return;
    default:
        charger_fail(charger, GBT_CAUSE_PACK_ERROR, now_us);
    }
}

/* A demand that demands nothing is none. A pack goes on with the BST and BSD of a session that the
 * charger has left: they end no other one. */
static bool is_of_use(const struct gbt_charger *charger, const struct gbt_message *message)
{
    switch (message->kind) {
    case GBT_BCL:
        return !isnan(message->bcl.voltage_v) && !isnan(message->bcl.current_a);
    case GBT_BST:
        return charger->state >= GBT_CHARGER_READY && charger->state <= GBT_CHARGER_STATISTICS;
    case GBT_BSD:
        return charger->state == GBT_CHARGER_STOPPING || charger->state == GBT_CHARGER_STATISTICS;
    default:
        return true;
    }
}

void charger_hear(struct gbt_charger *charger, const struct gbt_message *message, int64_t now_us)
{
    if (!is_of_use(charger, message))
        return;
    charger->link.heard_us[message->kind] = now_us;
    switch (message->kind) {
    case GBT_BHM: /* charger_check_times goes on when insulation is tested, too */
        break;
    case GBT_BRM:
        if (charger->state == GBT_CHARGER_IDENTIFYING) {
            charger->brm = message->brm;
            charger_move(charger, GBT_CHARGER_IDENTIFIED, now_us);
        }
        break;
    case GBT_BCP:
        hear_bcp(charger, &message->bcp, now_us);
        break;
    case GBT_BRO:
        hear_bro(charger, &message->bro, now_us);
        break;
    case GBT_BCL:
        charger->bcl = message->bcl;
        begin_charging(charger, now_us);
        break;
    case GBT_BCS:
        charger->bcs = message->bcs;
        begin_charging(charger, now_us);
        break;
    case GBT_BSM:
        hear_bsm(charger, &message->bsm, now_us);
        break;
    case GBT_BST:
        hear_bst(charger, &message->bst, now_us);
        break;
    case GBT_BSD:
        hear_bsd(charger, &message->bsd, now_us);
        break;
    case GBT_BEM:
        hear_bem(charger, &message->bem, now_us);
        break;
    case GBT_BMV:
        charger->min_cell_v = NAN;
        for (size_t i = 0; i < message->bmv.count; i++)
            charger->min_cell_v = fmin(charger->min_cell_v, message->bmv.items[i].voltage_v);
        break;
    default: /* BMT and BSP are optional and decide nothing */
        break;
    }
}
