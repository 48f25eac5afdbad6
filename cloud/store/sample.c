/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sample.h"

#include "store/sample_source.h"

const struct charge_head CHARGE_HEAD_NONE = {.last_sample = STORE_NULL,
                                             .touched_us = STORE_NULL,
                                             .clock_journal = STORE_NULL,
                                             .clock_boot = STORE_NULL,
                                             .clock_offset_us = STORE_NULL,
                                             .clock_since = STORE_NULL};

int charge_sample_append(struct store *store, int64_t id, int64_t process, int64_t previous,
                         const struct charge_sample *sample, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO charge_open (process, previous, date, battery_level, charge_energy_added, "
        "charger_power, charger_actual_current, charger_voltage, charger_phases, "
        "ideal_battery_range_km, rated_battery_range_km, outside_temp, fast_charger_type, "
        "meter_wh, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
        "?15)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, process);
    store_bind_integer(insert, 2, previous);
    store_bind_integer(insert, 3, sample->date_us);
    store_bind_real(insert, 4, sample->battery_level);
    store_bind_real(insert, 5, sample->charge_energy_added);
    store_bind_real(insert, 6, sample->charger_power);
    store_bind_real(insert, 7, sample->charger_actual_current);
    store_bind_real(insert, 8, sample->charger_voltage);
    store_bind_integer(insert, 9, sample->charger_phases);
    store_bind_real(insert, 10, sample->ideal_battery_range_km);
    store_bind_real(insert, 11, sample->rated_battery_range_km);
    store_bind_real(insert, 12, sample->outside_temp);
    store_bind_text(insert, 13, sample->fast_charger_type);
    store_bind_real(insert, 14, sample->meter_wh);
    store_bind_integer(insert, 15, id);
    return store_run(store, insert, err);
}

int charge_head_load(struct store *store, int64_t process, struct charge_head *head,
                     struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT last_sample, samples, touched_at, clock_journal, clock_boot, "
                      "clock_offset, clock_since FROM charge_head WHERE process = ?1",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *head = (struct charge_head){.last_sample = store_column_integer(select, 0),
                                 .samples = store_column_integer(select, 1),
                                 .touched_us = store_column_integer(select, 2),
                                 .clock_journal = store_column_integer(select, 3),
                                 .clock_boot = store_column_integer(select, 4),
                                 .clock_offset_us = store_column_integer(select, 5),
                                 .clock_since = store_column_integer(select, 6)};
    (void)sqlite3_reset(select);
    return 1;
}

int charge_head_save(struct store *store, int64_t process, const struct charge_head *head,
                     struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO charge_head (process, last_sample, samples, touched_at, clock_journal, "
        "clock_boot, clock_offset, clock_since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT (process) DO UPDATE SET last_sample = ?2, samples = ?3, touched_at = ?4, "
        "clock_journal = ?5, clock_boot = ?6, clock_offset = ?7, clock_since = ?8",
        err);
    if (!upsert)
        return ERR_STORAGE;
    const int64_t values[] = {process,
                              head->last_sample,
                              head->samples,
                              head->touched_us,
                              head->clock_journal,
                              head->clock_boot,
                              head->clock_offset_us,
                              head->clock_since};
    for (int i = 0; i < 8; i++)
        store_bind_integer(upsert, i + 1, values[i]);
    return store_run(store, upsert, err);
}

int charge_samples_move(struct store *store, int64_t since, int64_t last, int64_t step_us,
                        struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store,
                      "WITH RECURSIVE chain(sample) AS (VALUES (?2) UNION ALL "
                      " SELECT previous FROM charge_open JOIN chain ON id = sample"
                      " WHERE previous >= ?1) "
                      "UPDATE charge_open SET date = date + ?3 WHERE id IN (SELECT sample FROM "
                      "chain)",
                      err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, since);
    store_bind_integer(update, 2, last);
    store_bind_integer(update, 3, step_us);
    return store_run(store, update, err);
}

int charge_newest_sample(struct store *store, int64_t *id, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT coalesce(max(id), 0) FROM charge_open", err);
    if (!select)
        return ERR_STORAGE;
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *id = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

int charge_heads_repair(struct store *store, int64_t after, struct err *err)
{
    sqlite3_stmt *upsert =
        store_prepare(store,
                      "INSERT INTO charge_head (process, last_sample, samples) "
                      "SELECT o.process, max(o.id), count(*) FROM charge_open o "
                      "LEFT JOIN charge_head h ON h.process = o.process "
                      "WHERE o.id > ?1 AND o.id > coalesce(h.last_sample, 0) GROUP BY o.process "
                      "ON CONFLICT (process) DO UPDATE SET last_sample = excluded.last_sample, "
                      "samples = samples + excluded.samples",
                      err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_integer(upsert, 1, after);
    return store_run(store, upsert, err);
}

int charge_samples_read(struct store *store, int64_t process, struct charge_samples *samples,
                        struct err *err)
{
    struct sample_source source = {.chunk = store_prepare(store, SAMPLE_CHUNK, err)};
    *samples = (struct charge_samples){0};
    if (source.chunk)
        source.head = store_prepare(store, SAMPLE_HEAD, err);
    if (source.head)
        source.link = store_prepare(store, SAMPLE_LINK, err);
    if (!source.link)
        return ERR_STORAGE;
    int status = sample_source_read(&source, process, samples, err);
    if (status < 0)
        (void)err_prefix(err, "database %s: ", store_path(store));
    return status;
}
