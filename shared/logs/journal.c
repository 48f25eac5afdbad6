/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/journal.h"

#include "base/log_line.h"
#include "protocol/json.h"
#include <stdlib.h>
#include <string.h>

#define PRIORITY_DEFAULT 6

void logs_journal_entry_free(struct logs_journal_entry *entry)
{
    strbuf_free(&entry->program);
    strbuf_free(&entry->text);
}

static const char *text_of(const cJSON *root, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(root, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

/* -1: it is no decimal number of at most 16 digits. */
static int64_t number_of(const cJSON *root, const char *name)
{
    const char *text = text_of(root, name);
    size_t digits = strspn(text, "0123456789");
    return digits == 0 || digits > 16 || text[digits] ? -1 : strtoll(text, NULL, 10);
}

/* A message of bytes: those of a kernel that prints what a device sent. */
static void append_bytes(const cJSON *array, struct strbuf *to)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        int byte = cJSON_IsNumber(item) ? item->valueint : 0;
        if (byte > 0 && byte < 256)
            strbuf_append_char(to, (char)byte);
    }
}

static void set_printable(struct strbuf *to, const char *raw)
{
    char text[LOG_LINE_MAX];
    strbuf_clear(to);
    strbuf_append(to, text, log_line_escape(text, sizeof text, raw));
}

static void set_message(struct strbuf *to, const cJSON *message)
{
    SCOPE_STRBUF struct strbuf raw = STRBUF_INIT;
    if (cJSON_IsString(message))
        strbuf_append_text(&raw, message->valuestring);
    else if (cJSON_IsArray(message))
        append_bytes(message, &raw);
    else
        strbuf_append_text(&raw, "(a message too long for this output)");
    set_printable(to, strbuf_text(&raw));
}

static enum log_level level_of(int64_t priority)
{
    if (priority < 0)
        priority = PRIORITY_DEFAULT;
    return priority <= 3   ? LOG_LEVEL_ERROR
           : priority == 4 ? LOG_LEVEL_WARNING
           : priority <= 6 ? LOG_LEVEL_INFO
                           : LOG_LEVEL_DEBUG;
}

int logs_journal_parse(const char *line, size_t length, struct logs_journal_entry *to,
                       struct err *err)
{
    SCOPE_JSON cJSON *root = NULL;
    int code = json_parse_within(line, length, LOGS_JOURNAL_LINE_MAX, &root, err);
    if (code < 0)
        return err_prefix(err, "journal: ");
    int64_t time_us = cJSON_IsObject(root) ? number_of(root, "__REALTIME_TIMESTAMP") : -1;
    if (time_us < 0)
        return err_set(err, ERR_INVALID, "journal: __REALTIME_TIMESTAMP is missing or no number");
    const char *program = text_of(root, "SYSLOG_IDENTIFIER");
    if (strcmp(text_of(root, "_TRANSPORT"), "kernel") == 0)
        program = "kernel";
    set_printable(&to->program, program[0] ? program : "systemd");
    set_message(&to->text, cJSON_GetObjectItemCaseSensitive(root, "MESSAGE"));
    if (strbuf_failed(&to->program) || strbuf_failed(&to->text))
        return err_set(err, ERR_NOMEM, "out of memory");
    const char *cursor = text_of(root, "__CURSOR");
    size_t cursor_bytes = strlen(cursor);
    if (cursor_bytes >= sizeof to->cursor)
        cursor_bytes = 0;
    memcpy(to->cursor, cursor, cursor_bytes);
    to->cursor[cursor_bytes] = '\0';
    to->entry = (struct logs_entry){.time_us = time_us,
                                    .level = level_of(number_of(root, "PRIORITY")),
                                    .program = strbuf_text(&to->program),
                                    .module = "",
                                    .text = strbuf_text(&to->text)};
    return 0;
}
