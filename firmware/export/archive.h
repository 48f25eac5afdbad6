/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A .tar.gz: POSIX ustar (IEEE Std 1003.1, pax, "ustar Interchange Format") inside gzip (RFC 1952,
 * zlib). Regular files only; that is a page of code, and zlib is here already, where libarchive
 * would bring a dozen libraries onto the board.
 */
#ifndef SWAPSTACK_EXPORT_ARCHIVE_H
#define SWAPSTACK_EXPORT_ARCHIVE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_NAME_MAX 100 /* bytes of a name with its folders */

struct archive;

/* Writes to `fd`, which stays the caller's. ERR_NOMEM, ERR_IO. */
int archive_new(struct archive **to, int fd, struct err *err);

/* One file, mode 0640, of the time `time_s` (since 1970). ERR_INVALID: the name is empty, too long,
 * absolute or holds ".."; ERR_IO: e.g. the disk is full. */
int archive_add(struct archive *archive, const char *name, const void *bytes, size_t length,
                int64_t time_s, struct err *err);

/* Ends and frees, also after an error. ERR_IO. */
int archive_end(struct archive *archive, struct err *err);

#endif
