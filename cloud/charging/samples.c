/* SPDX-License-Identifier: Apache-2.0 */
/* One sample from its fields; the choice of the reader. */
#include "charging/samples_internal.h"

#include "protocol/timestamp.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFUSALS_NOTED 20
/* Beyond these no quantity of a charge lies; inside them no sum leaves its type. */
#define NUMBER_MOST 1e9
#define METER_MOST  1e15 /* Wh, as in the protocol */
#define PHASES_MOST 1e6

const char *const samples_field_names[SAMPLES_FIELDS] = {"date",
                                                         "charger_phases",
                                                         "fast_charger_type",
                                                         "battery_level",
                                                         "charge_energy_added",
                                                         "charger_power",
                                                         "charger_actual_current",
                                                         "charger_voltage",
                                                         "ideal_battery_range_km",
                                                         "rated_battery_range_km",
                                                         "outside_temp",
                                                         "meter_wh"};

void samples_free(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++) {
        char *type;
        (void)memcpy(&type, &samples->chargers[i].type, sizeof type); /* ours, not const */
        free(type);
    }
    free(samples->chargers);
    free(samples->list);
    strbuf_free(&samples->refusals);
    *samples = (struct samples){0};
}

void samples_refuse(struct samples *samples, const char *where, size_t at, const char *why)
{
    if (samples->refused++ < REFUSALS_NOTED)
        strbuf_printf(&samples->refusals, "%s %zu is left out: %s\n", where, at, why);
}

static bool is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int read_date(const struct samples_value *value, int64_t *date_us, struct err *err)
{
    struct timestamp time;
    if (value->kind == SAMPLES_NULL)
        return err_set(err, ERR_INVALID, "it has no date");
    int rc = ERR_INVALID;
    if (value->kind == SAMPLES_NUMBER)
        rc = timestamp_from_ms(value->number, &time, err);
    else if (value->kind == SAMPLES_TEXT && is_digits(value->text))
        rc = timestamp_from_ms(strtod(value->text, NULL), &time, err);
    else if (value->kind == SAMPLES_TEXT)
        rc = timestamp_parse(value->text, strlen(value->text), &time, err);
    else
        (void)err_set(err, ERR_INVALID, "neither text nor a number");
    if (rc == 0 && time.precision != TIMESTAMP_EXACT)
        rc = err_set(err, ERR_INVALID, "a time of day is needed too");
    if (rc < 0)
        return err_prefix(err, "date: ");
    *date_us = time.us;
    return 0;
}

/* A decimal number and nothing else. */
static bool parse_decimal(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return *text != '\0' && text[strspn(text, "+-.0123456789eE")] == '\0' && *end == '\0';
}

static int read_number(const struct samples_value *value, const char *name, double *number,
                       struct err *err)
{
    *number = NAN;
    if (value->kind == SAMPLES_NULL)
        return 0;
    double read = value->number;
    bool is_number = value->kind == SAMPLES_TEXT ? parse_decimal(value->text, &read)
                                                 : value->kind == SAMPLES_NUMBER;
    if (!is_number)
        return err_set(err, ERR_INVALID, "%s is no number", name);
    double most = name == samples_field_names[SAMPLES_METER] ? METER_MOST : NUMBER_MOST;
    if (!(fabs(read) <= most))
        return err_set(err, ERR_INVALID, "%s %g is beyond %g", name, read, most);
    *number = read;
    return 0;
}

static int read_phases(const struct samples_value *value, int64_t *phases, struct err *err)
{
    double number;
    int rc = read_number(value, samples_field_names[SAMPLES_PHASES], &number, err);
    *phases = INT64_MIN;
    if (rc < 0 || isnan(number))
        return rc;
    if (number != trunc(number) || fabs(number) > PHASES_MOST)
        return err_set(err, ERR_INVALID, "charger_phases %g is no count of phases", number);
    *phases = (int64_t)number;
    return 0;
}

static int read_sample(const struct samples_value values[SAMPLES_FIELDS],
                       struct evaluate_sample *sample, struct err *err)
{
    double *const numbers[SAMPLES_FIELDS] = {
        [SAMPLES_BATTERY_LEVEL] = &sample->battery_level,
        [SAMPLES_ADDED] = &sample->added_kwh,
        [SAMPLES_POWER] = &sample->power_kw,
        [SAMPLES_CURRENT] = &sample->current_a,
        [SAMPLES_VOLTAGE] = &sample->voltage_v,
        [SAMPLES_IDEAL_RANGE] = &sample->ideal_range_km,
        [SAMPLES_RATED_RANGE] = &sample->rated_range_km,
        [SAMPLES_OUTSIDE_TEMP] = &sample->outside_temp_c,
        [SAMPLES_METER] = &sample->meter_wh,
    };
    int rc = read_date(&values[SAMPLES_DATE], &sample->date_us, err);
    if (rc == 0)
        rc = read_phases(&values[SAMPLES_PHASES], &sample->phases, err);
    for (int i = SAMPLES_BATTERY_LEVEL; rc == 0 && i < SAMPLES_FIELDS; i++)
        rc = read_number(&values[i], samples_field_names[i], numbers[i], err);
    int type = (int)values[SAMPLES_CHARGER_TYPE].kind;
    if (rc == 0 && type != SAMPLES_NULL && type != SAMPLES_TEXT)
        rc = err_set(err, ERR_INVALID, "fast_charger_type is no text");
    return rc;
}

static int grow(struct samples *samples, struct err *err)
{
    if (samples->count < samples->capacity)
        return 0;
    size_t capacity = samples->capacity ? samples->capacity * 2 : 64;
    void *list = realloc(samples->list, capacity * sizeof *samples->list);
    if (list)
        samples->list = list;
    void *chargers = list ? realloc(samples->chargers, capacity * sizeof *samples->chargers) : NULL;
    if (!chargers)
        return err_set(err, ERR_NOMEM, "no memory for %zu samples", capacity);
    samples->chargers = chargers;
    samples->capacity = capacity;
    return 0;
}

int samples_add(struct samples *samples, const struct samples_value values[SAMPLES_FIELDS],
                const char *where, size_t at, struct err *err)
{
    struct evaluate_sample sample = {0};
    struct err why = {0};
    if (read_sample(values, &sample, &why) < 0) {
        samples_refuse(samples, where, at, why.text);
        return 0;
    }
    const struct samples_value *type = &values[SAMPLES_CHARGER_TYPE];
    char *copy = NULL;
    if (grow(samples, err) < 0)
        return ERR_NOMEM;
    if (type->kind == SAMPLES_TEXT && !(copy = strdup(type->text)))
        return err_set(err, ERR_NOMEM, "no memory for a charger type");
    samples->list[samples->count] = sample;
    samples->chargers[samples->count++] = (struct cost_charger){sample.power_kw, copy};
    return 0;
}

bool samples_next_line(const char *text, size_t length, size_t *at, struct samples_line *line)
{
    if (*at >= length)
        return false;
    const char *start = text + *at, *end = memchr(start, '\n', length - *at);
    line->text = start;
    line->length = end ? (size_t)(end - start) : length - *at;
    *at += line->length + 1;
    if (line->length > 0 && start[line->length - 1] == '\r')
        line->length--;
    return true;
}

int samples_parse(const char *text, size_t length, struct samples *to, struct err *err)
{
    *to = (struct samples){.tariff = {COST_NOT_BILLED, COST_NONE, COST_NONE}};
    if (length > SAMPLES_MAX_BYTES)
        return err_set(err, ERR_INVALID, "%zu bytes of samples: at most %u are accepted", length,
                       SAMPLES_MAX_BYTES);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a spreadsheet's byte order mark */
        text += 3;
        length -= 3;
    }
    size_t at = 0;
    while (at < length &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
        at++;
    if (at == length)
        return 0; /* a process without samples */
    if (text[at] == '{' || text[at] == '[')
        return samples_read_json(text, length, to, err);
    return samples_read_csv(text, length, to, err);
}
