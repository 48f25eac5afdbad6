/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may swap while the cloud is gone: the list that AUTH_LIST (type 40) brings in pages. Pages of
 * one version are gathered durably; the list in force is replaced only when all of them are there,
 * in one group of changes, so that a restart at any point leaves the old list or the new one.
 *
 * A token is kept as the first 16 bytes of SHA-256(id of the journal, token): a stolen card does
 * not name its drivers, and 100 000 tokens take 1.6 MB. Short tokens (a PIN, the serial number of a
 * cheap card) can be guessed from their hashes all the same; long ones cannot.
 *
 * In the journal, as values:
 *     auth               "IN_FORCE PAGES PLACE GATHERING PAGES" (-1 for a version: none)
 *     auth.PLACE.PAGE    "VERSION HASHES": 32 hex digits each; PLACE is 0 or 1, one of them is in
 *                        force, the other gathers
 */
#ifndef SWAPSTACK_MONITOR_AUTHLIST_H
#define SWAPSTACK_MONITOR_AUTHLIST_H

#include "monitor/journal.h"

#define AUTHLIST_TOKENS_MAX 100000
#define AUTHLIST_PAGES_MAX  1024
#define AUTHLIST_HASH_SIZE  16 /* bytes */

struct authlist_place { /* a list, whole or being gathered */
    int64_t version;    /* MESSAGE_ABSENT: none */
    int64_t pages;
};

struct authlist {
    struct authlist_place force, gathering;
    int place; /* of the list in force */
    /* in force, ascending */
    size_t count;
    unsigned char (*hashes)[AUTHLIST_HASH_SIZE]; /* owned */
    /* gathering: tokens of each page that is stored, -1: it is missing */
    int page_tokens[AUTHLIST_PAGES_MAX];
};

/* Reads what the journal holds. What is not readable counts as absent: the cloud sends it again. */
int authlist_load(struct authlist *list, const struct journal *journal, struct err *err);
void authlist_free(struct authlist *list);

/* Whether the list in force names the token. No list names nobody. */
bool authlist_has(const struct authlist *list, const struct journal *journal, const char *token);

/* Takes a page; within a durable group of the journal. `next` is what the list will be when that
 * group is stored: then authlist_adopt, else authlist_free(next). `said` gets the reason of the
 * outcome: what was stored, or that it is not newer.
 *
 * ERR_REFUSED: the page cannot be taken, with a sentence that begins with a code of
 * design/protocol.md (Malformed); nothing was changed. Other errors: of the journal. */
int authlist_take(const struct authlist *list, const struct journal *journal,
                  const struct message_auth_list *page, struct authlist *next,
                  char said[MESSAGE_TEXT_SIZE], struct err *err);
void authlist_adopt(struct authlist *list, struct authlist *next);

#endif
