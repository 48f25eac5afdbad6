/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a chunk: every length is checked before it is used, whatever the bytes are. */
#include "store/chunk.h"

#include "store/chunk_internal.h"
#include <stdlib.h>
#include <string.h>

static bool form_suits(enum chunk_form form, enum chunk_kind kind)
{
    return form == CHUNK_NULL || (form == CHUNK_TEXT && kind == CHUNK_OF_TEXT) ||
           (form == CHUNK_BITS && kind == CHUNK_OF_REAL) ||
           (form == CHUNK_DECIMAL && kind != CHUNK_OF_TEXT);
}

/* Checks all that surrounds the columns and leaves the reader at the first one. */
static int open_chunk(struct chunk_reader *reader, const unsigned char *bytes, size_t length,
                      size_t *samples, struct err *err)
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
    *reader = (struct chunk_reader){bytes + CHUNK_HEADER_BYTES, bytes + length - CHUNK_CRC_BYTES,
                                    bytes + length, false};
    uint64_t count = chunk_read_varint(reader);
    /* A block of 64 dates has two bytes at least: more samples than this cannot be meant. */
    if (reader->bad || count > 32 * (uint64_t)length + 64)
        return err_set(err, ERR_INVALID, "the number of packed samples is damaged");
    *samples = count;
    return 0;
}

/* The column's head; `payload` reads what it holds, `reader` goes on behind it. */
static int open_column(struct chunk_reader *reader, const struct chunk_column *column,
                       enum chunk_form *form, struct chunk_reader *payload, struct err *err)
{
    unsigned char id = chunk_read_byte(reader);
    *form = (enum chunk_form)chunk_read_byte(reader);
    uint64_t length = chunk_read_varint(reader);
    const unsigned char *bytes = chunk_read_bytes(reader, length);
    if (!bytes || id != column->id || !form_suits(*form, column->kind))
        return err_set(err, ERR_INVALID, "the column %s is not where it should be", column->name);
    *payload = (struct chunk_reader){bytes, bytes + length, reader->limit, false};
    return 0;
}

/* Numbers of a column into `integers` or `reals`, whichever its kind needs; `integers` is used in
 * both cases. Not of texts. */
static void read_values(struct chunk_reader *payload, enum chunk_form form, enum chunk_kind kind,
                        size_t samples, int64_t *integers, double *reals)
{
    if (form == CHUNK_NULL)
        chunk_fill_nulls(kind, samples, integers, reals);
    else if (form == CHUNK_BITS)
        chunk_read_doubles(payload, samples, reals);
    else if (kind == CHUNK_OF_REAL)
        chunk_read_decimals(payload, samples, integers, reals);
    else
        chunk_read_integers(payload, samples, integers);
}

/* The texts of a column, interned. */
static int read_texts(struct chunk_reader *reader, struct charge_samples *to, const char ***texts,
                      size_t *count)
{
    *count = chunk_read_varint(reader);
    if (reader->bad || *count > (size_t)(reader->end - reader->at)) /* each has a byte at least */
        return ERR_INVALID;
    *texts = calloc(*count + 1, sizeof **texts);
    for (size_t i = 0; *texts && i < *count; i++) {
        uint64_t length = chunk_read_varint(reader);
        const unsigned char *bytes = chunk_read_bytes(reader, length);
        if (!bytes || memchr(bytes, 0, length))
            return ERR_INVALID;
        (*texts)[i] = charge_samples_text(to, (const char *)bytes, length);
        if (!(*texts)[i])
            return ERR_NOMEM;
    }
    return *texts ? 0 : ERR_NOMEM;
}

static int read_text_column(struct chunk_reader *payload, struct charge_samples *to,
                            int64_t *numbers)
{
    SCOPE_FREE const char **texts = NULL;
    size_t count, text_count;
    const unsigned char *bits = chunk_read_nulls(payload, to->count, &count);
    int rc = payload->bad ? ERR_INVALID : read_texts(payload, to, &texts, &text_count);
    if (rc < 0)
        return rc;
    chunk_read_numbers(payload, bits, to->count, count, numbers);
    for (size_t i = 0; i < to->count && !payload->bad; i++) {
        bool there = !bits || ((bits[i / 8] >> (i % 8)) & 1);
        if (there && (uint64_t)numbers[i] >= text_count)
            payload->bad = true;
        else if (there)
            to->list[i].fast_charger_type = texts[numbers[i]];
    }
    return 0;
}

/* Each value into its sample. */
static void scatter(const struct chunk_column *column, struct charge_samples *to,
                    const int64_t *integers, const double *reals)
{
    for (size_t i = 0; i < to->count; i++) {
        char *field = (char *)&to->list[i] + column->offset;
        if (column->kind == CHUNK_OF_REAL)
            memcpy(field, &reals[i], sizeof reals[i]);
        else
            memcpy(field, &integers[i], sizeof integers[i]);
    }
}

struct decoding {
    struct chunk_reader reader;
    int64_t *integers; /* owned; room for every sample */
    double *reals;     /* likewise */
};

static void decoding_free(struct decoding *decoding)
{
    free(decoding->integers);
    free(decoding->reals);
}

static int fail_column(const struct chunk_column *column, int rc, struct err *err)
{
    return rc == ERR_NOMEM ? err_set(err, rc, "no memory for the column %s", column->name)
                           : err_set(err, ERR_INVALID, "the column %s is damaged", column->name);
}

static int decode_column(struct decoding *decoding, const struct chunk_column *column,
                         struct charge_samples *to, struct err *err)
{
    enum chunk_form form;
    struct chunk_reader payload;
    int rc = open_column(&decoding->reader, column, &form, &payload, err);
    if (rc < 0)
        return rc;
    if (form == CHUNK_TEXT) {
        rc = read_text_column(&payload, to, decoding->integers);
    } else if (column->kind != CHUNK_OF_TEXT) { /* texts are NULL already */
        read_values(&payload, form, column->kind, to->count, decoding->integers, decoding->reals);
        if (!payload.bad)
            scatter(column, to, decoding->integers, decoding->reals);
    }
    if (rc < 0 || payload.bad || payload.at != payload.end)
        return fail_column(column, rc, err);
    return 0;
}

static int check_end(const struct chunk_reader *reader, struct err *err)
{
    return reader->at == reader->end
               ? 0
               : err_set(err, ERR_INVALID, "something stands behind the packed samples");
}

int chunk_decode(const void *bytes, size_t length, struct charge_samples *to, struct err *err)
{
    SCOPE(decoding_free) struct decoding decoding = {0};
    size_t samples = 0;
    *to = (struct charge_samples){0};
    int rc = open_chunk(&decoding.reader, bytes, length, &samples, err);
    if (rc < 0)
        return rc;
    to->list = calloc(samples + 1, sizeof *to->list);
    decoding.integers = calloc(samples + 1, sizeof *decoding.integers);
    decoding.reals = calloc(samples + 1, sizeof *decoding.reals);
    if (!to->list || !decoding.integers || !decoding.reals)
        return err_set(err, ERR_NOMEM, "no memory for %zu samples", samples);
    to->count = samples;
    for (size_t i = 0; rc == 0 && i < CHUNK_COLUMNS; i++)
        rc = decode_column(&decoding, &chunk_columns[i], to, err);
    return rc < 0 ? rc : check_end(&decoding.reader, err);
}

void chunk_flat_free(struct chunk_flat *flat)
{
    free(flat->room);
    *flat = (struct chunk_flat){0};
}

/* The column's array among the flat samples. */
static void *array_of(const struct chunk_flat *flat, const struct chunk_column *column)
{
    void *array;
    memcpy(&array, (const char *)flat + column->flat_offset, sizeof array);
    return array;
}

static void set_array(struct chunk_flat *flat, const struct chunk_column *column, void *array)
{
    if (column->kind != CHUNK_OF_TEXT)
        memcpy((char *)flat + column->flat_offset, &array, sizeof array);
}

static int make_room(struct chunk_flat *flat, size_t samples, struct err *err)
{
    flat->count = samples;
    if (samples <= flat->capacity)
        return 0;
    size_t capacity = samples + samples / 2;
    void *room = malloc((CHUNK_COLUMNS + 1) * capacity * sizeof(int64_t));
    if (!room)
        return err_set(err, ERR_NOMEM, "no memory for %zu samples", samples);
    free(flat->room);
    flat->room = room;
    flat->capacity = capacity;
    for (size_t i = 0; i < CHUNK_COLUMNS; i++)
        set_array(flat, &chunk_columns[i], (int64_t *)room + i * capacity);
    flat->scratch = (int64_t *)room + CHUNK_COLUMNS * capacity;
    return 0;
}

static int decode_flat_column(struct chunk_reader *reader, const struct chunk_column *column,
                              struct chunk_flat *flat, struct err *err)
{
    enum chunk_form form;
    struct chunk_reader payload;
    int rc = open_column(reader, column, &form, &payload, err);
    if (rc < 0 || column->kind == CHUNK_OF_TEXT)
        return rc;
    void *values = array_of(flat, column);
    bool real = column->kind == CHUNK_OF_REAL;
    read_values(&payload, form, column->kind, flat->count, real ? flat->scratch : values, values);
    if (payload.bad || payload.at != payload.end)
        return fail_column(column, ERR_INVALID, err);
    return 0;
}

int chunk_decode_flat(const void *bytes, size_t length, struct chunk_flat *flat, struct err *err)
{
    struct chunk_reader reader;
    size_t samples = 0;
    flat->count = 0;
    int rc = open_chunk(&reader, bytes, length, &samples, err);
    if (rc == 0)
        rc = make_room(flat, samples, err);
    for (size_t i = 0; rc == 0 && i < CHUNK_COLUMNS; i++)
        rc = decode_flat_column(&reader, &chunk_columns[i], flat, err);
    if (rc == 0)
        rc = check_end(&reader, err);
    if (rc < 0)
        flat->count = 0;
    return rc;
}
