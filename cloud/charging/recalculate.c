/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/recalculate.h"

#include "base/scope.h"
#include "charging/charging_internal.h"
#include "store/retention.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { REAL, INTEGER, TIME };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct recalculate_figures */
} FIELDS[RECALCULATE_FIELDS] = {
#define FIELD(name, kind, member)                                                                  \
    {                                                                                              \
        name, kind, offsetof(struct recalculate_figures, member)                                   \
    }
    FIELD("start_date", TIME, process.start_date_us),
    FIELD("end_date", TIME, process.end_date_us),
    FIELD("start_battery_level", REAL, process.start_battery_level),
    FIELD("end_battery_level", REAL, process.end_battery_level),
    FIELD("charge_energy_added", REAL, process.charge_energy_added),
    FIELD("charge_energy_used", REAL, process.charge_energy_used),
    FIELD("start_ideal_range_km", REAL, process.start_ideal_range_km),
    FIELD("end_ideal_range_km", REAL, process.end_ideal_range_km),
    FIELD("start_rated_range_km", REAL, process.start_rated_range_km),
    FIELD("end_rated_range_km", REAL, process.end_rated_range_km),
    FIELD("outside_temp_avg", REAL, process.outside_temp_avg),
    FIELD("duration_min", INTEGER, process.duration_min),
#define PROCESS_FIELDS 12
    FIELD("rule_1.charge_energy_added", REAL, rules[0].charge_energy_added),
    FIELD("rule_1.charge_energy_used", REAL, rules[0].charge_energy_used),
    FIELD("rule_2.charge_energy_added", REAL, rules[1].charge_energy_added),
    FIELD("rule_2.charge_energy_used", REAL, rules[1].charge_energy_used),
    FIELD("rule_2.charge_energy_metered", REAL, rules[1].charge_energy_metered),
    FIELD("rule_2.charge_energy_gap", REAL, rules[1].charge_energy_gap),
    FIELD("rule_2.gap_us", INTEGER, rules[1].gap_us),
    FIELD("rule_2.unmeasured_us", INTEGER, rules[1].unmeasured_us),
    FIELD("rule_2.efficiency", REAL, rules[1].efficiency),
    FIELD("rule_2.peak_power", REAL, rules[1].peak_power),
    FIELD("rule_2.flags", INTEGER, flags),
#undef FIELD
};

const char *recalculate_field_name(size_t field)
{
    return FIELDS[field].name;
}

bool recalculate_field_is_time(size_t field)
{
    return FIELDS[field].kind == TIME;
}

/* Integers of figures are below 2^53: a double holds them. */
static double get(const struct recalculate_figures *figures, const struct field *field)
{
    const char *at = (const char *)figures + field->offset;
    if (field->kind == REAL)
        return *(const double *)(const void *)at;
    int64_t value = *(const int64_t *)(const void *)at;
    return value == STORE_NULL ? NAN : (double)value;
}

static void put(struct recalculate_figures *figures, const struct field *field, double value)
{
    char *at = (char *)figures + field->offset;
    if (field->kind == REAL)
        *(double *)(void *)at = value;
    else
        *(int64_t *)(void *)at = isnan(value) ? STORE_NULL : (int64_t)value;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* What is on record of the process stays where nothing better is known; the rest are changes. */
static void compare(const struct recalculate_figures *stored, struct recalculate_result *result)
{
    for (size_t i = 0; i < RECALCULATE_FIELDS; i++) {
        double before = get(stored, &FIELDS[i]), after = get(&result->figures, &FIELDS[i]);
        bool of_process = i < PROCESS_FIELDS;
        if (of_process && isnan(after))
            put(&result->figures, &FIELDS[i], before);
        else if (!same(before, after)) {
            result->changes[result->change_count++] = (struct recalculate_change){i, before, after};
            *(of_process ? &result->process_differs : &result->rules_differ) = true;
        }
    }
    result->outcome = result->change_count > 0 ? RECALCULATE_DIFFERS : RECALCULATE_SAME;
}

static const struct evaluation_row NO_EVALUATION = {.charge_energy_added = NAN,
                                                    .charge_energy_used = NAN,
                                                    .charge_energy_metered = NAN,
                                                    .charge_energy_gap = NAN,
                                                    .gap_us = STORE_NULL,
                                                    .unmeasured_us = STORE_NULL,
                                                    .efficiency = NAN,
                                                    .peak_power = NAN};

static int load_stored(struct store *store, const struct recalculation_row *row,
                       struct recalculate_figures *to, struct err *err)
{
    *to = (struct recalculate_figures){row->figures, {NO_EVALUATION, NO_EVALUATION}, 0};
    int status = 0;
    for (int rule = 1; rule <= 2 && status >= 0; rule++)
        status = evaluation_load(store, row->id, rule, &to->rules[rule - 1], err);
    return status < 0 ? status : evaluation_count_flags(store, row->id, &to->flags, err);
}

/* Both rules over the samples. */
static void make(struct evaluate_sample *samples, size_t count, int64_t rule_on_record,
                 const struct evaluate2_limits *limits, struct recalculate_result *result)
{
    struct rules_state state;
    struct recalculate_figures *figures = &result->figures;
    int billed =
        rule_on_record == EVALUATE2_RULE_VERSION ? EVALUATE2_RULE_VERSION : EVALUATE_RULE_VERSION;
    evaluate_sort(samples, count);
    rules_start(&state, limits);
    for (size_t i = 0; i < count; i++)
        rules_add(&state, &samples[i]);
    rules_finish(&state, &result->made);
    figures->process = rules_figures(&result->made, billed);
    for (int rule = 1; rule <= 2; rule++)
        figures->rules[rule - 1] = rules_evaluation(&result->made, rule);
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++)
        figures->flags += result->made.second.flags[flag].times > 0;
}

int recalculate_look(struct store *store, const struct recalculation_row *row,
                     const struct evaluate2_limits *limits, struct recalculate_result *result,
                     struct err *err)
{
    SCOPE_FREE struct evaluate_sample *samples = NULL;
    struct recalculate_figures stored;
    struct err why = {0};
    *result = (struct recalculate_result){.outcome = RECALCULATE_INCOMPLETE};
    enum charge_kept kept;
    int status = charge_kept_load(store, row->id, &kept, err);
    if (status < 0 || kept != CHARGE_KEPT_ALL)
        return status < 0 ? status : 0;
    status = charging_samples_read(store, row->id, &samples, &result->samples, &why);
    if (status == ERR_INVALID) {
        result->outcome = RECALCULATE_DAMAGED;
        result->why = why;
        return 0;
    }
    if (status < 0)
        return err_set(err, status, "%s", why.text);
    if (result->samples == 0)
        return 0;
    status = load_stored(store, row, &stored, err);
    if (status < 0)
        return status;
    make(samples, result->samples, row->figures.rule_version, limits, result);
    compare(&stored, result);
    return 0;
}

/* 1 when the process was changed. */
static int write_one(struct store *store, int64_t id, const struct evaluate2_limits *limits,
                     int64_t now_us, struct err *err)
{
    struct recalculation_row row;
    struct recalculate_result result;
    int found = recalculation_load(store, id, &row, err);
    if (found <= 0)
        return found;
    int status = recalculate_look(store, &row, limits, &result, err);
    if (status < 0 || result.outcome != RECALCULATE_DIFFERS)
        return status;
    result.figures.process.end_reason = row.end_reason;
    if (result.process_differs)
        status = charging_process_close(store, id, &result.figures.process, err);
    if (status == 0 && result.rules_differ)
        status = rules_save(store, id, &result.made, now_us, err);
    return status < 0 ? status : 1;
}

static int note_position(struct store *store, const struct recalculate_order *order, int64_t now_us,
                         int64_t changed, struct err *err)
{
    struct recalculation_position position = {.begun_at_us = now_us};
    if (order->done)
        return recalculation_position_remove(store, order->selection, err);
    int found = recalculation_position_load(store, order->selection, &position, err);
    if (found < 0)
        return found;
    position.after_id = order->after_id;
    position.looked_at = order->looked_at;
    position.changed += changed;
    position.updated_at_us = now_us;
    return recalculation_position_save(store, order->selection, &position, err);
}

int recalculate_write(struct store *store, const struct recalculate_order *order,
                      const struct evaluate2_limits *limits, int64_t now_us, int64_t *changed,
                      struct err *err)
{
    *changed = 0;
    for (size_t i = 0; i < order->count; i++) {
        int written = write_one(store, order->ids[i], limits, now_us, err);
        if (written < 0)
            return written;
        *changed += written;
    }
    return note_position(store, order, now_us, *changed, err);
}
