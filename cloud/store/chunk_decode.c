/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a chunk: every length is checked before it is used, whatever the bytes are. */
#include "store/chunk.h"

#include "store/chunk_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A block of 64 dates has two bytes at least: more samples than this cannot be meant. */
#define SAMPLES_PER_BYTE 32
#define SAMPLES_SLACK    64

struct decoding {
    struct charge_samples *to;
    int64_t *integers; /* room for every sample */
    struct chunk_reader reader;
};

static void decoding_free(struct decoding *decoding)
{
    free(decoding->integers);
}

/* The sample's field of a column. */
static void *field_of(struct decoding *decoding, const struct chunk_column *column, size_t sample)
{
    return (char *)&decoding->to->list[sample] + column->offset;
}

static void set_null(void *field, enum chunk_kind kind)
{
    if (kind == CHUNK_OF_INTEGER)
        *(int64_t *)field = STORE_NULL;
    else if (kind == CHUNK_OF_REAL)
        *(double *)field = NAN;
    else
        *(const char **)field = NULL;
}

/* NULL bits: every sample has a value. *count: how many have one. */
static const unsigned char *read_nulls(struct decoding *decoding, size_t *count)
{
    size_t samples = decoding->to->count;
    unsigned char some = chunk_read_byte(&decoding->reader);
    *count = samples;
    if (some == 0)
        return NULL;
    const unsigned char *bits = chunk_read_bytes(&decoding->reader, (samples + 7) / 8);
    if (some > 1 || !bits) {
        decoding->reader.bad = true;
        return NULL;
    }
    *count = 0;
    for (size_t i = 0; i < samples; i++)
        *count += (bits[i / 8] >> (i % 8)) & 1;
    return bits;
}

static double read_double(struct chunk_reader *reader)
{
    const unsigned char *bytes = chunk_read_bytes(reader, 8);
    uint64_t bits = 0;
    for (int byte = 0; bytes && byte < 8; byte++)
        bits |= (uint64_t)bytes[byte] << (8 * byte);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One integer as the column's value; false when it cannot be one. */
static bool set_decimal(void *field, enum chunk_kind kind, int64_t integer, int exponent)
{
    if (kind == CHUNK_OF_REAL) {
        if (exponent > 0)
            return false;
        *(double *)field = (double)integer / (double)chunk_power[-exponent];
        return true;
    }
    int64_t value;
    if (exponent < 0 || __builtin_mul_overflow(integer, chunk_power[exponent], &value))
        return false;
    *(int64_t *)field = value;
    return true;
}

/* The texts of a column, interned; *first: the number of the first one. */
static int read_texts(struct decoding *decoding, const char ***texts, size_t *count)
{
    struct chunk_reader *reader = &decoding->reader;
    *count = chunk_read_varint(reader);
    if (reader->bad || *count > (size_t)(reader->end - reader->at)) /* each has a byte at least */
        return ERR_INVALID;
    *texts = calloc(*count + 1, sizeof **texts);
    for (size_t i = 0; *texts && i < *count; i++) {
        uint64_t length = chunk_read_varint(reader);
        const unsigned char *bytes = chunk_read_bytes(reader, length);
        if (!bytes || memchr(bytes, 0, length))
            return ERR_INVALID;
        (*texts)[i] = charge_samples_text(decoding->to, (const char *)bytes, length);
        if (!(*texts)[i])
            return ERR_NOMEM;
    }
    return *texts ? 0 : ERR_NOMEM;
}

static int read_column_values(struct decoding *decoding, const struct chunk_column *column,
                              enum chunk_form form)
{
    struct chunk_reader *reader = &decoding->reader;
    SCOPE_FREE const char **texts = NULL;
    size_t count = 0, text_count = 0, at = 0;
    int exponent = 0;
    const unsigned char *bits = form == CHUNK_NULL ? NULL : read_nulls(decoding, &count);
    if (form == CHUNK_DECIMAL)
        exponent = (signed char)chunk_read_byte(reader);
    int rc = form == CHUNK_TEXT ? read_texts(decoding, &texts, &text_count) : 0;
    if (rc < 0 || reader->bad || abs(exponent) >= CHUNK_POWERS)
        return rc < 0 ? rc : ERR_INVALID;
    if (form == CHUNK_DECIMAL || form == CHUNK_TEXT)
        chunk_read_series(reader, decoding->integers, count);
    for (size_t i = 0; i < decoding->to->count && !reader->bad; i++) {
        void *field = field_of(decoding, column, i);
        set_null(field, column->kind);
        if (form == CHUNK_NULL || (bits && !((bits[i / 8] >> (i % 8)) & 1)))
            continue;
        int64_t integer = decoding->integers[at++];
        if (form == CHUNK_BITS)
            *(double *)field = read_double(reader);
        else if (form == CHUNK_TEXT && (uint64_t)integer < text_count)
            *(const char **)field = texts[integer];
        else if (form == CHUNK_TEXT || !set_decimal(field, column->kind, integer, exponent))
            return ERR_INVALID;
    }
    return reader->bad || reader->at != reader->end ? ERR_INVALID : 0;
}

static bool form_suits(enum chunk_form form, enum chunk_kind kind)
{
    return form == CHUNK_NULL || (form == CHUNK_TEXT && kind == CHUNK_OF_TEXT) ||
           (form == CHUNK_BITS && kind == CHUNK_OF_REAL) ||
           (form == CHUNK_DECIMAL && kind != CHUNK_OF_TEXT);
}

static int read_column(struct decoding *decoding, const struct chunk_column *column,
                       struct err *err)
{
    struct chunk_reader *reader = &decoding->reader;
    unsigned char id = chunk_read_byte(reader);
    enum chunk_form form = (enum chunk_form)chunk_read_byte(reader);
    uint64_t length = chunk_read_varint(reader);
    const unsigned char *payload = chunk_read_bytes(reader, length);
    if (!payload || id != column->id || !form_suits(form, column->kind))
        return err_set(err, ERR_INVALID, "the column %s is not where it should be", column->name);
    struct chunk_reader whole = *reader;
    *reader = (struct chunk_reader){payload, payload + length, false};
    int rc = read_column_values(decoding, column, form);
    *reader = whole;
    if (rc == ERR_NOMEM)
        return err_set(err, rc, "no memory for the column %s", column->name);
    return rc < 0 ? err_set(err, rc, "the column %s is damaged", column->name) : 0;
}

/* Checks all that surrounds the columns and leaves the reader at the first one. */
static int open_chunk(struct decoding *decoding, const unsigned char *bytes, size_t length,
                      uint64_t *samples, struct err *err)
{
    if (length < CHUNK_HEADER_BYTES + CHUNK_CRC_BYTES || memcmp(bytes, "SWC", 3) != 0)
        return err_set(err, ERR_INVALID, "%zu bytes that are no packed samples", length);
    uint32_t crc = 0;
    for (int byte = 0; byte < CHUNK_CRC_BYTES; byte++)
        crc |= (uint32_t)bytes[length - CHUNK_CRC_BYTES + (size_t)byte] << (8 * byte);
    if (crc != chunk_crc(bytes, length - CHUNK_CRC_BYTES))
        return err_set(err, ERR_INVALID, "the check sum of the packed samples is wrong");
    if (bytes[3] != CHUNK_VERSION || bytes[4] != CHUNK_COLUMNS)
        return err_set(err, ERR_INVALID,
                       "packed samples of version %d with %d columns; this program knows %d with "
                       "%d",
                       bytes[3], bytes[4], CHUNK_VERSION, CHUNK_COLUMNS);
    decoding->reader =
        (struct chunk_reader){bytes + CHUNK_HEADER_BYTES, bytes + length - CHUNK_CRC_BYTES, false};
    *samples = chunk_read_varint(&decoding->reader);
    if (decoding->reader.bad || *samples > SAMPLES_PER_BYTE * (uint64_t)length + SAMPLES_SLACK)
        return err_set(err, ERR_INVALID, "the number of packed samples is damaged");
    return 0;
}

int chunk_decode(const void *bytes, size_t length, struct charge_samples *to, struct err *err)
{
    SCOPE(decoding_free) struct decoding decoding = {.to = to};
    uint64_t samples = 0;
    *to = (struct charge_samples){0};
    int rc = open_chunk(&decoding, bytes, length, &samples, err);
    if (rc < 0)
        return rc;
    to->list = calloc(samples + 1, sizeof *to->list);
    decoding.integers = calloc(samples + 1, sizeof *decoding.integers);
    if (!to->list || !decoding.integers)
        return err_set(err, ERR_NOMEM, "no memory for %zu samples", (size_t)samples);
    to->count = samples;
    for (size_t i = 0; rc == 0 && i < CHUNK_COLUMNS; i++)
        rc = read_column(&decoding, &chunk_columns[i], err);
    if (rc == 0 && decoding.reader.at != decoding.reader.end)
        rc = err_set(err, ERR_INVALID, "something stands behind the packed samples");
    return rc;
}
