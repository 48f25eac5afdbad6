/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/json.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#define KEY_HASHES 2048

/* FNV-1a, folded to a bit of KEY_HASHES. */
static unsigned hash_key(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return (hash ^ hash >> 15) % KEY_HASHES;
}

/* Keys of one object; sorted where hashes leave a doubt, so that a message of 40 000 keys costs no
 * more than its bytes. */
static int check_keys(const cJSON *object, struct err *err)
{
    size_t count = 0;
    const cJSON *item;
    bool suspect = false; /* two keys of one hash: nearly always only by chance */
    uint64_t seen[KEY_HASHES / 64] = {0};
    cJSON_ArrayForEach(item, object)
    {
        unsigned hash = hash_key(item->string);
        suspect = suspect || (seen[hash / 64] >> hash % 64 & 1);
        seen[hash / 64] |= UINT64_C(1) << hash % 64;
        count++;
    }
    if (!suspect)
        return 0;
    SCOPE_FREE const char **keys = malloc(count * sizeof *keys);
    if (keys == NULL)
        return err_set(err, ERR_NOMEM, "no memory for %zu keys", count);
    size_t used = 0;
    cJSON_ArrayForEach(item, object) keys[used++] = item->string;
    qsort(keys, count, sizeof *keys, compare_texts);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i - 1], keys[i]) == 0)
            return err_set(err, ERR_INVALID, "the key \"%.80s\" is given twice in one object",
                           keys[i]);
    }
    return 0;
}

/* Recursion is bounded by JSON_MAX_NESTING. */
static int check_all_keys(const cJSON *value, struct err *err)
{
    int result = cJSON_IsObject(value) ? check_keys(value, err) : 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        if (result == 0)
            result = check_all_keys(item, err);
    }
    return result;
}

int json_parse(const void *bytes, size_t length, cJSON **root, struct err *err)
{
    return json_parse_within(bytes, length, JSON_MAX_BYTES, root, err);
}

int json_parse_within(const void *bytes, size_t length, size_t max_bytes, cJSON **root,
                      struct err *err)
{
    *root = NULL;
    int result = json_check_within(bytes, length, max_bytes, err);
    if (result != 0)
        return result;
    SCOPE_JSON cJSON *tree = cJSON_ParseWithLength(bytes, length);
    if (tree == NULL) /* the text is JSON: only memory can be the reason */
        return err_set(err, ERR_NOMEM, "no memory for a message of %zu bytes", length);
    result = check_all_keys(tree, err);
    if (result == 0)
        *root = SCOPE_STEAL(tree);
    return result;
}

void json_free_scope(cJSON **root)
{
    cJSON_Delete(*root);
}

void json_write_text(struct strbuf *to, const char *text)
{
    strbuf_append_char(to, '"');
    for (const char *at = text; *at != '\0';) {
        size_t plain = 0;
        while ((unsigned char)at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\')
            plain++;
        strbuf_append(to, at, plain);
        at += plain;
        if (*at == '"' || *at == '\\')
            strbuf_printf(to, "\\%c", *at++);
        else if (*at != '\0')
            strbuf_printf(to, "\\u%04x", (unsigned)(unsigned char)*at++);
    }
    strbuf_append_char(to, '"');
}

/* Numbers of up to six decimals and 15 digits, as nearly all are, without printf. They are exact:
 * an integer over a power of ten, both exact, divided with correct rounding is the double that the
 * decimal names, and its digits are the shortest ones that do. */
static bool write_decimal(struct strbuf *to, double number)
{
    double size = fabs(number);
    if (!(size >= 1e-3 && size < 1e9))
        return false;
    double scaled = round(size * 1e6);
    if (scaled / 1e6 != size)
        return false;
    char text[24];
    char *end = text + sizeof text, *at = end;
    uint64_t digits = (uint64_t)scaled;
    int decimals = 6;
    for (; decimals > 0 && digits % 10 == 0; decimals--)
        digits /= 10;
    if (decimals > 0) {
        for (int i = 0; i < decimals; i++, digits /= 10)
            *--at = (char)('0' + digits % 10);
        *--at = '.';
    }
    do {
        *--at = (char)('0' + digits % 10);
        digits /= 10;
    } while (digits > 0);
    if (number < 0)
        *--at = '-';
    strbuf_append(to, at, (size_t)(end - at));
    return true;
}

void json_write_number(struct strbuf *to, double number)
{
    assert(isfinite(number));
    char text[32];
    if (write_decimal(to, number))
        return;
    if (number != 0 && fabs(number) < 1e15 && trunc(number) == number) { /* most are; cheaper */
        (void)snprintf(text, sizeof text, "%lld", (long long)number);
    } else {
        (void)snprintf(text, sizeof text, "%.15g", number);
        if (strtod(text, NULL) != number)
            (void)snprintf(text, sizeof text, "%.17g", number);
    }
    strbuf_append_text(to, text);
}

static void write_members(struct strbuf *to, const cJSON *container)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, container)
    {
        if (item != container->child)
            strbuf_append_char(to, ',');
        if (cJSON_IsObject(container)) {
            json_write_text(to, item->string);
            strbuf_append_char(to, ':');
        }
        json_write_value(to, item);
    }
}

void json_write_value(struct strbuf *to, const cJSON *value)
{
    if (cJSON_IsString(value)) {
        json_write_text(to, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        json_write_number(to, value->valuedouble);
    } else if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        strbuf_append_char(to, cJSON_IsObject(value) ? '{' : '[');
        write_members(to, value);
        strbuf_append_char(to, cJSON_IsObject(value) ? '}' : ']');
    } else if (cJSON_IsRaw(value)) {
        strbuf_append_text(to, value->valuestring);
    } else {
        strbuf_append_text(to, cJSON_IsTrue(value)    ? "true"
                               : cJSON_IsFalse(value) ? "false"
                                                      : "null");
    }
}
