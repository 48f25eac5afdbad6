/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INI text through inih, with the line of each value. inih itself cuts long lines, joins indented
 * ones to the value before, and numbers lines in a way that its handler does not see; therefore it
 * gets its lines from a reader of ours that counts them, refuses the long ones and removes
 * indentation. Pure; fuzzed through its users (fuzz_config, fuzz_modbus_map).
 */
#ifndef SWAPSTACK_BASE_INI_TEXT_H
#define SWAPSTACK_BASE_INI_TEXT_H

#include "base/err.h"
#include <stddef.h>

/* Where a value stands. The texts last for the call. */
struct ini_place {
    const char *origin;
    int line;            /* from 1 */
    const char *where;   /* "ORIGIN:LINE", to begin a sentence with */
    const char *section; /* "" before the first heading */
};

/* Takes one `name = value`. Returns 0, or a code with a sentence to stop. */
typedef int ini_text_take(void *self, const struct ini_place *place, const char *name,
                          const char *value, struct err *err);

/* Gives every value of `text` to `take`, in order. The first mistake ends it: ERR_CONFIG and a
 * sentence that begins with ORIGIN:LINE for a line that cannot be read, or what `take` returned.
 * ERR_NOMEM. */
int ini_text_read(const char *text, size_t length, const char *origin, ini_text_take *take,
                  void *self, struct err *err);

#endif
