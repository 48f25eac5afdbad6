/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/outputs.h"

#include "base/clock.h"
#include "base/log.h"
#include <inttypes.h>

/* Two writes of one step are one sign of life, and no needle pulse. */
#define TOGGLE_MIN_US (20 * CLOCK_US_PER_MS)
/* Outputs are set again without need: an expander that lost its supply for a moment forgot them. */
#define REFRESH_US CLOCK_US_PER_SECOND

static void set(struct gpio_lines *lines, struct gpio_taken *taken, uint64_t values)
{
    struct err err = {0};
    uint64_t all = taken->count == 64 ? UINT64_MAX : (UINT64_C(1) << taken->count) - 1;
    int code = lines->bank.set(lines->bank.self, taken->handle, all, values, &err);
    gpio_taken_note(lines, taken, code, &err);
    if (code == 0)
        taken->values = values;
}

static uint64_t values_of(const struct gpio_lines *lines, const struct gpio_taken *taken)
{
    uint64_t values = 0;
    for (size_t i = 0; i < taken->count; i++)
        values |= (uint64_t)lines->plan.lines[taken->lines[i]].on << i;
    return values;
}

/* Brings the chips up to what the lines should be. Off before on, over all chips, so that two
 * directions of one motor are never on together. */
static void apply(struct gpio_lines *lines, int64_t now_us)
{
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct gpio_taken *taken = &lines->taken[i];
        uint64_t values = values_of(lines, taken);
        if (taken->mode.output && (taken->values & ~values) != 0)
            set(lines, taken, taken->values & values);
    }
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct gpio_taken *taken = &lines->taken[i];
        uint64_t values = values_of(lines, taken);
        bool due = now_us - taken->at_us >= REFRESH_US || now_us < taken->at_us;
        if (!taken->mode.output || (values == taken->values && !due && !taken->failed))
            continue;
        set(lines, taken, values);
        taken->at_us = now_us;
    }
}

/* Falls when it has been on for its longest pulse, and stays down until it is asked for anew. */
static void limit_pulse(struct gpio_line *line, int64_t now_us)
{
    int64_t most_us = line->spec.max_pulse_ms * CLOCK_US_PER_MS;
    if (!line->wanted || line->spent || !most_us || now_us - line->since_us < most_us)
        return;
    line->spent = true;
    log_warning("gpio", "%s: %s was on for its longest pulse and falls max_pulse_ms=%" PRId64,
                line->role, gpio_signal_info(line->signal)->word, line->spec.max_pulse_ms);
}

static void ask(struct gpio_line *line, int64_t now_us, bool wanted)
{
    if (wanted && !line->wanted) {
        line->since_us = now_us;
        line->spent = false;
    }
    line->wanted = wanted;
    limit_pulse(line, now_us);
    line->on = wanted && !line->spent;
}

static void keep_alive(struct gpio_line *line, int64_t now_us, bool wanted)
{
    line->wanted = wanted;
    if (!wanted) {
        line->on = line->spec.safe_on;
        return;
    }
    int64_t since_us = now_us - line->since_us;
    if (since_us >= 0 && since_us < TOGGLE_MIN_US)
        return;
    line->on = !line->on;
    line->since_us = now_us;
}

void gpio_outputs_write(struct gpio_lines *lines, int64_t now_us,
                        const struct io_requests *requests)
{
    for (size_t i = 0; i < lines->plan.line_count; i++) {
        struct gpio_line *line = &lines->plan.lines[i];
        if (!line->spec.mode.output)
            continue;
        bool wanted = gpio_signal_wanted(line->signal, line->bay, requests);
        if (line->signal == GPIO_CHARGE_ENABLE)
            keep_alive(line, now_us, wanted);
        else
            ask(line, now_us, wanted);
    }
    apply(lines, now_us);
}

void gpio_outputs_pump(struct gpio_lines *lines, int64_t now_us, int64_t *next_us)
{
    bool fell = false;
    for (size_t i = 0; i < lines->plan.line_count; i++) {
        struct gpio_line *line = &lines->plan.lines[i];
        if (!line->on || !line->spec.max_pulse_ms || !line->spec.mode.output || !line->wanted)
            continue;
        limit_pulse(line, now_us);
        if (line->spent) {
            line->on = false;
            fell = true;
            continue;
        }
        int64_t end_us = line->since_us + line->spec.max_pulse_ms * CLOCK_US_PER_MS;
        if (end_us < *next_us)
            *next_us = end_us;
    }
    if (fell)
        apply(lines, now_us);
}

void gpio_outputs_safe(struct gpio_lines *lines)
{
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct gpio_taken *taken = &lines->taken[i];
        if (taken->mode.output && taken->handle >= 0)
            set(lines, taken, taken->safe);
    }
}
