/* SPDX-License-Identifier: Apache-2.0 */
/* Integers as bytes: varints, and series of differences in blocks of equal width. */
#include "store/chunk_internal.h"
#include <endian.h>
#include <string.h>

#define ORDER_MOST   2
#define BLOCK        64
#define VARINT_BYTES 10

unsigned char chunk_read_byte(struct chunk_reader *reader)
{
    const unsigned char *byte = chunk_read_bytes(reader, 1);
    return byte ? *byte : 0;
}

const unsigned char *chunk_read_bytes(struct chunk_reader *reader, size_t length)
{
    if (reader->bad || (size_t)(reader->end - reader->at) < length) {
        reader->bad = true;
        return NULL;
    }
    const unsigned char *bytes = reader->at;
    reader->at += length;
    return bytes;
}

uint64_t chunk_read_varint(struct chunk_reader *reader)
{
    uint64_t value = 0;
    for (int i = 0; i < VARINT_BYTES; i++) {
        unsigned char byte = chunk_read_byte(reader);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return value;
    }
    reader->bad = true;
    return 0;
}

int64_t chunk_read_integer(struct chunk_reader *reader)
{
    uint64_t zigzag = chunk_read_varint(reader);
    return (int64_t)((zigzag >> 1) ^ (0 - (zigzag & 1)));
}

void chunk_write_varint(struct strbuf *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        strbuf_append_char(to, (char)(unsigned char)(value | 0x80));
    strbuf_append_char(to, (char)(unsigned char)value);
}

void chunk_write_integer(struct strbuf *to, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    chunk_write_varint(to, (bits << 1) ^ (0 - (bits >> 63)));
}

/* Differences wrap, so that any two integers have one. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int width_of(uint64_t value)
{
    int width = 0;
    for (; value; value >>= 1)
        width++;
    return width;
}

static void write_block(struct strbuf *to, const int64_t *values, size_t count)
{
    int64_t least = values[0];
    uint64_t span = 0;
    for (size_t i = 1; i < count; i++)
        least = values[i] < least ? values[i] : least;
    for (size_t i = 0; i < count; i++)
        span |= (uint64_t)minus(values[i], least);
    int width = width_of(span);
    chunk_write_integer(to, least);
    strbuf_append_char(to, (char)width);
    unsigned pending = 0; /* bits of an unfinished byte */
    int filled = 0;
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < width; bit++) {
            pending |= (unsigned)(((uint64_t)minus(values[i], least) >> bit) & 1) << filled;
            if (++filled == 8) {
                strbuf_append_char(to, (char)(unsigned char)pending);
                pending = 0;
                filled = 0;
            }
        }
    if (filled > 0)
        strbuf_append_char(to, (char)(unsigned char)pending);
}

/* `width` bits (at most 64) of a block, from bit `at` on. */
static uint64_t bits_at(const unsigned char *bytes, size_t length, size_t at, size_t width)
{
    const unsigned char *first = bytes + at / 8;
    size_t shift = at % 8, spare = length - at / 8; /* bytes from the first one on */
    uint64_t word = 0;
    if (spare >= sizeof word) {
        memcpy(&word, first, sizeof word);
        word = le64toh(word);
    } else {
        for (size_t i = 0; i < spare; i++)
            word |= (uint64_t)first[i] << (8 * i);
    }
    uint64_t value = word >> shift;
    if (shift + width > 64)
        value |= (uint64_t)first[8] << (64 - shift);
    return width < 64 ? value & ((UINT64_C(1) << width) - 1) : value;
}

#define WHOLE_WORD 57 /* so many bits lie in one word of 8 bytes wherever they begin */

/* The usual block: a word may be read at each value. */
static void read_words(const unsigned char *bytes, uint64_t least, size_t width, int64_t *values,
                       size_t count)
{
    uint64_t mask = (UINT64_C(1) << width) - 1;
    for (size_t i = 0, at = 0; i < count; i++, at += width) {
        uint64_t word;
        memcpy(&word, bytes + at / 8, sizeof word);
        values[i] = (int64_t)(least + ((le64toh(word) >> at % 8) & mask));
    }
}

static void read_block(struct chunk_reader *reader, int64_t *values, size_t count)
{
    int64_t least = chunk_read_integer(reader);
    size_t width = chunk_read_byte(reader);
    size_t length = (width * count + 7) / 8;
    const unsigned char *bytes = width > 64 ? NULL : chunk_read_bytes(reader, length);
    if (!bytes) {
        reader->bad = true;
        return;
    }
    if (width == 0)
        for (size_t i = 0; i < count; i++)
            values[i] = least;
    else if (width <= WHOLE_WORD && (size_t)(reader->limit - bytes) >= length + sizeof(uint64_t))
        read_words(bytes, (uint64_t)least, width, values, count);
    else
        for (size_t i = 0; i < count; i++)
            values[i] = plus(least, (int64_t)bits_at(bytes, length, i * width, width));
}

/* In place: values[first..] become the differences to the one before. */
static void difference(int64_t *values, size_t first, size_t count)
{
    for (size_t i = count; i-- > first;)
        values[i] = minus(values[i], values[i - 1]);
}

static void write_order(struct strbuf *to, const int64_t *values, size_t count, size_t order,
                        int64_t *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = values[i];
    for (size_t step = 1; step <= order; step++)
        difference(scratch, step, count);
    strbuf_append_char(to, (char)order);
    for (size_t i = 0; i < order; i++)
        chunk_write_integer(to, scratch[i]);
    for (size_t at = order; at < count; at += BLOCK)
        write_block(to, scratch + at, count - at < BLOCK ? count - at : BLOCK);
}

void chunk_write_series(struct strbuf *to, const int64_t *values, size_t count, int64_t *scratch)
{
    SCOPE_STRBUF struct strbuf best = STRBUF_INIT;
    for (size_t order = 0; order <= ORDER_MOST && order <= count; order++) {
        SCOPE_STRBUF struct strbuf attempt = STRBUF_INIT;
        write_order(&attempt, values, count, order, scratch);
        to->failed |= strbuf_failed(&attempt);
        if (order > 0 && attempt.length >= best.length)
            continue;
        struct strbuf worse = best;
        best = attempt;
        attempt = worse;
    }
    strbuf_append(to, strbuf_text(&best), best.length);
}

void chunk_read_series(struct chunk_reader *reader, int64_t *values, size_t count)
{
    size_t order = chunk_read_byte(reader);
    if (order > ORDER_MOST || order > count) {
        reader->bad = true;
        return;
    }
    for (size_t i = 0; i < order; i++)
        values[i] = chunk_read_integer(reader);
    for (size_t at = order; at < count && !reader->bad; at += BLOCK)
        read_block(reader, values + at, count - at < BLOCK ? count - at : BLOCK);
    for (size_t step = order; step > 0 && !reader->bad; step--)
        for (size_t i = step; i < count; i++)
            values[i] = plus(values[i], values[i - 1]);
}
