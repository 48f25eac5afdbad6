/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of engine and monitor tell when the daemons do not run, or beside them. Only reads
 * them: the journal is copied into a folder of its own first, because even a reading connection of
 * SQLite would lock it against the monitor's next start.
 */
#ifndef SWAPSTACK_CONSOLE_FILES_H
#define SWAPSTACK_CONSOLE_FILES_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Prints what DIR/engine.state says: packs on record, the swap under way, latched faults, events
 * that wait. ERR_NOT_FOUND, ERR_INVALID (damaged), ERR_PERMISSION or ERR_IO. */
int files_show_engine(FILE *to, const char *folder, struct err *err);
/* The same without printing: is it there and whole? */
int files_check_engine(const char *folder, struct err *err);

struct files_journal {
    char id[64];
    int64_t boot;
    int64_t event_rows, telemetry_rows, telemetry_bytes;
    int64_t oldest_us; /* of the oldest row; 0: none */
    int64_t dropped, dead;
    int64_t file_bytes; /* of the database and its log */
};

/* Reads and checks DIR/journal.db, through a copy. ERR_NOT_FOUND, ERR_INVALID with what is wrong,
 * ERR_PERMISSION, ERR_IO, ERR_BUSY (it changes too fast). */
int files_read_journal(const char *folder, struct files_journal *journal, struct err *err);

#endif
