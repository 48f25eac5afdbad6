/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/script.h"

#include "base/nearest.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_ROW(name, scope, value) {#name, scope, value},
static const struct {
    const char *name;
    enum script_scope scope;
    double value;
} faults[] = {SCRIPT_FAULTS(FAULT_ROW)};
#define CONDITION_ROW(name) #name,
static const char *const conditions[] = {SCRIPT_CONDITIONS(CONDITION_ROW)};

const char *script_fault_name(enum script_fault fault)
{
    return faults[fault].name;
}

enum script_scope script_fault_scope(enum script_fault fault)
{
    return faults[fault].scope;
}

static void mistake(struct script *script, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void mistake(struct script *script, int line, const char *format, ...)
{
    if (script->mistake_count == sizeof script->mistakes / sizeof script->mistakes[0])
        return;
    struct script_mistake *to = &script->mistakes[script->mistake_count++];
    to->line = line;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(to->text, sizeof to->text, format, arguments);
    va_end(arguments);
}

/* A decimal number from 0 to 1e9; NAN for anything else. */
static double parse_number(const char *text)
{
    if (*text == '\0' || text[strspn(text, "0123456789.")] != '\0')
        return NAN;
    char *end;
    double number = strtod(text, &end);
    return *end == '\0' && number <= 1e9 ? number : NAN;
}

/* Splits `at` at spaces; the next word or NULL. */
static char *next_word(char **at)
{
    *at += strspn(*at, " \t\r");
    if (**at == '\0')
        return NULL;
    char *word = *at;
    *at += strcspn(*at, " \t\r");
    if (**at != '\0')
        *(*at)++ = '\0';
    return word;
}

struct line {
    struct script *script;
    int number;
    int bay_count;
    bool bad;
    struct script_rule rule;
};

static void take_bay(struct line *line, const char *value, int *bay)
{
    double number = parse_number(value);
    if (!(number >= 1 && number <= line->bay_count && number == floor(number))) {
        mistake(line->script, line->number, "bay=%.20s: a bay is a number from 1 to %d", value,
                line->bay_count);
        line->bad = true;
        return;
    }
    *bay = (int)number - 1;
}

static void take_seconds(struct line *line, const char *word, const char *value, double *seconds)
{
    *seconds = parse_number(value);
    if (isnan(*seconds)) {
        mistake(line->script, line->number, "%.40s: seconds are a number from 0 to 1e9", word);
        line->bad = true;
    }
}

static void take_number(struct line *line, const char *value, double *to)
{
    bool negative = *value == '-';
    *to = parse_number(value + negative) * (negative ? -1 : 1);
    if (isnan(*to)) {
        mistake(line->script, line->number, "value=%.40s: not a number from -1e9 to 1e9", value);
        line->bad = true;
    }
}

static void refuse(struct line *line, const char *word, const char *allowed)
{
    mistake(line->script, line->number, "\"%.40s\" is not understood here; %s", word, allowed);
    line->bad = true;
}

static void parse_condition(struct line *line, char *text)
{
    struct script_rule *rule = &line->rule;
    const char *kind = next_word(&text);
    char *word = next_word(&text);
    if (kind != NULL && word != NULL && strcmp(kind, "at") == 0) {
        rule->timed = true;
        take_seconds(line, word, word, &rule->after_s);
        if ((word = next_word(&text)) != NULL)
            refuse(line, word, "after the seconds comes a colon");
        return;
    }
    if (kind == NULL || word == NULL || strcmp(kind, "when") != 0) {
        refuse(line, kind != NULL ? kind : "",
               "a line begins with `at SECONDS:` or `when CONDITION:`");
        return;
    }
    struct nearest nearest = nearest_to(word);
    bool known = false;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        nearest_offer(&nearest, conditions[i]);
        if (strcmp(conditions[i], word) == 0) {
            rule->condition = (enum script_condition)i;
            known = true;
        }
    }
    if (!known) {
        const char *meant = nearest_word(&nearest);
        mistake(line->script, line->number, "there is no condition %.40s%s%s", word,
                meant ? "; did you mean " : "", meant ? meant : "");
        line->bad = true;
    }
    while ((word = next_word(&text)) != NULL) {
        if (strncmp(word, "bay=", 4) == 0)
            take_bay(line, word + 4, &rule->bay);
        else if (strncmp(word, "after=", 6) == 0)
            take_seconds(line, word, word + 6, &rule->after_s);
        else if (strncmp(word, "vehicle=", 8) == 0)
            (void)snprintf(rule->vehicle, sizeof rule->vehicle, "%s", word + 8);
        else
            refuse(line, word, "a condition takes bay=N, vehicle=ID and after=SECONDS");
    }
}

static bool takes_id(enum script_fault fault)
{
    return fault == SCRIPT_FAULT_token || fault == SCRIPT_FAULT_vehicle_waits;
}

static void take_id(struct line *line, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || length >= sizeof line->rule.id) {
        mistake(line->script, line->number, "id=%.20s: 1 to %zu bytes are right", value,
                sizeof line->rule.id - 1);
        line->bad = true;
        return;
    }
    memcpy(line->rule.id, value, length + 1);
}

static void parse_fault(struct line *line, char *text)
{
    struct script_rule *rule = &line->rule;
    char *word = next_word(&text);
    struct nearest nearest = nearest_to(word != NULL ? word : "");
    size_t found = SCRIPT_FAULT_COUNT;
    for (size_t i = 0; word != NULL && i < SCRIPT_FAULT_COUNT; i++) {
        nearest_offer(&nearest, faults[i].name);
        if (strcmp(faults[i].name, word) == 0)
            found = i;
    }
    if (found == SCRIPT_FAULT_COUNT) {
        const char *meant = nearest_word(&nearest);
        mistake(line->script, line->number, "there is no fault \"%.40s\"%s%s",
                word != NULL ? word : "", meant ? "; did you mean " : "", meant ? meant : "");
        line->bad = true;
        return;
    }
    rule->fault = (enum script_fault)found;
    rule->value = faults[found].value;
    while ((word = next_word(&text)) != NULL) {
        if (strncmp(word, "bay=", 4) == 0 && faults[found].scope != SCRIPT_STATION)
            take_bay(line, word + 4, &rule->fault_bay);
        else if (strncmp(word, "for=", 4) == 0)
            take_seconds(line, word, word + 4, &rule->for_s);
        else if (strncmp(word, "value=", 6) == 0)
            take_number(line, word + 6, &rule->value);
        else if (strncmp(word, "id=", 3) == 0 && takes_id(rule->fault))
            take_id(line, word + 3);
        else
            refuse(line, word, "a fault takes bay=N (if it is a bay's), value=X and for=SECONDS");
    }
    if (takes_id(rule->fault) && rule->id[0] == '\0' && !line->bad) {
        mistake(line->script, line->number, "%s needs id=TEXT", faults[found].name);
        line->bad = true;
    }
}

/* A bay's fault needs a bay: its own, or that of a condition about bays. */
static void check_bay(struct line *line)
{
    const struct script_rule *rule = &line->rule;
    bool from_condition = !rule->timed && rule->condition >= SCRIPT_CONDITION_door_opening;
    if (faults[rule->fault].scope == SCRIPT_BAY && rule->fault_bay == SCRIPT_ANY_BAY &&
        !from_condition) {
        mistake(line->script, line->number, "%s needs bay=N", faults[rule->fault].name);
        line->bad = true;
    }
}

static void parse_line(struct line *line, char *text)
{
    line->rule = (struct script_rule){.line = line->number,
                                      .bay = SCRIPT_ANY_BAY,
                                      .fault_bay = SCRIPT_ANY_BAY,
                                      .for_s = INFINITY};
    char *colon = strchr(text, ':');
    if (colon == NULL) {
        refuse(line, text, "a rule is CONDITION: FAULT");
        return;
    }
    *colon = '\0';
    parse_condition(line, text);
    parse_fault(line, colon + 1);
    if (!line->bad)
        check_bay(line);
    if (line->bad)
        return;
    if (line->script->count == SCRIPT_RULES_MAX)
        mistake(line->script, line->number, "more than %d rules", SCRIPT_RULES_MAX);
    else
        line->script->rules[line->script->count++] = line->rule;
}

void script_parse(const char *text, size_t length, int bay_count, struct script *script)
{
    *script = (struct script){0};
    struct line line = {.script = script, .bay_count = bay_count};
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end != NULL ? (size_t)(end - (text + at)) : length - at;
        char copy[256] = "";
        line.number++;
        line.bad = false;
        if (size >= sizeof copy || memchr(text + at, '\0', size) != NULL) {
            mistake(script, line.number, "the line is longer than %zu bytes or holds a NUL byte",
                    sizeof copy - 1);
        } else {
            memcpy(copy, text + at, size);
            copy[strcspn(copy, "#")] = '\0';
            if (copy[strspn(copy, " \t\r")] != '\0')
                parse_line(&line, copy);
        }
        at += size + 1;
    }
}
