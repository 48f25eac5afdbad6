/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a chunk and their encoding; chunk_decode.c reads it. */
#include "store/chunk.h"

#include "store/chunk_internal.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define REAL(id, field)                                                                            \
    {                                                                                              \
        id, CHUNK_OF_REAL, offsetof(struct charge_sample, field),                                  \
            offsetof(struct chunk_flat, field), #field                                             \
    }

const struct chunk_column chunk_columns[CHUNK_COLUMNS] = {
    {1, CHUNK_OF_INTEGER, offsetof(struct charge_sample, date_us),
     offsetof(struct chunk_flat, date_us), "date"},
    REAL(2, battery_level),
    REAL(3, charge_energy_added),
    REAL(4, charger_power),
    REAL(5, charger_actual_current),
    REAL(6, charger_voltage),
    {7, CHUNK_OF_INTEGER, offsetof(struct charge_sample, charger_phases),
     offsetof(struct chunk_flat, charger_phases), "charger_phases"},
    REAL(8, ideal_battery_range_km),
    REAL(9, rated_battery_range_km),
    REAL(10, outside_temp),
    {11, CHUNK_OF_TEXT, offsetof(struct charge_sample, fast_charger_type), 0, "fast_charger_type"},
    REAL(12, meter_wh),
};

const int64_t chunk_power[CHUNK_POWERS] = {1,      10,      100,      1000,      10000,
                                           100000, 1000000, 10000000, 100000000, 1000000000};

uint32_t chunk_crc(const void *bytes, size_t length)
{
    return (uint32_t)crc32_z(0, bytes, length);
}

/* The values of one column that are there, and where. */
struct gathered {
    int64_t *integers; /* of integers and of texts: their numbers */
    double *reals;
    int64_t *scratch;
    const char **texts; /* distinct, in the order of their first use */
    size_t text_count;
    unsigned char *present; /* a bit per sample */
    size_t count, samples;
};

static void gathered_free(struct gathered *gathered)
{
    free(gathered->integers);
    free(gathered->reals);
    free(gathered->scratch);
    free(gathered->texts);
    free(gathered->present);
}

static int gathered_new(struct gathered *gathered, size_t samples)
{
    *gathered = (struct gathered){.samples = samples};
    gathered->integers = calloc(samples + 1, sizeof *gathered->integers);
    gathered->reals = calloc(samples + 1, sizeof *gathered->reals);
    gathered->scratch = calloc(samples + 1, sizeof *gathered->scratch);
    gathered->texts = calloc(samples + 1, sizeof *gathered->texts);
    gathered->present = calloc(samples / 8 + 1, 1);
    return gathered->integers && gathered->reals && gathered->scratch && gathered->texts &&
                   gathered->present
               ? 0
               : ERR_NOMEM;
}

static int64_t text_number(struct gathered *gathered, const char *text)
{
    size_t i = 0;
    while (i < gathered->text_count && strcmp(gathered->texts[i], text) != 0)
        i++;
    if (i == gathered->text_count)
        gathered->texts[gathered->text_count++] = text;
    return (int64_t)i;
}

/* Takes one sample's value; false when it is null. */
static bool take(struct gathered *gathered, const struct chunk_column *column, const void *field)
{
    if (column->kind == CHUNK_OF_INTEGER) {
        const int64_t *value = field;
        gathered->integers[gathered->count] = *value;
        return *value != STORE_NULL;
    }
    if (column->kind == CHUNK_OF_REAL) {
        const double *value = field;
        gathered->reals[gathered->count] = *value;
        return !isnan(*value);
    }
    const char *const *text = field;
    if (*text)
        gathered->integers[gathered->count] = text_number(gathered, *text);
    return *text != NULL;
}

static void gather(struct gathered *gathered, const struct chunk_column *column,
                   const struct charge_sample *samples)
{
    gathered->count = gathered->text_count = 0;
    memset(gathered->present, 0, gathered->samples / 8 + 1);
    for (size_t i = 0; i < gathered->samples; i++)
        if (take(gathered, column, (const char *)&samples[i] + column->offset)) {
            gathered->present[i / 8] |= (unsigned char)(1 << i % 8);
            gathered->count++;
        }
}

/* Can all reals be written as integers over 10^decimals, and read back to the last bit? */
static bool fit_decimals(struct gathered *gathered, int decimals)
{
    double power = (double)chunk_power[decimals];
    for (size_t i = 0; i < gathered->count; i++) {
        double scaled = round(gathered->reals[i] * power);
        if (!(fabs(scaled) < 9007199254740992.0)) /* 2^53: whole numbers end to be exact */
            return false;
        gathered->integers[i] = (int64_t)scaled;
        double back = (double)gathered->integers[i] / power;
        if (memcmp(&back, &gathered->reals[i], sizeof back) != 0) /* tells -0 from 0 */
            return false;
    }
    return true;
}

/* The decimal exponent of the reals, whose integers are left in place; -CHUNK_POWERS: none. */
static int exponent_of_reals(struct gathered *gathered)
{
    for (int decimals = 0; decimals < CHUNK_POWERS; decimals++)
        if (fit_decimals(gathered, decimals))
            return -decimals;
    return -CHUNK_POWERS;
}

/* Takes the power of ten that divides all integers out of them. */
static int exponent_of_integers(struct gathered *gathered)
{
    int exponent = CHUNK_POWERS - 1;
    for (size_t i = 0; i < gathered->count; i++)
        while (gathered->integers[i] % chunk_power[exponent] != 0)
            exponent--;
    for (size_t i = 0; i < gathered->count; i++)
        gathered->integers[i] /= chunk_power[exponent];
    return exponent;
}

static void write_nulls(struct strbuf *to, const struct gathered *gathered)
{
    bool some = gathered->count < gathered->samples;
    strbuf_append_char(to, (char)some);
    if (some)
        strbuf_append(to, gathered->present, (gathered->samples + 7) / 8);
}

static void write_bits(struct strbuf *to, const struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++) {
        uint64_t bits;
        memcpy(&bits, &gathered->reals[i], sizeof bits);
        for (int byte = 0; byte < 8; byte++)
            strbuf_append_char(to, (char)(unsigned char)(bits >> (8 * byte)));
    }
}

static void write_texts(struct strbuf *to, const struct gathered *gathered)
{
    chunk_write_varint(to, gathered->text_count);
    for (size_t i = 0; i < gathered->text_count; i++) {
        chunk_write_varint(to, strlen(gathered->texts[i]));
        strbuf_append_text(to, gathered->texts[i]);
    }
}

static enum chunk_form write_values(struct strbuf *to, struct gathered *gathered,
                                    enum chunk_kind kind)
{
    int exponent = 0;
    if (gathered->count == 0)
        return CHUNK_NULL;
    write_nulls(to, gathered);
    if (kind == CHUNK_OF_REAL && (exponent = exponent_of_reals(gathered)) == -CHUNK_POWERS) {
        write_bits(to, gathered);
        return CHUNK_BITS;
    }
    if (kind == CHUNK_OF_INTEGER)
        exponent = exponent_of_integers(gathered);
    if (kind == CHUNK_OF_TEXT)
        write_texts(to, gathered);
    else
        strbuf_append_char(to, (char)exponent);
    chunk_write_series(to, gathered->integers, gathered->count, gathered->scratch);
    return kind == CHUNK_OF_TEXT ? CHUNK_TEXT : CHUNK_DECIMAL;
}

int chunk_encode(const struct charge_sample *samples, size_t count, struct strbuf *to,
                 struct err *err)
{
    SCOPE(gathered_free) struct gathered gathered;
    size_t start = to->length;
    if (gathered_new(&gathered, count) < 0)
        return err_set(err, ERR_NOMEM, "no memory to pack %zu samples", count);
    strbuf_append(to, "SWC", 3);
    strbuf_append_char(to, CHUNK_VERSION);
    strbuf_append_char(to, CHUNK_COLUMNS);
    chunk_write_varint(to, count);
    for (size_t i = 0; i < CHUNK_COLUMNS; i++) {
        SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
        gather(&gathered, &chunk_columns[i], samples);
        enum chunk_form form = write_values(&payload, &gathered, chunk_columns[i].kind);
        strbuf_append_char(to, (char)chunk_columns[i].id);
        strbuf_append_char(to, (char)form);
        chunk_write_varint(to, payload.length);
        strbuf_append(to, strbuf_text(&payload), payload.length);
        to->failed |= strbuf_failed(&payload);
    }
    uint32_t crc = chunk_crc(strbuf_text(to) + start, to->length - start);
    for (int byte = 0; byte < CHUNK_CRC_BYTES; byte++)
        strbuf_append_char(to, (char)(unsigned char)(crc >> (8 * byte)));
    return strbuf_failed(to) ? err_set(err, ERR_NOMEM, "no memory to pack %zu samples", count) : 0;
}
