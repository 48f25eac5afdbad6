/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/output.h"

#include "base/scope.h"
#include "base/strbuf.h"
#include "ctl/text.h"
#include "protocol/timestamp.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Narrower than this, a table wraps rather than loses its last column. */
#define WIDTH_LEAST 80
/* What a cut last column keeps at least. */
#define CELL_LEAST 12

size_t output_width(FILE *file)
{
    struct winsize size;
    if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

static bool is_right_aligned(enum report_kind kind)
{
    return kind == REPORT_INTEGER || kind == REPORT_REAL || kind == REPORT_MONEY;
}

int output_collect(void *self, const struct report *report, const struct report_value *values,
                   struct err *err)
{
    struct output_table *table = self;
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 64;
        char ***rows = realloc(table->rows, capacity * sizeof *rows);
        if (!rows)
            return err_set(err, ERR_NOMEM, "no memory for %zu rows", capacity);
        table->rows = rows;
        table->capacity = capacity;
    }
    size_t columns = report_column_count(report);
    char **cells = calloc(columns, sizeof *cells);
    if (!cells)
        return err_set(err, ERR_NOMEM, "no memory for a row");
    table->rows[table->count++] = cells;
    for (size_t i = 0; i < columns; i++) {
        if (!report->columns[i].title)
            continue;
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        text_append_value(&text, &report->columns[i], &values[i]);
        cells[i] = strdup(strbuf_text(&text));
        if (strbuf_failed(&text) || !cells[i])
            return err_set(err, ERR_NOMEM, "no memory for a cell");
    }
    return 0;
}

/* One line of cells, two blanks between them; blanks at the end are left out. */
static void print_line(const struct report *report, char *const *cells, const size_t *widths,
                       size_t last, FILE *to)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    for (size_t i = 0; i <= last; i++) {
        const struct report_column *column = &report->columns[i];
        if (!column->title)
            continue;
        if (line.length > 0)
            strbuf_append_text(&line, "  ");
        text_append_cell(&line, cells ? cells[i] : column->title, widths[i],
                         is_right_aligned(column->kind));
    }
    while (line.length > 0 && line.text[line.length - 1] == ' ')
        line.text[--line.length] = '\0';
    fprintf(to, "%s\n", strbuf_text(&line));
}

void output_print_table(const struct output_table *table, FILE *to, size_t width)
{
    const struct report *report = table->report;
    size_t columns = report_column_count(report), last = 0, sum = 0;
    size_t widths[REPORT_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < columns; i++) {
        if (!report->columns[i].title)
            continue;
        last = i;
        widths[i] = text_columns(report->columns[i].title);
        for (size_t row = 0; row < table->count; row++) {
            size_t cell = text_columns(table->rows[row][i]);
            widths[i] = cell > widths[i] ? cell : widths[i];
        }
        sum += widths[i] + 2;
    }
    sum = sum >= 2 ? sum - 2 : 0;
    if (width > 0 && sum > width) {
        size_t rest = sum - widths[last];
        widths[last] = rest + CELL_LEAST < width ? width - rest : CELL_LEAST;
    }
    print_line(report, NULL, widths, last, to);
    for (size_t row = 0; row < table->count; row++)
        print_line(report, table->rows[row], widths, last, to);
}

void output_table_free(struct output_table *table)
{
    size_t columns = table->report ? report_column_count(table->report) : 0;
    for (size_t row = 0; row < table->count; row++) {
        for (size_t i = 0; i < columns; i++)
            free(table->rows[row][i]);
        free(table->rows[row]);
    }
    free(table->rows);
    *table = (struct output_table){.report = table->report};
}

void output_table_free_scope(struct output_table *table)
{
    output_table_free(table);
}

void output_print_details(const struct report *report, const struct report_value *values, FILE *to)
{
    size_t columns = report_column_count(report), widest = 0;
    for (size_t i = 0; i < columns; i++) {
        size_t width = strlen(report->columns[i].name);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < columns; i++) {
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        text_append_value(&text, &report->columns[i], &values[i]);
        fprintf(to, "%-*s  %s\n", (int)widest, report->columns[i].name, strbuf_text(&text));
    }
}

static cJSON *value_object(const struct report_column *column, const struct report_value *value)
{
    if (!value->present)
        return cJSON_CreateNull();
    SCOPE_STRBUF struct strbuf safe = STRBUF_INIT;
    char time[TIMESTAMP_TEXT_SIZE];
    switch (column->kind) {
    case REPORT_TEXT:
        return cJSON_CreateString(value->text);
    case REPORT_BYTES:
        text_append_safe(&safe, value->text, value->length);
        return cJSON_CreateString(strbuf_text(&safe));
    case REPORT_INTEGER:
        return cJSON_CreateNumber((double)value->integer);
    case REPORT_REAL:
        return cJSON_CreateNumber(value->real);
    case REPORT_TIME:
        timestamp_format_us(value->integer, time);
        return cJSON_CreateString(time);
    case REPORT_MONEY:
        return cJSON_CreateNumber((double)value->integer / 10000.0);
    case REPORT_BOOL:
        return cJSON_CreateBool(value->integer != 0);
    }
    return NULL;
}

cJSON *output_object(const struct report *report, const struct report_value *values)
{
    cJSON *object = cJSON_CreateObject();
    size_t columns = report_column_count(report);
    for (size_t i = 0; object && i < columns; i++) {
        cJSON *item = value_object(&report->columns[i], &values[i]);
        if (!item || !cJSON_AddItemToObject(object, report->columns[i].name, item)) {
            cJSON_Delete(item);
            cJSON_Delete(object);
            object = NULL;
        }
    }
    return object;
}

void output_array_begin(struct output_array *array, FILE *to)
{
    *array = (struct output_array){.to = to};
    fputc('[', to);
}

int output_array_add(struct output_array *array, cJSON *object, struct err *err)
{
    SCOPE_FREE char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!text)
        return err_set(err, ERR_NOMEM, "no memory for a JSON object");
    fprintf(array->to, "%s%s", array->any ? ",\n " : "", text);
    array->any = true;
    if (ferror(array->to))
        return err_set(err, ERR_IO, "the output cannot be written");
    return 0;
}

void output_array_end(struct output_array *array)
{
    fputs("]\n", array->to);
}

int output_array_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    return output_array_add(self, output_object(report, values), err);
}
