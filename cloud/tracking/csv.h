/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV as in RFC 4180: fields divided by commas, records by CR LF (a bare LF is taken too), fields
 * with commas, quotes or line ends in quotes, quotes doubled. Reading is a pure automaton that is
 * fed byte by byte, so that a file of any length needs the memory of its longest record.
 */
#ifndef SWAPSTACK_TRACKING_CSV_H
#define SWAPSTACK_TRACKING_CSV_H

#include "base/strbuf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_FIELDS_MAX   32
#define CSV_RECORD_BYTES 65536 /* of one record's fields; longer ones are bad */

/* Appends one field, in quotes where it must be. `first`: no comma before it. */
void csv_write_field(struct strbuf *to, const char *text, bool first);
void csv_write_end(struct strbuf *to);

enum csv_state { CSV_START, CSV_PLAIN, CSV_QUOTED, CSV_QUOTE, CSV_SKIP, CSV_DONE };

struct csv_reader {
    struct strbuf text;            /* owned: the fields, each with a NUL behind it */
    size_t starts[CSV_FIELDS_MAX]; /* of the fields in `text` */
    size_t count;
    enum csv_state state;
    bool after_cr;
    int64_t line;      /* where the record began, from 1 */
    int64_t next_line; /* where the reader is */
    const char *fault; /* why the record cannot be read (then it has no fields), NULL: it can */
};
#define CSV_READER_INIT ((struct csv_reader){.line = 1, .next_line = 1})

#define CSV_END (-1)
/* Takes one byte (0..255) or CSV_END. True: a record is complete, to be read before the next byte
 * is given. An empty line is a record of one empty field; behind the last line end there is none.
 */
bool csv_feed(struct csv_reader *reader, int byte);
/* Field `index` < count, valid until the next csv_feed. */
const char *csv_field(const struct csv_reader *reader, size_t index);
void csv_reader_free(struct csv_reader *reader);

#endif
