/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of samples share. Nobody else includes this. */
#ifndef SWAPSTACK_CHARGING_SAMPLES_INTERNAL_H
#define SWAPSTACK_CHARGING_SAMPLES_INTERNAL_H

#include "charging/samples.h"

enum samples_field {
    SAMPLES_DATE,
    SAMPLES_PHASES,
    SAMPLES_CHARGER_TYPE,
    SAMPLES_BATTERY_LEVEL, /* from here on plain numbers */
    SAMPLES_ADDED,
    SAMPLES_POWER,
    SAMPLES_CURRENT,
    SAMPLES_VOLTAGE,
    SAMPLES_IDEAL_RANGE,
    SAMPLES_RATED_RANGE,
    SAMPLES_OUTSIDE_TEMP,
    SAMPLES_METER,
    SAMPLES_FIELDS
};
extern const char *const samples_field_names[SAMPLES_FIELDS];

/* A field as it was written; the text lives as long as its source. */
struct samples_value {
    enum { SAMPLES_NULL, SAMPLES_NUMBER, SAMPLES_TEXT, SAMPLES_OTHER } kind;
    double number;
    const char *text;
};

/* Takes one sample, or refuses it with a note that begins with `where` and `at` ("line 3"). Only
 * ERR_NOMEM ends the reading. */
int samples_add(struct samples *samples, const struct samples_value values[SAMPLES_FIELDS],
                const char *where, size_t at, struct err *err);
void samples_refuse(struct samples *samples, const char *where, size_t at, const char *why);

/* A line of the text without its end; false behind the last. `*at` moves on. */
struct samples_line {
    const char *text;
    size_t length;
};
bool samples_next_line(const char *text, size_t length, size_t *at, struct samples_line *line);

int samples_read_json(const char *text, size_t length, struct samples *to, struct err *err);
int samples_read_csv(const char *text, size_t length, struct samples *to, struct err *err);

#endif
