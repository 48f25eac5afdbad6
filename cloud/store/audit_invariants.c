/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of tracking whatever happened. Each check counts what it looks at, and selects a
 * sentence per violation. */
#include "store/audit.h"

#include <assert.h>

struct invariant {
    const char *name, *count, *select;
};

#define TASK "battery_exchange_task"

/* The newest event of a battery, in the order of events. */
#define NEWEST                                                                                     \
    "(SELECT task_id FROM " TASK " n WHERE n.bid = b.bid "                                         \
    "ORDER BY event_time DESC, event DESC, task_id DESC LIMIT 1)"

static const struct invariant INVARIANTS[AUDIT_INVARIANTS] = {
    /* An event that put a battery somewhere is its newest; telemetry may know better. */
    {"a battery is where its newest event put it",
     "SELECT count(*) FROM battery WHERE where_source = 'event'",
     "SELECT printf('battery %s is on record in %s %s, its newest event is %s of %s at %s', b.bid, "
     "b.where_kind, ifnull(b.where_id, '-'), e.event, ifnull(e.vid, '-'), e.station_id) "
     "FROM battery b JOIN " TASK " e ON e.task_id = " NEWEST " WHERE b.where_source = 'event' AND "
     "(b.where_kind, b.where_id, b.where_since) IS NOT (CASE e.event WHEN 'On-Load' THEN 'vehicle' "
     "ELSE 'bay' END, CASE e.event WHEN 'On-Load' THEN e.vid ELSE e.station_id END, e.event_time)"},
    {"a closed stay has its Off-Load",
     "SELECT count(*) FROM " TASK " WHERE event = 'On-Load' AND end_time NOTNULL",
     "SELECT printf('%s: battery %s has no Off-Load from %s where its stay ends', x.task_id, "
     "x.bid, "
     "ifnull(x.vid, '-')) FROM " TASK " x WHERE x.event = 'On-Load' AND x.end_time NOTNULL AND "
     "NOT EXISTS (SELECT 1 FROM " TASK " e WHERE e.bid = x.bid AND e.vid IS x.vid AND "
     "e.event_time = x.end_time AND e.event = 'Off-Load' AND e.start_time = x.start_time AND "
     "e.end_time = x.end_time)"},
    {"a closed stay has its On-Load",
     "SELECT count(*) FROM " TASK " WHERE event = 'Off-Load' AND start_time NOTNULL",
     "SELECT printf('%s: battery %s has no On-Load into %s where its stay begins', x.task_id, "
     "x.bid, ifnull(x.vid, '-')) FROM " TASK " x WHERE x.event = 'Off-Load' AND "
     "x.start_time NOTNULL AND NOT EXISTS (SELECT 1 FROM " TASK " e WHERE e.bid = x.bid AND "
     "e.vid IS x.vid AND e.event_time = x.start_time AND e.event = 'On-Load' AND "
     "e.end_time = x.end_time)"},
    {"an Off-Load without its On-Load is marked",
     "SELECT count(*) FROM " TASK " WHERE event = 'Off-Load'",
     "SELECT printf('%s: the comments of battery %s do not fit its start_time', task_id, bid) "
     "FROM " TASK " WHERE event = 'Off-Load' AND "
     "(start_time IS NULL) IS NOT (ifnull(comments, '') LIKE 'failed:%')"},
    {"a stay begins before it ends",
     "SELECT count(*) FROM " TASK " WHERE start_time NOTNULL AND end_time NOTNULL",
     "SELECT printf('%s: battery %s: the stay ends before it begins', task_id, bid) FROM " TASK
     " WHERE start_time > end_time"},
    /* Stays lie over each other only where an event between their beginnings is marked. */
    {"stays that overlap are marked as custody",
     "SELECT count(*) FROM " TASK " WHERE event = 'On-Load'",
     "SELECT printf('battery %s: its stays in %s and %s overlap, and no event is marked', x.bid, "
     "ifnull(x.vid, '-'), ifnull(x.other, '-')) FROM (SELECT bid, vid, task_id, event_time, "
     "end_time, lead(vid) OVER w AS other, lead(event_time) OVER w AS next_time, "
     "lead(task_id) OVER w AS next_task FROM " TASK " WHERE event = 'On-Load' "
     "WINDOW w AS (PARTITION BY bid ORDER BY event_time, task_id)) x "
     "WHERE x.next_time < ifnull(x.end_time, x.next_time + 1) AND NOT EXISTS "
     "(SELECT 1 FROM " TASK " m WHERE m.bid = x.bid AND "
     "(m.event_time, m.event, m.task_id) > (x.event_time, 'On-Load', x.task_id) AND "
     "(m.event_time, m.event, m.task_id) <= (x.next_time, 'On-Load', x.next_task) AND "
     "instr(m.comments, 'custody: battery '))"},
    /* Within a boot the rows of a lane were taken in the order of their numbers, each once, and the
     * mark is behind all of them. */
    {"marks only grow", "SELECT count(*) FROM event_log WHERE lane NOTNULL",
     "SELECT printf('event_log %d: seq %d of %s, boot %d, follows %d; its mark is %s', id, seq, "
     "station_id, boot, ifnull(before, 0), ifnull(mark, 'not there')) FROM (SELECT l.id, l.seq, "
     "l.station_id, l.boot, lag(l.seq) OVER (PARTITION BY l.station_id, l.journal, l.boot, l.lane "
     "ORDER BY l.id) AS before, s.seq AS mark FROM event_log l LEFT JOIN stream s ON "
     "s.device = l.station_id AND s.journal = l.journal AND s.boot = l.boot AND s.lane = l.lane "
     "WHERE l.lane NOTNULL) WHERE seq <= before OR mark IS NULL OR mark < seq"},
};

int audit_invariant(struct store *store, size_t index, const struct audit_listener *listener,
                    struct audit_result *result, struct err *err)
{
    assert(index < AUDIT_INVARIANTS);
    const struct invariant *invariant = &INVARIANTS[index];
    *result = (struct audit_result){.check = invariant->name};
    sqlite3_stmt *count = store_prepare(store, invariant->count, err);
    sqlite3_stmt *select = store_prepare(store, invariant->select, err);
    if (!count || !select)
        return ERR_STORAGE;
    int status = store_step(store, count, err);
    if (status < 0)
        return status;
    result->looked_at = sqlite3_column_int64(count, 0);
    (void)sqlite3_reset(count);
    while ((status = store_step(store, select, err)) == 1) {
        result->faults++;
        listener->tell(listener->self, invariant->name,
                       (const char *)sqlite3_column_text(select, 0));
    }
    return status;
}
