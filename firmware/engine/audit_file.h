/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit as a file of lines, audit.log in the engine's state folder: who logged in at the
 * station, what was asked for, what was refused. A line is on the disk before the thing begins. At
 * most two files of AUDIT_FILE_MAX bytes: the full one becomes audit.log.1.
 */
#ifndef SWAPSTACK_ENGINE_AUDIT_FILE_H
#define SWAPSTACK_ENGINE_AUDIT_FILE_H

#include "engine/console.h"

#define AUDIT_FILE_NAME "audit.log"
#define AUDIT_FILE_MAX  (256 * 1024)

struct audit_file {
    const char *directory; /* must outlive it */
};

/* Fills `audit` so that it writes into `directory`. `self` stays the caller's. */
void audit_file_init(struct audit_file *self, const char *directory, struct engine_audit *audit);

#endif
