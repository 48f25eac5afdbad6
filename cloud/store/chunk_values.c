/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of a chunk's column as values side by side, nulls in their places. */
#include "store/chunk_internal.h"

#include <endian.h>
#include <math.h>
#include <string.h>

const unsigned char *chunk_read_nulls(struct chunk_reader *reader, size_t samples, size_t *count)
{
    unsigned char some = chunk_read_byte(reader);
    *count = samples;
    if (some == 0)
        return NULL;
    const unsigned char *bits = chunk_read_bytes(reader, (samples + 7) / 8);
    if (some > 1 || !bits) {
        reader->bad = true;
        return NULL;
    }
    *count = 0;
    for (size_t i = 0; i < samples; i++)
        *count += (bits[i / 8] >> (i % 8)) & 1;
    return bits;
}

static bool is_there(const unsigned char *bits, size_t sample)
{
    return (bits[sample / 8] >> (sample % 8)) & 1;
}

/* The values stand together at the beginning: moves each to its sample, from the last one on. */
static void spread_integers(const unsigned char *bits, size_t samples, size_t count,
                            int64_t *values)
{
    for (size_t i = samples; bits && i-- > 0;)
        values[i] = is_there(bits, i) ? values[--count] : STORE_NULL;
}

static void spread_reals(const unsigned char *bits, size_t samples, size_t count, double *values)
{
    for (size_t i = samples; bits && i-- > 0;)
        values[i] = is_there(bits, i) ? values[--count] : NAN;
}

void chunk_read_numbers(struct chunk_reader *reader, const unsigned char *bits, size_t samples,
                        size_t count, int64_t *values)
{
    chunk_read_series(reader, values, count);
    if (!reader->bad)
        spread_integers(bits, samples, count, values);
}

void chunk_read_integers(struct chunk_reader *reader, size_t samples, int64_t *values)
{
    size_t count;
    const unsigned char *bits = chunk_read_nulls(reader, samples, &count);
    int exponent = (signed char)chunk_read_byte(reader);
    chunk_read_series(reader, values, count);
    if (reader->bad || exponent < 0 || exponent >= CHUNK_POWERS) {
        reader->bad = true;
        return;
    }
    int64_t power = chunk_power[exponent];
    bool beyond = false;
    for (size_t i = 0; power != 1 && i < count; i++)
        beyond |= __builtin_mul_overflow(values[i], power, &values[i]);
    reader->bad |= beyond;
    spread_integers(bits, samples, count, values);
}

void chunk_read_decimals(struct chunk_reader *reader, size_t samples, int64_t *scratch,
                         double *values)
{
    size_t count;
    const unsigned char *bits = chunk_read_nulls(reader, samples, &count);
    int exponent = (signed char)chunk_read_byte(reader);
    chunk_read_series(reader, scratch, count);
    if (reader->bad || exponent > 0 || exponent <= -CHUNK_POWERS) {
        reader->bad = true;
        return;
    }
    /* A quotient, as it was tried when it was written; a product would differ in the last bit. */
    double power = (double)chunk_power[-exponent];
    if (exponent == 0)
        for (size_t i = 0; i < count; i++)
            values[i] = (double)scratch[i];
    else
        for (size_t i = 0; i < count; i++)
            values[i] = (double)scratch[i] / power;
    spread_reals(bits, samples, count, values);
}

void chunk_read_doubles(struct chunk_reader *reader, size_t samples, double *values)
{
    size_t count;
    const unsigned char *bits = chunk_read_nulls(reader, samples, &count);
    const unsigned char *bytes = reader->bad ? NULL : chunk_read_bytes(reader, 8 * count);
    for (size_t i = 0; bytes && i < count; i++) {
        uint64_t word;
        memcpy(&word, bytes + 8 * i, sizeof word);
        word = le64toh(word);
        memcpy(&values[i], &word, sizeof word);
    }
    if (bytes)
        spread_reals(bits, samples, count, values);
}

void chunk_fill_nulls(enum chunk_kind kind, size_t samples, int64_t *integers, double *reals)
{
    if (kind == CHUNK_OF_REAL)
        for (size_t i = 0; i < samples; i++)
            reals[i] = NAN;
    else
        for (size_t i = 0; i < samples; i++)
            integers[i] = STORE_NULL;
}
