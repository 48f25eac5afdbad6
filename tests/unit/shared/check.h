/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka program of this folder includes, and checks that cmocka lacks. */
#ifndef SWAPSTACK_TESTS_CHECK_H
#define SWAPSTACK_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include <stdio.h>
#include <string.h>

/* The sentence must hold `part`; prints both when it does not. */
static inline void check_sentence(const struct err *err, const char *part)
{
    if (strstr(err->text, part) == NULL)
        fail_msg("sentence \"%s\" does not hold \"%s\"", err->text, part);
}

#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
