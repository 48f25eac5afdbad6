/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/csv.h"

#include <assert.h>
#include <string.h>

void csv_write_field(struct strbuf *to, const char *text, bool first)
{
    if (!first)
        strbuf_append_char(to, ',');
    /* Blanks at the ends belong to the field; some readers cut them unless they are quoted. */
    size_t length = strlen(text);
    bool blank = length > 0 && (text[0] == ' ' || text[length - 1] == ' ');
    if (!blank && !strpbrk(text, ",\"\r\n")) {
        strbuf_append(to, text, length);
        return;
    }
    strbuf_append_char(to, '"');
    for (; *text; text++) {
        if (*text == '"')
            strbuf_append_char(to, '"');
        strbuf_append_char(to, *text);
    }
    strbuf_append_char(to, '"');
}

void csv_write_end(struct strbuf *to)
{
    strbuf_append_text(to, "\r\n");
}

const char *csv_field(const struct csv_reader *reader, size_t index)
{
    assert(index < reader->count && reader->state == CSV_DONE);
    return strbuf_text(&reader->text) + reader->starts[index];
}

void csv_reader_free(struct csv_reader *reader)
{
    strbuf_free(&reader->text);
}

/* The rest of the line is not looked at; the next line is a new record. */
static void give_up(struct csv_reader *reader, const char *fault)
{
    reader->fault = fault;
    reader->state = CSV_SKIP;
}

static void begin_field(struct csv_reader *reader)
{
    if (reader->count == CSV_FIELDS_MAX) {
        give_up(reader, "it has more than 32 fields");
        return;
    }
    reader->starts[reader->count++] = reader->text.length;
    reader->state = CSV_START;
}

static void add(struct csv_reader *reader, int byte)
{
    if (byte == '\0')
        give_up(reader, "it contains a NUL byte");
    else if (reader->text.length >= CSV_RECORD_BYTES)
        give_up(reader, "it is longer than 65536 bytes");
    else
        strbuf_append_char(&reader->text, (char)byte);
}

static void end_field(struct csv_reader *reader)
{
    strbuf_append_char(&reader->text, '\0');
}

static bool end_record(struct csv_reader *reader)
{
    if (reader->state == CSV_QUOTED)
        reader->fault = "a quoted field is not closed";
    else if (reader->state != CSV_SKIP)
        end_field(reader);
    if (strbuf_failed(&reader->text))
        reader->fault = "there is no memory for it";
    if (reader->fault)
        reader->count = 0;
    reader->state = CSV_DONE;
    return true;
}

static void begin_record(struct csv_reader *reader)
{
    strbuf_clear(&reader->text);
    reader->count = 0;
    reader->fault = NULL;
    reader->line = reader->next_line;
    begin_field(reader);
}

/* A byte that ends no record. */
static void take(struct csv_reader *reader, int byte)
{
    switch (reader->state) {
    case CSV_START:
    case CSV_PLAIN:
        if (byte == ',') {
            end_field(reader);
            begin_field(reader);
        } else if (byte == '"' && reader->state == CSV_START) {
            reader->state = CSV_QUOTED;
        } else if (byte == '"') {
            give_up(reader, "a quote stands inside a field that does not begin with one");
        } else {
            reader->state = CSV_PLAIN;
            add(reader, byte);
        }
        break;
    case CSV_QUOTED:
        if (byte == '"')
            reader->state = CSV_QUOTE;
        else
            add(reader, byte);
        break;
    case CSV_QUOTE:
        if (byte == '"') {
            add(reader, byte);
            if (reader->state != CSV_SKIP)
                reader->state = CSV_QUOTED;
        } else if (byte == ',') {
            end_field(reader);
            begin_field(reader);
        } else {
            give_up(reader, "something stands behind the closing quote of a field");
        }
        break;
    case CSV_SKIP:
    case CSV_DONE:
        break;
    }
}

bool csv_feed(struct csv_reader *reader, int byte)
{
    bool fresh = reader->count == 0 && !reader->fault && reader->state == CSV_START;
    if (fresh || reader->state == CSV_DONE) {
        if (byte == CSV_END) {
            reader->state = CSV_DONE;
            return false;
        }
        begin_record(reader);
    }
    if (byte == '\n')
        reader->next_line++;
    if (byte == CSV_END)
        return end_record(reader);
    if (reader->state == CSV_QUOTED) {
        take(reader, byte);
        return false;
    }
    /* CR LF is one line end; a CR alone is none. */
    if (reader->after_cr && byte != '\n' && reader->state != CSV_SKIP)
        give_up(reader, "a CR without its LF stands outside quotes");
    reader->after_cr = byte == '\r';
    if (byte == '\n')
        return end_record(reader);
    if (byte != '\r')
        take(reader, byte);
    return false;
}
