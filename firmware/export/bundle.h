/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A diagnostic bundle: an archive of bounded size, whose last file, manifest.json, lists the others
 * with size and SHA-256, what is not in it and why, and how many secrets were taken out.
 */
#ifndef SWAPSTACK_EXPORT_BUNDLE_H
#define SWAPSTACK_EXPORT_BUNDLE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "export/archive.h"
#include <stdbool.h>

struct bundle {
    struct archive *archive;  /* owned */
    int64_t time_us;          /* of the bundle: what its files bear */
    int64_t max_bytes, bytes; /* of all files together, before compression; without the manifest */
    struct strbuf files, missing; /* the manifest's lists, as JSON */
    int file_count, missing_count;
    int64_t secrets;
};

/* `fd` stays the caller's. End with bundle_end, also after an error. */
int bundle_begin(struct bundle *bundle, int fd, int64_t max_bytes, int64_t time_us,
                 struct err *err);

/* A file. When it does not fit within the bound: whole files are left out and listed as missing, of
 * one with `tail` the end is kept, from the beginning of a line on. Names must be unique.
 * Negative only when the bundle itself cannot be written. */
int bundle_add(struct bundle *bundle, const char *name, const char *bytes, size_t length, bool tail,
               struct err *err);

/* What is not in it, and why. */
void bundle_miss(struct bundle *bundle, const char *name, const char *why);

/* Writes the manifest and ends the archive (`good`), or only frees. */
int bundle_end(struct bundle *bundle, bool good, struct err *err);

#endif
