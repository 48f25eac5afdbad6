/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define UNKNOWN              INT64_MIN
#define US_PER_SECOND        1e6
#define US_PER_MINUTE        INT64_C(60000000)
#define SECONDS_PER_HOUR     3600.0
#define SAMPLES_TOO_FEW      15 /* up to this many say nothing about phases */
#define PHASE_DEVIATION      0.3
#define LINE_VOLTAGE_PHASES  3
#define LINE_VOLTAGE_RELATED 0.1

void evaluate_normalise(struct evaluate_sample *sample)
{
    sample->added_kwh = decimal_round(sample->added_kwh, 2);
    sample->ideal_range_km = decimal_round(sample->ideal_range_km, 2);
    sample->rated_range_km = decimal_round(sample->rated_range_km, 2);
    sample->outside_temp_c = decimal_round(sample->outside_temp_c, 1);
    if (sample->phases != UNKNOWN && sample->phases <= 0)
        sample->phases = UNKNOWN;
}

void evaluate_start(struct evaluate_state *state)
{
    *state = (struct evaluate_state){.added_max_kwh = NAN};
}

static inline void add_interval(struct evaluate_energy *energy, double power, double seconds)
{
    double product = power * seconds;
    if (isnan(product) || product < 0)
        return; /* no usable power; or energy that flowed back */
    decimal_add(&energy->joules_k, product);
    energy->intervals++;
}

/* The interval that ends at `later` carries the later sample's power (right-end rule). */
static inline void add_energy(struct evaluate_state *state, const struct evaluate_sample *later,
                              double apparent)
{
    double seconds = (double)(later->date_us - state->last.date_us) / US_PER_SECOND;
    if (later->phases == UNKNOWN || isnan(apparent)) {
        add_interval(&state->by_power, later->power_kw, seconds);
        return;
    }
    add_interval(&state->else_by_power, later->power_kw, seconds);
    add_interval(&state->by_current, apparent, seconds);
}

static inline void add_ratio(struct evaluate_state *state, double power_kw, double apparent)
{
    double ratio = power_kw * 1000 / apparent;
    if (isnan(ratio) || apparent == 0)
        return;
    decimal_add(&state->ratio, ratio);
    state->ratio_count++;
}

/* A sample at its scale. What concerns the last one alone is left to the caller. */
static inline void add(struct evaluate_state *state, const struct evaluate_sample *sample)
{
    double apparent = sample->current_a * sample->voltage_v;
    if (state->samples > 0)
        add_energy(state, sample, apparent);
    state->samples++;
    add_ratio(state, sample->power_kw, apparent);
    if (sample->phases != UNKNOWN) {
        state->phases_sum += sample->phases;
        state->phases_count++;
    }
    if (!isnan(sample->outside_temp_c)) {
        state->temp_tenths += llround(sample->outside_temp_c * 10);
        state->temp_count++;
    }
    if (!(sample->added_kwh <= state->added_max_kwh) && !isnan(sample->added_kwh))
        state->added_max_kwh = sample->added_kwh;
}

void evaluate_add(struct evaluate_state *state, const struct evaluate_sample *given)
{
    struct evaluate_sample sample = *given;
    evaluate_normalise(&sample);
    if (state->samples == 0)
        state->first = sample;
    else
        assert(sample.date_us >= state->last.date_us);
    add(state, &sample);
    state->last = sample;
}

static bool in_order(const struct evaluate_columns *columns)
{
    bool fallen = false;
    for (size_t i = 1; i < columns->count; i++)
        fallen |= columns->date_us[i] < columns->date_us[i - 1];
    return !fallen;
}

struct evaluate_sample evaluate_column_sample(const struct evaluate_columns *columns, size_t at)
{
    return (struct evaluate_sample){.date_us = columns->date_us[at],
                                    .battery_level = columns->battery_level[at],
                                    .added_kwh = columns->added_kwh[at],
                                    .power_kw = columns->power_kw[at],
                                    .current_a = columns->current_a[at],
                                    .voltage_v = columns->voltage_v[at],
                                    .phases = columns->phases[at],
                                    .ideal_range_km = columns->ideal_range_km[at],
                                    .rated_range_km = columns->rated_range_km[at],
                                    .outside_temp_c = columns->outside_temp_c[at],
                                    .meter_wh = columns->meter_wh[at],
                                    .arrival = (int64_t)at};
}

bool evaluate_add_columns(struct evaluate_state *given, const struct evaluate_columns *columns)
{
    size_t count = columns->count;
    if (!in_order(columns) ||
        (count > 0 && given->samples > 0 && columns->date_us[0] < given->last.date_us))
        return false;
    if (count == 0)
        return true;
    struct evaluate_sample sample = evaluate_column_sample(columns, 0);
    evaluate_add(given, &sample);
    struct evaluate_state state = *given; /* a copy that nobody else can see stays in registers */
    for (size_t i = 1; i < count; i++) {
        /* Ranges and levels count at the ends only. */
        struct evaluate_sample next = {
            .date_us = columns->date_us[i],
            .added_kwh = decimal_round(columns->added_kwh[i], 2),
            .power_kw = columns->power_kw[i],
            .current_a = columns->current_a[i],
            .voltage_v = columns->voltage_v[i],
            .phases = columns->phases[i] > 0 ? columns->phases[i] : UNKNOWN,
            .outside_temp_c = decimal_round(columns->outside_temp_c[i], 1)};
        add(&state, &next);
        state.last.date_us = next.date_us;
    }
    state.last = evaluate_column_sample(columns, count - 1);
    evaluate_normalise(&state.last);
    *given = state;
    return true;
}

/* Quotient rounded half away from zero; `divisor` > 0. */
static int64_t divide_rounded(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor, rest = value % divisor;
    if (llabs(rest) >= divisor - llabs(rest))
        quotient += value < 0 ? -1 : 1;
    return quotient;
}

double evaluate_phases(double ratio, int64_t phases, int64_t samples)
{
    ratio = decimal_significant15(ratio);
    if (isnan(ratio) || ratio <= 0 || samples <= SAMPLES_TOO_FEW)
        return NAN;
    double whole = round(ratio);
    if (phases != UNKNOWN && (double)phases == whole)
        return whole;
    if (phases == LINE_VOLTAGE_PHASES &&
        fabs(ratio / sqrt(LINE_VOLTAGE_PHASES) - 1) <= LINE_VOLTAGE_RELATED)
        return sqrt(LINE_VOLTAGE_PHASES);
    if (whole > 0 && decimal_significant15(fabs(whole - ratio)) <= PHASE_DEVIATION)
        return whole;
    return NAN;
}

static double effective_phases(const struct evaluate_state *state)
{
    double ratio =
        state->ratio_count ? decimal_total(&state->ratio) / (double)state->ratio_count : NAN;
    int64_t phases =
        state->phases_count ? divide_rounded(state->phases_sum, state->phases_count) : UNKNOWN;
    return evaluate_phases(ratio, phases, state->samples);
}

/* kWh; NAN when no interval contributes. */
static double energy_used(const struct evaluate_state *state, double phases)
{
    const struct evaluate_energy *rest = isnan(phases) ? &state->else_by_power : &state->by_current;
    double factor = isnan(phases) ? 1 : phases / 1000;
    if (state->by_power.intervals + rest->intervals == 0)
        return NAN;
    struct decimal_sum joules_k = state->by_power.joules_k;
    decimal_add(&joules_k, decimal_total(&rest->joules_k) * factor);
    return decimal_total(&joules_k) / SECONDS_PER_HOUR;
}

/* The counter may have been reset before the last sample: then its maximum stands for the end. */
static double energy_added(const struct evaluate_state *state)
{
    double last = state->last.added_kwh;
    if (isnan(last) || last == 0)
        last = state->added_max_kwh;
    double added = decimal_round(last - state->first.added_kwh, 2);
    return added < 0 ? NAN : added;
}

static void finish_dates(const struct evaluate_state *state, struct evaluate_result *result)
{
    const struct evaluate_sample *first = &state->first, *last = &state->last;
    result->start_date_us = first->date_us;
    result->end_date_us = last->date_us;
    result->duration_min = divide_rounded(last->date_us - first->date_us, US_PER_MINUTE);
    result->start_battery_level = first->battery_level;
    result->end_battery_level = last->battery_level;
    result->start_ideal_range_km = first->ideal_range_km;
    result->end_ideal_range_km = last->ideal_range_km;
    result->start_rated_range_km = first->rated_range_km;
    result->end_rated_range_km = last->rated_range_km;
}

void evaluate_finish(const struct evaluate_state *state, struct evaluate_result *result)
{
    *result = (struct evaluate_result){
        .samples = state->samples,
        .start_date_us = UNKNOWN,
        .end_date_us = UNKNOWN,
        .duration_min = UNKNOWN,
        .start_battery_level = NAN,
        .end_battery_level = NAN,
        .start_ideal_range_km = NAN,
        .end_ideal_range_km = NAN,
        .start_rated_range_km = NAN,
        .end_rated_range_km = NAN,
        .outside_temp_avg_c = NAN,
        .charge_energy_added_kwh = NAN,
        .charge_energy_used_kwh = NAN,
        .charge_energy_used_exact_kwh = NAN,
        .effective_phases = NAN,
    };
    if (state->samples == 0)
        return;
    finish_dates(state, result);
    if (state->temp_count)
        result->outside_temp_avg_c =
            (double)divide_rounded(state->temp_tenths, state->temp_count) / 10;
    result->charge_energy_added_kwh = energy_added(state);
    result->effective_phases = effective_phases(state);
    double used = decimal_significant15(energy_used(state, result->effective_phases));
    result->charge_energy_used_exact_kwh = used;
    result->charge_energy_used_kwh = decimal_round(used, 2);
}

static int by_date(const void *left, const void *right)
{
    const struct evaluate_sample *a = left, *b = right;
    if (a->date_us != b->date_us)
        return a->date_us < b->date_us ? -1 : 1;
    return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

void evaluate_sort(struct evaluate_sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i].arrival = (int64_t)i; /* qsort is not stable */
    if (count > 1)
        qsort(samples, count, sizeof *samples, by_date);
}

void evaluate_samples(struct evaluate_sample *samples, size_t count, struct evaluate_result *result)
{
    struct evaluate_state state;
    evaluate_start(&state);
    evaluate_sort(samples, count);
    for (size_t i = 0; i < count; i++)
        evaluate_add(&state, &samples[i]);
    evaluate_finish(&state, result);
}
