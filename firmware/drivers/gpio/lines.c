/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/lines.h"

#include "base/log.h"
#include "base/strbuf.h"
#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

/* Puts "board.ini:12: gate: open=chip/line: " before a sentence. */
static int place(const struct gpio_lines *lines, const struct gpio_line *line, struct err *err)
{
    char where[GPIO_PLACE_SIZE];
    gpio_spec_place(&line->spec, where);
    return err_prefix(err, "%.96s:%d: %s: %s=%s: ", lines->origin, line->file_line, line->role,
                      gpio_signal_info(line->signal)->word, where);
}

/* --- finding --- */

/* No chip is called so: which ones there are. */
static int no_chip(const struct gpio_bank *bank, const char *name, struct err *err)
{
    SCOPE_STRBUF struct strbuf list = STRBUF_INIT;
    struct gpio_chip chip;
    struct err end = {0};
    for (size_t i = 0; bank->chip_info(bank->self, i, &chip, &end) == 0; i++)
        strbuf_printf(&list, "%s%s [%s]%s%s", i ? ", " : "; there are ", chip.name, chip.label,
                      *chip.device ? " of " : "", chip.device);
    return err_set(err, ERR_UNAVAILABLE,
                   "no GPIO chip has the label, name or device %s%.256s%s%.128s", name,
                   strbuf_text(&list), *end.text ? "; " : "", end.text);
}

static int find_chip(const struct gpio_bank *bank, const char *name, size_t *to,
                     struct gpio_chip *info, struct err *err)
{
    struct gpio_chip chip;
    *to = NOWHERE;
    for (size_t i = 0; bank->chip_info(bank->self, i, &chip, NULL) == 0; i++) {
        if (strcmp(chip.label, name) != 0 && strcmp(chip.name, name) != 0 &&
            strcmp(chip.device, name) != 0)
            continue;
        if (*to != NOWHERE)
            return err_set(err, ERR_CONFIG,
                           "two GPIO chips are called %s, %s and %s: name one of them", name,
                           info->name, chip.name);
        *to = i;
        *info = chip;
    }
    return *to != NOWHERE ? 0 : no_chip(bank, name, err);
}

/* A line's offset by its name. */
static int find_name(const struct gpio_bank *bank, const struct gpio_chip *chip,
                     struct gpio_line *line, struct err *err)
{
    char name[GPIO_NAME_SIZE], user[GPIO_NAME_SIZE];
    size_t found = 0;
    for (uint32_t offset = 0; offset < chip->lines; offset++) {
        int code = bank->line_info(bank->self, line->chip, offset, name, user, err);
        if (code)
            return code;
        if (strcmp(name, line->spec.line) != 0)
            continue;
        if (found++)
            return err_set(err, ERR_CONFIG,
                           "lines %u and %u of %s have this name: tell it by its offset",
                           (unsigned)line->offset, (unsigned)offset, chip->name);
        line->offset = offset;
    }
    if (found)
        return 0;
    return err_set(err, ERR_CONFIG, "no line of %s [%s] has this name (gpioinfo lists them)",
                   chip->name, chip->label);
}

static int find_line(const struct gpio_lines *lines, struct gpio_line *line, struct err *err)
{
    struct gpio_chip chip;
    int code = find_chip(&lines->bank, line->spec.chip, &line->chip, &chip, err);
    if (code)
        return code;
    if (line->spec.offset < 0)
        return find_name(&lines->bank, &chip, line, err);
    line->offset = (uint32_t)line->spec.offset;
    if (line->offset < chip.lines)
        return 0;
    return err_set(err, ERR_CONFIG, "%s [%s] has lines 0 to %lld", chip.name, chip.label,
                   (long long)chip.lines - 1);
}

/* A line that an earlier one is as well, under another name of chip or line. */
static int refuse_twin(const struct gpio_lines *lines, size_t number, struct err *err)
{
    const struct gpio_line *line = &lines->plan.lines[number];
    for (size_t i = 0; i < number; i++) {
        const struct gpio_line *other = &lines->plan.lines[i];
        if (other->request != NOWHERE && other->chip == line->chip && other->offset == line->offset)
            return err_set(err, ERR_CONFIG, "it is the line of %s already (%s=)", other->role,
                           gpio_signal_info(other->signal)->word);
    }
    return 0;
}

/* --- grouping --- */

static bool same_mode(const struct gpio_mode *a, const struct gpio_mode *b)
{
    return a->output == b->output && a->active_low == b->active_low && a->edges == b->edges &&
           a->bias == b->bias && a->drive == b->drive && a->debounce_us == b->debounce_us;
}

/* Puts a line that was found into a request with its like. */
static int group(struct gpio_lines *lines, size_t number, struct err *err)
{
    struct gpio_line *line = &lines->plan.lines[number];
    size_t at = 0;
    while (at < lines->taken_count &&
           (lines->taken[at].count == lines->most || lines->taken[at].chip != line->chip ||
            !same_mode(&lines->taken[at].mode, &line->spec.mode)))
        at++;
    if (at == lines->taken_capacity) {
        size_t capacity = lines->taken_capacity * 2 + 8;
        struct gpio_taken *grown = realloc(lines->taken, capacity * sizeof *grown);
        if (!grown)
            return err_set(err, ERR_NOMEM, "out of memory for the board's lines");
        lines->taken = grown;
        lines->taken_capacity = capacity;
    }
    struct gpio_taken *taken = &lines->taken[at];
    if (at == lines->taken_count) {
        *taken = (struct gpio_taken){.chip = line->chip, .handle = -1, .mode = line->spec.mode};
        lines->taken_count++;
    }
    line->request = at;
    line->index = taken->count;
    taken->lines[taken->count++] = number;
    taken->station |= line->bay < 0;
    if (line->spec.safe_on)
        taken->safe |= UINT64_C(1) << line->index;
    return 0;
}

/* --- taking --- */

/* The line of a request that somebody else has, if it can be told; else the first. */
static const struct gpio_line *busy_line(const struct gpio_lines *lines,
                                         const struct gpio_taken *taken, char user[GPIO_NAME_SIZE])
{
    char name[GPIO_NAME_SIZE];
    for (size_t i = 0; i < taken->count; i++) {
        const struct gpio_line *line = &lines->plan.lines[taken->lines[i]];
        if (lines->bank.line_info(lines->bank.self, line->chip, line->offset, name, user, NULL) ==
                0 &&
            *user)
            return line;
    }
    *user = '\0';
    return &lines->plan.lines[taken->lines[0]];
}

static int take(struct gpio_lines *lines, struct gpio_taken *taken, struct err *err)
{
    struct gpio_request request = {
        .count = taken->count, .mode = taken->mode, .values = taken->safe};
    const struct gpio_bank *bank = &lines->bank;
    for (size_t i = 0; i < taken->count; i++)
        request.offsets[i] = lines->plan.lines[taken->lines[i]].offset;
    int code = bank->request(bank->self, taken->chip, &request, &taken->handle, err);
    if (code == ERR_REFUSED && taken->mode.edges && !taken->mode.debounce_us) {
        request.mode.edges = false;
        taken->polled = true;
        code = bank->request(bank->self, taken->chip, &request, &taken->handle, err);
    }
    char user[GPIO_NAME_SIZE];
    if (code == ERR_BUSY) {
        const struct gpio_line *line = busy_line(lines, taken, user);
        (void)err_set(err, ERR_BUSY, "the line is in use%s%s", *user ? " by " : "", user);
        return place(lines, line, err);
    }
    if (code) { /* what the chip cannot do is wrong in the board */
        (void)place(lines, &lines->plan.lines[taken->lines[0]], err);
        return code == ERR_REFUSED ? ERR_CONFIG : code;
    }
    taken->values = taken->safe;
    for (size_t i = 0; i < taken->count; i++) {
        struct gpio_line *line = &lines->plan.lines[taken->lines[i]];
        line->on = taken->mode.output && line->spec.safe_on;
    }
    return 0;
}

/* Finds and groups a line. */
static int find(struct gpio_lines *lines, size_t number, struct err *err)
{
    struct gpio_line *line = &lines->plan.lines[number];
    int code = find_line(lines, line, err);
    if (!code)
        code = refuse_twin(lines, number, err);
    if (code)
        return place(lines, line, err);
    return group(lines, number, err);
}

static void begin(struct gpio_lines *lines, const struct gpio_plan *plan,
                  const struct gpio_bank *bank, const char *origin, size_t most)
{
    *lines = (struct gpio_lines){.plan = *plan, .bank = *bank, .most = most};
    (void)snprintf(lines->origin, sizeof lines->origin, "%s", origin);
    for (size_t i = 0; i < plan->line_count; i++)
        lines->plan.lines[i].request = NOWHERE;
}

int gpio_lines_take(struct gpio_lines *lines, const struct gpio_plan *plan,
                    const struct gpio_bank *bank, const char *origin, struct err *err)
{
    int code = 0;
    begin(lines, plan, bank, origin, GPIO_REQUEST_LINES);
    for (size_t i = 0; i < plan->line_count && !code; i++)
        code = find(lines, i, err);
    for (size_t i = 0; i < lines->taken_count && !code; i++)
        code = take(lines, &lines->taken[i], err);
    return code;
}

/* Keeps the first error of several, and logs each. */
static void keep_first(int code, const struct err *reason, int *first, struct err *err)
{
    if (!code)
        return;
    log_error("gpio", "no safe level: %s", reason->text);
    if (!*first) {
        *first = code;
        (void)err_set(err, code, "%s", reason->text);
    }
}

int gpio_lines_take_outputs(struct gpio_lines *lines, const struct gpio_plan *plan,
                            const struct gpio_bank *bank, const char *origin, struct err *err)
{
    int first = 0;
    begin(lines, plan, bank, origin, 1);
    for (size_t i = 0; i < plan->line_count; i++) {
        struct err reason = {0};
        if (plan->lines[i].spec.mode.output)
            keep_first(find(lines, i, &reason), &reason, &first, err);
    }
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct err reason = {0};
        keep_first(take(lines, &lines->taken[i], &reason), &reason, &first, err);
    }
    return first;
}

void gpio_lines_free(struct gpio_lines *lines)
{
    if (lines->bank.close)
        lines->bank.close(lines->bank.self);
    gpio_plan_free(&lines->plan);
    free(lines->taken);
    *lines = (struct gpio_lines){0};
}

void gpio_taken_note(struct gpio_lines *lines, struct gpio_taken *taken, int code,
                     const struct err *err)
{
    if (taken->failed == (code != 0))
        return;
    taken->failed = code != 0;
    struct gpio_chip chip = {.name = "?"};
    (void)lines->bank.chip_info(lines->bank.self, taken->chip, &chip, NULL);
    const struct gpio_line *first = &lines->plan.lines[taken->lines[0]];
    if (code)
        log_error("gpio", "%s cannot be %s: %s first=%s lines=%zu", chip.name,
                  taken->mode.output ? "set" : "read", err->text, first->role, taken->count);
    else
        log_info("gpio", "%s can be %s again first=%s lines=%zu", chip.name,
                 taken->mode.output ? "set" : "read", first->role, taken->count);
}
