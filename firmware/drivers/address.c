/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/address.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int address_next(const char **at, struct address_word *word, struct err *err)
{
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, " \t");
    const char *begin = *at;
    if (length == 0)
        return 0;
    *at += length;
    const char *equals = memchr(begin, '=', length);
    size_t key = equals ? (size_t)(equals - begin) : 0;
    const char *value = equals ? equals + 1 : begin;
    size_t value_length = (size_t)(begin + length - value);
    if (key >= sizeof word->key || value_length >= sizeof word->value)
        return err_set(err, ERR_INVALID, "the word %.*s is too long", (int)length, begin);
    memcpy(word->key, begin, key);
    word->key[key] = '\0';
    memcpy(word->value, value, value_length);
    word->value[value_length] = '\0';
    return 1;
}

const char *address_find(const char *address, const char *key, struct address_word *word)
{
    for (int code = 1; code != 0;) {
        code = address_next(&address, word, NULL);
        if (code == 1 && strcmp(word->key, key) == 0)
            return word->value;
    }
    return NULL;
}

bool address_integer(const char *text, int64_t lowest, int64_t highest, int64_t *to)
{
    char *end = NULL;
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    errno = 0;
    long long value = strtoll(text, &end, hexadecimal ? 16 : 10);
    if (isspace((unsigned char)*text) || end == text || *end || errno || value < lowest ||
        value > highest)
        return false;
    *to = value;
    return true;
}

bool address_real(const char *text, double lowest, double highest, double *to)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (isspace((unsigned char)*text) || end == text || *end || !isfinite(value) ||
        value < lowest || value > highest)
        return false;
    *to = value;
    return true;
}
