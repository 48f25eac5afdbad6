/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 2: power of a sample, energy of an interval, and the figures in the end. */
#include "charging/evaluate2.h"

#include "charging/evaluate2_internal.h"
#include <assert.h>
#include <math.h>

#define UNKNOWN           INT64_MIN
#define US_PER_SECOND     1e6
#define PHASES_MOST       3
#define WHOLE_TOLERANCE   0.5  /* kW: a power that was rounded to whole kW */
#define EXACT_TOLERANCE   0.05 /* kW */
#define RELATED_TOLERANCE 0.1
#define RATING_EXCESS     1.05
#define METER_RELATED     0.2
#define METER_APART_KWH   0.5

void evaluate2_mark(struct evaluate2_mark *mark, int64_t at_us)
{
    if (mark->times++ == 0)
        mark->first_us = at_us;
}

static void add_marks(struct evaluate2_mark *to, const struct evaluate2_mark *more)
{
    if (to->times == 0)
        to->first_us = more->first_us;
    to->times += more->times;
}

void evaluate2_settle(struct evaluate2_stretch *to, struct evaluate2_stretch *more)
{
    decimal_add(&to->used_kws, decimal_total(&more->used_kws));
    decimal_add(&to->gap_kws, decimal_total(&more->gap_kws));
    to->intervals += more->intervals;
    to->gap_us += more->gap_us;
    to->unmeasured_us += more->unmeasured_us;
    add_marks(&to->gaps, &more->gaps);
    add_marks(&to->unmeasured, &more->unmeasured);
    *more = (struct evaluate2_stretch){0};
}

double evaluate2_used_so_far(const struct evaluate2_state *state)
{
    double kws = decimal_total(&state->settled.used_kws) + decimal_total(&state->held.used_kws) +
                 decimal_total(&state->open.used_kws);
    return state->by_meter_kwh + kws / EVALUATE2_SECONDS_PER_HOUR;
}

static bool agrees(double by_phases, double power)
{
    double rounding = power == trunc(power) ? WHOLE_TOLERANCE : EXACT_TOLERANCE;
    double tolerance = fmax(rounding, RELATED_TOLERANCE * fabs(by_phases));
    return decimal_significant15(fabs(by_phases - power)) <= decimal_significant15(tolerance);
}

/* φ by which current and voltage agree with the power; NAN: by none. `kva`: of one phase. */
static double phases_that_agree(double kva, double power, int64_t reported, bool *differs)
{
    *differs = false;
    if (reported <= PHASES_MOST && agrees((double)reported * kva, power))
        return (double)reported;
    if (reported == PHASES_MOST && agrees(sqrt(PHASES_MOST) * kva, power))
        return sqrt(PHASES_MOST);
    *differs = true;
    double best = NAN;
    for (double phases = 1; phases <= PHASES_MOST; phases++)
        if (agrees(phases * kva, power) &&
            !(fabs(phases * kva - power) >= fabs(best * kva - power)))
            best = phases;
    return best;
}

double evaluate2_power(const struct evaluate_sample *sample, bool *differs)
{
    double power = sample->power_kw;
    double kva = sample->current_a * sample->voltage_v / 1000;
    *differs = false;
    if (sample->phases != UNKNOWN && !isnan(kva)) {
        double phases;
        if (isnan(power)) {
            *differs = sample->phases > PHASES_MOST;
            phases = *differs ? NAN : (double)sample->phases;
        } else {
            phases = phases_that_agree(kva, power, sample->phases, differs);
        }
        if (!isnan(phases))
            power = phases * kva;
    }
    return power < 0 ? 0 : power;
}

/* kW over an interval; NAN when neither end is known. */
static double mean_power(double before, double after)
{
    if (isnan(before))
        return after;
    return isnan(after) ? before : (before + after) / 2;
}

static void add_interval(struct evaluate2_state *state, int64_t date_us, double power)
{
    struct evaluate2_stretch *open = &state->open;
    int64_t length_us = date_us - state->last_us;
    double mean = mean_power(state->last_power_kw, power);
    double kws = mean * ((double)length_us / US_PER_SECOND);
    bool gap = length_us > state->limits.gap_us;
    if (gap) {
        evaluate2_mark(&open->gaps, state->last_us);
        open->gap_us += length_us;
        if (!isnan(kws))
            decimal_add(&open->gap_kws, kws);
    } else if (!isnan(kws)) {
        decimal_add(&open->used_kws, kws);
        open->intervals++;
    } else if (length_us > 0) {
        evaluate2_mark(&open->unmeasured, state->last_us);
        open->unmeasured_us += length_us;
    }
}

static void check_sample(struct evaluate2_state *state, const struct evaluate_sample *sample,
                         double power, bool differs)
{
    if (differs)
        evaluate2_mark(&state->flags[EVALUATE2_PHASES_DIFFER], sample->date_us);
    if (power > state->limits.charger_rating_kw * RATING_EXCESS)
        evaluate2_mark(&state->flags[EVALUATE2_ABOVE_RATING], sample->date_us);
    if (sample->arrival < state->last_arrival)
        evaluate2_mark(&state->flags[EVALUATE2_CLOCK_STEP], sample->date_us);
    if (!(power <= state->peak_power_kw) && !isnan(power))
        state->peak_power_kw = power;
}

void evaluate2_start(struct evaluate2_state *state, const struct evaluate2_limits *limits)
{
    *state = (struct evaluate2_state){
        .limits = *limits, .peak_power_kw = NAN, .meter_wh = NAN, .counter_kwh = NAN};
}

void evaluate2_add(struct evaluate2_state *state, const struct evaluate_sample *given)
{
    struct evaluate_sample sample = *given;
    bool differs;
    evaluate_normalise(&sample);
    double power = evaluate2_power(&sample, &differs);
    check_sample(state, &sample, power, differs);
    if (state->samples > 0) {
        assert(sample.date_us >= state->last_us);
        add_interval(state, sample.date_us, power);
    }
    evaluate2_read_meter(state, &sample);
    evaluate2_read_counter(state, &sample);
    state->samples++;
    state->last_us = sample.date_us;
    state->last_arrival = sample.arrival;
    state->last_power_kw = power;
}

/* Flags that the whole decides. */
static void check_whole(struct evaluate2_result *result, int64_t end_us)
{
    double apart = fabs(result->by_meter_kwh - result->beside_meter_kwh);
    if (result->beside_meter_kwh > 0 && apart > METER_APART_KWH &&
        apart > METER_RELATED * result->by_meter_kwh)
        evaluate2_mark(&result->flags[EVALUATE2_METER_DIFFERS], end_us);
    if (decimal_round(result->used_kwh + result->gap_kwh, 2) < result->added_kwh)
        evaluate2_mark(&result->flags[EVALUATE2_USED_BELOW_ADDED], end_us);
}

static double efficiency(const struct evaluate2_result *result)
{
    double taken = result->used_kwh + result->gap_kwh;
    return taken > 0 ? decimal_round(result->added_kwh / taken, 3) : NAN;
}

void evaluate2_finish(const struct evaluate2_state *given, struct evaluate2_result *result)
{
    struct evaluate2_state state = *given;
    evaluate2_end_meter(&state);
    const struct evaluate2_stretch *by_power = &state.settled;
    *result =
        (struct evaluate2_result){.samples = state.samples,
                                  .used_exact_kwh = NAN,
                                  .by_meter_kwh = decimal_round(state.by_meter_kwh, 2),
                                  .beside_meter_kwh = decimal_round(state.beside_meter_kwh, 2),
                                  .gap_us = by_power->gap_us,
                                  .unmeasured_us = by_power->unmeasured_us,
                                  .peak_power_kw = state.peak_power_kw,
                                  .limits = state.limits};
    if (by_power->intervals + state.meter_steps > 0)
        result->used_exact_kwh = decimal_significant15(evaluate2_used_so_far(&state));
    result->used_kwh = decimal_round(result->used_exact_kwh, 2);
    result->gap_kwh =
        decimal_round(decimal_total(&by_power->gap_kws) / EVALUATE2_SECONDS_PER_HOUR, 2);
    result->added_kwh = evaluate2_added(&state);
    result->efficiency = efficiency(result);
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++)
        result->flags[flag] = state.flags[flag];
    result->flags[EVALUATE2_GAP] = by_power->gaps;
    result->flags[EVALUATE2_UNMEASURED] = by_power->unmeasured;
    check_whole(result, state.last_us);
}

void evaluate2_samples(struct evaluate_sample *samples, size_t count,
                       const struct evaluate2_limits *limits, struct evaluate2_result *result)
{
    struct evaluate2_state state;
    evaluate2_start(&state, limits);
    evaluate_sort(samples, count);
    for (size_t i = 0; i < count; i++)
        evaluate2_add(&state, &samples[i]);
    evaluate2_finish(&state, result);
}
