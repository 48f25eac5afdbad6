/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of any query as table, CSV or JSON. Blobs are X'…' in all three. */
#include "ctl/sql.h"

#include "base/strbuf.h"
#include "ctl/text.h"
#include "protocol/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_KEPT 500

void sql_printer_free(struct sql_printer *printer)
{
    for (size_t i = 0; i < printer->columns && printer->names; i++)
        free(printer->names[i]);
    for (size_t i = 0; i < printer->kept_rows * printer->columns; i++)
        free(printer->kept[i]);
    free(printer->names);
    free(printer->kept);
    free(printer->widths);
    free(printer->numbers);
    *printer = (struct sql_printer){.to = printer->to, .form = printer->form};
}

static int fail_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "SQL: no memory for a row");
}

static int check_output(struct sql_printer *printer, struct err *err)
{
    return ferror(printer->to) ? err_set(err, ERR_IO, "the output cannot be written") : 0;
}

static void append_blob(struct strbuf *to, const struct query_value *value)
{
    strbuf_append_text(to, "X'");
    for (size_t i = 0; i < value->length; i++)
        strbuf_printf(to, "%02X", (unsigned)(unsigned char)value->bytes[i]);
    strbuf_append_char(to, '\'');
}

/* JSON knows no infinity. */
static void append_number(struct strbuf *to, const struct query_value *value)
{
    if (value->kind == QUERY_INTEGER)
        strbuf_printf(to, "%" PRId64, value->integer);
    else if (isfinite(value->real))
        json_write_number(to, value->real);
    else
        strbuf_append_text(to, value->real > 0 ? "9e999" : "-9e999");
}

static void append_cell(struct strbuf *to, const struct query_value *value)
{
    if (value->kind == QUERY_TEXT)
        text_append_safe(to, value->bytes, value->length);
    else if (value->kind == QUERY_BLOB)
        append_blob(to, value);
    else if (value->kind != QUERY_NULL)
        append_number(to, value);
}

/* Text in quotes where CSV needs them, which an empty text does to differ from NULL. */
static void append_csv(struct strbuf *to, const struct query_value *value)
{
    if (value->kind != QUERY_TEXT) {
        append_cell(to, value);
        return;
    }
    bool plain = value->length > 0;
    for (size_t i = 0; i < value->length; i++)
        plain = plain && !strchr(",\"\r\n", value->bytes[i]);
    if (!plain)
        strbuf_append_char(to, '"');
    for (size_t i = 0; i < value->length; i++) {
        if (value->bytes[i] == '"')
            strbuf_append_char(to, '"');
        strbuf_append_char(to, value->bytes[i]);
    }
    if (!plain)
        strbuf_append_char(to, '"');
}

static void append_json(struct strbuf *to, const struct query_value *value)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (value->kind == QUERY_NULL) {
        strbuf_append_text(to, "null");
    } else if (value->kind == QUERY_INTEGER || value->kind == QUERY_REAL) {
        append_number(to, value);
    } else {
        append_cell(&text, value);
        json_write_text(to, strbuf_text(&text));
    }
}

/* The columns' head in the form. */
static int begin_columns(struct sql_printer *printer, struct err *err)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    if (printer->form == SQL_JSON)
        fputc('[', printer->to);
    if (printer->form != SQL_CSV)
        return 0;
    for (size_t i = 0; i < printer->columns; i++) {
        struct query_value name = {
            .kind = QUERY_TEXT, .bytes = printer->names[i], .length = strlen(printer->names[i])};
        if (i > 0)
            strbuf_append_char(&line, ',');
        append_csv(&line, &name);
    }
    if (strbuf_failed(&line))
        return fail_memory(err);
    fprintf(printer->to, "%s\r\n", strbuf_text(&line));
    return 0;
}

int sql_print_columns(void *self, const char *const *names, size_t count, struct err *err)
{
    struct sql_printer *printer = self;
    sql_printer_free(printer);
    printer->names = calloc(count, sizeof *printer->names);
    printer->widths = calloc(count, sizeof *printer->widths);
    printer->numbers = calloc(count, sizeof *printer->numbers);
    if (printer->form == SQL_TABLE)
        printer->kept = calloc(count * ROWS_KEPT, sizeof *printer->kept);
    if (!printer->names || !printer->widths || !printer->numbers ||
        (printer->form == SQL_TABLE && !printer->kept))
        return fail_memory(err);
    printer->columns = count;
    for (size_t i = 0; i < count; i++) {
        printer->names[i] = strdup(names[i] ? names[i] : "?");
        if (!printer->names[i])
            return fail_memory(err);
        printer->widths[i] = text_columns(printer->names[i]);
        printer->numbers[i] = true;
    }
    return begin_columns(printer, err);
}

static void print_cells(struct sql_printer *printer, char *const *cells)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    for (size_t i = 0; i < printer->columns; i++) {
        size_t width = text_columns(cells[i]);
        if (i > 0)
            strbuf_append_text(&line, "  ");
        /* A later row may be wider than those that were kept: nothing is cut. */
        text_append_cell(&line, cells[i], width > printer->widths[i] ? width : printer->widths[i],
                         printer->numbers[i]);
    }
    while (line.length > 0 && line.text[line.length - 1] == ' ')
        line.text[--line.length] = '\0';
    fprintf(printer->to, "%s\n", strbuf_text(&line));
}

static void print_kept(struct sql_printer *printer)
{
    print_cells(printer, printer->names);
    for (size_t row = 0; row < printer->kept_rows; row++)
        print_cells(printer, printer->kept + row * printer->columns);
}

static void free_cells(char **cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(cells[i]);
}

/* Into `cells`, all of them or none. */
static int make_cells(struct sql_printer *printer, const struct query_value *values, char **cells,
                      struct err *err)
{
    for (size_t i = 0; i < printer->columns; i++) {
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        append_cell(&text, &values[i]);
        cells[i] = strbuf_failed(&text) ? NULL : strdup(strbuf_text(&text));
        if (!cells[i]) {
            free_cells(cells, i);
            return fail_memory(err);
        }
    }
    return 0;
}

static int print_table_row(struct sql_printer *printer, const struct query_value *values,
                           struct err *err)
{
    if (printer->rows >= ROWS_KEPT) {
        SCOPE_FREE char **cells = calloc(printer->columns, sizeof *cells);
        int rc = cells ? make_cells(printer, values, cells, err) : fail_memory(err);
        if (rc < 0)
            return rc;
        if (printer->rows == ROWS_KEPT)
            print_kept(printer);
        print_cells(printer, cells);
        free_cells(cells, printer->columns);
        return 0;
    }
    char **cells = printer->kept + printer->kept_rows * printer->columns;
    int rc = make_cells(printer, values, cells, err);
    if (rc < 0)
        return rc;
    printer->kept_rows++;
    for (size_t i = 0; i < printer->columns; i++) {
        size_t width = text_columns(cells[i]);
        printer->widths[i] = width > printer->widths[i] ? width : printer->widths[i];
        printer->numbers[i] &= values[i].kind != QUERY_TEXT && values[i].kind != QUERY_BLOB;
    }
    return 0;
}

static int print_line(struct sql_printer *printer, const struct query_value *values,
                      struct err *err)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    bool json = printer->form == SQL_JSON;
    if (json)
        strbuf_append_text(&line, printer->rows > 0 ? ",\n {" : "{");
    for (size_t i = 0; i < printer->columns; i++) {
        if (i > 0)
            strbuf_append_char(&line, ',');
        if (json) {
            json_write_text(&line, printer->names[i]);
            strbuf_append_char(&line, ':');
            append_json(&line, &values[i]);
        } else {
            append_csv(&line, &values[i]);
        }
    }
    strbuf_append_text(&line, json ? "}" : "\r\n");
    if (strbuf_failed(&line))
        return fail_memory(err);
    (void)fwrite(line.text, 1, line.length, printer->to);
    return 0;
}

int sql_print_row(void *self, const struct query_value *values, size_t count, struct err *err)
{
    struct sql_printer *printer = self;
    (void)count;
    int rc = printer->form == SQL_TABLE ? print_table_row(printer, values, err)
                                        : print_line(printer, values, err);
    printer->rows++;
    return rc < 0 ? rc : check_output(printer, err);
}

int sql_print_end(void *self, struct err *err)
{
    struct sql_printer *printer = self;
    if (printer->form == SQL_JSON)
        fputs("]\n", printer->to);
    else if (printer->form == SQL_TABLE && printer->rows <= ROWS_KEPT)
        print_kept(printer);
    return check_output(printer, err);
}
