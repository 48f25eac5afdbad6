/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/daily.h"

#include "base/clock.h"
#include "protocol/timestamp.h"
#include "tracking/export.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_US (60 * CLOCK_US_PER_SECOND)
#define DAY_US    (24 * 60 * MINUTE_US)
#define NO_DAY    INT64_MIN

#define PREFIX    "exchanges-"
#define SUFFIX    ".csv"
#define DATE_SIZE 11 /* "2026-11-21" */
#define TEMPORARY 7  /* ".XXXXXX" of an export under way (tracking/export.c) */

int daily_parse_time(const char *text, int64_t *minute, struct err *err)
{
    static const char form[] = "00:00";
    bool right = strlen(text) == strlen(form);
    for (size_t i = 0; right && i < strlen(form); i++)
        right = form[i] == ':' ? text[i] == ':' : isdigit((unsigned char)text[i]) != 0;
    int hours = right ? (text[0] - '0') * 10 + text[1] - '0' : 24;
    int minutes = right ? (text[3] - '0') * 10 + text[4] - '0' : 60;
    if (hours > 23 || minutes > 59)
        return err_set(err, ERR_CONFIG, "%.20s: not a time of day from 00:00 to 23:59", text);
    *minute = hours * 60 + minutes;
    return 0;
}

int64_t daily_due(const struct daily_options *options, int64_t now_us)
{
    return (now_us - options->minute * MINUTE_US) / DAY_US - 1;
}

static void date_of(int64_t day, char to[DATE_SIZE])
{
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(day * DAY_US, text);
    (void)snprintf(to, DATE_SIZE, "%.10s", text);
}

/* The day of a file's name, and whether it is one that an export left unfinished; NO_DAY for all
 * names that are not ours. */
static int64_t day_of(const char *name, bool *unfinished)
{
    const size_t whole = strlen(PREFIX) + DATE_SIZE - 1 + strlen(SUFFIX);
    char date[DATE_SIZE], again[DATE_SIZE];
    struct timestamp time;
    size_t length = strlen(name);
    *unfinished = length == whole + TEMPORARY && name[whole] == '.';
    if ((length != whole && !*unfinished) || strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
        strncmp(name + whole - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)) != 0)
        return NO_DAY;
    (void)snprintf(date, sizeof date, "%s", name + strlen(PREFIX));
    if (timestamp_parse(date, strlen(date), &time, NULL) < 0 || time.precision != TIMESTAMP_DATE)
        return NO_DAY;
    date_of(time.us / DAY_US, again);
    return strcmp(date, again) == 0 ? time.us / DAY_US : NO_DAY;
}

/* Walks over our files: the newest one's day, and removes what is older than `oldest` and what is
 * unfinished. */
static int walk(const struct daily_options *options, int64_t oldest, int64_t *newest,
                struct err *err)
{
    DIR *folder = opendir(options->directory);
    if (!folder)
        return err_set_errno(err, ERR_IO, errno, "daily export: the folder %s", options->directory);
    int status = 0;
    *newest = NO_DAY;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        bool unfinished;
        int64_t day = day_of(entry->d_name, &unfinished);
        if (day == NO_DAY)
            continue;
        if (unfinished || day < oldest) {
            if (unlinkat(dirfd(folder), entry->d_name, 0) < 0)
                status = err_set_errno(err, ERR_IO, errno, "daily export: %s/%s cannot be removed",
                                       options->directory, entry->d_name);
        } else if (day > *newest) {
            *newest = day;
        }
    }
    (void)closedir(folder);
    return status;
}

static int write_day(struct store *store, const struct daily_options *options, int64_t day,
                     struct err *err)
{
    char path[PATH_MAX], date[DATE_SIZE];
    struct exchange_filter filter = {.from_us = day * DAY_US, .to_us = (day + 1) * DAY_US};
    int64_t count;
    date_of(day, date);
    int length = snprintf(path, sizeof path, "%s/" PREFIX "%s" SUFFIX, options->directory, date);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(err, ERR_CONFIG, "daily export: the name of the folder is too long");
    int status =
        tracking_export_battery_assignments_to_csv(store, &filter, path, NULL, NULL, &count, err);
    return status < 0 ? err_prefix(err, "daily " PREFIX "%s" SUFFIX ": ", date) : 0;
}

int daily_run(struct store *store, const struct daily_options *options, int64_t now_us,
              int64_t *files, struct err *err)
{
    int64_t newest, due = daily_due(options, now_us);
    *files = 0;
    int64_t oldest = due - options->keep + 1;
    int status = walk(options, INT64_MIN, &newest, err);
    if (status < 0 || newest >= due)
        return status;
    int64_t first = newest == NO_DAY ? due : newest + 1 - options->again;
    for (int64_t day = first > oldest ? first : oldest; day <= due && status == 0; day++) {
        if (options->stop && options->stop(options->self))
            break;
        status = write_day(store, options, day, err);
        *files += status == 0;
    }
    return status < 0 ? status : walk(options, oldest, &newest, err);
}
