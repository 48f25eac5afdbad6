/* SPDX-License-Identifier: Apache-2.0 */
/* When the charger loses patience, and what it then does. */
#include "gbt27930/charger_internal.h"

#include "base/clock.h"

static bool passed(int64_t since_us, int64_t ms, int64_t now_us)
{
    return now_us - since_us >= ms * CLOCK_US_PER_MS;
}

static bool heard(const struct gbt_charger *charger, enum gbt_kind kind)
{
    return charger->link.heard_us[kind] != GBT_NEVER;
}

/* A new attempt knows nothing of the last one. */
static void begin_recognition(struct gbt_charger *charger, int64_t now_us)
{
    gbt_link_reset(&charger->link);
    charger->permit = false;
    charger_move(charger, GBT_CHARGER_IDENTIFYING, now_us);
}

static void check_handshake(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    if (passed(charger->since_us, times->crm_ms, now_us) && !charger->input.insulated) {
        charger->stop = GBT_CAUSE_NOT_READY;
        charger_move(charger, GBT_CHARGER_FAILED, now_us);
        return;
    }
    bool without = passed(charger->since_us, times->bhm_ms, now_us);
    if (!charger->input.insulated || (!heard(charger, GBT_BHM) && !without))
        return;
    if (!heard(charger, GBT_BHM))
        charger->link.dialects |= GBT_DIALECT(NO_HANDSHAKE);
    begin_recognition(charger, now_us);
}

static void check_identified(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    if (gbt_link_is_silent(&charger->link, GBT_BCP, charger->since_us, times->bcp_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BCP, now_us);
    else if (charger->input.hold && heard(charger, GBT_BCP) &&
             passed(charger->since_us, times->hold_ms, now_us))
        begin_recognition(charger, now_us);
}

static void check_configuration(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    if (gbt_link_is_silent(&charger->link, GBT_BRO, charger->since_us, times->bro_ms, now_us) ||
        passed(charger->since_us, times->bro_ready_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BRO, now_us);
}

static void check_ready(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    if (!charger->input.ready) { /* CRO 00: the pack waits, and so do its messages */
        if (passed(charger->since_us, times->cro_ready_ms, now_us)) {
            charger->stop = GBT_CAUSE_NOT_READY;
            charger_move(charger, GBT_CHARGER_FAILED, now_us);
        }
        charger->ready_us = now_us;
        return;
    }
    if (gbt_link_is_silent(&charger->link, GBT_BCL, charger->ready_us, times->demand_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BCL, now_us);
    else if (gbt_link_is_silent(&charger->link, GBT_BCS, charger->ready_us, times->demand_ms,
                                now_us))
        charger_fail(charger, GBT_CAUSE_NO_BCS, now_us);
}

static void check_charging(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    const struct gbt_link *link = &charger->link;
    int64_t begin_us = charger->live_us;
    if (gbt_link_is_silent(link, GBT_BCL, begin_us, times->bcl_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BCL, now_us);
    else if (gbt_link_is_silent(link, GBT_BCS, begin_us, times->bcs_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BCS, now_us);
    else if (gbt_link_is_silent(link, GBT_BSM, begin_us, times->bsm_ms, now_us))
        charger_fail(charger, GBT_CAUSE_NO_BSM, now_us);
    else if (charger->state == GBT_CHARGER_PAUSED &&
             passed(charger->since_us, times->pause_ms, now_us))
        charger_stop(charger, GBT_CAUSE_PAUSED_LONG, now_us);
}

/* The power stage had to be down by now. */
static void check_current(struct gbt_charger *charger, int64_t now_us)
{
    const double SAFE_A = 5; /* GB/T 18487.1 */
    if (charger->input.current_a > SAFE_A &&
        passed(charger->stopping_us, charger->settings.times.current_ms, now_us))
        charger->current_late = true;
}

static void check_end(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    check_current(charger, now_us);
    if (charger->state == GBT_CHARGER_STOPPING) {
        if (passed(charger->stopping_us, times->bst_ms, now_us))
            charger_fail(charger, GBT_CAUSE_NO_BST, now_us);
    } else if (!heard(charger, GBT_BSD)) {
        if (passed(charger->stopping_us, times->bsd_ms, now_us))
            charger_fail(charger, GBT_CAUSE_NO_BSD, now_us);
    } else if (passed(charger->csd_us, times->csd_ms, now_us)) {
        charger_move(charger, GBT_CHARGER_ENDED, now_us);
    }
    if (!heard(charger, GBT_BSD))
        charger->csd_us = now_us;
}

/* Annex C note 2: recognition begins anew, three times; then somebody has to look. An error while
 * ending is no reason to begin again. */
static void check_error(struct gbt_charger *charger, int64_t now_us)
{
    bool ending = charger->error == GBT_CAUSE_NO_BST || charger->error == GBT_CAUSE_NO_BSD ||
                  charger->stop != GBT_CAUSE_NONE;
    check_current(charger, now_us);
    if (!passed(charger->since_us, charger->settings.times.error_ms, now_us))
        return;
    if (ending || charger->attempts >= charger->settings.reconnects) {
        charger_move(charger, GBT_CHARGER_FAILED, now_us);
        return;
    }
    charger->attempts++;
    begin_recognition(charger, now_us);
}

void charger_check_times(struct gbt_charger *charger, int64_t now_us)
{
    const struct gbt_charger_times *times = &charger->settings.times;
    switch (charger->state) {
    case GBT_CHARGER_HANDSHAKE:
        check_handshake(charger, now_us);
        break;
    case GBT_CHARGER_IDENTIFYING:
        if (passed(charger->since_us, times->brm_ms, now_us))
            charger_fail(charger, GBT_CAUSE_NO_BRM, now_us);
        break;
    case GBT_CHARGER_IDENTIFIED:
        check_identified(charger, now_us);
        break;
    case GBT_CHARGER_CONFIGURATION:
        check_configuration(charger, now_us);
        break;
    case GBT_CHARGER_READY:
        check_ready(charger, now_us);
        break;
    case GBT_CHARGER_CHARGING:
    case GBT_CHARGER_PAUSED:
        check_charging(charger, now_us);
        break;
    case GBT_CHARGER_STOPPING:
    case GBT_CHARGER_STATISTICS:
        check_end(charger, now_us);
        break;
    case GBT_CHARGER_ERROR:
        check_error(charger, now_us);
        break;
    default:
        break;
    }
}
