/* SPDX-License-Identifier: Apache-2.0 */
/* What the files chunk*.c share: columns, and integers as bytes. Nobody else includes this. */
#ifndef SWAPSTACK_STORE_CHUNK_INTERNAL_H
#define SWAPSTACK_STORE_CHUNK_INTERNAL_H

#include "store/chunk.h"

enum chunk_form { CHUNK_NULL, CHUNK_DECIMAL, CHUNK_BITS, CHUNK_TEXT };
enum chunk_kind { CHUNK_OF_INTEGER, CHUNK_OF_REAL, CHUNK_OF_TEXT };

struct chunk_column {
    unsigned char id; /* in the file: never given to another column */
    enum chunk_kind kind;
    size_t offset;      /* in struct charge_sample */
    size_t flat_offset; /* of its array in struct chunk_flat; not of texts, which it has not */
    const char *name;
};
#define CHUNK_COLUMNS 12
extern const struct chunk_column chunk_columns[CHUNK_COLUMNS];

#define CHUNK_HEADER_BYTES 5
#define CHUNK_CRC_BYTES    4
#define CHUNK_POWERS       10 /* decimal exponents -9 … 9 */
extern const int64_t chunk_power[CHUNK_POWERS];

/* A place in bytes that are read; `bad` stays once something did not fit. Up to `limit` there are
 * bytes, so that a word may be read at once of which only a part is before `end`. */
struct chunk_reader {
    const unsigned char *at, *end, *limit;
    bool bad;
};
unsigned char chunk_read_byte(struct chunk_reader *reader);
uint64_t chunk_read_varint(struct chunk_reader *reader);
int64_t chunk_read_integer(struct chunk_reader *reader);
/* `length` bytes, NULL and bad when there are not as many. */
const unsigned char *chunk_read_bytes(struct chunk_reader *reader, size_t length);

void chunk_write_varint(struct strbuf *to, uint64_t value);
void chunk_write_integer(struct strbuf *to, int64_t value);

/* Appends the shortest of the orders. Any integers: differences wrap. `scratch` has the room of
 * `count` integers. */
void chunk_write_series(struct strbuf *to, const int64_t *values, size_t count, int64_t *scratch);
void chunk_read_series(struct chunk_reader *reader, int64_t *values, size_t count);

/* chunk_values.c: payloads. Each has room for `samples` values and leaves a value per sample, nulls
 * among them; `bad` is set when the bytes are none. */
/* NULL: every sample has a value. *count: how many have one. */
const unsigned char *chunk_read_nulls(struct chunk_reader *reader, size_t samples, size_t *count);
/* Behind the nulls: a series. */
void chunk_read_numbers(struct chunk_reader *reader, const unsigned char *bits, size_t samples,
                        size_t count, int64_t *values);
void chunk_read_integers(struct chunk_reader *reader, size_t samples, int64_t *values);
void chunk_read_decimals(struct chunk_reader *reader, size_t samples, int64_t *scratch,
                         double *values);
void chunk_read_doubles(struct chunk_reader *reader, size_t samples, double *values);
void chunk_fill_nulls(enum chunk_kind kind, size_t samples, int64_t *integers, double *reals);

#endif
