/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of drivers' tokens, for `swapctl auth push`: one per line, 1 to 64 printable ASCII
 * characters as a reader says them (firmware/drivers/reader). Empty lines and lines that begin with
 * # are left out, what is there twice counts once. Cut into pages that a message can carry.
 */
#ifndef SWAPSTACK_CTL_TOKENS_H
#define SWAPSTACK_CTL_TOKENS_H

#include "base/err.h"
#include "protocol/message.h"
#include <stddef.h>
#include <stdint.h>

#define TOKENS_MAX        100000 /* a station refuses more */
#define TOKENS_PER_PAGE   3000   /* of 64 bytes each: below 256 KiB with quotes and commas */
#define TOKENS_FILE_BYTES (16u * 1024u * 1024u)

struct tokens {
    size_t count;
    char (*list)[MESSAGE_NAME_SIZE]; /* owned, ascending */
};

/* Pure. ERR_INVALID names the line. Release with tokens_free in each case. */
int tokens_parse(const char *text, size_t length, const char *origin, struct tokens *tokens,
                 struct err *err);
void tokens_free(struct tokens *tokens);

/* Pages of a list, at least one: also nobody is a list. */
int64_t tokens_pages(const struct tokens *tokens);
/* Fills page `number` from 1; its texts are those of `tokens`. */
void tokens_page(const struct tokens *tokens, int64_t version, int64_t number,
                 struct message_auth_list *page);

#endif
