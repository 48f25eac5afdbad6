/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/topic.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [TOPIC_INFO] = "info", [TOPIC_CONTROL] = "control", [TOPIC_ALERT] = "alert"};
enum { KINDS = sizeof kind_names / sizeof kind_names[0] };

/* ctype.h depends on the locale. */
static bool is_device_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._-", c) != NULL);
}

static bool is_device(const char *text, size_t length)
{
    if (length == 0 || length >= DEVICE_SIZE)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_device_char(text[i]))
            return false;
    }
    return true;
}

bool device_is_valid(const char *device)
{
    return is_device(device, strlen(device));
}

/* Levels of printable ASCII without wildcards, none of them empty. */
static bool is_prefix(const char *prefix)
{
    size_t length = strlen(prefix);
    if (prefix[0] == '/' || prefix[0] == '$' || prefix[length - 1] == '/' || strstr(prefix, "//"))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (prefix[i] <= ' ' || prefix[i] > '~' || prefix[i] == '+' || prefix[i] == '#')
            return false;
    }
    return true;
}

int topic_format(char to[TOPIC_SIZE], const char *prefix, enum topic_kind kind, const char *leaf,
                 struct err *err)
{
    to[0] = '\0';
    prefix = prefix != NULL ? prefix : "";
    leaf = leaf != NULL ? leaf : "";
    if (*prefix != '\0' && !is_prefix(prefix))
        return err_set(err, ERR_INVALID,
                       "topic prefix \"%.200s\": wanted are levels of printable ASCII without "
                       "+ and #, divided by single slashes",
                       prefix);
    if (*leaf == '\0' && kind == TOPIC_ALERT)
        return err_set(err, ERR_INVALID, "topic alert/<kind> needs a kind");
    if (*leaf != '\0' && strcmp(leaf, "+") != 0 && !device_is_valid(leaf))
        return err_set(err, ERR_INVALID,
                       "topic %s/%.80s: the last level must be 1 to 64 of A-Za-z0-9._-",
                       kind_names[kind], leaf);
    int length = snprintf(to, TOPIC_SIZE, "%s%s%s%s%s", prefix, *prefix != '\0' ? "/" : "",
                          kind_names[kind], *leaf != '\0' ? "/" : "", leaf);
    if (length >= TOPIC_SIZE) {
        to[0] = '\0';
        return err_set(err, ERR_INVALID, "topic of %d bytes: at most %d are allowed", length,
                       TOPIC_SIZE - 1);
    }
    return 0;
}

/* Steps over `word` when the text begins with it and ends or divides there. */
static bool skip_level(const char **at, size_t *left, const char *word)
{
    size_t length = strlen(word);
    if (*left < length || memcmp(*at, word, length) != 0)
        return false;
    if (*left > length && (*at)[length] != '/')
        return false;
    *at += length;
    *left -= length;
    return true;
}

int topic_parse(const char *text, size_t length, const char *prefix, struct topic *to,
                struct err *err)
{
    *to = (struct topic){.kind = TOPIC_INFO};
    const char *at = text;
    size_t left = length;
    int shown = (int)(length < 200 ? length : 200);
    bool under = true;
    if (prefix != NULL && *prefix != '\0') {
        under = skip_level(&at, &left, prefix) && left > 0;
        at += under ? 1 : 0; /* the slash */
        left -= under ? 1 : 0;
    }
    for (int kind = 0; under && kind < KINDS; kind++) {
        if (!skip_level(&at, &left, kind_names[kind]))
            continue;
        to->kind = (enum topic_kind)kind;
        if (left == 0 && kind != TOPIC_ALERT)
            return 0;
        if (left == 0 || !is_device(at + 1, left - 1))
            break;
        memcpy(to->leaf, at + 1, left - 1);
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "topic \"%.*s\" is none of info, info/<device>, control, control/<device>, "
                   "alert/<kind>%s%.100s",
                   shown, text, prefix != NULL && *prefix != '\0' ? " below " : "",
                   prefix != NULL ? prefix : "");
}
