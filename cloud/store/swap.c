/* SPDX-License-Identifier: Apache-2.0 */
#include "store/swap.h"

#include <math.h>
#include <stdio.h>

static const struct swap_battery NONE = {.slot = STORE_NULL, .soc = NAN};

void swap_init(struct swap_row *row, const char *station_id, const char *request_id)
{
    *row = (struct swap_row){.started_at_us = STORE_NULL,
                             .ended_at_us = STORE_NULL,
                             .outcome = "running",
                             .batteries = STORE_NULL,
                             .in = {NONE, NONE},
                             .out = {NONE, NONE}};
    (void)snprintf(row->station_id, sizeof row->station_id, "%s", station_id);
    (void)snprintf(row->request_id, sizeof row->request_id, "%s", request_id);
}

/* Three columns from `column` on. */
static void read_battery(sqlite3_stmt *select, int column, struct swap_battery *battery)
{
    store_column_text(select, column, battery->bid, sizeof battery->bid);
    battery->slot = store_column_integer(select, column + 1);
    battery->soc = store_column_real(select, column + 2);
}

int swap_load(struct store *store, const char *station_id, const char *request_id,
              struct swap_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT vid, user_id, started_at, ended_at, outcome, reason, batteries, bid_in, slot_in, "
        "soc_in, bid_out, slot_out, soc_out, bid_in_2, slot_in_2, soc_in_2, bid_out_2, slot_out_2, "
        "soc_out_2 FROM swap WHERE station_id = ?1 AND request_id = ?2",
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
    row->batteries = store_column_integer(select, 6);
    for (int i = 0; i < SWAP_SIDE_MAX; i++) {
        read_battery(select, 7 + 6 * i, &row->in[i]);
        read_battery(select, 10 + 6 * i, &row->out[i]);
    }
    (void)sqlite3_reset(select);
    return 1;
}

static void bind_battery(sqlite3_stmt *upsert, int parameter, const struct swap_battery *battery)
{
    store_bind_text(upsert, parameter, battery->bid);
    store_bind_integer(upsert, parameter + 1, battery->slot);
    store_bind_real(upsert, parameter + 2, battery->soc);
}

int swap_save(struct store *store, const struct swap_row *row, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO swap (request_id, station_id, vid, user_id, started_at, ended_at, outcome, "
        "reason, batteries, bid_in, slot_in, soc_in, bid_out, slot_out, soc_out, bid_in_2, "
        "slot_in_2, soc_in_2, bid_out_2, slot_out_2, soc_out_2) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
        "?19, ?20, ?21) "
        "ON CONFLICT (station_id, request_id) DO UPDATE SET vid = ?3, user_id = ?4, "
        "started_at = ?5, ended_at = ?6, outcome = ?7, reason = ?8, batteries = ?9, bid_in = ?10, "
        "slot_in = ?11, soc_in = ?12, bid_out = ?13, slot_out = ?14, soc_out = ?15, bid_in_2 = "
        "?16, "
        "slot_in_2 = ?17, soc_in_2 = ?18, bid_out_2 = ?19, slot_out_2 = ?20, soc_out_2 = ?21",
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
    store_bind_integer(upsert, 9, row->batteries);
    for (int i = 0; i < SWAP_SIDE_MAX; i++) {
        bind_battery(upsert, 10 + 6 * i, &row->in[i]);
        bind_battery(upsert, 13 + 6 * i, &row->out[i]);
    }
    return store_run(store, upsert, err);
}
