/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history of a battery's versions. A statement that is newer than all others is appended when
 * it says something new. A late one may fall between two equal ones, which the history of changes
 * no longer shows; then the history is made again from what every exchange said.
 */
#include "alerts/alerts.h"
#include "base/scope.h"
#include "tracking/tracking_internal.h"
#include "tracking/versions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM_EXCHANGE "exchange"

struct history {
    struct version_row *rows; /* owned */
    size_t count;
};

static void history_free(struct history *history)
{
    free(history->rows);
}

static int append(struct history *history, const struct version_row *row, struct err *err)
{
    struct version_row *bigger =
        realloc(history->rows, (history->count + 1) * sizeof *history->rows);
    if (!bigger)
        return err_set(err, ERR_NOMEM, "versions: out of memory");
    history->rows = bigger;
    history->rows[history->count++] = *row;
    return 0;
}

/* All statements: telemetry's and operators' changes that are on record, the new one, and every
 * exchange that said a version. */
static int gather(struct tracking *tracking, const char *bid, const struct history *old,
                  const struct version_row *statement, bool exchange, struct history *all,
                  struct err *err)
{
    int status = 0;
    for (size_t i = 0; i < old->count && status == 0; i++)
        if (strcmp(old->rows[i].source, FROM_EXCHANGE) != 0)
            status = append(all, &old->rows[i], err);
    if (status == 0 && !exchange)
        status = append(all, statement, err);
    SCOPE_FREE struct exchange_row *rows = NULL;
    size_t count = 0;
    if (status == 0)
        status = exchange_list(tracking->store, bid, INT64_MIN + 1, INT64_MAX, &rows, &count, err);
    for (size_t i = 0; i < count && status == 0; i++) {
        struct version_row said = {.since_us = rows[i].event_time_us, .source = FROM_EXCHANGE};
        memcpy(said.version, rows[i].battery_version, sizeof said.version);
        if (said.version[0])
            status = append(all, &said, err);
    }
    return status;
}

static bool same_history(const struct history *a, const struct history *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].since_us != b->rows[i].since_us ||
            strcmp(a->rows[i].version, b->rows[i].version) != 0 ||
            strcmp(a->rows[i].source, b->rows[i].source) != 0)
            return false;
    return true;
}

static int rewrite(struct tracking *tracking, const char *bid, struct history *history,
                   const struct version_row *statement, bool exchange, bool *changed,
                   struct err *err)
{
    SCOPE(history_free) struct history all = {0};
    int status = gather(tracking, bid, history, statement, exchange, &all, err);
    if (status < 0)
        return status;
    all.count = versions_to_history(all.rows, all.count);
    if (same_history(history, &all))
        return 0;
    *changed = true;
    status = battery_version_clear(tracking->store, bid, err);
    for (size_t i = 0; i < all.count && status == 0; i++)
        status = battery_version_insert(tracking->store, bid, &all.rows[i], err);
    struct history swap = *history;
    *history = all;
    all = swap;
    return status;
}

static int alert_downgrade(struct tracking *tracking, const char *bid,
                           const struct history *history, struct err *err)
{
    const struct version_row *now = &history->rows[history->count - 1], *highest = now;
    for (size_t i = 0; i < history->count; i++)
        if (version_compare(history->rows[i].version, highest->version) > 0)
            highest = &history->rows[i];
    struct alert_subject subject = {
        .kind = "version_downgrade", .severity = "warning", .bid = bid, .slot = STORE_NULL};
    if (highest == now)
        return alerts_clear(tracking->alerts, &subject, now->since_us, err);
    char text[256];
    (void)snprintf(text, sizeof text, "battery %s went back from version %s to %s", bid,
                   highest->version, now->version);
    return alerts_raise(tracking->alerts, &subject, now->since_us, NAN, NAN, text, err);
}

int tracked_version(struct tracking *tracking, struct tracked_battery *battery,
                    const struct version_row *statement, const struct exchange_row *row,
                    struct version_change *change, struct err *err)
{
    const char *bid = battery->row.bid;
    SCOPE(history_free) struct history history = {0};
    *change = (struct version_change){0};
    int status = battery_version_list(tracking->store, bid, &history.rows, &history.count, err);
    int later = status == 0 && row ? exchange_later_version(tracking->store, row, err) : 0;
    if (status < 0 || later < 0)
        return status < 0 ? status : later;
    const struct version_row *last = history.count ? &history.rows[history.count - 1] : NULL;
    if (later || (last && statement->since_us <= last->since_us)) {
        status = rewrite(tracking, bid, &history, statement, row != NULL, &change->history, err);
    } else if (!last || strcmp(last->version, statement->version) != 0) {
        change->history = true;
        status = battery_version_insert(tracking->store, bid, statement, err);
        if (status == 0)
            status = append(&history, statement, err);
    }
    if (status < 0 || history.count == 0)
        return status;
    const char *now = history.rows[history.count - 1].version;
    change->current = strcmp(battery->row.battery_version, now) != 0;
    if (!change->current)
        return 0;
    (void)snprintf(battery->row.battery_version, sizeof battery->row.battery_version, "%s", now);
    return alert_downgrade(tracking, bid, &history, err);
}

int tracking_update_battery_version(struct tracking *tracking, const char *bid, const char *version,
                                    int64_t since_us, const struct tracking_source *source,
                                    struct err *err)
{
    struct tracked_battery *battery;
    struct version_row statement = {.since_us = since_us};
    struct version_change change = {0};
    (void)snprintf(statement.version, sizeof statement.version, "%s", version);
    (void)snprintf(statement.source, sizeof statement.source, "%s",
                   strcmp(source->actor, "station") == 0 ? "telemetry" : source->actor);
    int status = tracked_battery_get(tracking, bid, &battery, err);
    if (status == 0)
        status = tracked_version(tracking, battery, &statement, NULL, &change, err);
    if (status == 0 && change.current)
        status = tracked_battery_save(tracking, battery, err);
    if (status < 0 || !change.history)
        return status;
    /* What was said and not what came of it: a late word may change the history alone. */
    struct derived_fact fact = {.kind = "battery.version",
                                .bid = bid,
                                .slot = STORE_NULL,
                                .name = "battery_version",
                                .text = version};
    return derived_log(tracking, &fact, since_us, source, err);
}
