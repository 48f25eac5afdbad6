/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of a board.ini to values: inih splits lines, the configuration module checks names, types
 * and ranges (board_keys.c), and the reader here numbers the lines and goes on after a mistake.
 * What the values mean together is checked by board_build.c.
 */
#include "drivers/board_parse.h"

#include "base/nearest.h"
#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

void board_source_free(struct board_source *source)
{
    config_free(source->config);
    for (int i = 0; i < IO_BAYS_MAX; i++)
        config_free(source->bays[i]);
    free(source->seen);
    *source = (struct board_source){0};
}

int board_source_line(const struct board_source *source, const char *section, const char *name)
{
    for (size_t i = 0; i < source->seen_count; i++) {
        const struct board_seen *seen = &source->seen[i];
        if (strcmp(seen->section, section) == 0 && strcmp(seen->name, name) == 0)
            return seen->line;
    }
    return 0;
}

/* Remembers where a key (or a section's heading, name "") stands. Returns its earlier line, 0 when
 * it is new. */
static int remember(struct board_source *source, const char *section, const char *name)
{
    int before = board_source_line(source, section, name);
    if (before != 0)
        return before;
    if (source->seen_count == source->seen_capacity) {
        size_t capacity = source->seen_capacity * 2 + 64;
        struct board_seen *grown = realloc(source->seen, capacity * sizeof *grown);
        if (grown == NULL) {
            source->no_memory = true;
            return 0;
        }
        source->seen = grown;
        source->seen_capacity = capacity;
    }
    struct board_seen *seen = &source->seen[source->seen_count++];
    (void)snprintf(seen->section, sizeof seen->section, "%s", section);
    (void)snprintf(seen->name, sizeof seen->name, "%s", name);
    seen->line = source->line;
    return 0;
}

/* 1..IO_BAYS_MAX for "bay 3", 0 when it is no such section, -1 when the number is wrong. */
static int bay_of_section(const char *section)
{
    if (strncmp(section, "bay ", 4) != 0)
        return 0;
    char *end = NULL;
    long bay = isdigit((unsigned char)section[4]) ? strtol(section + 4, &end, 10) : 0;
    return end != NULL && *end == '\0' && bay >= 1 && bay <= IO_BAYS_MAX ? (int)bay : -1;
}

static bool section_exists(const char *section)
{
    for (size_t i = 0; i < BOARD_KEY_COUNT; i++) {
        if (strcmp(BOARD_KEYS[i].section, section) == 0 && strcmp(section, "bay") != 0)
            return true;
    }
    return false;
}

/* A [heading]: unknown ones are reported here once, and their keys skipped. */
static void take_heading(struct board_source *source, const char *line, size_t length)
{
    const char *end = memchr(line, ']', length);
    if (end == NULL)
        return; /* inih refuses it */
    char section[BOARD_SOURCE_WORD] = "";
    size_t size = (size_t)(end - line) - 1;
    (void)snprintf(section, sizeof section, "%.*s", (int)(size < 40 ? size : 40), line + 1);
    source->skip = true;
    int bay = bay_of_section(section);
    if (bay < 0) {
        board_report_add(source->report, source->origin, source->line, section,
                         "a bay is named [bay N] with N from 1 to %d", IO_BAYS_MAX);
        return;
    }
    if (bay == 0 && !section_exists(section)) {
        struct nearest nearest = nearest_to(section);
        for (size_t i = 0; i < BOARD_KEY_COUNT; i++)
            nearest_offer(&nearest, BOARD_KEYS[i].section);
        const char *meant = nearest_word(&nearest);
        board_report_add(source->report, source->origin, source->line, section,
                         "there is no such role or section%s%s%s", meant ? "; did you mean [" : "",
                         meant ? meant : "", meant ? "]?" : "");
        return;
    }
    int before = remember(source, section, "");
    if (before != 0)
        board_report_add(source->report, source->origin, source->line, section,
                         "the section stands in line %d already: join them", before);
    source->skip = false;
}

/* True for a line that inih can read; anything else is reported and dropped. */
static bool line_is_good(struct board_source *source, const char *line, size_t length, size_t most)
{
    if (length > most) {
        board_report_add(source->report, source->origin, source->line, "",
                         "the line has %zu bytes, at most %zu are read", length, most);
        return false;
    }
    if (memchr(line, '\0', length) != NULL) {
        board_report_add(source->report, source->origin, source->line, "",
                         "the line holds a NUL byte: not a text");
        return false;
    }
    if (length == 0 || *line == ';' || *line == '#')
        return true;
    bool heading = *line == '[';
    if (heading ? memchr(line, ']', length) != NULL
                : (memchr(line, '=', length) != NULL || memchr(line, ':', length) != NULL)) {
        if (heading)
            take_heading(source, line, length);
        return true;
    }
    board_report_add(source->report, source->origin, source->line, "",
                     "\"%.*s\" is neither [section], name = value nor a comment (; or #)",
                     (int)(length < 80 ? length : 80), line);
    return false;
}

/* ini_reader, as fgets. inih sees each line without indentation (it would join indented lines to
 * the value before) and an empty one in place of one that it could not read. */
static char *next_line(char *to, int size, void *stream)
{
    struct board_source *source = stream;
    if (source->at >= source->length)
        return NULL;
    const char *line = source->text + source->at;
    size_t left = source->length - source->at;
    const char *end = memchr(line, '\n', left);
    size_t length = end != NULL ? (size_t)(end - line) : left;
    source->at += length + 1;
    source->line++;
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
        length--;
    if (!line_is_good(source, line, length, (size_t)size - 3))
        length = 0;
    memcpy(to, line, length);
    to[length] = '\n';
    to[length + 1] = '\0';
    return to;
}

/* The role that a key belongs to: "gate"; "bay 3 door" for door_driver in [bay 3]. */
static void name_role(char *to, size_t size, const char *section, const char *name)
{
    bool bay = strncmp(section, "bay", 3) == 0;
    for (int role = 0; bay && role < BOARD_BAY_ROLE_COUNT; role++) {
        const char *word = board_bay_role_name((enum board_bay_role)role);
        size_t length = strlen(word);
        if (strncmp(name, word, length) == 0 && name[length] == '_') {
            (void)snprintf(to, size, "%s %s", section, word);
            return;
        }
    }
    (void)snprintf(to, size, "%s", section);
}

/* The configuration that holds a section's values: one for each bay that differs. */
static struct config *config_of(struct board_source *source, int bay)
{
    if (bay == 0)
        return source->config;
    struct config **config = &source->bays[bay - 1];
    if (*config == NULL && config_new(config, BOARD_KEYS, BOARD_KEY_COUNT, NULL) != 0)
        source->no_memory = true;
    return *config;
}

/* ini_handler. Always 1: mistakes are in the report. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct board_source *source = user;
    char role[BOARD_SOURCE_WORD * 2];
    name_role(role, sizeof role, section, name);
    if (*section == '\0') {
        board_report_add(source->report, source->origin, source->line, "",
                         "%s stands before the first [section]", name);
        return 1;
    }
    if (source->skip)
        return 1;
    int before = remember(source, section, name);
    if (before != 0) {
        board_report_add(source->report, source->origin, source->line, role,
                         "%s is given twice, first in line %d", name, before);
        return 1;
    }
    int bay = bay_of_section(section);
    struct config *config = config_of(source, bay > 0 ? bay : 0);
    struct err reason = {0};
    if (config == NULL || config_set(config, bay > 0 ? "bay" : section, name,
                                     value != NULL ? value : "", "", &reason) == 0)
        return 1;
    /* The configuration's sentence begins with the origin, which the report puts there itself. */
    const char *text = strncmp(reason.text, ": ", 2) == 0 ? reason.text + 2 : reason.text;
    board_report_add(source->report, source->origin, source->line, role, "%s", text);
    return 1;
}

int board_source_read(struct board_source *source, const char *text, size_t length,
                      const char *origin, struct board_report *report, struct err *err)
{
    *source = (struct board_source){
        .text = text, .length = length, .origin = origin, .report = report, .skip = true};
    int result = config_new(&source->config, BOARD_KEYS, BOARD_KEY_COUNT, err);
    if (result != 0)
        return result;
    int bad_line = ini_parse_stream(next_line, source, take_value, source);
    if (bad_line > 0) /* none is known that line_is_good lets through */
        board_report_add(report, origin, bad_line, "", "the line cannot be read");
    if (bad_line < 0 || source->no_memory)
        return err_set(err, ERR_NOMEM, "%s: no memory to read it", origin);
    return 0;
}
