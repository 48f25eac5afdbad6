/* SPDX-License-Identifier: Apache-2.0 */
#include "core/locks.h"

#include "protocol/json.h"
#include <stdlib.h>
#include <string.h>

#define PREFIX "locked."

bool locks_has(const struct locks *locks, const char *bid)
{
    for (int i = 0; i < LOCKS_LISTS && bid[0]; i++)
        for (const char *at = locks->lists[i]; *at; at += strlen(at) + 1)
            if (strcmp(at, bid) == 0)
                return true;
    return false;
}

/* 0 .. LOCKS_LISTS - 1; negative: no key of ours. */
static int list_of(const char *key)
{
    if (strncmp(key, PREFIX, strlen(PREFIX)) != 0)
        return -1;
    const char *digits = key + strlen(PREFIX);
    size_t length = strlen(digits);
    if (length < 1 || length > 2 || strspn(digits, "0123456789") != length || digits[0] == '0')
        return -1;
    int number = atoi(digits);
    return number <= LOCKS_LISTS ? number - 1 : -1;
}

/* False: it is no array of serials, or too long. */
static bool read_list(const cJSON *array, char to[LOCKS_LIST_SIZE])
{
    size_t used = 0;
    const cJSON *item;
    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(item, array)
    {
        const char *bid = cJSON_GetStringValue(item);
        size_t length = bid ? strlen(bid) : 0;
        if (length == 0 || used + length + 2 > LOCKS_LIST_SIZE)
            return false;
        memcpy(to + used, bid, length + 1);
        used += length + 1;
    }
    return true;
}

int locks_set(struct locks *locks, const char *key, const char *value, const char **why)
{
    int list = list_of(key);
    if (list < 0)
        return 1;
    char fresh[LOCKS_LIST_SIZE] = "";
    SCOPE_JSON cJSON *array = NULL;
    *why = "locked.1 to locked.16 must be arrays of battery serials";
    if (json_parse(value, strlen(value), &array, NULL) < 0 || !read_list(array, fresh))
        return -1;
    memcpy(locks->lists[list], fresh, sizeof fresh);
    return 0;
}
