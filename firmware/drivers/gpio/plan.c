/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/plan.h"

#include "base/nearest.h"
#include "base/textmap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct planner {
    struct gpio_plan *plan;
    const struct board *board;
    struct board_report *report;
    /* Line of board.ini that a mistake of this role was reported for: an address that holds for
     * several bays is wrong once. */
    int told[BOARD_BAY_ROLE_COUNT];
    /* The role being read. */
    const struct board_binding *binding;
    bool bay_role;
    int bay, role;
    char role_name[GPIO_ROLE_SIZE];
};

static void mistake(struct planner *planner, const char *text)
{
    int line = planner->binding->address_line;
    if (planner->bay_role && line > 0 && planner->told[planner->role] == line)
        return;
    board_report_add(planner->report, planner->board->origin, line, planner->role_name, "%s", text);
}

static void *grow(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    void *grown = realloc(list, (*capacity * 2 + 16) * size);
    if (grown)
        *capacity = *capacity * 2 + 16;
    return grown;
}

static int add_line(struct planner *planner, enum gpio_signal signal, const struct gpio_spec *spec,
                    struct err *err)
{
    struct gpio_plan *plan = planner->plan;
    struct gpio_line *grown =
        grow(plan->lines, plan->line_count, &plan->line_capacity, sizeof *plan->lines);
    if (!grown)
        return err_set(err, ERR_NOMEM, "out of memory for the board's lines");
    plan->lines = grown;
    struct gpio_line *line = &plan->lines[plan->line_count++];
    *line = (struct gpio_line){.signal = signal,
                               .bay = planner->bay,
                               .file_line = planner->binding->address_line,
                               .spec = *spec};
    memcpy(line->role, planner->role_name, sizeof line->role);
    return 0;
}

static int add_thermometer(struct planner *planner, const char *path, struct err *err)
{
    struct gpio_plan *plan = planner->plan;
    if (*path != '/') {
        mistake(planner, "temp: an absolute path is needed, for example "
                         "/sys/bus/i2c/devices/1-0048/hwmon/hwmon*/temp1_input");
        return 0;
    }
    struct gpio_thermometer *grown = grow(plan->thermometers, plan->thermometer_count,
                                          &plan->thermometer_capacity, sizeof *plan->thermometers);
    if (!grown)
        return err_set(err, ERR_NOMEM, "out of memory for the board's thermometers");
    plan->thermometers = grown;
    struct gpio_thermometer *to = &plan->thermometers[plan->thermometer_count++];
    *to = (struct gpio_thermometer){
        .bay = planner->bay, .file_line = planner->binding->address_line, .temp_c = NAN};
    memcpy(to->role, planner->role_name, sizeof to->role);
    (void)snprintf(to->pattern, sizeof to->pattern, "%s", path);
    return 0;
}

/* A word that no signal of this role has. */
static void unknown_word(struct planner *planner, const char *key, const char *value)
{
    char text[192], list[96] = "";
    struct nearest nearest = nearest_to(key);
    for (enum gpio_signal i = 0; i < GPIO_SIGNAL_COUNT; i++) {
        const struct gpio_signal_info *info = gpio_signal_info(i);
        if (info->bay != planner->bay_role || info->role != planner->role)
            continue;
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s=", used ? " " : "", info->word);
        nearest_offer(&nearest, info->word);
    }
    if (gpio_has_temperature(planner->bay_role, planner->role)) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%stemp=", used ? " " : "");
        nearest_offer(&nearest, "temp");
    }
    const char *meant = nearest_word(&nearest);
    (void)snprintf(text, sizeof text, "the word %.40s%s is not known here; %s%s%s",
                   *key ? key : value, *key ? "=" : "",
                   meant ? "did you mean " : "known are chip= ", meant ? meant : list,
                   meant ? "=?" : "");
    mistake(planner, text);
}

/* What an address has named so far. */
struct named {
    bool signals[GPIO_SIGNAL_COUNT];
    bool temp, chip;
};

static int take_word(struct planner *planner, const struct address_word *word, const char *chip,
                     struct named *named, struct err *err)
{
    bool is_chip = strcmp(word->key, "chip") == 0;
    bool is_temp =
        strcmp(word->key, "temp") == 0 && gpio_has_temperature(planner->bay_role, planner->role);
    enum gpio_signal signal = gpio_signal_find(planner->bay_role, planner->role, word->key);
    if (!is_chip && !is_temp && signal == GPIO_SIGNAL_COUNT) {
        unknown_word(planner, word->key, word->value);
        return 0;
    }
    bool *seen = is_chip ? &named->chip : is_temp ? &named->temp : &named->signals[signal];
    if (*seen) {
        char text[64];
        (void)snprintf(text, sizeof text, "the word %s= is given twice", word->key);
        mistake(planner, text);
        return 0;
    }
    *seen = true;
    if (is_chip)
        return 0; /* address_find has it */
    if (is_temp)
        return add_thermometer(planner, word->value, err);
    struct gpio_spec spec;
    struct err reason = {0};
    if (gpio_spec_parse(signal, chip, word->value, &spec, &reason) == 0)
        return add_line(planner, signal, &spec, err);
    mistake(planner, reason.text);
    return 0;
}

/* Rule 2: an output without its feedback, and all else that a role cannot do without. */
static void check_complete(struct planner *planner, const struct named *named)
{
    bool closes = named->signals[planner->bay_role ? GPIO_DOOR_CLOSE : GPIO_GATE_CLOSE];
    char text[160];
    for (enum gpio_signal i = 0; i < GPIO_SIGNAL_COUNT; i++) {
        const struct gpio_signal_info *info = gpio_signal_info(i);
        if (info->bay != planner->bay_role || info->role != planner->role || named->signals[i] ||
            info->need == GPIO_NEED_NEVER || (info->need == GPIO_NEED_TO_CLOSE && !closes))
            continue;
        if (info->output)
            (void)snprintf(text, sizeof text,
                           "the word %s=CHIP/LINE is missing: the output that %s", info->word,
                           info->text);
        else
            (void)snprintf(text, sizeof text,
                           "the word %s=CHIP/LINE is missing: the input that says that %s",
                           info->word, info->text);
        mistake(planner, text);
    }
    if (gpio_has_temperature(planner->bay_role, planner->role) && !named->temp)
        mistake(planner, "the word temp=PATH is missing: the file with the temperature in "
                         "thousandths of a degree");
}

static int plan_role(struct planner *planner, struct err *err)
{
    if (!gpio_serves(planner->bay_role, planner->role)) {
        mistake(planner,
                "the driver gpio cannot serve this role: a line is only on or off (can and "
                "modbus serve it)");
        return 0;
    }
    struct address_word word, chip_word;
    const char *at = planner->binding->address;
    const char *chip = address_find(at, "chip", &chip_word);
    struct named named = {0};
    int code = 0;
    for (int more = 1; more != 0 && !code;) {
        struct err reason = {0};
        more = address_next(&at, &word, &reason);
        if (more < 0)
            mistake(planner, reason.text);
        else if (more > 0)
            code = take_word(planner, &word, chip ? chip : "", &named, err);
    }
    if (!code)
        check_complete(planner, &named);
    return code;
}

/* Two words for one line. */
static void report_twins(const struct gpio_line *twin, const struct gpio_line *line,
                         const char *place, const struct board *board, struct board_report *report)
{
    bool slot = twin->signal == line->signal; /* the same word for two bays */
    board_report_add(report, board->origin, line->file_line, line->role,
                     "%s=%s is a line of %s already (%s=)%s", gpio_signal_info(line->signal)->word,
                     place, twin->role, gpio_signal_info(twin->signal)->word,
                     slot ? ": {slot} in an address stands for the number of the bay" : "");
}

/* Finds lines that are given twice, as far as their text tells. */
static int check_twins(const struct gpio_plan *plan, const struct board *board,
                       struct board_report *report, struct err *err)
{
    struct textmap places = TEXTMAP_INIT;
    char(*keys)[GPIO_PLACE_SIZE] = calloc(plan->line_count + 1, sizeof *keys);
    int code = keys ? 0 : err_set(err, ERR_NOMEM, "out of memory for the board's lines");
    int told[GPIO_SIGNAL_COUNT] = {0}; /* an address of several bays is wrong once */
    for (size_t i = 0; i < plan->line_count && !code; i++) {
        struct gpio_line *line = &plan->lines[i];
        gpio_spec_place(&line->spec, keys[i]);
        const struct gpio_line *twin = textmap_find(&places, keys[i]);
        if (!twin) {
            if (textmap_add(&places, keys[i], line) != 0)
                code = err_set(err, ERR_NOMEM, "out of memory for the board's lines");
        } else if (told[line->signal] != line->file_line) {
            report_twins(twin, line, keys[i], board, report);
            told[line->signal] = line->file_line;
        }
    }
    textmap_free(&places, NULL);
    free(keys);
    return code;
}

/* Reads one role, if it is this driver's. */
static int visit(struct planner *planner, int bay, int role, const struct board_binding *binding,
                 struct err *err)
{
    if (strcmp(binding->driver, "gpio") != 0)
        return 0;
    size_t before = planner->report->count;
    planner->binding = binding;
    planner->bay_role = bay >= 0;
    planner->bay = bay;
    planner->role = role;
    if (bay >= 0)
        (void)snprintf(planner->role_name, sizeof planner->role_name, "bay %d %s", bay + 1,
                       board_bay_role_name((enum board_bay_role)role));
    else
        (void)snprintf(planner->role_name, sizeof planner->role_name, "%s",
                       board_station_role_name((enum board_station_role)role));
    int code = plan_role(planner, err);
    if (bay >= 0 && planner->report->count > before)
        planner->told[role] = binding->address_line;
    return code;
}

int gpio_plan(struct gpio_plan *plan, const struct board *board, struct board_report *report,
              struct err *err)
{
    struct planner planner = {.plan = plan, .board = board, .report = report};
    *plan = (struct gpio_plan){0};
    int code = 0;
    for (int role = 0; role < BOARD_STATION_ROLE_COUNT && !code; role++)
        code = visit(&planner, -1, role, &board->station[role], err);
    for (int bay = 0; bay < board->bay_count && !code; bay++) {
        for (int role = 0; role < BOARD_BAY_ROLE_COUNT && !code; role++)
            code = visit(&planner, bay, role, &board->bays[bay].roles[role], err);
    }
    return code ? code : check_twins(plan, board, report, err);
}

void gpio_plan_free(struct gpio_plan *plan)
{
    free(plan->lines);
    free(plan->thermometers);
    *plan = (struct gpio_plan){0};
}
