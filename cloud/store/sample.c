/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sample.h"

#include "base/scope.h"
#include <stdlib.h>

int charge_sample_append(struct store *store, int64_t process, int64_t previous,
                         const struct charge_sample *sample, int64_t *id, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO charge_open (process, previous, date, battery_level, charge_energy_added, "
        "charger_power, charger_actual_current, charger_voltage, charger_phases, "
        "ideal_battery_range_km, rated_battery_range_km, outside_temp, fast_charger_type, "
        "meter_wh) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
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
    int status = store_run(store, insert, err);
    if (status == 0)
        *id = sqlite3_last_insert_rowid(store_handle(store));
    return status;
}

/* Reads one link; *previous is STORE_NULL at the first sample. */
static int read_link(struct store *store, int64_t process, int64_t id, struct charge_sample *sample,
                     int64_t *previous, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT previous, date, battery_level, charge_energy_added, charger_power, "
        "charger_actual_current, charger_voltage, charger_phases, ideal_battery_range_km, "
        "rated_battery_range_km, outside_temp, meter_wh FROM charge_open "
        "WHERE id = ?1 AND process = ?2",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    store_bind_integer(select, 2, process);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    /* Links go to older rows only; anything else would be a loop. */
    if (found == 1)
        *previous = store_column_integer(select, 0);
    if (found == 0 || (*previous != STORE_NULL && *previous >= id)) {
        (void)sqlite3_reset(select);
        return err_set(err, ERR_STORAGE,
                       "database %s: the samples of charging process %lld are broken at %lld",
                       store_path(store), (long long)process, (long long)id);
    }
    *sample = (struct charge_sample){
        .date_us = store_column_integer(select, 1),
        .battery_level = store_column_real(select, 2),
        .charge_energy_added = store_column_real(select, 3),
        .charger_power = store_column_real(select, 4),
        .charger_actual_current = store_column_real(select, 5),
        .charger_voltage = store_column_real(select, 6),
        .charger_phases = store_column_integer(select, 7),
        .ideal_battery_range_km = store_column_real(select, 8),
        .rated_battery_range_km = store_column_real(select, 9),
        .outside_temp = store_column_real(select, 10),
        .meter_wh = store_column_real(select, 11),
    };
    (void)sqlite3_reset(select);
    return 0;
}

static void reverse(struct charge_sample *samples, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct charge_sample swap = samples[i];
        samples[i] = samples[count - 1 - i];
        samples[count - 1 - i] = swap;
    }
}

int charge_chain_read(struct store *store, int64_t process, int64_t last_sample,
                      struct charge_sample **samples, size_t *count, struct err *err)
{
    SCOPE_FREE struct charge_sample *list = NULL;
    size_t used = 0, capacity = 0;
    for (int64_t id = last_sample; id != STORE_NULL;) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            struct charge_sample *bigger = realloc(list, capacity * sizeof *bigger);
            if (!bigger)
                return err_set(err, ERR_NOMEM, "charging process %lld: out of memory",
                               (long long)process);
            list = bigger;
        }
        int status = read_link(store, process, id, &list[used], &id, err);
        if (status < 0)
            return status;
        used++;
    }
    reverse(list, used);
    *count = used;
    *samples = SCOPE_STEAL(list);
    return 0;
}

int charge_head_load(struct store *store, int64_t process, struct charge_head *head,
                     struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT last_sample, samples FROM charge_head WHERE process = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *head = (struct charge_head){store_column_integer(select, 0), store_column_integer(select, 1)};
    (void)sqlite3_reset(select);
    return 1;
}

int charge_head_save(struct store *store, int64_t process, const struct charge_head *head,
                     struct err *err)
{
    sqlite3_stmt *upsert =
        store_prepare(store,
                      "INSERT INTO charge_head (process, last_sample, samples) VALUES (?1, ?2, ?3) "
                      "ON CONFLICT (process) DO UPDATE SET last_sample = ?2, samples = ?3",
                      err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_integer(upsert, 1, process);
    store_bind_integer(upsert, 2, head->last_sample);
    store_bind_integer(upsert, 3, head->samples);
    return store_run(store, upsert, err);
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
