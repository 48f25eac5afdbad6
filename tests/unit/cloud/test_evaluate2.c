/* SPDX-License-Identifier: Apache-2.0 */
/* Rule version 2 (charging/evaluate2.h): each branch, each bound and each flag. */
#include "charging/evaluate2.h"

#include "cloud/evaluate_support.h"

static const struct evaluate2_limits plain = {EVALUATE2_GAP_DEFAULT_US, NAN};

static struct evaluate2_result evaluate(struct evaluate_sample *samples, size_t count)
{
    struct evaluate2_result result;
    evaluate2_samples(samples, count, &plain, &result);
    return result;
}
#define EVALUATE(...)                                                                              \
    evaluate((struct evaluate_sample[]){__VA_ARGS__},                                              \
             sizeof((struct evaluate_sample[]){__VA_ARGS__}) / sizeof(struct evaluate_sample))

/* The flags that are set, by name, with how often and the second of the first. */
static void assert_flags(const struct evaluate2_result *result, const char *want)
{
    char got[600] = "";
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++) {
        const struct evaluate2_mark *mark = &result->flags[flag];
        size_t length = strlen(got);
        if (mark->times)
            (void)snprintf(got + length, sizeof got - length, "%s%s %d@%d", length ? ", " : "",
                           evaluate2_flag_name((enum evaluate2_flag)flag), (int)mark->times,
                           (int)(mark->first_us / SECOND));
    }
    assert_string_equal(got, want);
}

static void assert_reason(const struct evaluate2_result *result, enum evaluate2_flag flag,
                          const char *want)
{
    char reason[EVALUATE2_REASON_SIZE];
    evaluate2_reason(result, flag, reason);
    assert_string_equal(reason, want);
}

static struct evaluate_sample metered(int64_t second, double power_kw, double meter_wh)
{
    struct evaluate_sample sample = powered(second, power_kw);
    sample.meter_wh = meter_wh;
    return sample;
}

static struct evaluate_sample counted(int64_t second, double power_kw, double added_kwh)
{
    struct evaluate_sample sample = powered(second, power_kw);
    sample.added_kwh = added_kwh;
    return sample;
}

static void nothing_gives_nothing(void **state)
{
    (void)state;
    struct evaluate2_result result = evaluate(NULL, 0);
    assert_int_equal(result.samples, 0);
    assert_number(result.used_kwh, NAN);
    assert_number(result.added_kwh, NAN);
    assert_number(result.gap_kwh, 0);
    assert_number(result.efficiency, NAN);
    assert_number(result.peak_power_kw, NAN);
    result = EVALUATE(powered(0, 7));
    assert_int_equal(result.samples, 1);
    assert_number(result.used_kwh, NAN); /* no interval */
    assert_number(result.peak_power_kw, 7);
    result = EVALUATE(powered(0, 7), powered(0, 9));
    assert_number(result.used_kwh, 0); /* one of no length */
    assert_flags(&result, "");
}

static void an_interval_has_the_mean_of_its_ends(void **state)
{
    (void)state;
    struct evaluate2_result result = EVALUATE(powered(0, 10), powered(180, 20), powered(300, 0));
    assert_number(result.used_exact_kwh, (15 * 180 + 10 * 120) / 3600.0);
    assert_number(result.used_kwh, 1.08);
    assert_number(result.peak_power_kw, 20);
    /* One end known: that one. None: nothing, and the time is told. */
    result = EVALUATE(powered(0, 10), bare(180), powered(360, 20));
    assert_number(result.used_exact_kwh, 1.5);
    assert_flags(&result, "");
    result = EVALUATE(powered(0, 10), bare(60), bare(70), bare(70), bare(130), powered(190, 20));
    assert_number(result.used_exact_kwh, 0.5);
    assert_int_equal(result.unmeasured_us, 70 * SECOND);
    assert_flags(&result, "unmeasured 2@60");
    assert_reason(&result, EVALUATE2_UNMEASURED,
                  "neither power nor meter is known for 1.2 min in all");
    struct evaluate_sample close[] = {bare(0), bare(0)};
    close[1].date_us = 1;
    result = evaluate(close, 2);
    assert_number(result.used_kwh, NAN);
    assert_int_equal(result.unmeasured_us, 1);
    assert_flags(&result, "unmeasured 1@0");
    /* What flows back is 0, not negative, and known. */
    result = EVALUATE(powered(0, -10), powered(180, -20));
    assert_number(result.used_kwh, 0);
    assert_number(result.peak_power_kw, 0);
    result = EVALUATE(powered(0, -10), powered(180, 20));
    assert_number(result.used_exact_kwh, 0.5);
    /* Equal dates: the one that came last leads on. */
    result = EVALUATE(powered(0, 10), powered(180, 99), powered(180, 10), powered(360, 10));
    assert_number(result.used_exact_kwh, (54.5 + 10) * 180 / 3600);
    assert_number(EVALUATE(powered(0, 0.06), powered(300, 0.06)).used_kwh, 0.01); /* 0.005 */
}

static void a_gap_is_kept_apart(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(powered(0, 12), powered(300, 12), powered(601, 24), powered(661, 24));
    assert_number(result.used_exact_kwh, 1 + 24 / 60.0);
    assert_number(result.gap_kwh, 1.51); /* 18 kW for 301 s: 1.505 */
    assert_int_equal(result.gap_us, 301 * SECOND);
    assert_flags(&result, "gap 1@300");
    assert_reason(&result, EVALUATE2_GAP,
                  "no sample for more than 5 min: 5.0 min in all, 1.51 kWh are estimated for them "
                  "and kept apart");
    /* Nothing but a gap: used is not known. */
    result = EVALUATE(powered(0, 12), powered(3600, 12));
    assert_number(result.used_kwh, NAN);
    assert_number(result.gap_kwh, 12);
    result = EVALUATE(bare(0), bare(3600), powered(3660, 6));
    assert_number(result.gap_kwh, 0);
    assert_number(result.used_exact_kwh, 0.1);
    assert_flags(&result, "gap 1@0");
    const struct evaluate2_limits hour = {3600 * SECOND, NAN};
    struct evaluate_sample samples[] = {powered(0, 12), powered(3600, 12)};
    evaluate2_samples(samples, 2, &hour, &result);
    assert_number(result.used_kwh, 12);
    assert_flags(&result, "");
}

static void each_sample_decides_about_its_phases(void **state)
{
    (void)state;
    const double kva = 2.3; /* 10 A, 230 V */
    const struct {
        double power;
        int64_t phases;
        double want;
        bool differs;
    } cases[] = {
        {7, 3, 3 * kva, false},
        {7, NONE, 7, false},
        {6.9, 3, 6.9, false},
        {6.21, 3, 6.9, false},
        {6.205, 3, 6.205, true}, /* a tenth: 0.69, inclusive */
        {7.59, 3, 6.9, false},
        {7.6, 3, 7.6, true},
        {4, 3, sqrt(3) * kva, false},
        {5, 3, 4.6, true},
        {4.6, 1, 4.6, true},
        {2, 3, 2.3, true},
        {2, 1, 2.3, false},
        {7, 1, 6.9, true},
        {7, 4, 6.9, true},
        {9.2, 4, 9.2, true},
        {0, 1, 0, true},
        {3.45, 3, 3.45, true},
        {NAN, 3, 6.9, false},
        {NAN, 4, NAN, true},
        {NAN, NONE, NAN, false},
        {-7, 3, 0, true},
        {3.6, 3, sqrt(3) * kva, false},
        {4.9, 2, 4.6, false},
        {5.06, 2, 4.6, false},
        {5.07, 2, 5.07, true},
        {4.381, 3, sqrt(3) * kva, false},
        {4.4, 3, 4.6, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct evaluate_sample sample = electric(0, cases[i].power, 10, 230, cases[i].phases);
        bool differs;
        double got = evaluate2_power(&sample, &differs);
        if (isnan(cases[i].want) ? !isnan(got) : !(fabs(got - cases[i].want) < 1e-9))
            fail_msg("case %zu: got %.9g, want %.9g", i, got, cases[i].want);
        assert_int_equal(differs, cases[i].differs);
    }
    /* Small powers: half a kW where it is whole, 0.05 where not. */
    bool differs;
    struct evaluate_sample small = electric(0, 1, 2.5, 200, 1); /* 0.5 kVA */
    assert_number(evaluate2_power(&small, &differs), 0.5);
    small.power_kw = 0.55;
    assert_number(evaluate2_power(&small, &differs), 0.5);
    assert_false(differs);
    small = electric(0, 2, 10, 150, 1);
    assert_number(evaluate2_power(&small, &differs), 1.5);
    small.current_a = 9.997;
    assert_number(evaluate2_power(&small, &differs), 2);
    small = electric(0, 0.25, 1, 200, 1);
    assert_number(evaluate2_power(&small, &differs), 0.2);
    small.power_kw = 0.251;
    assert_number(evaluate2_power(&small, &differs), 0.251);
    assert_true(differs);
    small = electric(0, 3, NAN, 230, 3);
    assert_number(evaluate2_power(&small, &differs), 3);
    assert_false(differs);
    /* Of two counts that agree the nearer one. */
    small = electric(0, 1, 2.75, 200, 4); /* 0.55 kVA */
    assert_number(evaluate2_power(&small, &differs), 2 * 0.55);
    small.current_a = 3.5; /* 0.7 kVA */
    assert_number(evaluate2_power(&small, &differs), 0.7);
    assert_true(differs);
    small.current_a = 3.75; /* 0.75 or 1.5 kW stand in a tie at 1.125 kW: neither agrees */
    small.power_kw = 1.125;
    assert_number(evaluate2_power(&small, &differs), 1.125);
}

static void phases_change_where_they_change(void **state)
{
    (void)state;
    struct evaluate_sample samples[20];
    for (int i = 0; i < 20; i++)
        samples[i] = i < 14 ? electric(i * 60, 2, 10, 230, 1) : electric(i * 60, 7, 10, 230, 3);
    struct evaluate2_result result = evaluate(samples, 20);
    assert_number(result.used_exact_kwh, (13 * 2.3 + 4.6 + 5 * 6.9) / 60);
    assert_flags(&result, "");
    struct evaluate_result session;
    evaluate_samples(samples, 20, &session);
    assert_true(fabs(session.charge_energy_used_exact_kwh - result.used_exact_kwh) > 0.3);
    samples[19].phases = 5;
    result = evaluate(samples, 20);
    assert_flags(&result, "phases_differ 1@1140");
    assert_reason(&result, EVALUATE2_PHASES_DIFFER,
                  "the reported phases do not fit power, current and voltage");
}

static void the_register_replaces_power(void **state)
{
    (void)state;
    /* Power until the first reading and from the last one on; over a gap the register holds. */
    struct evaluate2_result result =
        EVALUATE(powered(0, 60), metered(60, 60, 5000), powered(120, 60), metered(3600, 60, 60000),
                 powered(3660, 60));
    assert_number(result.used_exact_kwh, 1 + 55 + 1);
    assert_number(result.by_meter_kwh, 55);
    assert_number(result.beside_meter_kwh, 1);
    assert_number(result.gap_kwh, 0);
    assert_int_equal(result.gap_us, 0);
    assert_flags(&result, "meter_differs 1@3660");
    assert_reason(&result, EVALUATE2_METER_DIFFERS,
                  "the meter register gives 55.00 kWh where power gives 1.00 kWh");
    /* Alone it is enough; what no power is known for is not unmeasured. */
    result = EVALUATE(metered(0, NAN, 0), metered(60, NAN, 400), metered(120, NAN, 1000));
    assert_number(result.used_kwh, 1);
    assert_number(result.beside_meter_kwh, 0);
    assert_flags(&result, "");
    result = EVALUATE(metered(0, NAN, 0), metered(60, NAN, 0.5));
    assert_number(result.used_exact_kwh, 0.0005);
    /* It stands still: nothing was used. */
    result = EVALUATE(metered(0, 6, 500), metered(300, 6, 500), metered(600, 6, 500));
    assert_number(result.used_kwh, 0);
    assert_flags(&result, "meter_differs 1@600");
    result = EVALUATE(metered(0, 3, 500), metered(300, 3, 500), metered(600, 3, 500));
    assert_number(result.used_kwh, 0);
    assert_flags(&result, ""); /* 0.50 kWh apart is not more than that */
    result = EVALUATE(metered(0, NAN, 500), metered(60, NAN, 500));
    assert_number(result.used_kwh, 0);
    result = EVALUATE(metered(0, NAN, 500), metered(600, NAN, 500));
    assert_number(result.used_kwh, 0);
    assert_flags(&result, "");
    result = EVALUATE(metered(0, 6, 500), powered(300, 6)); /* one reading says nothing */
    assert_number(result.used_exact_kwh, 0.5);
    assert_number(result.by_meter_kwh, 0);
}

static void register_and_power_may_differ_by_a_fifth(void **state)
{
    (void)state;
    struct evaluate2_result result = EVALUATE(metered(0, 600, 0), metered(300, 600, 62500));
    assert_flags(&result, ""); /* 50 beside 62.5: a fifth */
    result = EVALUATE(metered(0, 600, 0), metered(300, 600, 62510));
    assert_flags(&result, "meter_differs 1@300");
    result = EVALUATE(metered(0, 60, 0), metered(300, 60, 4160));
    assert_flags(&result, "meter_differs 1@300");
    result = EVALUATE(metered(0, 6, 0), metered(300, 6, 1000));
    assert_flags(&result, ""); /* 0.5 kWh */
    assert_number(EVALUATE(metered(0, 6, 0), metered(299, 6, 1)).beside_meter_kwh, 0.5);
    result = EVALUATE(metered(0, 6, 0), metered(300, 6, 1010));
    assert_flags(&result, "meter_differs 1@300");
}

static void a_register_rolls_over_in_its_last_tenth(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(metered(0, 60, 99000), metered(60, 60, 99900), metered(120, 60, 900));
    assert_number(result.used_exact_kwh, 1.9);
    assert_flags(&result, "meter_rollover 1@120");
    assert_reason(&result, EVALUATE2_METER_ROLLOVER,
                  "the meter register passed its end and went on from 0");
    result = EVALUATE(metered(0, 60, 90000), metered(60, 60, 100));
    assert_number(result.by_meter_kwh, 10.1); /* 0.9 of the range, and 17.7 kWh are plausible */
    assert_flags(&result, "meter_rollover 1@60, meter_differs 1@60");
    result = EVALUATE(metered(0, 60, 89999), metered(60, 60, 100));
    assert_number(result.used_exact_kwh, 1);
    assert_flags(&result, "meter_reset 1@60");
    assert_reason(&result, EVALUATE2_METER_RESET,
                  "the meter register fell: power counts across that");
    /* In the last tenth, but the way round is too long for the time: 1000 kW. */
    result = EVALUATE(metered(0, 60, 990000), metered(60, 60, 7700));
    assert_flags(&result, "meter_reset 1@60");
    result = EVALUATE(metered(0, 60, 990000), metered(60, 60, 7600));
    assert_number(result.by_meter_kwh, 17.6);
    /* After a reset it goes on from where it is; gaps across a reset are gaps. */
    result = EVALUATE(metered(0, 60, 50000), metered(600, 60, 7), metered(660, 60, 1007));
    assert_number(result.used_exact_kwh, 1);
    assert_number(result.gap_kwh, 10);
    assert_flags(&result, "gap 1@0, meter_reset 1@600");
    result = EVALUATE(metered(0, 60, 9), metered(60, 60, 1));
    assert_number(result.by_meter_kwh, 0); /* 2 Wh round a range of 10 */
    assert_flags(&result, "meter_rollover 1@60, meter_differs 1@60");
    result = EVALUATE(metered(0, 6, 10), metered(60, 6, 1)); /* a range of 100 */
    assert_flags(&result, "meter_reset 1@60");
}

static void a_register_cannot_jump(void **state)
{
    (void)state;
    struct evaluate2_result result = EVALUATE(metered(0, 60, 0), metered(36, 60, 11000));
    assert_number(result.by_meter_kwh, 11); /* 1 and 10 kWh */
    result = EVALUATE(metered(0, 60, 0), metered(36, 60, 11001), metered(96, 60, 12001));
    assert_number(result.used_exact_kwh, 1.6);
    assert_number(result.by_meter_kwh, 1);
    assert_flags(&result, "meter_jump 1@36");
    assert_reason(&result, EVALUATE2_METER_JUMP,
                  "the meter register rose faster than the charger can: power counts across that");
    const double most_wh = 1000001e3; /* 1 kWh and 1000 hours at 1000 kW */
    result = EVALUATE(metered(0, 60, 0), metered(3600000, 60, most_wh));
    assert_number(result.by_meter_kwh, 1000001);
    result = EVALUATE(metered(0, 60, 0), metered(3600000, 60, most_wh + 1));
    assert_flags(&result, "gap 1@0, meter_jump 1@3600000");
    const struct evaluate2_limits rated = {EVALUATE2_GAP_DEFAULT_US, 80};
    struct evaluate_sample samples[] = {metered(0, 60, 0), metered(36, 60, 2000)};
    evaluate2_samples(samples, 2, &rated, &result);
    assert_number(result.by_meter_kwh, 2); /* 1 and 1.25 times 0.8 kWh */
    samples[1].meter_wh = 2000.5;
    evaluate2_samples(samples, 2, &rated, &result);
    assert_flags(&result, "meter_jump 1@36");
    assert_number(result.used_exact_kwh, 0.6);
}

static void a_stuck_register_counts_for_nothing(void **state)
{
    (void)state;
    /* To the end: more than 1 kWh by power. */
    struct evaluate2_result result = EVALUATE(metered(0, 12, 70), metered(300, 12, 70));
    assert_number(result.used_kwh, 0);
    result = EVALUATE(metered(0, 12, 70), metered(300, 12, 70), metered(301, 12, 70));
    assert_number(result.used_exact_kwh, 12 * 301 / 3600.0);
    assert_flags(&result, "meter_stuck 1@301");
    assert_reason(&result, EVALUATE2_METER_STUCK,
                  "the meter register stood still while more than 1 kWh was used: power counts "
                  "there");
    /* It goes on where it stopped: 0.2 kWh of 2.4 are less than a tenth. */
    result = EVALUATE(metered(0, 24, 70), metered(300, 24, 70), metered(360, 24, 270),
                      metered(420, 24, 670));
    assert_number(result.used_exact_kwh, 2.4 + 0.4);
    assert_flags(&result, "meter_stuck 1@360");
    result = EVALUATE(metered(0, 24, 70), metered(300, 24, 70), metered(360, 24, 310));
    assert_number(result.by_meter_kwh, 0.24); /* a tenth */
    /* A step for all that was used: a register that shows whole kWh. */
    result = EVALUATE(metered(0, 24, 1000), metered(300, 24, 1000), metered(360, 24, 3000));
    assert_number(result.used_kwh, 2);
    assert_flags(&result, "");
}

static void a_register_of_little_is_not_stuck(void **state)
{
    (void)state;
    struct evaluate2_result result = EVALUATE(metered(0, 12, 70), metered(300, 12, 71));
    assert_number(result.used_exact_kwh, 0.001); /* 1 kWh by power is not more than that */
    assert_flags(&result, "meter_differs 1@300");
}

static void added_is_the_sum_of_the_counters_runs(void **state)
{
    (void)state;
    struct evaluate2_result result = EVALUATE(counted(0, 30, 5), counted(60, 30, 5.5));
    assert_number(result.added_kwh, 0.5);
    assert_number(result.efficiency, 1);
    assert_number(EVALUATE(counted(0, 30, NAN), counted(60, 30, 5.5)).added_kwh, 0);
    /* Reset: half or less. What it shows then was added since. */
    result = EVALUATE(counted(0, 60, 4), counted(60, 60, 5), counted(120, 60, 2.5),
                      counted(180, 60, 3.5));
    assert_number(result.added_kwh, 1 + 2.5 + 1);
    assert_flags(&result, "counter_reset 1@120, used_below_added 1@180");
    assert_reason(&result, EVALUATE2_COUNTER_RESET,
                  "the counter of added energy began anew: its runs are added up");
    assert_reason(&result, EVALUATE2_USED_BELOW_ADDED,
                  "3.00 kWh used and 0.00 kWh in gaps are below 4.50 kWh added");
    /* More than half: a correction. */
    result = EVALUATE(counted(0, 60, 4), counted(60, 60, 5), counted(120, 60, 4.9));
    assert_number(result.added_kwh, 0.9);
    assert_flags(&result, "");
    result = EVALUATE(counted(0, 60, 5), counted(60, 60, 2.51));
    assert_number(result.added_kwh, NAN); /* below 0 */
    assert_number(result.efficiency, NAN);
    result = EVALUATE(counted(0, 60, 40), counted(60, 60, 50), counted(360, 60, 25.01));
    assert_number(result.added_kwh, NAN);
    assert_flags(&result, "");
    /* 0 says nothing by itself: an outlier, and a reset that the next reading tells. */
    result =
        EVALUATE(counted(0, 60, 4), counted(60, 60, 5), counted(120, 60, 0), counted(180, 60, 6));
    assert_number(result.added_kwh, 2);
    assert_flags(&result, "");
    result =
        EVALUATE(counted(0, 60, 4), counted(60, 60, 5), counted(120, 60, 0), counted(180, 60, 0.5));
    assert_number(result.added_kwh, 1.5);
    assert_flags(&result, "counter_reset 1@180");
    result = EVALUATE(counted(0, 60, 0.5), counted(60, 60, 0), counted(120, 60, 0.8));
    assert_number(result.added_kwh, 0.3);
    result = EVALUATE(counted(0, 60, 0), counted(60, 60, 0), counted(120, 60, 1));
    assert_number(result.added_kwh, 1);
    result = EVALUATE(counted(0, 60, 4), counted(60, 60, NAN), counted(120, 60, 5));
    assert_number(result.added_kwh, 1);
}

static void a_counter_cannot_jump(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(counted(0, 60, 4), counted(36, 60, 15), counted(96, 60, 16));
    assert_number(result.added_kwh, 12); /* 1 and 10 kWh */
    result = EVALUATE(counted(0, 60, 4), counted(36, 60, 15.01), counted(96, 60, 16.01));
    assert_number(result.added_kwh, 1);
    assert_flags(&result, "counter_jump 1@36");
    assert_reason(&result, EVALUATE2_COUNTER_JUMP,
                  "the counter of added energy rose faster than the charger can: that step is left "
                  "out");
    /* The time runs from the last reading, whatever it showed. */
    result = EVALUATE(counted(0, 60, 4), counted(60, 60, 4), counted(96, 60, 15.01));
    assert_flags(&result, "counter_jump 1@96");
}

static void a_reset_may_be_a_jump(void **state)
{
    (void)state;
    /* 12 kWh since a reset 36 s ago cannot be: what went before counts, and what follows. */
    struct evaluate2_result result = EVALUATE(counted(0, 60, 29), counted(60, 60, 30),
                                              counted(96, 60, 12), counted(156, 60, 13));
    assert_number(result.added_kwh, 2);
    assert_flags(&result, "counter_reset 1@96, counter_jump 1@96");
}

static void a_stuck_counter_is_told_once(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(counted(0, 60, 4), counted(60, 60, 4), counted(120, 60, 4), counted(180, 60, 4),
                 counted(240, 60, 5), counted(300, 60, 5), counted(301, 60, 5));
    assert_flags(&result, "counter_stuck 2@120");
    assert_reason(&result, EVALUATE2_COUNTER_STUCK,
                  "the counter of added energy stood still while more than 1 kWh was used");
    /* Gaps apart; and not where the counter says nothing. */
    result = EVALUATE(counted(0, 60, 4), counted(3600, 60, 4));
    assert_flags(&result, "gap 1@0");
    result = EVALUATE(counted(0, 60, 4), counted(300, 60, NAN));
    assert_flags(&result, "");
    /* By the register too. */
    struct evaluate_sample samples[] = {metered(0, NAN, 0), metered(60, NAN, 1010)};
    samples[0].added_kwh = samples[1].added_kwh = 0;
    result = evaluate(samples, 2);
    assert_flags(&result, "counter_stuck 1@60");
}

static void power_above_the_rating_is_told(void **state)
{
    (void)state;
    const struct evaluate2_limits rated = {EVALUATE2_GAP_DEFAULT_US, 60};
    struct evaluate_sample samples[] = {powered(0, 60), powered(60, 63), powered(120, 63.05)};
    struct evaluate2_result result;
    evaluate2_samples(samples, 3, &rated, &result);
    assert_flags(&result, "power_above_rating 1@120");
    assert_reason(&result, EVALUATE2_ABOVE_RATING, "up to 63.05 kW at a charger of 60.00 kW");
}

static void another_order_of_arrival_is_told(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(powered(0, 6), powered(120, 6), powered(60, 6), powered(180, 6));
    assert_flags(&result, "clock_step 1@120");
    assert_number(result.used_exact_kwh, 0.3);
    assert_reason(&result, EVALUATE2_CLOCK_STEP,
                  "samples arrived in another order than that of their dates: late ones, or a "
                  "clock that was set back");
    result = EVALUATE(powered(0, 6), powered(60, 6), powered(60, 6));
    assert_flags(&result, "");
    struct evaluate2_state state2; /* not numbered: no order is known */
    const struct evaluate_sample one = powered(0, 6);
    evaluate2_start(&state2, &plain);
    evaluate2_add(&state2, &one);
    evaluate2_add(&state2, &one);
    evaluate2_finish(&state2, &result);
    assert_flags(&result, "");
}

static void efficiency_is_added_over_all_that_was_taken(void **state)
{
    (void)state;
    struct evaluate2_result result =
        EVALUATE(counted(0, 60, 10), counted(60, 60, 10.9), counted(660, 60, 19.9));
    assert_number(result.used_kwh, 1);
    assert_number(result.gap_kwh, 10);
    assert_number(result.efficiency, 0.9);
    assert_flags(&result, "gap 1@60");
    result = EVALUATE(counted(0, 60, 10), counted(60, 60, 10.7), counted(120, 60, 11));
    assert_number(result.efficiency, 0.5);
    result = EVALUATE(counted(0, 0, 10), counted(60, 0, 10));
    assert_number(result.efficiency, NAN); /* nothing was taken */
    result = EVALUATE(counted(0, 0, 10), counted(60, 0, 11));
    assert_number(result.efficiency, NAN);
    assert_flags(&result, "used_below_added 1@60");
    result = EVALUATE(counted(0, 60, 10), counted(60, 60, 11));
    assert_flags(&result, ""); /* equal is not below */
    assert_number(result.efficiency, 1);
    result = EVALUATE(counted(0, 60, 10), counted(60, 60, 10.667));
    assert_number(result.efficiency, 0.67);
    result = EVALUATE(counted(0, 180, 10), counted(60, 180, 11));
    assert_number(result.efficiency, 0.333);
    result = EVALUATE(counted(0, 60, 10), counted(60, 60, 11.01));
    assert_flags(&result, "used_below_added 1@60");
    assert_number(result.efficiency, 1.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(an_interval_has_the_mean_of_its_ends),
        cmocka_unit_test(a_gap_is_kept_apart),
        cmocka_unit_test(each_sample_decides_about_its_phases),
        cmocka_unit_test(phases_change_where_they_change),
        cmocka_unit_test(the_register_replaces_power),
        cmocka_unit_test(register_and_power_may_differ_by_a_fifth),
        cmocka_unit_test(a_register_rolls_over_in_its_last_tenth),
        cmocka_unit_test(a_register_cannot_jump),
        cmocka_unit_test(a_stuck_register_counts_for_nothing),
        cmocka_unit_test(a_register_of_little_is_not_stuck),
        cmocka_unit_test(added_is_the_sum_of_the_counters_runs),
        cmocka_unit_test(a_counter_cannot_jump),
        cmocka_unit_test(a_reset_may_be_a_jump),
        cmocka_unit_test(a_stuck_counter_is_told_once),
        cmocka_unit_test(power_above_the_rating_is_told),
        cmocka_unit_test(another_order_of_arrival_is_told),
        cmocka_unit_test(efficiency_is_added_over_all_that_was_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
