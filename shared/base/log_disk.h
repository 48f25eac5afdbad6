/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a log_store on a real disk, and the names of segments. */
#ifndef SWAPSTACK_BASE_LOG_DISK_H
#define SWAPSTACK_BASE_LOG_DISK_H

#include "base/log_store.h"

#define LOG_DISK_PROGRAM_SIZE 64 /* "swap-monitor" and NUL */

/* Reads a file name PROGRAM.NNNNNNNN.log with a number from 1. False: it is no segment. Pure. */
bool log_disk_parse_name(const char *name, char program[LOG_DISK_PROGRAM_SIZE], uint32_t *number);
/* Writes such a name; NULL when it does not fit. */
char *log_disk_format_name(char *to, size_t size, const char *program, uint32_t number);

struct log_disk_real {
    char *folder, *program; /* owned */
    int lock;               /* descriptor that keeps other writers out; -1: not yet taken */
};

/* The disk of one program's files. list() makes the folder (mode 0750) when it is not there and
 * takes the files for this process: -EBUSY while another one writes them. Files have mode 0640
 * whatever the umask, so that the folder's group may read. ERR_NOMEM. `self` goes with
 * log_disk_close. */
int log_disk_open(struct log_disk *disk, struct log_disk_real *self, const char *folder,
                  const char *program, struct err *err);
void log_disk_close(struct log_disk_real *self);

#endif
