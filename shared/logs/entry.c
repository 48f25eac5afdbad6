/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/entry.h"

#include "base/strbuf.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <string.h>

bool logs_filter_match(const struct logs_filter *filter, const struct logs_entry *entry)
{
    if (entry->level < filter->lowest || entry->time_us < filter->since_us)
        return false;
    return filter->module == NULL || strcmp(filter->module, entry->module) == 0 ||
           strcmp(filter->module, entry->program) == 0;
}

void logs_print_text(const struct logs_entry *entry, FILE *to)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(entry->time_us, time);
    (void)fprintf(to, "%s %s %s%s%s: %s\n", time, log_level_name(entry->level), entry->program,
                  entry->module[0] ? "/" : "", entry->module, entry->text);
}

/* Length of a key at `at` that '=' follows; 0: there is none. */
static size_t key_length(const char *at)
{
    size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return at[length] == '=' ? length : 0;
}

static void add_text(struct strbuf *to, const char *name, const char *text)
{
    json_write_text(to, name);
    strbuf_append_char(to, ':');
    json_write_text(to, text);
}

static void add_field(struct strbuf *to, const char *key, size_t key_bytes, const char *value,
                      size_t value_bytes)
{
    SCOPE_FREE char *name = strndup(key, key_bytes);
    SCOPE_FREE char *text = strndup(value, value_bytes);
    if (name == NULL || text == NULL)
        return;
    if (to->text[to->length - 1] != '{')
        strbuf_append_char(to, ',');
    add_text(to, name, text);
}

/* A key that comes twice (a sentence that quotes another) keeps both: JSON readers take the last.
 */
static void add_fields(struct strbuf *to, const char *text)
{
    for (const char *at = text; *at;) {
        size_t key = key_length(at);
        if (key == 0) {
            at += strcspn(at, " ");
        } else {
            const char *value = at + key + 1;
            bool quoted = *value == '"' && strchr(value + 1, '"');
            size_t length = quoted ? strcspn(value + 1, "\"") : strcspn(value, " ");
            add_field(to, at, key, value + quoted, length);
            at = value + length + (quoted ? 2 : 0);
        }
        at += strspn(at, " ");
    }
}

void logs_print_json(const struct logs_entry *entry, FILE *to)
{
    char time[TIMESTAMP_TEXT_SIZE];
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    timestamp_format(entry->time_us, time);
    strbuf_append_char(&line, '{');
    add_text(&line, "time", time);
    const char *const members[][2] = {{"level", log_level_name(entry->level)},
                                      {"program", entry->program},
                                      {"module", entry->module},
                                      {"message", entry->text}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        strbuf_append_char(&line, ',');
        add_text(&line, members[i][0], members[i][1]);
    }
    strbuf_append_text(&line, ",\"fields\":{");
    if (!strbuf_failed(&line))
        add_fields(&line, entry->text);
    strbuf_append_text(&line, "}}\n");
    if (!strbuf_failed(&line))
        (void)fwrite(line.text, 1, line.length, to);
}
