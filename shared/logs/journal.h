/* SPDX-License-Identifier: Apache-2.0 */
/* One line of `journalctl -o json` as an entry. Pure. */
#ifndef SWAPSTACK_LOGS_JOURNAL_H
#define SWAPSTACK_LOGS_JOURNAL_H

#include "base/strbuf.h"
#include "logs/entry.h"
#include <stddef.h>

#define LOGS_JOURNAL_LINE_MAX 65536 /* bytes; a longer one is none */
#define LOGS_CURSOR_SIZE      256

struct logs_journal_entry {
    struct logs_entry entry;       /* its texts live in the buffers below */
    char cursor[LOGS_CURSOR_SIZE]; /* where to go on, "" when there is none */
    struct strbuf program, text;
};
void logs_journal_entry_free(struct logs_journal_entry *entry);

/* Format: systemd.journal-fields(7), JSON as journalctl(1) writes it: values are strings, arrays of
 * bytes where they are no UTF-8, null where they are too long. __REALTIME_TIMESTAMP in µs, PRIORITY
 * as syslog's 0..7, MESSAGE, SYSLOG_IDENTIFIER, _TRANSPORT. ERR_INVALID. */
int logs_journal_parse(const char *line, size_t length, struct logs_journal_entry *to,
                       struct err *err);

#endif
