/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka.h with what must be included before it. */
#ifndef SWAPSTACK_TESTS_CMOCKA_FIRST_H
#define SWAPSTACK_TESTS_CMOCKA_FIRST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
