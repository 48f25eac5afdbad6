/* SPDX-License-Identifier: Apache-2.0 */
/* What the charger says now. */
#include "gbt27930/charger_internal.h"

#include "base/clock.h"
#include <math.h>
#include <time.h>

#define CHARGING_MIN_MAX 600 /* table 19: more is said as 600 */

static int64_t charging_minutes(const struct gbt_charger *charger, int64_t now_us)
{
    if (charger->charging_us == GBT_NEVER)
        return 0;
    int64_t minutes = (now_us - charger->charging_us) / (60 * CLOCK_US_PER_SECOND);
    return minutes < CHARGING_MIN_MAX ? minutes : CHARGING_MIN_MAX;
}

/* Local time is not known here: UTC. Without a clock CTS stays empty (it is optional). */
static void compose_cts(const struct gbt_charger *charger, struct gbt_cts *cts)
{
    time_t seconds = (time_t)(charger->input.wall_us / CLOCK_US_PER_SECOND);
    struct tm tm;
    if (charger->input.wall_us == 0 || gmtime_r(&seconds, &tm) == NULL)
        return;
    *cts = (struct gbt_cts){.second = tm.tm_sec,
                            .minute = tm.tm_min,
                            .hour = tm.tm_hour,
                            .day = tm.tm_mday,
                            .month = tm.tm_mon + 1,
                            .year = tm.tm_year + 1900};
}

static void compose_ccs(const struct gbt_charger *charger, struct gbt_ccs *ccs, int64_t now_us)
{
    ccs->voltage_v = fmax(charger->input.voltage_v, 0);
    ccs->current_a = -fmax(charger->input.current_a, 0);
    ccs->charging_min = charging_minutes(charger, now_us);
    ccs->permit = charger->state == GBT_CHARGER_CHARGING ? GBT_PERMIT_YES : GBT_PERMIT_NO;
}

static void compose_cst(const struct gbt_charger *charger, struct gbt_cst *cst)
{
    switch (charger->stop) {
    case GBT_CAUSE_BY_HAND:
        cst->manual = GBT_STATE_SET;
        break;
    case GBT_CAUSE_PACK_STOPPED:
        cst->pack_stopped = GBT_STATE_SET;
        break;
    case GBT_CAUSE_PACK_FAULT:
        if (charger->link.heard_us[GBT_BST] != GBT_NEVER) {
            cst->pack_stopped = GBT_STATE_SET;
            break;
        }
        cst->fault = GBT_STATE_SET;
        cst->other = GBT_STATE_SET;
        break;
    case GBT_CAUSE_CHARGER_FAULT:
        cst->fault = GBT_STATE_SET;
        cst->other = GBT_STATE_SET;
        break;
    case GBT_CAUSE_EMERGENCY:
        cst->fault = GBT_STATE_SET;
        cst->emergency_stop = GBT_STATE_SET;
        break;
    case GBT_CAUSE_OVERVOLTAGE:
        cst->fault = GBT_STATE_SET;
        cst->voltage = GBT_STATE_SET;
        break;
    default: /* CONDITION, PAUSED_LONG */
        cst->condition_reached = GBT_STATE_SET;
        break;
    }
}

static void compose_cem(const struct gbt_charger *charger, struct gbt_cem *cem)
{
    switch (charger->error) {
    case GBT_CAUSE_NO_BRM:
        cem->brm = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BCP:
        cem->bcp = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BRO:
        cem->bro = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BCS:
        cem->bcs = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BCL:
        cem->bcl = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BST:
        cem->bst = GBT_STATE_SET;
        break;
    case GBT_CAUSE_NO_BSD:
        cem->bsd = GBT_STATE_SET;
        break;
    default:
        cem->other = 1;
        break;
    }
}

void charger_compose(const struct gbt_charger *charger, struct gbt_message *message, int64_t now_us)
{
    const struct gbt_charger_settings *settings = &charger->settings;
    switch (message->kind) {
    case GBT_CHM: /* V1.1 */
        message->chm = (struct gbt_chm){.version_minor = 1, .version_major = 1};
        break;
    case GBT_CRM:
        message->crm.result = charger->state == GBT_CHARGER_IDENTIFIED ? GBT_RESULT_IDENTIFIED
                                                                       : GBT_RESULT_UNIDENTIFIED;
        message->crm.charger_number = settings->number;
        break;
    case GBT_CTS:
        compose_cts(charger, &message->cts);
        break;
    case GBT_CML:
        message->cml = (struct gbt_cml){.max_voltage_v = settings->max_voltage_v,
                                        .min_voltage_v = settings->min_voltage_v,
                                        .max_current_a = -settings->max_current_a,
                                        .min_current_a = -settings->min_current_a};
        break;
    case GBT_CRO:
        message->cro.ready = charger->input.ready ? GBT_IS_READY : GBT_NOT_READY;
        break;
    case GBT_CCS:
        compose_ccs(charger, &message->ccs, now_us);
        break;
    case GBT_CST:
        compose_cst(charger, &message->cst);
        break;
    case GBT_CSD:
        message->csd = (struct gbt_csd){.charging_min = charging_minutes(charger, now_us),
                                        .energy_kwh = charger->input.energy_kwh,
                                        .charger_number = settings->number};
        break;
    default: /* CEM */
        compose_cem(charger, &message->cem);
        break;
    }
}
