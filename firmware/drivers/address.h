/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of an address in board.ini: `key=value` separated by blanks, in any order, each key
 * once; a word without `=` is a value with the key "". What keys mean is the driver's matter.
 */
#ifndef SWAPSTACK_DRIVERS_ADDRESS_H
#define SWAPSTACK_DRIVERS_ADDRESS_H

#include "drivers/board.h"
#include <stdbool.h>

#define ADDRESS_KEY_SIZE   24
#define ADDRESS_VALUE_SIZE 128

struct address_word {
    char key[ADDRESS_KEY_SIZE], value[ADDRESS_VALUE_SIZE];
};

/* Takes the next word from *at and moves it behind. 1; 0 at the end; ERR_INVALID when a word is
 * too long (`err` names it), *at is behind it then. */
int address_next(const char **at, struct address_word *word, struct err *err);

/* The value of `key` in `address`; NULL when it is not there. Points into *word. */
const char *address_find(const char *address, const char *key, struct address_word *word);

/* Reads a whole number from `lowest` to `highest` (decimal, or hexadecimal with 0x). */
bool address_integer(const char *text, int64_t lowest, int64_t highest, int64_t *to);
bool address_real(const char *text, double lowest, double highest, double *to);

#endif
