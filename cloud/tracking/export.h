/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges out to a CSV file and in from one (form.h has the line's form). */
#ifndef SWAPSTACK_TRACKING_EXPORT_H
#define SWAPSTACK_TRACKING_EXPORT_H

#include "store/exchange_stream.h"
#include "tracking/form.h"
#include <stdio.h>

struct export_progress {
    void (*show)(void *self, int64_t done, int64_t all); /* NULL: not shown */
    void *self;
};

/* Writes the exchanges that the filter names to `path`, oldest first, behind the header. The file
 * is written beside it under another name, synced and renamed, so that whoever finds `path` finds
 * the whole; "-" writes to `out` as it comes. Memory does not grow with the rows. *count: rows
 * written. ERR_IO, ERR_FULL, ERR_STORAGE; then `path` is as it was. */
int tracking_export_battery_assignments_to_csv(struct store *store,
                                               const struct exchange_filter *filter,
                                               const char *path, FILE *out,
                                               const struct export_progress *progress,
                                               int64_t *count, struct err *err);

/* Reads such a file. `each` gets every good line as a form; `bad` every other with the number of
 * the line it begins on and the reason. A negative return of `each` ends the reading with that
 * code. ERR_INVALID when the first line is not the header; ERR_IO. */
struct import_reader {
    int (*each)(void *self, const struct exchange_form *form, int64_t line, struct err *err);
    void (*bad)(void *self, int64_t line, const char *reason);
    void *self;
};
int tracking_read_csv(FILE *from, const struct import_reader *reader, struct err *err);

#endif
