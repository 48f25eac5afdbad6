/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge's database: opened, full, restored from a backup, and after a power failure. */
#include "process_bridge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the commit that the power failure met is on the disk shows when it is back. */
void bridge_process_keep_unsure(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    for (size_t i = 0; i < bridge->ring_count; i++)
        bridge->unsure[bridge->unsure_count++] = sim_packet_share(bridge->ring[i]);
}

static int64_t stored_mark(struct sim *sim, const struct ledger_stream *stream)
{
    sqlite3_stmt *statement = NULL;
    int64_t mark = 0;
    int code = sqlite3_prepare_v2(store_handle(sim->bridge.store),
                                  "SELECT seq FROM stream WHERE device = ?1 AND journal = ?2 AND "
                                  "boot = ?3 AND lane = ?4",
                                  -1, &statement, NULL);
    assert(code == SQLITE_OK);
    (void)code;
    (void)sqlite3_bind_text(statement, 1, stream->device, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, stream->journal, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 3, stream->boot);
    (void)sqlite3_bind_text(statement, 4, message_lane_name(stream->lane), -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        mark = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return mark;
}

static int compare_marks(struct sim *sim)
{
    for (size_t i = 0; i < sim->ledger.count; i++) {
        int64_t stored = stored_mark(sim, &sim->ledger.streams[i]);
        if (stored != sim->ledger.streams[i].mark)
            return stored > sim->ledger.streams[i].mark ? 1 : -1;
    }
    return 0;
}

/* The power is back: all of the unsure commit is there or nothing of it, and nothing else is
 * gone. */
static void settle_unsure(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    if (compare_marks(sim) != 0)
        for (size_t i = 0; i < bridge->unsure_count; i++)
            if (strncmp(bridge->unsure[i]->topic, "info", 4) == 0)
                ledger_commit(&sim->ledger, bridge->unsure[i]->payload, bridge->unsure[i]->length);
    int difference = compare_marks(sim);
    if (difference != 0)
        sim_violate(sim, "after a power failure the marks are %s than what was committed",
                    difference > 0 ? "higher" : "lower");
    while (bridge->unsure_count > 0)
        sim_packet_release(bridge->unsure[--bridge->unsure_count]);
}

void bridge_process_close_store(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    if (!bridge->store)
        return;
    (void)sqlite3_commit_hook(store_handle(bridge->store), NULL, NULL);
    sim_watched(sim);
    if (sim->disk) {
        store_close(bridge->store);
        bridge->store = NULL;
    }
}

/* False: the power failed meanwhile, or it cannot be opened. */
bool bridge_process_open_store(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    struct err err = {0};
    if (sim->disk) {
        sim_disk_mirror(sim->disk);
        int code = store_open(&bridge->store, sim->disk->database, STORE_WRITE, &err);
        if (code < 0 && sim_power_is_off(sim)) {
            sim_power_loss(sim);
            return false;
        }
        if (code < 0) {
            sim_trace(sim, "the database cannot be opened: %s", err.text);
            if (code != ERR_FULL)
                sim_violate(sim, "the database cannot be opened: %s", err.text);
            sim_bridge_stop(sim);
            return false;
        }
        settle_unsure(sim);
    }
    sim_watch(sim);
    (void)sqlite3_commit_hook(store_handle(bridge->store), bridge_process_commit_hook, sim);
    return true;
}

static void set_page_bound(struct sim *sim, bool full)
{
    /* SQLite never goes below the present size: full means not one page more. */
    (void)sqlite3_exec(store_handle(sim->bridge.store),
                       full ? "PRAGMA max_page_count=1" : "PRAGMA max_page_count=1073741823", NULL,
                       NULL, NULL);
}

void sim_bridge_disk_full(struct sim *sim, bool full)
{
    sim->journal_was_full |= full && sim->disk; /* it lies on the same disk */
    if (sim->disk)
        crash_vfs_set_capacity(sim->disk->vfs, full); /* one byte: no file grows any more */
    else
        set_page_bound(sim, full);
}

static bool copy_database(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return false;
    bool done = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    return sqlite3_backup_finish(backup) == SQLITE_OK && done;
}

void sim_bridge_backup(struct sim *sim)
{
    sqlite3 *copy = sim->backup;
    if (!copy && sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                 NULL) != SQLITE_OK)
        return;
    sim->backup = copy;
    if (!copy_database(store_handle(sim->bridge.store), copy))
        sim_violate(sim, "no backup: %s", sqlite3_errmsg(copy));
    ledger_copy(&sim->backup_ledger, &sim->ledger);
}

void sim_bridge_restore(struct sim *sim)
{
    if (!sim->backup)
        return;
    sim_bridge_stop(sim);
    set_page_bound(sim, false);
    if (!copy_database(sim->backup, store_handle(sim->bridge.store)))
        sim_violate(sim, "no restore: %s", sqlite3_errmsg(sim->backup));
    ledger_restore(&sim->ledger, &sim->backup_ledger);
    sim->restored = true;
}
