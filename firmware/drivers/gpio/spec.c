/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/spec.h"

#include "base/nearest.h"
#include "drivers/address.h"
#include <string.h>

/* An emergency stop acts within 50 ms of being seen (design/hardware.md); debouncing is part of
 * seeing it. */
#define DEBOUNCE_MAX_MS       1000
#define DEBOUNCE_ALARM_MAX_MS 20
#define PULSE_MAX_MS          3600000

enum option {
    OPTION_ACTIVE_LOW,
    OPTION_BIAS,
    OPTION_DEBOUNCE,
    OPTION_SAFE,
    OPTION_PULSE,
    OPTION_DRIVE,
    OPTION_COUNT
};

/* What may stand behind `=`; the position is the value. NULL: a number, or nothing. */
static const char *const BIASES[] = {"", "pull-up", "pull-down", "disabled", NULL};
static const char *const DRIVES[] = {"push-pull", "open-drain", "open-source", NULL};
static const char *const SAFES[] = {"off", "on", NULL};

static const struct {
    const char *name;
    bool inputs, outputs; /* which lines it is for */
    const char *const *words;
} OPTIONS[OPTION_COUNT] = {
    [OPTION_ACTIVE_LOW] = {"active-low", true, true, NULL},
    [OPTION_BIAS] = {"bias", true, true, BIASES},
    [OPTION_DEBOUNCE] = {"debounce_ms", true, false, NULL},
    [OPTION_SAFE] = {"safe", false, true, SAFES},
    [OPTION_PULSE] = {"max_pulse_ms", false, true, NULL},
    [OPTION_DRIVE] = {"drive", false, true, DRIVES},
};

static int find_option(const char *name, enum option *option, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    for (int i = 0; i < OPTION_COUNT; i++) {
        nearest_offer(&nearest, OPTIONS[i].name);
        if (strcmp(OPTIONS[i].name, name) == 0) {
            *option = (enum option)i;
            return 0;
        }
    }
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_INVALID, "there is no option %s%s%s%s", name,
                   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

/* The position of `value` among the option's words. */
static int take_word(enum option option, const char *value, int *to, struct err *err)
{
    const char *const *words = OPTIONS[option].words;
    char list[64] = "";
    for (int i = 0; words[i]; i++) {
        if (*value && strcmp(words[i], value) == 0) {
            *to = i;
            return 0;
        }
        size_t used = strlen(list);
        if (*words[i])
            (void)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", words[i]);
    }
    return err_set(err, ERR_INVALID, "%s=%s is none of %s", OPTIONS[option].name, value, list);
}

static int take_number(enum option option, const char *value, int64_t highest, int64_t *to,
                       struct err *err)
{
    if (address_integer(value, 1, highest, to))
        return 0;
    return err_set(err, ERR_INVALID, "%s=%s is no whole number from 1 to %lld",
                   OPTIONS[option].name, value, (long long)highest);
}

/* Outputs that move or power something stand still without an engine, whatever the board says. */
static bool must_fall(enum gpio_signal signal)
{
    return signal == GPIO_GATE_OPEN || signal == GPIO_GATE_CLOSE || signal == GPIO_DOOR_OPEN ||
           signal == GPIO_DOOR_CLOSE || signal == GPIO_LOCK_UNLOCK ||
           signal == GPIO_CONTACTOR_CLOSE || signal == GPIO_CHARGE_ENABLE;
}

static int set_option(struct gpio_spec *spec, enum gpio_signal signal, enum option option,
                      const char *value, struct err *err)
{
    const struct gpio_signal_info *info = gpio_signal_info(signal);
    int64_t number = 0;
    int word = 0;
    int code = OPTIONS[option].words ? take_word(option, value, &word, err) : 0;
    if (code)
        return code;
    switch (option) {
    case OPTION_ACTIVE_LOW:
        if (*value)
            return err_set(err, ERR_INVALID, "active-low takes no value");
        spec->mode.active_low = true;
        break;
    case OPTION_BIAS:
        spec->mode.bias = (enum gpio_bias)word;
        break;
    case OPTION_DRIVE:
        spec->mode.drive = (enum gpio_drive)word;
        break;
    case OPTION_SAFE:
        if (word && must_fall(signal))
            return err_set(err, ERR_INVALID,
                           "safe=on: it %s, and nothing of that kind may stay on without an engine",
                           info->text);
        spec->safe_on = word != 0;
        break;
    case OPTION_DEBOUNCE:
        code = take_number(option, value, info->alarm ? DEBOUNCE_ALARM_MAX_MS : DEBOUNCE_MAX_MS,
                           &number, err);
        spec->mode.debounce_us = (uint32_t)number * 1000;
        break;
    case OPTION_PULSE:
        if (signal == GPIO_CHARGE_ENABLE)
            return err_set(err, ERR_INVALID,
                           "max_pulse_ms: a keep-alive toggles as long as it "
                           "is wanted");
        code = take_number(option, value, PULSE_MAX_MS, &spec->max_pulse_ms, err);
        break;
    case OPTION_COUNT:
        break;
    }
    return code;
}

static int take_option(struct gpio_spec *spec, enum gpio_signal signal, char *text,
                       bool seen[OPTION_COUNT], struct err *err)
{
    char *equals = strchr(text, '=');
    const char *value = equals ? equals + 1 : "";
    if (equals)
        *equals = '\0';
    enum option option = OPTION_COUNT;
    int code = find_option(text, &option, err);
    if (code)
        return code;
    if (seen[option])
        return err_set(err, ERR_INVALID, "%s is given twice", OPTIONS[option].name);
    seen[option] = true;
    if (spec->mode.output ? !OPTIONS[option].outputs : !OPTIONS[option].inputs)
        return err_set(err, ERR_INVALID, "%s is for %s, and this is an %s", OPTIONS[option].name,
                       OPTIONS[option].outputs ? "outputs" : "inputs",
                       spec->mode.output ? "output" : "input");
    return set_option(spec, signal, option, value, err);
}

static int take_name(const char *what, const char *text, char to[GPIO_NAME_SIZE], struct err *err)
{
    if (strlen(text) >= GPIO_NAME_SIZE)
        return err_set(err, ERR_INVALID,
                       "the %s's name has %zu bytes, the kernel's have at most %d", what,
                       strlen(text), GPIO_NAME_SIZE - 1);
    memcpy(to, text, strlen(text) + 1);
    return 0;
}

/* [CHIP/]LINE */
static int take_place(struct gpio_spec *spec, const char *chip, char *text, struct err *err)
{
    char *slash = strchr(text, '/');
    const char *line = slash ? slash + 1 : text;
    if (slash) {
        *slash = '\0';
        chip = text;
    }
    if (*chip == '\0')
        return err_set(err, ERR_INVALID, "no chip is named: CHIP/LINE, or chip=CHIP in front");
    if (*line == '\0')
        return err_set(err, ERR_INVALID, "no line is named: CHIP/LINE");
    int code = take_name("chip", chip, spec->chip, err);
    if (code)
        return code;
    spec->offset = -1;
    if (line[strspn(line, "0123456789")] != '\0')
        return take_name("line", line, spec->line, err);
    if (!address_integer(line, 0, UINT32_MAX - 1, &spec->offset))
        return err_set(err, ERR_INVALID, "line %s: no chip has so many lines", line);
    return 0;
}

static int parse(enum gpio_signal signal, const char *chip, char *text, struct gpio_spec *spec,
                 struct err *err)
{
    bool seen[OPTION_COUNT] = {false};
    char *rest = text;
    int code = take_place(spec, chip, strsep(&rest, ","), err);
    while (!code && rest)
        code = take_option(spec, signal, strsep(&rest, ","), seen, err);
    return code;
}

int gpio_spec_parse(enum gpio_signal signal, const char *chip, const char *text,
                    struct gpio_spec *spec, struct err *err)
{
    const struct gpio_signal_info *info = gpio_signal_info(signal);
    char copy[ADDRESS_VALUE_SIZE];
    *spec = (struct gpio_spec){.mode = {.output = info->output, .edges = info->alarm != 0}};
    if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
        return err_set(err, ERR_INVALID, "%s=%.20s…: the word is longer than %zu bytes", info->word,
                       text, sizeof copy - 1);
    int code = parse(signal, chip, copy, spec, err);
    if (code)
        (void)err_prefix(err, "%s=%s: ", info->word, text);
    return code;
}

void gpio_spec_place(const struct gpio_spec *spec, char to[GPIO_PLACE_SIZE])
{
    if (spec->offset >= 0)
        (void)snprintf(to, GPIO_PLACE_SIZE, "%s/%lld", spec->chip, (long long)spec->offset);
    else
        (void)snprintf(to, GPIO_PLACE_SIZE, "%s/%s", spec->chip, spec->line);
}
