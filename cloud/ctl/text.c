/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/text.h"

#include "protocol/timestamp.h"
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at `bytes` (its code point in *code), 0 when there is
 * none. Overlong forms and surrogates are no sequences (RFC 3629). */
static size_t utf8_next(const char *bytes, size_t length, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)bytes[0];
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (size == 0 || size > length)
        return 0;
    uint32_t value = size == 1 ? first : (uint32_t)(first & (0xff >> (size + 1)));
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)bytes[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *code = value;
    return size;
}

void text_append_safe(struct strbuf *to, const char *bytes, size_t length)
{
    while (length > 0) {
        uint32_t code = 0;
        size_t size = utf8_next(bytes, length, &code);
        if (size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
            size = size == 0 ? 1 : size;
            for (size_t i = 0; i < size; i++)
                strbuf_printf(to, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
        } else {
            strbuf_append(to, bytes, size);
        }
        bytes += size;
        length -= size;
    }
}

static size_t code_columns(uint32_t code)
{
    /* Combining marks and joiners take no room; the blocks below are East Asian wide (UAX #11). */
    if ((code >= 0x300 && code < 0x370) || (code >= 0x200b && code < 0x2010) || code == 0xfe0f)
        return 0;
    bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61) ||
                (code >= 0x1f300 && code < 0x1fb00) || (code >= 0x20000 && code < 0x40000);
    return wide ? 2 : 1;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    size_t length = strlen(text);
    while (length > 0) {
        uint32_t code = 0;
        size_t size = utf8_next(text, length, &code);
        columns += size == 0 ? 1 : code_columns(code);
        size = size == 0 ? 1 : size;
        text += size;
        length -= size;
    }
    return columns;
}

static void append_cut(struct strbuf *to, const char *text, size_t columns)
{
    size_t length = strlen(text), used = 0;
    while (length > 0) {
        uint32_t code = 0;
        size_t size = utf8_next(text, length, &code);
        size_t wide = size == 0 ? 1 : code_columns(code);
        size = size == 0 ? 1 : size;
        if (used + wide + 1 > columns) /* one for the ellipsis */
            break;
        strbuf_append(to, text, size);
        used += wide;
        text += size;
        length -= size;
    }
    if (columns > 0) {
        strbuf_append_text(to, "…");
        used++;
    }
    for (; used < columns; used++)
        strbuf_append_char(to, ' ');
}

void text_append_cell(struct strbuf *to, const char *text, size_t columns, bool right)
{
    size_t used = text_columns(text);
    if (used > columns) {
        append_cut(to, text, columns);
        return;
    }
    for (size_t i = used; right && i < columns; i++)
        strbuf_append_char(to, ' ');
    strbuf_append_text(to, text);
    for (size_t i = used; !right && i < columns; i++)
        strbuf_append_char(to, ' ');
}

/* Seconds are enough for people; JSON has the microseconds. */
static void append_time(struct strbuf *to, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(us, text);
    char *fraction = strchr(text, '.');
    if (fraction)
        memcpy(fraction, "Z", 2);
    strbuf_append_text(to, text);
}

void text_append_value(struct strbuf *to, const struct report_column *column,
                       const struct report_value *value)
{
    if (!value->present) {
        strbuf_append_char(to, '-');
        return;
    }
    switch (column->kind) {
    case REPORT_TEXT:
    case REPORT_BYTES:
        text_append_safe(to, value->text, value->length);
        break;
    case REPORT_INTEGER:
        strbuf_printf(to, "%" PRId64, value->integer);
        break;
    case REPORT_REAL:
        strbuf_printf(to, "%.*f", column->decimals, value->real);
        break;
    case REPORT_TIME:
        append_time(to, value->integer);
        break;
    case REPORT_MONEY:
        strbuf_printf(to, "%.4f", (double)value->integer / 10000.0);
        break;
    case REPORT_BOOL:
        strbuf_append_text(to, value->integer ? "yes" : "no");
        break;
    }
}
