/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short words for tables of configuration keys, one line a key: section, name, default as text,
 * bounds where it is a number, and what it means. Only for the file that holds such a table.
 */
#ifndef SWAPSTACK_BASE_CONFIG_KEYS_H
#define SWAPSTACK_BASE_CONFIG_KEYS_H

#include "base/config.h"

/* All fields of struct config_key in their order. */
#define INTEGER(section, name, fallback, min, max, help)                                           \
    {                                                                                              \
        section, name, CONFIG_INTEGER, fallback, min, max, NULL, help                              \
    }
#define REAL(section, name, fallback, min, max, help)                                              \
    {                                                                                              \
        section, name, CONFIG_REAL, fallback, min, max, NULL, help                                 \
    }
#define TEXT(section, name, fallback, help)                                                        \
    {                                                                                              \
        section, name, CONFIG_TEXT, fallback, 0, 0, NULL, help                                     \
    }
#define SWITCH(section, name, fallback, help)                                                      \
    {                                                                                              \
        section, name, CONFIG_BOOL, fallback, 0, 0, NULL, help                                     \
    }

#endif
