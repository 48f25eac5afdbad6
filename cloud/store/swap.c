/* SPDX-License-Identifier: Apache-2.0 */
#include "store/swap.h"

#include <math.h>
#include <stdio.h>

void swap_init(struct swap_row *row, const char *station_id, const char *request_id)
{
    *row = (struct swap_row){.started_at_us = STORE_NULL,
                             .ended_at_us = STORE_NULL,
                             .outcome = "running",
                             .slot_in = STORE_NULL,
                             .slot_out = STORE_NULL,
                             .soc_in = NAN,
                             .soc_out = NAN};
    (void)snprintf(row->station_id, sizeof row->station_id, "%s", station_id);
    (void)snprintf(row->request_id, sizeof row->request_id, "%s", request_id);
}

int swap_load(struct store *store, const char *station_id, const char *request_id,
              struct swap_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT vid, user_id, started_at, ended_at, outcome, reason, bid_in, bid_out, slot_in, "
        "slot_out, soc_in, soc_out FROM swap WHERE station_id = ?1 AND request_id = ?2",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_text(select, 2, request_id);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    swap_init(row, station_id, request_id);
    store_column_text(select, 0, row->vid, sizeof row->vid);
    store_column_text(select, 1, row->user_id, sizeof row->user_id);
    row->started_at_us = store_column_integer(select, 2);
    row->ended_at_us = store_column_integer(select, 3);
    store_column_text(select, 4, row->outcome, sizeof row->outcome);
    store_column_text(select, 5, row->reason, sizeof row->reason);
    store_column_text(select, 6, row->bid_in, sizeof row->bid_in);
    store_column_text(select, 7, row->bid_out, sizeof row->bid_out);
    row->slot_in = store_column_integer(select, 8);
    row->slot_out = store_column_integer(select, 9);
    row->soc_in = store_column_real(select, 10);
    row->soc_out = store_column_real(select, 11);
    (void)sqlite3_reset(select);
    return 1;
}

int swap_save(struct store *store, const struct swap_row *row, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO swap (request_id, station_id, vid, user_id, started_at, ended_at, outcome, "
        "reason, bid_in, bid_out, slot_in, slot_out, soc_in, soc_out) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) "
        "ON CONFLICT (station_id, request_id) DO UPDATE SET vid = ?3, user_id = ?4, "
        "started_at = ?5, ended_at = ?6, outcome = ?7, reason = ?8, bid_in = ?9, bid_out = ?10, "
        "slot_in = ?11, slot_out = ?12, soc_in = ?13, soc_out = ?14",
        err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_text(upsert, 1, row->request_id);
    store_bind_text(upsert, 2, row->station_id);
    store_bind_text(upsert, 3, row->vid);
    store_bind_text(upsert, 4, row->user_id);
    store_bind_integer(upsert, 5, row->started_at_us);
    store_bind_integer(upsert, 6, row->ended_at_us);
    store_bind_text(upsert, 7, row->outcome);
    store_bind_text(upsert, 8, row->reason);
    store_bind_text(upsert, 9, row->bid_in);
    store_bind_text(upsert, 10, row->bid_out);
    store_bind_integer(upsert, 11, row->slot_in);
    store_bind_integer(upsert, 12, row->slot_out);
    store_bind_real(upsert, 13, row->soc_in);
    store_bind_real(upsert, 14, row->soc_out);
    return store_run(store, upsert, err);
}
