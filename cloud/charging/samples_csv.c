/* SPDX-License-Identifier: Apache-2.0 */
/* Samples as CSV (RFC 4180, one row a line): a field may stand in quotes, "" is a quote in them. */
#include "charging/samples_internal.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MOST 256

/* A row's fields, unquoted in place. */
struct row {
    char *fields[COLUMNS_MOST];
    size_t count;
};

/* Takes the quoted field at `at` (behind its first quote) apart; returns where it ends, NULL when
 * no quote closes it or something stands behind that quote. */
static char *unquote(char *at)
{
    char *to = at;
    for (;; at++) {
        if (*at == '\0')
            return NULL;
        if (*at == '"' && at[1] == '"')
            at++;
        else if (*at == '"')
            break;
        *to++ = *at;
    }
    char *end = at + 1;
    if (*end != ',' && *end != '\0')
        return NULL;
    *to = '\0'; /* before `end`: the quotes are gone */
    return end;
}

static const char *split(char *line, struct row *row)
{
    row->count = 0;
    for (char *at = line;;) {
        if (row->count == COLUMNS_MOST)
            return "it has too many fields";
        char *end;
        if (*at == '"') {
            row->fields[row->count++] = at + 1;
            end = unquote(at + 1);
            if (!end)
                return "a quote is not closed, or text follows it";
        } else {
            row->fields[row->count++] = at;
            end = at + strcspn(at, ",");
        }
        if (*end == '\0')
            return NULL;
        *end = '\0';
        at = end + 1;
    }
}

/* The name's field; SAMPLES_FIELDS for a column that is passed over. */
static int field_of(const char *name)
{
    int i = 0;
    while (i < SAMPLES_FIELDS && strcmp(name, samples_field_names[i]) != 0)
        i++;
    return i;
}

/* columns[field] = its place in a row, -1: not there. */
static int read_header(const struct row *row, int columns[SAMPLES_FIELDS], struct err *err)
{
    for (int i = 0; i < SAMPLES_FIELDS; i++)
        columns[i] = -1;
    for (size_t i = 0; i < row->count; i++) {
        int field = field_of(row->fields[i]);
        if (field == SAMPLES_FIELDS)
            continue;
        if (columns[field] >= 0)
            return err_set(err, ERR_INVALID, "the column %s is there twice", row->fields[i]);
        columns[field] = (int)i;
    }
    if (columns[SAMPLES_DATE] < 0)
        return err_set(err, ERR_INVALID,
                       "samples: neither JSON nor CSV whose first line names a column date");
    return 0;
}

static struct samples_value value_of(const char *text)
{
    if (*text == '\0' || strcmp(text, "null") == 0)
        return (struct samples_value){.kind = SAMPLES_NULL};
    return (struct samples_value){.kind = SAMPLES_TEXT, .text = text};
}

static int add_row(struct samples *to, const struct row *row, const int columns[SAMPLES_FIELDS],
                   size_t number, struct err *err)
{
    struct samples_value values[SAMPLES_FIELDS];
    for (int i = 0; i < SAMPLES_FIELDS; i++)
        values[i] = columns[i] < 0 ? (struct samples_value){.kind = SAMPLES_NULL}
                                   : value_of(row->fields[columns[i]]);
    return samples_add(to, values, "line", number, err);
}

/* Copies the line and takes it apart. NULL, or what is wrong with it. */
static const char *take_apart(const struct samples_line *line, char **copy, struct row *row)
{
    *copy = strndup(line->text, line->length);
    if (!*copy)
        return "there is no memory for it";
    return strlen(*copy) < line->length ? "it holds a NUL" : split(*copy, row);
}

/* The first line; *count: how many fields each row must have. */
static int read_names(const struct samples_line *line, int columns[SAMPLES_FIELDS], size_t *count,
                      struct err *err)
{
    SCOPE_FREE char *copy = NULL;
    struct row row;
    const char *wrong = take_apart(line, &copy, &row);
    if (wrong)
        return err_set(err, ERR_INVALID, "the first line of the samples: %s", wrong);
    *count = row.count;
    return read_header(&row, columns, err);
}

int samples_read_csv(const char *text, size_t length, struct samples *to, struct err *err)
{
    struct samples_line line;
    int columns[SAMPLES_FIELDS], rc = 0;
    size_t number = 0, count = 0;
    for (size_t at = 0; rc == 0 && samples_next_line(text, length, &at, &line);) {
        SCOPE_FREE char *copy = NULL;
        struct row row;
        number++;
        if (line.length == 0)
            continue;
        if (count == 0) {
            rc = read_names(&line, columns, &count, err);
            continue;
        }
        const char *wrong = take_apart(&line, &copy, &row);
        if (!wrong && row.count != count)
            wrong = "it has not as many fields as the first line";
        if (wrong)
            samples_refuse(to, "line", number, wrong);
        else
            rc = add_row(to, &row, columns, number, err);
    }
    return rc;
}
