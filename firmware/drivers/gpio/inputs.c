/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/inputs.h"

#include "base/clock.h"
#include "base/log.h"
#include <math.h>
#include <string.h>

/* A quarter of what an emergency stop may take (50 ms), so that looking and stepping fit in. Only
 * the station's alarms are looked for so often: twenty bays' expanders would keep an I2C bus busy,
 * and theirs are in the next step's readings anyway. */
#define POLL_US (12 * CLOCK_US_PER_MS)
/* Sensors on I2C take a millisecond each: a few in one step, each about once a second. */
#define THERMOMETER_US        CLOCK_US_PER_SECOND
#define THERMOMETERS_PER_STEP 8
/* rule 7 and the table of design/hardware.md: plausible range */
#define TEMP_MIN_C (-40.0)
#define TEMP_MAX_C 125.0
/* Edges taken in one call: a line that flutters does not keep the loop from its step. */
#define EDGES_PER_CALL 256

/* --- lines --- */

static bool is_alarm(const struct gpio_line *line, bool on)
{
    enum gpio_alarm alarm = gpio_signal_info(line->signal)->alarm;
    return alarm != GPIO_ALARM_NONE && on == (alarm == GPIO_ALARM_ON);
}

static int get(struct gpio_lines *lines, struct gpio_taken *taken, uint64_t *values)
{
    struct err err = {0};
    int code = lines->bank.get(lines->bank.self, taken->handle, values, &err);
    gpio_taken_note(lines, taken, code, &err);
    return code;
}

static void read_lines(struct gpio_lines *lines, int64_t now_us)
{
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct gpio_taken *taken = &lines->taken[i];
        if (!taken->mode.output && get(lines, taken, &taken->values) == 0)
            taken->at_us = now_us;
    }
    for (size_t i = 0; i < lines->plan.line_count; i++) {
        struct gpio_line *line = &lines->plan.lines[i];
        if (line->spec.mode.output)
            continue;
        line->on = (lines->taken[line->request].values >> line->index & 1) != 0;
        if (line->latched)
            line->on = gpio_signal_info(line->signal)->alarm == GPIO_ALARM_ON;
        line->latched = false;
    }
}

/* An alarm was seen on a line: true when that is news. */
static bool notice(struct gpio_line *line)
{
    bool news = !line->latched && !is_alarm(line, line->on);
    line->latched = true;
    return news;
}

/* An alarm began; or it ended and nobody saw it begin, for a kernel may tell two quick changes as
 * the last of them. */
static bool tells_alarm(const struct gpio_line *line, bool on)
{
    return is_alarm(line, on) ||
           (is_alarm(line, !on) && !is_alarm(line, line->on) && !line->latched);
}

static bool take_edges(struct gpio_lines *lines, struct gpio_taken *taken)
{
    bool news = false, on;
    size_t index;
    struct err err = {0};
    int code = 1;
    for (int i = 0; i < EDGES_PER_CALL && code == 1; i++) {
        code = lines->bank.next_edge(lines->bank.self, taken->handle, &index, &on, &err);
        if (code == 1 && index < taken->count) {
            struct gpio_line *line = &lines->plan.lines[taken->lines[index]];
            if (tells_alarm(line, on))
                news |= notice(line);
        }
    }
    if (code < 0) { /* whatever it is, alarms are looked for from now on */
        gpio_taken_note(lines, taken, code, &err);
        taken->polled = true;
    }
    return news;
}

/* The same for a chip that tells no edges. */
static bool look(struct gpio_lines *lines, struct gpio_taken *taken, int64_t now_us)
{
    uint64_t values = 0;
    bool news = false;
    taken->polled_us = now_us;
    if (get(lines, taken, &values))
        return false;
    for (size_t i = 0; i < taken->count; i++) {
        struct gpio_line *line = &lines->plan.lines[taken->lines[i]];
        if (is_alarm(line, (values >> i & 1) != 0))
            news |= notice(line);
    }
    return news;
}

bool gpio_inputs_pump(struct gpio_lines *lines, int64_t now_us, int64_t *next_us)
{
    bool news = false;
    for (size_t i = 0; i < lines->taken_count; i++) {
        struct gpio_taken *taken = &lines->taken[i];
        if (!taken->mode.edges)
            continue;
        if (!taken->polled) {
            news |= take_edges(lines, taken);
            continue;
        }
        if (!taken->station)
            continue;
        if (now_us - taken->polled_us >= POLL_US || now_us < taken->polled_us)
            news |= look(lines, taken, now_us);
        if (taken->polled_us + POLL_US < *next_us)
            *next_us = taken->polled_us + POLL_US;
    }
    return news;
}

/* --- thermometers --- */

/* Degrees from a file's text; NAN when it is no number or none that can be. */
static double degrees(char *text)
{
    double thousandths;
    text[strcspn(text, "\n")] = '\0';
    return address_real(text, TEMP_MIN_C * 1000, TEMP_MAX_C * 1000, &thousandths)
               ? thousandths / 1000
               : NAN;
}

static void read_thermometer(const struct gpio_lines *lines, struct gpio_thermometer *thermometer,
                             int64_t now_us)
{
    char text[GPIO_FILE_TEXT_SIZE] = "";
    struct err err = {0};
    int code = lines->bank.read_file(lines->bank.self, thermometer->pattern, text, &err);
    thermometer->tried_us = now_us;
    if (code == 0) {
        thermometer->temp_c = degrees(text);
        thermometer->at_us = now_us;
    }
    if (thermometer->failed == (code != 0))
        return;
    thermometer->failed = code != 0;
    if (code)
        log_error("gpio", "%s:%d: %s: the temperature cannot be read: %s", lines->origin,
                  thermometer->file_line, thermometer->role, err.text);
    else
        log_info("gpio", "%s: the temperature can be read again", thermometer->role);
}

static void read_thermometers(struct gpio_lines *lines, int64_t now_us)
{
    int left = THERMOMETERS_PER_STEP;
    for (size_t i = 0; i < lines->plan.thermometer_count && left > 0; i++) {
        struct gpio_thermometer *thermometer = &lines->plan.thermometers[i];
        int64_t since_us = now_us - thermometer->tried_us;
        if (thermometer->tried_us && since_us >= 0 && since_us < THERMOMETER_US)
            continue;
        read_thermometer(lines, thermometer, now_us);
        left--;
    }
}

/* --- together --- */

/* Inputs of the station ([0]) and of each bay ([bay + 1]). */
struct groups {
    int64_t at_us[IO_BAYS_MAX + 1]; /* of the oldest input */
    bool on[IO_BAYS_MAX + 1][GPIO_SIGNAL_COUNT];
    double temp_c[IO_BAYS_MAX + 1];
};

static void collect(const struct gpio_lines *lines, int64_t now_us, struct groups *groups)
{
    for (size_t i = 0; i <= IO_BAYS_MAX; i++) {
        groups->at_us[i] = now_us;
        groups->temp_c[i] = NAN;
    }
    for (size_t i = 0; i < lines->plan.line_count; i++) {
        const struct gpio_line *line = &lines->plan.lines[i];
        if (line->spec.mode.output)
            continue;
        int64_t *at_us = &groups->at_us[line->bay + 1];
        if (lines->taken[line->request].at_us < *at_us)
            *at_us = lines->taken[line->request].at_us;
        groups->on[line->bay + 1][line->signal] = line->on;
    }
    for (size_t i = 0; i < lines->plan.thermometer_count; i++) {
        const struct gpio_thermometer *thermometer = &lines->plan.thermometers[i];
        int64_t *at_us = &groups->at_us[thermometer->bay + 1];
        /* One that answered counts as of now until it is asked again. */
        if ((thermometer->failed || !thermometer->at_us) && thermometer->at_us < *at_us)
            *at_us = thermometer->at_us;
        groups->temp_c[thermometer->bay + 1] = thermometer->temp_c;
    }
}

void gpio_inputs_read(struct gpio_lines *lines, int64_t now_us, struct io_readings *readings)
{
    read_lines(lines, now_us);
    read_thermometers(lines, now_us);
    struct groups groups = {0};
    collect(lines, now_us, &groups);
    gpio_report_station(groups.on[0], readings);
    readings->ambient_c = groups.temp_c[0];
    readings->at_us = groups.at_us[0];
    for (int i = 0; i < readings->bay_count; i++) {
        struct io_bay *bay = &readings->bays[i];
        gpio_report_bay(groups.on[i + 1], bay);
        bay->temp_c = groups.temp_c[i + 1];
        bay->at_us = groups.at_us[i + 1];
    }
}
