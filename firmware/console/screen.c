/* SPDX-License-Identifier: Apache-2.0 */
#include "console/screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static void append_printable(struct strbuf *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        strbuf_append_char(to, text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i]);
}

/* How much of the line stands in `room` columns: up to the last blank, or all of it. */
static size_t fit(const char *line, size_t length, size_t room)
{
    if (length <= room)
        return length;
    size_t at = room;
    while (at > 0 && line[at] != ' ')
        at--;
    return at > 0 ? at : room;
}

static void wrap_line(struct strbuf *to, const char *line, size_t length, size_t indent)
{
    size_t room = SCREEN_COLUMNS;
    do {
        size_t part = fit(line, length, room);
        size_t shown = part;
        while (shown > 0 && line[shown - 1] == ' ')
            shown--; /* nobody sees blanks at the end */
        append_printable(to, line, shown);
        strbuf_append_char(to, '\n');
        line += part;
        length -= part;
        while (length > 0 && *line == ' ') {
            line++;
            length--;
        }
        if (length > 0)
            for (size_t i = 0; i < indent; i++)
                strbuf_append_char(to, ' ');
        room = SCREEN_COLUMNS - indent;
    } while (length > 0);
}

void screen_wrap(struct strbuf *to, const char *text, size_t indent)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        wrap_line(to, text, length, indent);
        text += length + (text[length] == '\n');
    }
}

static void print(FILE *to, size_t indent, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void print(FILE *to, size_t indent, const char *format, va_list arguments)
{
    SCOPE_STRBUF struct strbuf wrapped = STRBUF_INIT;
    SCOPE_FREE char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL; /* its content is undefined */
        return;
    }
    screen_wrap(&wrapped, text, indent);
    (void)fputs(strbuf_text(&wrapped), to);
}

void screen_print(FILE *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(to, 4, format, arguments);
    va_end(arguments);
}

void screen_print_indented(FILE *to, size_t indent, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(to, indent, format, arguments);
    va_end(arguments);
}

void screen_span(int64_t seconds, char text[SCREEN_SPAN_SIZE])
{
    int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (seconds < 60)
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%" PRId64 " s", seconds);
    else if (hours < 1)
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%" PRId64 " min %02d s", minutes,
                       (int)(seconds % 60));
    else if (days < 1)
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%" PRId64 " h %02d min", hours,
                       (int)(minutes % 60));
    else
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%" PRId64 " d %d h", days, (int)(hours % 24));
}

void screen_age(double age_ms, char text[SCREEN_SPAN_SIZE])
{
    if (isnan(age_ms))
        (void)snprintf(text, SCREEN_SPAN_SIZE, "never");
    else if (age_ms < 1000)
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%.0f ms", age_ms);
    else if (age_ms < 60000)
        (void)snprintf(text, SCREEN_SPAN_SIZE, "%.1f s", age_ms / 1000);
    else
        screen_span((int64_t)fmin(age_ms / 1000, 1e15), text);
}

void screen_real(double value, int decimals, char text[SCREEN_REAL_SIZE])
{
    if (isfinite(value))
        (void)snprintf(text, SCREEN_REAL_SIZE, "%.*f", decimals, value);
    else
        (void)snprintf(text, SCREEN_REAL_SIZE, "-");
}

const char *screen_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

double screen_number(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
}

bool screen_flag(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}
