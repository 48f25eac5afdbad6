/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 2: the meter register and the counter of what was added. */
#include "charging/evaluate2_internal.h"

#include <math.h>

#define US_PER_HOUR     3.6e9
#define WH_PER_KWH      1000.0
#define CEILING_KW      1000.0 /* where no rating is known: no charger is stronger */
#define CEILING_SHARE   1.25   /* of the rating */
#define CEILING_KWH     1.0    /* registers step */
#define ROLLOVER_FROM   0.9
#define STUCK_SHARE     0.1
#define RESET_SHARE     0.5
#define REGISTER_DIGITS 10.0

static bool plausible(const struct evaluate2_limits *limits, double kwh, int64_t time_us)
{
    double kw =
        isnan(limits->charger_rating_kw) ? CEILING_KW : CEILING_SHARE * limits->charger_rating_kw;
    return kwh <= CEILING_KWH + kw * ((double)time_us / US_PER_HOUR);
}

/* Of a register that shows `wh`: the power of ten above it. */
static double range_of(double wh)
{
    double range = REGISTER_DIGITS;
    while (range <= wh && range < 1e18)
        range *= REGISTER_DIGITS;
    return range;
}

static double used_kwh(const struct evaluate2_stretch *stretch)
{
    return decimal_total(&stretch->used_kws) / EVALUATE2_SECONDS_PER_HOUR;
}

static void settle_by_power(struct evaluate2_state *state)
{
    evaluate2_settle(&state->settled, &state->held);
    evaluate2_settle(&state->settled, &state->open);
}

/* `kwh` by the register stand for `stretch`. */
static void settle_by_meter(struct evaluate2_state *state, struct evaluate2_stretch *stretch,
                            double kwh)
{
    state->by_meter_kwh += kwh;
    state->beside_meter_kwh += used_kwh(stretch);
    state->meter_steps++;
    *stretch = (struct evaluate2_stretch){0};
}

/* Energy between the register's last change and this reading; NAN: it does not say, power must. */
static double meter_step(struct evaluate2_state *state, const struct evaluate_sample *sample)
{
    int64_t time_us = sample->date_us - state->meter_us;
    double wh = sample->meter_wh - state->meter_wh;
    if (wh < 0) {
        double range = range_of(state->meter_wh);
        double round = wh + range;
        bool rolled = state->meter_wh >= ROLLOVER_FROM * range &&
                      plausible(&state->limits, round / WH_PER_KWH, time_us);
        evaluate2_mark(&state->flags[rolled ? EVALUATE2_METER_ROLLOVER : EVALUATE2_METER_RESET],
                       sample->date_us);
        if (!rolled)
            return NAN;
        wh = round;
    }
    double kwh = wh / WH_PER_KWH;
    if (!plausible(&state->limits, kwh, time_us)) {
        evaluate2_mark(&state->flags[EVALUATE2_METER_JUMP], sample->date_us);
        return NAN;
    }
    double by_power = used_kwh(&state->held) + used_kwh(&state->open);
    if (by_power > EVALUATE2_STUCK_KWH && kwh < STUCK_SHARE * by_power) {
        evaluate2_mark(&state->flags[EVALUATE2_METER_STUCK], sample->date_us);
        return NAN;
    }
    return kwh;
}

void evaluate2_read_meter(struct evaluate2_state *state, const struct evaluate_sample *sample)
{
    if (isnan(sample->meter_wh))
        return;
    if (sample->meter_wh == state->meter_wh) {
        evaluate2_settle(&state->held, &state->open);
        return;
    }
    double kwh = isnan(state->meter_wh) ? NAN : meter_step(state, sample);
    evaluate2_settle(&state->held, &state->open);
    if (isnan(kwh))
        settle_by_power(state);
    else
        settle_by_meter(state, &state->held, kwh);
    state->meter_wh = sample->meter_wh;
    state->meter_us = sample->date_us;
}

void evaluate2_end_meter(struct evaluate2_state *state)
{
    const struct evaluate2_stretch *held = &state->held;
    bool any = held->intervals + held->gaps.times + held->unmeasured.times > 0;
    if (used_kwh(held) > EVALUATE2_STUCK_KWH)
        evaluate2_mark(&state->flags[EVALUATE2_METER_STUCK], state->last_us);
    else if (any)
        settle_by_meter(state, &state->held, 0);
    settle_by_power(state);
}

/* A new run of the counter, from `from_kwh` on. */
static void begin_run(struct evaluate2_state *state, double from_kwh)
{
    state->counter_done_kwh =
        decimal_round(state->counter_done_kwh + state->counter_kwh - state->counter_from_kwh, 2);
    state->counter_from_kwh = from_kwh;
}

/* The counter stands where it stood. */
static void check_stuck(struct evaluate2_state *state, int64_t date_us)
{
    double used = evaluate2_used_so_far(state) - state->counter_used_kwh;
    if (state->counter_stuck || !(used > EVALUATE2_STUCK_KWH))
        return;
    state->counter_stuck = true;
    evaluate2_mark(&state->flags[EVALUATE2_COUNTER_STUCK], date_us);
}

static void step_counter(struct evaluate2_state *state, double kwh, int64_t date_us)
{
    int64_t time_us = date_us - state->counter_us;
    double before = state->counter_kwh, step = kwh - before;
    bool reset = kwh <= before * RESET_SHARE;
    if (reset)
        evaluate2_mark(&state->flags[EVALUATE2_COUNTER_RESET], date_us);
    if (!plausible(&state->limits, reset ? kwh : step, time_us)) {
        evaluate2_mark(&state->flags[EVALUATE2_COUNTER_JUMP], date_us);
        begin_run(state, kwh);
    } else if (reset) {
        begin_run(state, 0);
    }
}

void evaluate2_read_counter(struct evaluate2_state *state, const struct evaluate_sample *sample)
{
    double kwh = sample->added_kwh;
    if (isnan(kwh) || (kwh == 0 && state->counter_kwh > 0))
        return;
    if (isnan(state->counter_kwh)) {
        state->counter_from_kwh = kwh;
    } else if (kwh == state->counter_kwh) {
        check_stuck(state, sample->date_us);
        state->counter_us = sample->date_us;
        return;
    } else {
        step_counter(state, kwh, sample->date_us);
    }
    state->counter_kwh = kwh;
    state->counter_us = sample->date_us;
    state->counter_used_kwh = evaluate2_used_so_far(state);
    state->counter_stuck = false;
}

double evaluate2_added(const struct evaluate2_state *state)
{
    double added =
        decimal_round(state->counter_done_kwh + state->counter_kwh - state->counter_from_kwh, 2);
    return added < 0 ? NAN : added;
}
