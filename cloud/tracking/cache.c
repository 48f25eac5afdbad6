/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batteries and bays in memory. A sighting that changes no fact costs no SQL: what it confirms is
 * noted here and written by tracking_flush FLUSH_US of message time later, battery by battery, so
 * that no commit has to carry all of them at once. What waits is lost with the process: levels and
 * times of the last seconds, which the next sighting says again.
 */
#include "tracking/tracking_internal.h"

#include "base/scope.h"
#include "store/stream.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_US    INT64_C(10000000)
#define BATTERY_MAX 1000000 /* of them in memory; beyond it all are read again */

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from);
}

static void read_claim(struct tracked_battery *battery)
{
    const struct battery_row *row = &battery->row;
    bool telemetry = strcmp(row->where_source, "telemetry") == 0;
    battery->claim = (struct place_claim){
        .known = row->where_since_us != STORE_NULL,
        .event = !telemetry,
        .time_us = telemetry ? row->last_seen_at_us : row->where_since_us,
        .boot = row->where_boot,
        .up_ms = row->where_up_ms,
    };
    memcpy(battery->claim_journal, row->where_journal, sizeof battery->claim_journal);
}

int tracked_battery_find(struct tracking *tracking, const char *bid, struct tracked_battery **to,
                         struct err *err)
{
    *to = textmap_find(&tracking->batteries, bid);
    if (*to)
        return 0;
    SCOPE_FREE struct tracked_battery *battery = calloc(1, sizeof *battery);
    if (!battery)
        return err_set(err, ERR_NOMEM, "battery %s: out of memory", bid);
    int found = battery_load(tracking->store, bid, &battery->row, err);
    if (found <= 0)
        return found;
    read_claim(battery);
    battery->unlogged = true; /* whether the log knows is not known */
    battery->looked_at_moves = -1;
    if (textmap_add(&tracking->batteries, battery->row.bid, battery) < 0)
        return err_set(err, ERR_NOMEM, "battery %s: out of memory", bid);
    *to = SCOPE_STEAL(battery);
    return 0;
}

int tracked_battery_get(struct tracking *tracking, const char *bid, struct tracked_battery **to,
                        struct err *err)
{
    int status = tracked_battery_find(tracking, bid, to, err);
    if (status < 0 || *to)
        return status;
    status = battery_insert(tracking->store, bid, err);
    return status < 0 ? status : tracked_battery_find(tracking, bid, to, err);
}

int tracked_battery_save(struct tracking *tracking, struct tracked_battery *battery,
                         struct err *err)
{
    /* It stays in the queue when it is there: the flush then finds it clean. */
    battery->dirty = false;
    return battery_save(tracking->store, &battery->row, err);
}

void tracked_battery_touch(struct tracking *tracking, struct tracked_battery *battery)
{
    battery->dirty = battery->unlogged = true;
    if (battery->listed)
        return;
    battery->listed = true;
    battery->listed_us = tracking->heard_us;
    battery->next = NULL;
    if (tracking->first)
        tracking->last->next = battery;
    else
        tracking->first = battery;
    tracking->last = battery;
}

int tracked_battery_resolve(struct tracking *tracking, struct tracked_battery *battery,
                            const char *station_id, struct err *err)
{
    struct place_claim *claim = &battery->claim;
    if (claim->station_id[0] || !battery->claim_journal[0])
        return 0;
    int64_t number = 0;
    int status = journal_find(tracking->store, station_id, battery->claim_journal, &number, err);
    if (status < 0 || number == 0) /* the journal of another station */
        return status < 0 ? status : 0;
    claim->journal = number;
    copy(claim->station_id, sizeof claim->station_id, station_id);
    return 0;
}

struct place_claim claim_of(const char *station_id, int64_t time_us, bool event,
                            const struct tracking_source *source)
{
    struct place_claim claim = {.known = true,
                                .event = event,
                                .time_us = time_us,
                                .journal = source->journal_number,
                                .boot = source->boot,
                                .up_ms = source->up_ms};
    copy(claim.station_id, sizeof claim.station_id, station_id);
    return claim;
}

void tracked_battery_place(struct tracked_battery *battery, const char *where_kind,
                           const char *where_id, int64_t slot, const struct place_claim *claim,
                           const struct tracking_source *source)
{
    struct battery_row *row = &battery->row;
    bool moved = strcmp(row->where_kind, where_kind) != 0 ||
                 strcmp(row->where_id, text_or_empty(where_id)) != 0 || row->slot != slot;
    copy(row->where_kind, sizeof row->where_kind, where_kind);
    copy(row->where_id, sizeof row->where_id, text_or_empty(where_id));
    row->slot = slot;
    if (moved || claim->event)
        row->where_since_us = claim->time_us;
    copy(row->where_source, sizeof row->where_source, claim->event ? "event" : "telemetry");
    copy(row->where_journal, sizeof row->where_journal, text_or_empty(source->journal));
    row->where_boot = claim->boot;
    row->where_up_ms = claim->up_ms;
    battery->claim = *claim;
    memcpy(battery->claim_journal, row->where_journal, sizeof battery->claim_journal);
}

/* After a restart a bay holds what is recorded in it. */
int tracked_bay_get(struct tracking *tracking, const char *station_id, int64_t slot,
                    struct tracked_bay **to, struct err *err)
{
    char key[96];
    (void)snprintf(key, sizeof key, "%s/%" PRId64, station_id, slot);
    *to = textmap_find(&tracking->bays, key);
    if (*to)
        return 0;
    SCOPE_FREE struct tracked_bay *bay = calloc(1, sizeof *bay);
    if (!bay)
        return err_set(err, ERR_NOMEM, "bay %s: out of memory", key);
    memcpy(bay->key, key, sizeof bay->key);
    bay->unknown_since_us = STORE_NULL;
    char other[sizeof bay->bid];
    int status = battery_in_bay(tracking->store, station_id, slot, "", "", bay->bid, err);
    if (status == 1)
        status = battery_in_bay(tracking->store, station_id, slot, bay->bid, bay->bid, other, err);
    if (status < 0)
        return status;
    if (status == 1) /* two on record (an On-Load is missing): the next sighting decides */
        bay->bid[0] = '\0';
    if (textmap_add(&tracking->bays, bay->key, bay) < 0)
        return err_set(err, ERR_NOMEM, "bay %s: out of memory", key);
    *to = SCOPE_STEAL(bay);
    return 0;
}

void tracked_forget(struct tracking *tracking)
{
    tracking->first = tracking->last = NULL;
    textmap_free(&tracking->batteries, free);
    textmap_free(&tracking->bays, free);
    textmap_free(&tracking->stations, free);
}

int tracking_flush(struct tracking *tracking, struct err *err)
{
    bool full = tracking->batteries.count > BATTERY_MAX;
    for (struct tracked_battery *battery; (battery = tracking->first) != NULL;) {
        if (!full && tracking->heard_us - battery->listed_us < FLUSH_US)
            break;
        int status = battery->dirty ? tracked_battery_save(tracking, battery, err) : 0;
        if (status < 0)
            return status;
        tracking->first = battery->next;
        battery->listed = false;
    }
    if (full)
        tracked_forget(tracking);
    return 0;
}
