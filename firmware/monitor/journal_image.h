/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One state of an in-memory journal, and changes as values that can be applied to it: a journal
 * that can lose its tail keeps two images and the changes between them.
 */
#ifndef SWAPSTACK_MONITOR_JOURNAL_IMAGE_H
#define SWAPSTACK_MONITOR_JOURNAL_IMAGE_H

#include "monitor/journal.h"

enum change_kind {
    CHANGE_APPEND,
    CHANGE_ACKNOWLEDGE,
    CHANGE_REMOVE,
    CHANGE_VALUE,
    CHANGE_COMMAND,
    CHANGE_PURGE,
};

struct change {
    enum change_kind kind;
    enum message_lane lane;
    int64_t boot, seq, time_us;
    char *bytes; /* owned: payload, or the value's text */
    size_t length;
    char name[32];
    struct journal_command command;
    int64_t before_us, keep;
};

struct image_row {
    int64_t boot, seq, time_us;
    char *bytes; /* owned */
    size_t length;
};

struct image_lane {
    struct image_row *rows; /* ascending (boot, seq) from `first` on */
    size_t first, count, capacity;
};

struct image_value {
    char name[32];
    char *text; /* owned */
};

struct image {
    struct image_lane lanes[JOURNAL_LANES];
    struct image_value *values;
    size_t value_count;
    struct journal_command *commands; /* ascending number */
    size_t command_count;
    int64_t telemetry_bytes;
};

/* Applies a change; the change keeps what it owns. Aborts when memory is out: this is a test's
 * journal, whose failures must be those that the test asked for. */
void image_apply(struct image *image, const struct change *change);
void image_free(struct image *image);
/* Makes `to` (freed first) the same as `from`. */
void image_copy(struct image *to, const struct image *from);

/* First row after (boot, seq); NULL when there is none. */
const struct image_row *image_next(const struct image *image, enum message_lane lane, int64_t boot,
                                   int64_t seq);
const char *image_value(const struct image *image, const char *name);

#endif
