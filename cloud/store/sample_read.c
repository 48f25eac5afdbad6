/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of one process: from its chunk, else along its chain. */
#include "store/chunk.h"
#include "store/sample_source.h"
#include "store/sqlite_api.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One row: 1 there is one, 0 there is none (and the statement is reset), negative an error. */
static int step(sqlite3_stmt *statement, int64_t process, struct err *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    (void)sqlite3_reset(statement);
    if (code == SQLITE_DONE)
        return 0;
    return err_set(err,
                   (code & 0xff) == SQLITE_CORRUPT ? ERR_INVALID
                   : (code & 0xff) == SQLITE_NOMEM ? ERR_NOMEM
                                                   : ERR_STORAGE,
                   "charging process %lld: %s", (long long)process,
                   sqlite3_errmsg(sqlite3_db_handle(statement)));
}

static double real_at(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(row, column);
}

static int64_t integer_at(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? STORE_NULL
                                                           : sqlite3_column_int64(row, column);
}

/* Copies the row; false when a text finds no memory. */
static bool read_row(sqlite3_stmt *row, struct charge_samples *samples,
                     struct charge_sample *sample)
{
    *sample = (struct charge_sample){
        .date_us = integer_at(row, 1),
        .battery_level = real_at(row, 2),
        .charge_energy_added = real_at(row, 3),
        .charger_power = real_at(row, 4),
        .charger_actual_current = real_at(row, 5),
        .charger_voltage = real_at(row, 6),
        .charger_phases = integer_at(row, 7),
        .ideal_battery_range_km = real_at(row, 8),
        .rated_battery_range_km = real_at(row, 9),
        .outside_temp = real_at(row, 10),
        .meter_wh = real_at(row, 11),
    };
    const char *type = (const char *)sqlite3_column_text(row, 12);
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
static int read_link(sqlite3_stmt *link, int64_t process, int64_t id,
                     struct charge_samples *samples, int64_t *previous, struct err *err)
{
    (void)sqlite3_bind_int64(link, 1, id);
    (void)sqlite3_bind_int64(link, 2, process);
    int found = step(link, process, err);
    if (found < 0)
        return found;
    /* Links go to older rows only; anything else would be a loop. */
    if (found == 1)
        *previous = integer_at(link, 0);
    bool broken = found == 0 || (*previous != STORE_NULL && *previous >= id);
    bool read = !broken && read_row(link, samples, &samples->list[samples->count]);
    (void)sqlite3_reset(link);
    if (broken)
        return err_set(err, ERR_INVALID, "the samples of charging process %lld are broken at %lld",
                       (long long)process, (long long)id);
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
static int read_chain(const struct sample_source *source, int64_t process,
                      struct charge_samples *samples, struct err *err)
{
    size_t capacity = 0;
    (void)sqlite3_bind_int64(source->head, 1, process);
    int status = step(source->head, process, err);
    if (status <= 0)
        return status;
    int64_t id = integer_at(source->head, 0);
    (void)sqlite3_reset(source->head);
    while (id != STORE_NULL) {
        if (samples->count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            void *bigger = realloc(samples->list, capacity * sizeof *samples->list);
            if (!bigger)
                return fail_memory(process, err);
            samples->list = bigger;
        }
        status = read_link(source->link, process, id, samples, &id, err);
        if (status < 0)
            return status;
    }
    reverse(samples->list, samples->count);
    return 0;
}

/* 1, or 0 when the process is not packed. */
static int read_chunk(const struct sample_source *source, int64_t process,
                      struct charge_samples *samples, struct err *err)
{
    (void)sqlite3_bind_int64(source->chunk, 1, process);
    int found = step(source->chunk, process, err);
    if (found <= 0)
        return found;
    struct err why = {0};
    const void *bytes = sqlite3_column_blob(source->chunk, 0);
    size_t length = bytes ? (size_t)sqlite3_column_bytes(source->chunk, 0) : 0;
    int status = chunk_decode(bytes ? bytes : "", length, samples, &why);
    (void)sqlite3_reset(source->chunk);
    if (status < 0)
        return err_set(err, status, "charging process %lld: %s", (long long)process, why.text);
    return 1;
}

int sample_source_read(const struct sample_source *source, int64_t process,
                       struct charge_samples *samples, struct err *err)
{
    *samples = (struct charge_samples){0};
    int status = read_chunk(source, process, samples, err);
    return status == 0 ? read_chain(source, process, samples, err) : status < 0 ? status : 0;
}
