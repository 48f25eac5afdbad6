/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, read into memory. */
#ifndef SWAPSTACK_BASE_FILE_H
#define SWAPSTACK_BASE_FILE_H

#include "base/err.h"
#include "base/strbuf.h"
#include <stddef.h>

/* Appends the file's bytes to `to`. ERR_NOT_FOUND when it does not exist; ERR_INVALID when it has
 * more than `max_bytes` (a mistaken path, a disk image, must not fill the memory); ERR_IO. */
int file_read(const char *path, size_t max_bytes, struct strbuf *to, struct err *err);

#endif
