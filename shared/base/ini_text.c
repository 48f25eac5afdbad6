/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ini_text.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

struct reading {
    const char *text;   /* whole text */
    size_t length, at;  /* bytes, and where the next line begins */
    int line;           /* number of the line that inih has now, from 1 */
    const char *origin; /* for sentences */
    ini_text_take *take;
    void *self;
    int error_line;   /* 0: no error so far */
    struct err error; /* the first error */
};

static size_t line_length(const struct reading *reading, size_t at)
{
    const char *end = memchr(reading->text + at, '\n', reading->length - at);
    return end != NULL ? (size_t)(end - (reading->text + at)) : reading->length - at;
}

/* ini_reader, as fgets: the next line into `to`; NULL at the end, or to stop after an error. */
static char *next_line(char *to, int size, void *stream)
{
    struct reading *reading = stream;
    if (reading->error_line != 0 || reading->at >= reading->length)
        return NULL;
    const char *from = reading->text + reading->at;
    size_t length = line_length(reading, reading->at);
    reading->at += length + 1;
    reading->line++;

    while (length > 0 && (*from == ' ' || *from == '\t')) {
        from++;
        length--;
    }
    while (length > 0 && (from[length - 1] == '\r' || from[length - 1] == ' '))
        length--;
    size_t most = (size_t)size - 3; /* line end and NUL */
    if (length > most) {
        reading->error_line = reading->line;
        (void)err_set(&reading->error, ERR_CONFIG,
                      "%s:%d: the line has %zu bytes, at most %zu are read", reading->origin,
                      reading->line, length, most);
        return NULL;
    }
    if (memchr(from, '\0', length) != NULL) {
        reading->error_line = reading->line;
        (void)err_set(&reading->error, ERR_CONFIG, "%s:%d: the line holds a NUL byte: not a text",
                      reading->origin, reading->line);
        return NULL;
    }
    memcpy(to, from, length);
    to[length] = '\n';
    to[length + 1] = '\0';
    return to;
}

/* ini_handler: returns 0 to have the line counted as wrong. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    char where[256];
    (void)snprintf(where, sizeof where, "%.230s:%d", reading->origin, reading->line);
    const struct ini_place place = {reading->origin, reading->line, where, section};
    if (reading->take(reading->self, &place, name, value != NULL ? value : "", &reading->error) ==
        0)
        return 1;
    reading->error_line = reading->line;
    return 0;
}

/* A line that inih could not make sense of. */
static int refuse_line(const struct reading *reading, int line, struct err *err)
{
    size_t at = 0;
    for (int i = 1; i < line; i++)
        at += line_length(reading, at) + 1;
    size_t length = line_length(reading, at);
    return err_set(err, ERR_CONFIG,
                   "%s:%d: \"%.*s\" is neither [section], name = value nor a comment (; or #)",
                   reading->origin, line, (int)(length < 80 ? length : 80), reading->text + at);
}

int ini_text_read(const char *text, size_t length, const char *origin, ini_text_take *take,
                  void *self, struct err *err)
{
    struct reading reading = {
        .text = text, .length = length, .origin = origin, .take = take, .self = self};
    int bad_line = ini_parse_stream(next_line, &reading, take_value, &reading);
    /* inih counts a line refused by take_value as well; whichever came first is the cause. */
    if (bad_line > 0 && (reading.error_line == 0 || bad_line < reading.error_line))
        return refuse_line(&reading, bad_line, err);
    if (reading.error_line != 0)
        return err_set(err, reading.error.code, "%s", reading.error.text);
    if (bad_line != 0)
        return err_set(err, ERR_NOMEM, "%s: no memory to read it", origin);
    return 0;
}
