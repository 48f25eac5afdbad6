/* SPDX-License-Identifier: Apache-2.0 */
/* The documented example of a configuration. Its bytes depend on the key table only. */
#include "base/config.h"

#include <string.h>

enum { COLUMNS = 96 };

/* Writes `text` as comment lines of at most COLUMNS columns, broken at spaces. A column is a
 * character, not a byte: help texts hold "µ" and "…". */
static void write_wrapped(const char *text, FILE *to)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t bytes = strcspn(text, " \n"), width = 0;
        for (size_t i = 0; i < bytes; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (column > 0 && column + 1 + width > COLUMNS) {
            (void)fputc('\n', to);
            column = 0;
        }
        if (bytes > 0) {
            (void)fprintf(to, column == 0 ? "; %.*s" : " %.*s", (int)bytes, text);
            column += width + (column == 0 ? 2 : 1);
        }
        text += bytes;
        text += *text != '\0';
    }
    if (column > 0)
        (void)fputc('\n', to);
}

/* What may stand behind the '='. */
static void write_range(const struct config_key *key, FILE *to)
{
    switch (key->type) {
    case CONFIG_TEXT:
        break;
    case CONFIG_INTEGER:
        (void)fprintf(to, "; A whole number from %.16g to %.16g.\n", key->min, key->max);
        break;
    case CONFIG_REAL:
        (void)fprintf(to, "; A decimal number from %.16g to %.16g.\n", key->min, key->max);
        break;
    case CONFIG_BOOL:
        (void)fputs("; on or off.\n", to);
        break;
    case CONFIG_CHOICE:
        (void)fputs("; One of:", to);
        for (const char *at = key->choices; *at != '\0';) {
            size_t length = strcspn(at, "|");
            (void)fprintf(to, " %.*s", (int)length, at);
            at += length;
            at += *at == '|';
            (void)fputs(*at != '\0' ? "," : ".\n", to);
        }
        break;
    }
}

static void write_key(const struct config_key *key, FILE *to)
{
    (void)fputc('\n', to);
    write_wrapped(key->help, to);
    write_range(key, to);
    (void)fprintf(to, *key->fallback != '\0' ? ";%s = %s\n" : ";%s =%s\n", key->name,
                  key->fallback);
}

void config_write_example(const struct config_key *keys, size_t count, const char *program,
                          FILE *to)
{
    char head[512];
    (void)snprintf(head, sizeof head,
                   "Configuration of %s: every key with its default. To change one, remove the ; "
                   "before it. SWAPSTACK_<SECTION>_<KEY> environment variables override this file, "
                   "command-line options override both. A ; after a space begins a comment. Made "
                   "by `%s --example-config`.",
                   program, program);
    write_wrapped(head, to);
    for (size_t i = 0; i < count; i++) {
        bool first = true; /* of its section: then all keys of the section follow */
        for (size_t k = 0; k < i; k++)
            first = first && strcmp(keys[k].section, keys[i].section) != 0;
        if (!first)
            continue;
        (void)fprintf(to, "\n[%s]\n", keys[i].section);
        for (size_t k = i; k < count; k++) {
            if (strcmp(keys[k].section, keys[i].section) == 0)
                write_key(&keys[k], to);
        }
    }
}
