/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as CSV (RFC 4180). */
#include "ctl/output.h"

#include "charging/money.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <string.h>

void output_csv_head(const struct report *report, FILE *to)
{
    for (size_t i = 0; i < report_column_count(report); i++)
        fprintf(to, "%s%s", i > 0 ? "," : "", report->columns[i].name);
    fputs("\r\n", to);
}

/* Text in quotes where CSV needs them. */
static void write_text(struct strbuf *to, const char *text)
{
    bool plain = text[strcspn(text, ",\"\r\n")] == '\0';
    if (plain) {
        strbuf_append_text(to, text);
        return;
    }
    strbuf_append_char(to, '"');
    for (; *text; text++)
        strbuf_printf(to, *text == '"' ? "\"%c" : "%c", *text);
    strbuf_append_char(to, '"');
}

static void write_value(struct strbuf *to, enum report_kind kind, const struct report_value *value)
{
    char time[TIMESTAMP_TEXT_SIZE];
    if (!value->present)
        return;
    if (kind == REPORT_TIME) {
        timestamp_format_us(value->integer, time);
        strbuf_append_text(to, time);
    } else if (kind == REPORT_REAL) {
        json_write_number(to, value->real);
    } else if (kind == REPORT_MONEY) {
        char amount[MONEY_TEXT_SIZE];
        money_format(value->integer, amount);
        strbuf_append_text(to, amount);
    } else if (kind == REPORT_INTEGER || kind == REPORT_BOOL) {
        strbuf_printf(to, "%lld", (long long)value->integer);
    } else {
        write_text(to, value->text);
    }
}

int output_csv_row(void *self, const struct report *report, const struct report_value *values,
                   struct err *err)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    for (size_t i = 0; i < report_column_count(report); i++) {
        if (i > 0)
            strbuf_append_char(&line, ',');
        write_value(&line, report->columns[i].kind, &values[i]);
    }
    strbuf_append_text(&line, "\r\n");
    if (strbuf_failed(&line))
        return err_set(err, ERR_NOMEM, "no memory for a line");
    fputs(strbuf_text(&line), self);
    return 0;
}
