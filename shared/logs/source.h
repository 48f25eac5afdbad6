/* SPDX-License-Identifier: Apache-2.0 */
/* Where entries come from: the files of one program, or the machine's journal. One at a time, in
 * the order in which they were written. */
#ifndef SWAPSTACK_LOGS_SOURCE_H
#define SWAPSTACK_LOGS_SOURCE_H

#include "base/err.h"
#include "logs/entry.h"

struct logs_source {
    void *self; /* owned */
    /* 1: *entry is the next, its texts hold until the next call; 0: none now, ask again later when
     * following; negative: it cannot be read, with a sentence. */
    int (*next)(void *self, struct logs_entry *entry, struct err *err);
    /* Writes a sentence about what the reader should know (lines that were damaged), if any. */
    void (*note)(void *self, FILE *to);
    int (*fd)(void *self); /* to wait for with poll; -1: none */
    void (*free)(void *self);
};

/* The segments of `program` in `folder`, from the oldest there is; goes on to newer segments as
 * they appear. ERR_NOMEM. */
int logs_files_open(struct logs_source *source, const char *folder, const char *program,
                    struct err *err);

/* What the kernel and systemd said, by journalctl: at most LOGS_JOURNAL_LINES of the newest since
 * `since_us` (INT64_MIN: no limit). Waits at most 10 s for them. `follow`: after those, as they
 * come. ERR_UNAVAILABLE with a sentence when there is no journal here. */
#define LOGS_JOURNAL_LINES 10000
int logs_journal_open(struct logs_source *source, int64_t since_us, bool follow, struct err *err);

/* Programs that have segments in `folder` or in a folder directly in it: calls `each`, which
 * returns 0 to go on. A folder below that may not be read is noted on `notes` (NULL: silently left
 * out). ERR_NOT_FOUND, ERR_PERMISSION: `folder` itself cannot be read, with a sentence. */
typedef int logs_each_program(void *self, const char *folder, const char *program, struct err *err);
int logs_files_list(const char *folder, logs_each_program *each, void *self, FILE *notes,
                    struct err *err);

#endif
