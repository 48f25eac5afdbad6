/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consistent copy of the monitor's journal while the monitor runs. It holds its database under an
 * exclusive lock, so that no other process can open it; but the two files can be copied: what a
 * checkpoint writes into the database is still in the write-ahead log until that is begun anew, and
 * a new beginning changes the salts in the log's header (https://www.sqlite.org/fileformat.html,
 * "The Write-Ahead Log"). So database first, log second, and the header the same before and after
 * means: the log of the copy repairs whatever its database lacks or has half.
 */
#ifndef SWAPSTACK_EXPORT_JOURNAL_COPY_H
#define SWAPSTACK_EXPORT_JOURNAL_COPY_H

#include "base/err.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct journal_copy {
    char *folder;                      /* owned; temporary */
    sqlite3 *db;                       /* the copy, opened and repaired */
    int64_t database_bytes, log_bytes; /* of the originals */
};

/* Copies `folder`/journal.db with its log into a folder below TMPDIR (or /tmp), opens and checks
 * the copy. ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO; ERR_FULL: larger than `max_bytes` (the sizes are
 * there); ERR_BUSY: it changed too fast, several times; ERR_INVALID: it is damaged. In any case
 * released with journal_copy_free, which removes the folder. */
int journal_copy_make(struct journal_copy *copy, const char *folder, int64_t max_bytes,
                      struct err *err);
void journal_copy_free(struct journal_copy *copy);

#endif
