/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/tokens.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add(struct tokens *tokens, const char *token, size_t length, const char *origin,
               int line, struct err *err)
{
    if (length >= MESSAGE_NAME_SIZE)
        return err_set(err, ERR_INVALID, "%s:%d: a token of %zu bytes, at most %d are right",
                       origin, line, length, MESSAGE_NAME_SIZE - 1);
    for (size_t i = 0; i < length; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return err_set(err, ERR_INVALID,
                           "%s:%d: a token has no blanks and only printable ASCII characters",
                           origin, line);
    if ((tokens->count & (tokens->count - 1)) == 0) { /* full at each power of two */
        size_t room = tokens->count ? 2 * tokens->count : 1;
        void *grown = realloc(tokens->list, room * sizeof *tokens->list);
        if (!grown)
            return err_set(err, ERR_NOMEM, "no memory for %zu tokens", room);
        tokens->list = grown;
    }
    char *to = tokens->list[tokens->count++];
    memcpy(to, token, length);
    to[length] = '\0';
    return 0;
}

static void sort(struct tokens *tokens)
{
    size_t kept = 0;
    if (tokens->count == 0)
        return;
    qsort(tokens->list, tokens->count, sizeof *tokens->list, compare);
    for (size_t i = 1; i < tokens->count; i++)
        if (strcmp(tokens->list[kept], tokens->list[i]) != 0)
            memmove(tokens->list[++kept], tokens->list[i], sizeof *tokens->list);
    tokens->count = kept + 1;
}

int tokens_parse(const char *text, size_t length, const char *origin, struct tokens *tokens,
                 struct err *err)
{
    int line = 0, rc = 0;
    *tokens = (struct tokens){0};
    for (size_t at = 0; rc == 0 && at < length;) {
        const char *begin = text + at, *end = memchr(begin, '\n', length - at);
        size_t size = end ? (size_t)(end - begin) : length - at;
        at += size + 1;
        line++;
        while (size > 0 && (begin[size - 1] == '\r' || begin[size - 1] == ' '))
            size--;
        if (size > 0 && *begin != '#')
            rc = add(tokens, begin, size, origin, line, err);
    }
    if (rc < 0)
        return rc;
    sort(tokens);
    if (tokens->count > TOKENS_MAX)
        return err_set(err, ERR_INVALID, "%s: %zu tokens, a station keeps at most %d", origin,
                       tokens->count, TOKENS_MAX);
    return 0;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens->list);
    *tokens = (struct tokens){0};
}

int64_t tokens_pages(const struct tokens *tokens)
{
    return tokens->count == 0 ? 1 : (int64_t)((tokens->count - 1) / TOKENS_PER_PAGE) + 1;
}

void tokens_page(const struct tokens *tokens, int64_t version, int64_t number,
                 struct message_auth_list *page)
{
    size_t from = (size_t)(number - 1) * TOKENS_PER_PAGE, left = tokens->count - from;
    *page = (struct message_auth_list){
        .version = version,
        .page = number,
        .pages = tokens_pages(tokens),
        .token_count = left < TOKENS_PER_PAGE ? left : TOKENS_PER_PAGE,
        .tokens = tokens->count ? tokens->list + from : NULL,
    };
}
