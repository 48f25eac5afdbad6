/* SPDX-License-Identifier: Apache-2.0 */
#include "health/days.h"

#include "base/scope.h"
#include "base/textmap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_US INT64_C(60000000)
/* Batteries at stations in memory; beyond it all are written and read again when they are heard. */
#define ENTRIES_MAX 1000000

/* A battery at a station, with the day that was heard last. */
struct entry {
    char key[140]; /* "station/bid": a station's name has no slash */
    struct battery_day_row row;
    bool dirty;  /* newer than the database */
    bool listed; /* waits in the queue, since: */
    int64_t listed_us;
    bool kept; /* its state before this transaction is in `undo` */
    struct entry *next;
};

struct undo {
    struct entry *entry;
    struct battery_day_row row;
    bool dirty;
};

struct days {
    struct store *store; /* not owned */
    struct day_limits limits;
    struct textmap entries;     /* of owned struct entry */
    struct entry *first, *last; /* queue of days to write, longest waiting first */
    struct undo *undo;          /* owned; of the open transaction */
    size_t undo_count, undo_room;
    int64_t heard_us; /* arrival of the newest message */
};

int days_new(struct days **to, struct store *store, const struct day_limits *limits,
             struct err *err)
{
    struct days *days = calloc(1, sizeof *days);
    *to = days;
    if (!days)
        return err_set(err, ERR_NOMEM, "days of batteries: out of memory");
    days->store = store;
    days->limits = *limits;
    days->heard_us = INT64_MIN;
    return 0;
}

static void forget(struct days *days)
{
    days->first = days->last = NULL;
    days->undo_count = 0;
    textmap_free(&days->entries, free);
}

void days_free(struct days *days)
{
    if (!days)
        return;
    forget(days);
    free(days->undo);
    free(days);
}

void days_set_limits(struct days *days, const struct day_limits *limits)
{
    days->limits = *limits;
}

/* Before an entry changes: what it was goes to `undo`, once a transaction. */
static int keep(struct days *days, struct entry *entry, struct err *err)
{
    if (entry->kept)
        return 0;
    if (days->undo_count == days->undo_room) {
        size_t room = days->undo_room ? days->undo_room * 2 : 64;
        struct undo *bigger = realloc(days->undo, room * sizeof *bigger);
        if (!bigger)
            return err_set(err, ERR_NOMEM, "days of batteries: out of memory");
        days->undo = bigger;
        days->undo_room = room;
    }
    days->undo[days->undo_count++] = (struct undo){entry, entry->row, entry->dirty};
    entry->kept = true;
    return 0;
}

static int save(struct days *days, struct entry *entry, struct err *err)
{
    if (!entry->dirty)
        return 0;
    int status = keep(days, entry, err);
    if (status == 0)
        status = battery_day_save(days->store, &entry->row, err);
    if (status == 0)
        entry->dirty = false;
    return status;
}

static int load(struct days *days, const char *bid, const char *station_id, int64_t day_us,
                struct battery_day_row *row, struct err *err)
{
    int found = battery_day_load(days->store, bid, station_id, day_us, row, err);
    if (found == 0)
        day_start(row, bid, station_id, day_us);
    return found < 0 ? found : 0;
}

/* The entry with the day `day_us` in it. */
static int entry_get(struct days *days, const char *bid, const char *station_id, int64_t day_us,
                     struct entry **to, struct err *err)
{
    char key[sizeof(*to)->key];
    (void)snprintf(key, sizeof key, "%s/%s", station_id, bid);
    *to = textmap_find(&days->entries, key);
    if (*to && (*to)->row.day_us == day_us)
        return 0;
    if (*to) {
        /* Another day: the one at hand is done for now. */
        int status = keep(days, *to, err);
        if (status == 0)
            status = save(days, *to, err);
        return status < 0 ? status : load(days, bid, station_id, day_us, &(*to)->row, err);
    }
    SCOPE_FREE struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return err_set(err, ERR_NOMEM, "battery %s: out of memory", bid);
    memcpy(entry->key, key, sizeof key);
    int status = load(days, bid, station_id, day_us, &entry->row, err);
    if (status < 0)
        return status;
    if (textmap_add(&days->entries, entry->key, entry) < 0)
        return err_set(err, ERR_NOMEM, "battery %s: out of memory", bid);
    *to = SCOPE_STEAL(entry);
    return 0;
}

static void enlist(struct days *days, struct entry *entry)
{
    if (entry->listed)
        return;
    entry->listed = true;
    entry->listed_us = days->heard_us;
    entry->next = NULL;
    if (days->first)
        days->last->next = entry;
    else
        days->first = entry;
    days->last = entry;
}

int days_observe(struct days *days, const char *bid, const char *station_id,
                 const struct day_reading *reading, int64_t received_at_us, struct err *err)
{
    if (!day_is_reading(reading))
        return 0;
    struct entry *entry;
    if (received_at_us > days->heard_us)
        days->heard_us = received_at_us;
    int status = entry_get(days, bid, station_id, day_of(reading->at_us), &entry, err);
    if (status == 0)
        status = keep(days, entry, err);
    if (status == 0 && day_add(&entry->row, reading, &days->limits)) {
        entry->dirty = true;
        enlist(days, entry);
    }
    return status;
}

int days_flush(struct days *days, bool all, struct err *err)
{
    all = all || days->entries.count > ENTRIES_MAX;
    for (struct entry *entry; (entry = days->first) != NULL;) {
        if (!all && days->heard_us - entry->listed_us < FLUSH_US)
            break;
        int status = save(days, entry, err);
        if (status < 0)
            return status;
        days->first = entry->next;
        entry->listed = false;
    }
    return 0;
}

void days_committed(struct days *days)
{
    for (size_t i = 0; i < days->undo_count; i++)
        days->undo[i].entry->kept = false;
    days->undo_count = 0;
    if (days->entries.count > ENTRIES_MAX && !days->first)
        forget(days);
}

void days_rolled_back(struct days *days)
{
    for (size_t i = days->undo_count; i-- > 0;) {
        struct entry *entry = days->undo[i].entry;
        entry->row = days->undo[i].row;
        entry->dirty = days->undo[i].dirty;
        entry->kept = false;
        if (entry->dirty)
            enlist(days, entry);
    }
    days->undo_count = 0;
}
