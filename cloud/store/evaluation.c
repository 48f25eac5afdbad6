/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evaluation.h"

int evaluation_load(struct store *store, int64_t process, int64_t rule_version,
                    struct evaluation_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT charge_energy_added, charge_energy_used, charge_energy_metered, charge_energy_gap, "
        "gap_us, unmeasured_us, efficiency, peak_power, evaluated_at FROM charging_evaluation "
        "WHERE process_id = ?1 AND rule_version = ?2",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    store_bind_integer(select, 2, rule_version);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct evaluation_row){.rule_version = rule_version,
                                   .charge_energy_added = store_column_real(select, 0),
                                   .charge_energy_used = store_column_real(select, 1),
                                   .charge_energy_metered = store_column_real(select, 2),
                                   .charge_energy_gap = store_column_real(select, 3),
                                   .gap_us = store_column_integer(select, 4),
                                   .unmeasured_us = store_column_integer(select, 5),
                                   .efficiency = store_column_real(select, 6),
                                   .peak_power = store_column_real(select, 7),
                                   .evaluated_at_us = store_column_integer(select, 8)};
    (void)sqlite3_reset(select);
    return 1;
}

int evaluation_count_flags(struct store *store, int64_t process, int64_t *count, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT count(*) FROM charging_flag WHERE process_id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *count = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

static int clear_table(struct store *store, sqlite3_stmt *statement, int64_t process,
                       struct err *err)
{
    if (!statement)
        return ERR_STORAGE;
    store_bind_integer(statement, 1, process);
    return store_run(store, statement, err);
}

int evaluation_clear(struct store *store, int64_t process, struct err *err)
{
    sqlite3_stmt *flags =
        store_prepare(store, "DELETE FROM charging_flag WHERE process_id = ?1", err);
    int status = clear_table(store, flags, process, err);
    if (status < 0)
        return status;
    sqlite3_stmt *rows =
        store_prepare(store, "DELETE FROM charging_evaluation WHERE process_id = ?1", err);
    return clear_table(store, rows, process, err);
}

int evaluation_save(struct store *store, int64_t process, const struct evaluation_row *row,
                    struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO charging_evaluation (process_id, rule_version, charge_energy_added, "
        "charge_energy_used, evaluated_at, charge_energy_metered, charge_energy_gap, gap_us, "
        "unmeasured_us, efficiency, peak_power) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, process);
    store_bind_integer(insert, 2, row->rule_version);
    store_bind_real(insert, 3, row->charge_energy_added);
    store_bind_real(insert, 4, row->charge_energy_used);
    store_bind_integer(insert, 5, row->evaluated_at_us);
    store_bind_real(insert, 6, row->charge_energy_metered);
    store_bind_real(insert, 7, row->charge_energy_gap);
    store_bind_integer(insert, 8, row->gap_us);
    store_bind_integer(insert, 9, row->unmeasured_us);
    store_bind_real(insert, 10, row->efficiency);
    store_bind_real(insert, 11, row->peak_power);
    return store_run(store, insert, err);
}

int evaluation_add_flag(struct store *store, int64_t process, const struct evaluation_flag *flag,
                        struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT INTO charging_flag (process_id, rule_version, flag, times, first_at, "
                      "reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, process);
    store_bind_integer(insert, 2, flag->rule_version);
    store_bind_text(insert, 3, flag->flag);
    store_bind_integer(insert, 4, flag->times);
    store_bind_integer(insert, 5, flag->first_at_us);
    store_bind_text(insert, 6, flag->reason);
    return store_run(store, insert, err);
}
