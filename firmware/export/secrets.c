/* SPDX-License-Identifier: Apache-2.0 */
#include "export/secrets.h"

#include "protocol/json.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define JSON_BYTES_MAX ((size_t)4 << 20)

/* Names --------------------------------------------------------------------------------------- */

static bool holds(const char *name, size_t length, const char *part)
{
    size_t part_length = strlen(part);
    for (size_t i = 0; i + part_length <= length; i++)
        if (strncasecmp(name + i, part, part_length) == 0)
            return true;
    return false;
}

/* The whole name, or its last word: "key", "client_key", "KEY-FILE"; not "monkey". */
static bool ends_with_word(const char *name, size_t length, const char *word)
{
    size_t word_length = strlen(word);
    if (length < word_length || strncasecmp(name + length - word_length, word, word_length) != 0)
        return false;
    return length == word_length || !isalnum((unsigned char)name[length - word_length - 1]);
}

bool secrets_is_name(const char *name, size_t length)
{
    static const char *const parts[] = {"password",   "passwd",  "passphrase", "secret",  "token",
                                        "credential", "private", "api_key",    "api-key", "apikey"};
    static const char *const words[] = {"key", "key_file", "key-file", "pin", "psk", "pw"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (holds(name, length, parts[i]))
            return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ends_with_word(name, length, words[i]))
            return true;
    return false;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* One line ------------------------------------------------------------------------------------- */

/* Copies with "://user:password@" as "://(removed)@". */
static int64_t copy_urls(const char *text, size_t length, struct strbuf *to)
{
    int64_t removed = 0;
    size_t at = 0;
    while (at < length) {
        const char *mark = memmem(text + at, length - at, "://", 3);
        size_t plain = mark ? (size_t)(mark - text) + 3 - at : length - at;
        strbuf_append(to, text + at, plain);
        at += plain;
        size_t host = 0;
        while (mark && at + host < length && !strchr(" \t\"'/<>", text[at + host]))
            host++;
        const char *sign = host ? memrchr(text + at, '@', host) : NULL;
        if (sign && memchr(text + at, ':', (size_t)(sign - text) - at)) {
            strbuf_append_text(to, SECRETS_REMOVED);
            at = (size_t)(sign - text);
            removed++;
        }
    }
    return removed;
}

/* Bytes of the value at `at`: to the next blank outside quotes. */
static size_t value_length(const char *at, size_t left)
{
    size_t length = 0;
    while (length < left && at[length] != ' ' && at[length] != '\t') {
        char quote = at[length++];
        if (quote != '"' && quote != '\'')
            continue;
        const char *close = memchr(at + length, quote, left - length);
        length = close ? (size_t)(close - at) + 1 : left;
    }
    return length;
}

/* Names of secrets that people write before a colon, with a value of any form behind it. */
static bool is_before_colon(const char *name, size_t length)
{
    return holds(name, length, "passw") || holds(name, length, "passphrase") ||
           holds(name, length, "secret") || holds(name, length, "token") ||
           holds(name, length, "authorization");
}

/* In a log `key=` names a setting ("configuration taken key=max_soc"): no secret there. */
static bool is_before_equals(const char *name, size_t length)
{
    return secrets_is_name(name, length) && !(length == 3 && strncasecmp(name, "key", 3) == 0);
}

static int64_t scrub_line(const char *line, size_t length, struct strbuf *to)
{
    int64_t removed = 0;
    size_t from = 0; /* not yet copied */
    for (size_t at = 0; at < length; at++) {
        if (line[at] != '=' && line[at] != ':')
            continue;
        size_t name = at;
        while (name > from && is_name_char(line[name - 1]))
            name--;
        bool equals = line[at] == '=';
        if (name == at || !(equals ? is_before_equals : is_before_colon)(line + name, at - name))
            continue;
        size_t value = at + 1;
        while (value < length && (line[value] == ' ' || line[value] == '\t'))
            value++;
        size_t bytes = equals ? value_length(line + value, length - value) : length - value;
        if (bytes == 0)
            continue;
        removed += 1 + copy_urls(line + from, value - from, to);
        strbuf_append_text(to, SECRETS_REMOVED);
        from = value + bytes;
        at = from - 1;
    }
    return removed + copy_urls(line + from, length - from, to);
}

/* Lines ---------------------------------------------------------------------------------------- */

struct lines { /* walks through a text; knows where a private key is */
    const char *at, *end;
    bool in_key;
};

static bool contains(const char *line, size_t length, const char *what)
{
    return memmem(line, length, what, strlen(what)) != NULL;
}

/* The next line with its newline. False: the end. */
static bool next_line(struct lines *lines, const char **line, size_t *length)
{
    if (lines->at >= lines->end)
        return false;
    const char *stop = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    *line = lines->at;
    *length = stop ? (size_t)(stop - lines->at) + 1 : (size_t)(lines->end - lines->at);
    lines->at += *length;
    return true;
}

/* True: the line is part of a PEM private key and has been dealt with. */
static bool take_key(struct lines *lines, const char *line, size_t length, struct strbuf *to,
                     int64_t *removed)
{
    bool begins = !lines->in_key && contains(line, length, "-----BEGIN ") &&
                  contains(line, length, "PRIVATE KEY-----");
    if (begins) {
        strbuf_append_text(to, SECRETS_REMOVED "\n");
        ++*removed;
    }
    bool inside = lines->in_key || begins;
    lines->in_key = inside && !contains(line, length, "-----END ");
    return inside;
}

static size_t without_newline(const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    return length;
}

int64_t secrets_scrub_text(const char *text, size_t length, struct strbuf *to)
{
    struct lines lines = {text, text + length, false};
    int64_t removed = 0;
    const char *line;
    for (size_t bytes; next_line(&lines, &line, &bytes);) {
        if (take_key(&lines, line, bytes, to, &removed))
            continue;
        size_t words = without_newline(line, bytes);
        removed += scrub_line(line, words, to);
        strbuf_append(to, line + words, bytes - words);
    }
    return removed;
}

/* The first byte from `at` on that is none of `set`, which may not hold NUL. */
static size_t skip(const char *line, size_t length, size_t at, const char *set)
{
    while (at < length && line[at] && strchr(set, line[at]))
        at++;
    return at;
}

/* Length of what stays of a settings line whose name is a secret's ("key = "); 0: it is none. */
static size_t secret_front(const char *line, size_t length)
{
    size_t name = skip(line, length, 0, " \t#;");
    if (length - name > 7 && memcmp(line + name, "export ", 7) == 0)
        name = skip(line, length, name + 7, " \t");
    size_t name_end = name;
    while (name_end < length && is_name_char(line[name_end]))
        name_end++;
    size_t sign = skip(line, length, name_end, " \t");
    if (name_end == name || sign >= length || (line[sign] != '=' && line[sign] != ':') ||
        !secrets_is_name(line + name, name_end - name))
        return 0;
    size_t value = skip(line, length, sign + 1, " \t");
    return value < length ? value : 0; /* no value: nothing to hide */
}

int64_t secrets_scrub_settings(const char *text, size_t length, struct strbuf *to)
{
    struct lines lines = {text, text + length, false};
    int64_t removed = 0;
    bool continues = false; /* the line before was a secret: an indented one goes on with it */
    const char *line;
    for (size_t bytes; next_line(&lines, &line, &bytes);) {
        size_t words = without_newline(line, bytes);
        if (take_key(&lines, line, bytes, to, &removed))
            continue;
        if (continues && words > 0 && (line[0] == ' ' || line[0] == '\t'))
            continue;
        size_t front = secret_front(line, words);
        continues = front > 0;
        if (front > 0) {
            strbuf_append(to, line, front);
            strbuf_append_text(to, SECRETS_REMOVED);
            removed++;
        } else {
            removed += scrub_line(line, words, to);
        }
        strbuf_append(to, line + words, bytes - words);
    }
    return removed;
}

/* JSON ----------------------------------------------------------------------------------------- */

static void remove_value(cJSON *value, int64_t *removed)
{
    cJSON *parent_text = cJSON_CreateString(SECRETS_REMOVED);
    if (parent_text == NULL)
        return;
    /* In place: the item keeps its name and its neighbours. */
    cJSON_Delete(value->child);
    value->child = NULL;
    cJSON_free(value->valuestring);
    value->valuestring = parent_text->valuestring;
    value->type = (value->type & ~0xff) | cJSON_String;
    parent_text->valuestring = NULL;
    cJSON_Delete(parent_text);
    ++*removed;
}

/* Who began a swap at the station's reader is on record by the token itself (monitor/local.c),
 * which opens the gate to whoever has it; other users are names. */
static bool is_local_start(const cJSON *object)
{
    static const char *const names[] = {"requestId", "request_id"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const cJSON *id = cJSON_GetObjectItemCaseSensitive(object, names[i]);
        if (cJSON_IsString(id) && strncmp(id->valuestring, "local-", 6) == 0)
            return true;
    }
    return false;
}

static void scrub_value(cJSON *value, int64_t *removed)
{
    cJSON *user = cJSON_GetObjectItemCaseSensitive(value, "user");
    if (user && is_local_start(value))
        remove_value(user, removed);
    /* {"key": "mqtt.password", "value": "…"} */
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(value, "key");
    cJSON *setting = cJSON_GetObjectItemCaseSensitive(value, "value");
    bool is_setting = cJSON_IsString(key) && setting;
    if (is_setting && secrets_is_name(key->valuestring, strlen(key->valuestring)))
        remove_value(setting, removed);
    for (cJSON *child = value->child; child; child = child->next) {
        if (child->string && !(is_setting && child == key) &&
            secrets_is_name(child->string, strlen(child->string)))
            remove_value(child, removed);
        else
            scrub_value(child, removed);
    }
    if (!cJSON_IsString(value) || strcmp(value->valuestring, SECRETS_REMOVED) == 0)
        return;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int64_t inside = secrets_scrub_text(value->valuestring, strlen(value->valuestring), &text);
    if (inside > 0 && cJSON_SetValuestring(value, strbuf_text(&text)))
        *removed += inside;
}

int64_t secrets_scrub_json(const char *text, size_t length, struct strbuf *to)
{
    SCOPE_JSON cJSON *root = NULL;
    SCOPE_STRBUF struct strbuf clean = STRBUF_INIT;
    int64_t removed = 0;
    if (json_parse_within(text, length, JSON_BYTES_MAX, &root, NULL) < 0) {
        removed = secrets_scrub_text(text, length, &clean);
        /* What made it no JSON may have gone with a secret: then its members have names again. */
        if (removed == 0 ||
            json_parse_within(strbuf_text(&clean), clean.length, JSON_BYTES_MAX, &root, NULL) < 0) {
            strbuf_append(to, strbuf_text(&clean), clean.length);
            return removed;
        }
    }
    scrub_value(root, &removed);
    if (removed > 0)
        json_write_value(to, root);
    else
        strbuf_append(to, text, length); /* untouched: also its form */
    return removed;
}
