/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a configuration and the rules for each type; files are read by config_ini.c. */
#include "base/config.h"

#include "base/nearest.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct config {
    const struct config_key *keys;
    size_t count;
    char **values; /* one owned text per key; NULL: the key's fallback */
};

static const struct config_key *find_key(const struct config *config, const char *section,
                                         const char *name)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_key *key = &config->keys[i];
        if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

/* True: 1, false: 0, neither: -1. */
static int parse_bool(const char *text)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"no", "yes"}, {"false", "true"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (int value = 0; value <= 1; value++) {
            if (strcasecmp(text, words[i][value]) == 0)
                return value;
        }
    }
    return -1;
}

/* strtod and strtoll skip white space and strtod knows "inf" and "0x": not in our files. */
static bool is_decimal(const char *text, bool real)
{
    const char *at = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*at) && !(real && *at == '.'))
        return false;
    return text[strspn(text, real ? "+-.0123456789eE" : "+-0123456789")] == '\0';
}

static int check_number(const struct config_key *key, const char *value, struct err *err)
{
    bool real = key->type == CONFIG_REAL;
    char *end = NULL;
    double number = NAN;
    errno = 0;
    if (is_decimal(value, real))
        number = real ? strtod(value, &end) : (double)strtoll(value, &end, 10);
    if (end != NULL && *end == '\0' && errno == 0 && number >= key->min && number <= key->max)
        return 0;
    return err_set(err, ERR_CONFIG, "not a %s from %.16g to %.16g",
                   real ? "decimal number" : "whole number", key->min, key->max);
}

static int check_choice(const struct config_key *key, const char *value, struct err *err)
{
    size_t length = strlen(value);
    for (const char *at = key->choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (length > 0 && strcspn(at, "|") == length && strncmp(at, value, length) == 0)
            return 0;
    }
    return err_set(err, ERR_CONFIG, "not one of %s", key->choices);
}

static int check_value(const struct config_key *key, const char *value, struct err *err)
{
    switch (key->type) {
    case CONFIG_TEXT:
        return 0;
    case CONFIG_INTEGER:
    case CONFIG_REAL:
        return check_number(key, value, err);
    case CONFIG_BOOL:
        return parse_bool(value) >= 0
                   ? 0
                   : err_set(err, ERR_CONFIG, "neither on nor off (yes, no, true, false, 1, 0)");
    case CONFIG_CHOICE:
        return check_choice(key, value, err);
    }
    return err_set(err, ERR_CONFIG, "of unknown type %d", (int)key->type);
}

int config_new(struct config **to, const struct config_key *keys, size_t count, struct err *err)
{
    *to = NULL;
    SCOPE(config_free_scope) struct config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the configuration");
    config->keys = keys;
    config->count = count;
    config->values = calloc(count + 1, sizeof *config->values);
    if (config->values == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the configuration");
    for (size_t i = 0; i < count; i++) {
        assert(find_key(config, keys[i].section, keys[i].name) == &keys[i]); /* no key twice */
        if (check_value(&keys[i], keys[i].fallback, err) != 0)
            return err_prefix(err, "default of [%s] %s = %s: ", keys[i].section, keys[i].name,
                              keys[i].fallback);
    }
    *to = SCOPE_STEAL(config);
    return 0;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; config->values != NULL && i < config->count; i++)
        free(config->values[i]);
    free(config->values);
    free(config);
}

void config_free_scope(struct config **config)
{
    config_free(*config);
}

/* The sentence for a section or key that the table does not hold. */
static int refuse_unknown(const struct config *config, const char *section, const char *name,
                          const char *origin, struct err *err)
{
    struct nearest sections = nearest_to(section), names = nearest_to(name);
    bool known = false;
    for (size_t i = 0; i < config->count; i++) {
        nearest_offer(&sections, config->keys[i].section);
        if (strcmp(config->keys[i].section, section) == 0) {
            known = true;
            nearest_offer(&names, config->keys[i].name);
        }
    }
    if (*section == '\0')
        return err_set(err, ERR_CONFIG, "%s: %s stands before the first [section]", origin, name);
    const char *meant = nearest_word(known ? &names : &sections);
    SCOPE_STRBUF struct strbuf hint = STRBUF_INIT;
    if (meant != NULL)
        strbuf_printf(&hint, known ? "; did you mean %s?" : "; did you mean [%s]?", meant);
    if (known)
        return err_set(err, ERR_CONFIG, "%s: [%s] %s: there is no such key%s", origin, section,
                       name, strbuf_text(&hint));
    return err_set(err, ERR_CONFIG, "%s: [%s]: there is no such section%s", origin, section,
                   strbuf_text(&hint));
}

int config_set(struct config *config, const char *section, const char *name, const char *value,
               const char *origin, struct err *err)
{
    const struct config_key *key = find_key(config, section, name);
    if (key == NULL)
        return refuse_unknown(config, section, name, origin, err);
    struct err reason = {0};
    if (check_value(key, value, &reason) != 0)
        return err_set(err, ERR_CONFIG, "%s: [%s] %s = %.200s: %s", origin, section, name, value,
                       reason.text);
    char *copy = strdup(value);
    if (copy == NULL)
        return err_set(err, ERR_NOMEM, "%s: no memory for [%s] %s", origin, section, name);
    char **slot = &config->values[key - config->keys];
    free(*slot);
    *slot = copy;
    return 0;
}

int config_read_environment(struct config *config, char *const *environment, struct err *err)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_key *key = &config->keys[i];
        char name[128];
        (void)snprintf(name, sizeof name, "SWAPSTACK_%s_%s", key->section, key->name);
        for (char *at = name; *at != '\0'; at++)
            *at = (char)toupper((unsigned char)*at);
        size_t length = strlen(name);
        for (char *const *variable = environment; *variable != NULL; variable++) {
            if (strncmp(*variable, name, length) != 0 || (*variable)[length] != '=')
                continue;
            int result =
                config_set(config, key->section, key->name, *variable + length + 1, name, err);
            if (result != 0)
                return result;
        }
    }
    return 0;
}

/* A key that exists in the table, of the wanted type. */
static const struct config_key *want_key(const struct config *config, const char *section,
                                         const char *name)
{
    const struct config_key *key = find_key(config, section, name);
    if (key == NULL) {
        /* Also without assertions: an unknown key would be read from nowhere. */
        (void)fprintf(stderr, "config: the program has no key [%s] %s\n", section, name);
        abort();
    }
    return key;
}

static const char *value_of(const struct config *config, const struct config_key *key)
{
    const char *value = config->values[key - config->keys];
    return value != NULL ? value : key->fallback;
}

const char *config_text(const struct config *config, const char *section, const char *name)
{
    return value_of(config, want_key(config, section, name));
}

int64_t config_integer(const struct config *config, const char *section, const char *name)
{
    const struct config_key *key = want_key(config, section, name);
    assert(key->type == CONFIG_INTEGER);
    return strtoll(value_of(config, key), NULL, 10);
}

double config_real(const struct config *config, const char *section, const char *name)
{
    const struct config_key *key = want_key(config, section, name);
    assert(key->type == CONFIG_REAL || key->type == CONFIG_INTEGER);
    return strtod(value_of(config, key), NULL);
}

bool config_bool(const struct config *config, const char *section, const char *name)
{
    const struct config_key *key = want_key(config, section, name);
    assert(key->type == CONFIG_BOOL);
    return parse_bool(value_of(config, key)) == 1;
}

bool config_is_set(const struct config *config, const char *section, const char *name)
{
    return config->values[want_key(config, section, name) - config->keys] != NULL;
}
