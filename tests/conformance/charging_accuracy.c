/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each rule is from the truth: real fast-charge sessions (SWAPSTACK_SESSIONS_CSV: energy,
 * peak power and stay of each) as curves whose energy is that of the session at every instant, and
 * sampled as a station would, with the defects that samples have. The table that it prints stands
 * in docs/charging.md; its bounds are checked. Skipped (77) without the data set.
 */
#include "charging/evaluate2.h"

#include "base/scope.h"
#include "cloud/evaluate_support.h"
#include <stdio.h>
#include <stdlib.h>

#define SESSIONS_MAX 4000
#define SAMPLES_MAX  4000
#define FLOOR        0.05 /* share of the peak where a plateau's decline ends */

/* Energy, peak and duration decide the curve: at the peak for a while, then falling in a straight
 * line; or, where the energy is too little for that, falling exponentially from the start. */
struct curve {
    double peak_kw, seconds, kwh;
    double plateau; /* share of the time; below 0: exponential */
    double decay;
};

static struct curve curves[SESSIONS_MAX];
static size_t curve_count;

static struct curve curve_of(double kwh, double peak_kw, double seconds)
{
    struct curve curve = {peak_kw, seconds, kwh, -1, 0};
    double share = kwh / (peak_kw * seconds / 3600), mean = (1 + FLOOR) / 2;
    if (share >= mean) {
        curve.plateau = (share - mean) / (1 - mean);
        return curve;
    }
    double low = 0, high = 1000; /* (1 - e^-k) / k falls with k */
    for (int i = 0; i < 100; i++) {
        curve.decay = (low + high) / 2;
        if (-expm1(-curve.decay) / curve.decay > share)
            low = curve.decay;
        else
            high = curve.decay;
    }
    return curve;
}

static double power_at(const struct curve *curve, double second)
{
    double x = second / curve->seconds;
    if (x >= 1)
        return 0; /* the closing sample */
    if (curve->plateau < 0)
        return curve->peak_kw * exp(-curve->decay * x);
    double fallen = fmax(0, (x - curve->plateau) / (1 - curve->plateau));
    return curve->peak_kw * (1 - (1 - FLOOR) * fallen);
}

static double energy_at(const struct curve *curve, double second)
{
    double x = fmin(1, second / curve->seconds), hours = curve->seconds / 3600;
    if (curve->plateau < 0)
        return curve->peak_kw * hours * -expm1(-curve->decay * x) / curve->decay;
    double fallen = fmax(0, x - curve->plateau), rest = 1 - curve->plateau;
    return curve->peak_kw * hours * (x - (1 - FLOOR) * fallen * fallen / rest / 2);
}

static double column(const char *line, int index)
{
    for (; line && index > 0; index--)
        line = strchr(line, ',') ? strchr(line, ',') + 1 : NULL;
    return line ? strtod(line, NULL) : NAN;
}

static bool load(void)
{
    const char *path = getenv("SWAPSTACK_SESSIONS_CSV");
    if (!path)
        return false;
    SCOPE_FCLOSE FILE *file = fopen(path, "re");
    if (!file) {
        (void)fprintf(stderr, "SWAPSTACK_SESSIONS_CSV: %s cannot be opened\n", path);
        exit(1);
    }
    char line[512];
    if (!fgets(line, sizeof line, file) ||
        strncmp(line, "session,ccs,arrival_local,departure_local,stay_min,energy_wh,pmax_w,", 68)) {
        (void)fprintf(stderr, "SWAPSTACK_SESSIONS_CSV: %s has other columns\n", path);
        exit(1);
    }
    while (curve_count < SESSIONS_MAX && fgets(line, sizeof line, file)) {
        double kwh = column(line, 5) / 1000, peak_kw = column(line, 6) / 1000;
        double seconds = column(line, 4) * 60;
        if (kwh > 1 && seconds <= 4 * 3600 && kwh < 0.95 * peak_kw * seconds / 3600)
            curves[curve_count++] = curve_of(kwh, peak_kw, seconds);
    }
    return true;
}

struct defects {
    const char *name;
    double interval_s;
    bool whole_kw;        /* power is rounded */
    double gap_s;         /* a silence in the middle */
    double meter_step_wh; /* 0: no register */
};

/* Every interval from a moment within the first one on, and a last sample of 0 kW at the end. */
static size_t sample_curve(const struct curve *curve, const struct defects *defects, uint64_t *seed,
                           struct evaluate_sample *samples)
{
    size_t count = 0;
    double gap = curve->seconds * 0.2 + between(seed, 0, curve->seconds * 0.5);
    double at = between(seed, 0, 2);
    for (bool last = false; !last && count < SAMPLES_MAX; at += defects->interval_s) {
        if (at > gap && at < gap + defects->gap_s)
            continue;
        last = at >= curve->seconds;
        double power = power_at(curve, at), wh = energy_at(curve, at) * 1000;
        samples[count] = powered(0, defects->whole_kw ? round(power) : round(power * 100) / 100);
        samples[count].date_us = (int64_t)(at * 1e6);
        if (defects->meter_step_wh > 0)
            samples[count].meter_wh =
                floor((5e6 + wh) / defects->meter_step_wh) * defects->meter_step_wh;
        count++;
    }
    return count;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

struct error {
    double sum, total; /* kWh found and true */
    double *shares;    /* of each session, absolute, in % */
    size_t count;
};

static void note(struct error *error, double found, double truth)
{
    found = isnan(found) ? 0 : found;
    error->sum += found;
    error->total += truth;
    error->shares[error->count++] = fabs(found - truth) / truth * 100;
}

/* In % of all energy; *p95: of the absolute errors of sessions. */
static double summary(struct error *error, double *p95)
{
    qsort(error->shares, error->count, sizeof *error->shares, by_size);
    *p95 = error->shares[error->count * 95 / 100];
    return (error->sum - error->total) / error->total * 100;
}

struct figures {
    double first, first_p95, second, second_p95, with_gaps, with_gaps_p95;
};

static struct figures measure(const struct defects *defects)
{
    static struct evaluate_sample samples[SAMPLES_MAX];
    static double shares[3][SESSIONS_MAX];
    struct error first = {.shares = shares[0]}, second = {.shares = shares[1]};
    struct error with_gaps = {.shares = shares[2]};
    const struct evaluate2_limits limits = {EVALUATE2_GAP_DEFAULT_US, NAN};
    uint64_t seed = 2026;
    for (size_t i = 0; i < curve_count; i++) {
        size_t count = sample_curve(&curves[i], defects, &seed, samples);
        struct evaluate_result one;
        struct evaluate2_result two;
        evaluate_samples(samples, count, &one);
        evaluate2_samples(samples, count, &limits, &two);
        note(&first, one.charge_energy_used_exact_kwh, curves[i].kwh);
        note(&second, two.used_exact_kwh, curves[i].kwh);
        note(&with_gaps, two.used_exact_kwh + two.gap_kwh, curves[i].kwh);
    }
    struct figures figures;
    figures.first = summary(&first, &figures.first_p95);
    figures.second = summary(&second, &figures.second_p95);
    figures.with_gaps = summary(&with_gaps, &figures.with_gaps_p95);
    print_message("| %s | %+.2f (%.2f) | %+.2f (%.2f) | %+.2f (%.2f) |\n", defects->name,
                  figures.first, figures.first_p95, figures.second, figures.second_p95,
                  figures.with_gaps, figures.with_gaps_p95);
    return figures;
}

static void rules_against_real_sessions(void **state)
{
    (void)state;
    print_message(
        "%zu sessions; error of all energy in %% (95 %% of sessions are within)\n"
        "| samples | rule 1 | rule 2, used | rule 2, used and gaps |\n|---|---|---|---|\n",
        curve_count);
    struct figures figures = measure(&(struct defects){"every 10 s", 10, false, 0, 0});
    assert_true(fabs(figures.second) < 0.2 && fabs(figures.second) < fabs(figures.first));
    assert_true(figures.second_p95 < figures.first_p95);
    figures = measure(&(struct defects){"every 10 s, whole kW", 10, true, 0, 0});
    assert_true(fabs(figures.second) < fabs(figures.first));
    figures = measure(&(struct defects){"every 60 s", 60, false, 0, 0});
    assert_true(fabs(figures.second) < fabs(figures.first));
    assert_true(figures.second_p95 < figures.first_p95);
    figures = measure(&(struct defects){"every 10 s, 10 min missing", 10, false, 600, 0});
    assert_true(figures.with_gaps_p95 < figures.first_p95);
    figures = measure(&(struct defects){"the same, register of 10 Wh", 10, false, 600, 10});
    assert_true(fabs(figures.second) < 0.2 && figures.second_p95 < 0.5);
    figures = measure(&(struct defects){"every 60 s, register of 100 Wh", 60, true, 0, 100});
    assert_true(fabs(figures.second) < 0.5);
}

int main(void)
{
    if (!load()) {
        (void)fprintf(stderr, "skipped: SWAPSTACK_SESSIONS_CSV is not set\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_against_real_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
