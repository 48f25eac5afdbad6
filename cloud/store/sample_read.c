/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of one process: from its chunk, else along its chain. */
#include "store/chunk.h"
#include "store/sample.h"

#include <stdlib.h>
#include <string.h>

void charge_samples_free(struct charge_samples *samples)
{
    for (size_t i = 0; i < samples->text_count; i++)
        free(samples->texts[i]);
    free(samples->texts);
    free(samples->list);
    *samples = (struct charge_samples){0};
}

const char *charge_samples_text(struct charge_samples *samples, const char *text, size_t length)
{
    /* Newest first: a process has few of them, and neighbours are alike. */
    for (size_t i = samples->text_count; i-- > 0;)
        if (strlen(samples->texts[i]) == length && memcmp(samples->texts[i], text, length) == 0)
            return samples->texts[i];
    char **more = realloc(samples->texts, (samples->text_count + 1) * sizeof *more);
    if (!more)
        return NULL;
    samples->texts = more;
    char *copy = strndup(text, length);
    if (copy)
        samples->texts[samples->text_count++] = copy;
    return copy;
}

/* Copies the row; false when a text finds no memory. */
static bool read_row(sqlite3_stmt *select, struct charge_samples *samples,
                     struct charge_sample *sample)
{
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
    const char *type = (const char *)sqlite3_column_text(select, 12);
    if (!type)
        return true;
    sample->fast_charger_type = charge_samples_text(samples, type, strlen(type));
    return sample->fast_charger_type != NULL;
}

static int fail_memory(int64_t process, struct err *err)
{
    return err_set(err, ERR_NOMEM, "charging process %lld: out of memory", (long long)process);
}

/* Reads one link; *previous is STORE_NULL at the first sample. */
static int read_link(struct store *store, int64_t process, int64_t id,
                     struct charge_samples *samples, int64_t *previous, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT previous, date, battery_level, charge_energy_added, charger_power, "
        "charger_actual_current, charger_voltage, charger_phases, ideal_battery_range_km, "
        "rated_battery_range_km, outside_temp, meter_wh, fast_charger_type FROM charge_open "
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
    bool broken = found == 0 || (*previous != STORE_NULL && *previous >= id);
    bool read = !broken && read_row(select, samples, &samples->list[samples->count]);
    (void)sqlite3_reset(select);
    if (broken)
        return err_set(err, ERR_INVALID,
                       "database %s: the samples of charging process %lld are broken at %lld",
                       store_path(store), (long long)process, (long long)id);
    if (!read)
        return fail_memory(process, err);
    samples->count++;
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

/* Links are followed from the last sample to the first. */
static int read_chain(struct store *store, int64_t process, struct charge_samples *samples,
                      struct err *err)
{
    struct charge_head head;
    size_t capacity = 0;
    int status = charge_head_load(store, process, &head, err);
    if (status <= 0)
        return status;
    for (int64_t id = head.last_sample; id != STORE_NULL;) {
        if (samples->count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            void *bigger = realloc(samples->list, capacity * sizeof *samples->list);
            if (!bigger)
                return fail_memory(process, err);
            samples->list = bigger;
        }
        status = read_link(store, process, id, samples, &id, err);
        if (status < 0)
            return status;
    }
    reverse(samples->list, samples->count);
    return 0;
}

/* 1, or 0 when the process is not packed. */
static int read_chunk(struct store *store, int64_t process, struct charge_samples *samples,
                      struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT chunk FROM charge_chunk WHERE process = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    const void *bytes = sqlite3_column_blob(select, 0);
    int status =
        chunk_decode(bytes ? bytes : "", (size_t)sqlite3_column_bytes(select, 0), samples, err);
    (void)sqlite3_reset(select);
    if (status < 0)
        return err_prefix(err, "database %s: charging process %lld: ", store_path(store),
                          (long long)process);
    return 1;
}

int charge_samples_read(struct store *store, int64_t process, struct charge_samples *samples,
                        struct err *err)
{
    *samples = (struct charge_samples){0};
    int status = read_chunk(store, process, samples, err);
    return status == 0 ? read_chain(store, process, samples, err) : status < 0 ? status : 0;
}
