/* SPDX-License-Identifier: Apache-2.0 */
/* Topics (design/protocol.md): `info`, `info/<device>`, `control`, `control/<device>`,
 * `alert/<kind>`, each below an optional prefix. */
#ifndef SWAPSTACK_PROTOCOL_TOPIC_H
#define SWAPSTACK_PROTOCOL_TOPIC_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

#define TOPIC_SIZE  256 /* with NUL */
#define DEVICE_SIZE 65  /* 64 characters of A-Za-z0-9._- and NUL */

enum topic_kind { TOPIC_INFO, TOPIC_CONTROL, TOPIC_ALERT };

struct topic {
    enum topic_kind kind;
    char leaf[DEVICE_SIZE]; /* device or alert kind; "" for the bare topic */
};

/* "1231" yes; "", "*", "a b", 65 characters no. */
bool device_is_valid(const char *device);

/* Writes `<prefix>/info`, `<prefix>/info/<leaf>` …; prefix and leaf may be NULL or "".
 * A leaf "+" gives the filter for a subscription. ERR_INVALID with a sentence. */
int topic_format(char to[TOPIC_SIZE], const char *prefix, enum topic_kind kind, const char *leaf,
                 struct err *err);
/* The reverse. ERR_INVALID when the text is none of ours under this prefix. */
int topic_parse(const char *text, size_t length, const char *prefix, struct topic *to,
                struct err *err);

#endif
