/* SPDX-License-Identifier: Apache-2.0 */
/* The robust line: an example from its paper, properties on random points, how often its intervals
 * hold the truth. */
#include "base/err.h"
#include "health/rank.h"
#include "health/theil_sen.h"

#include "cloud/health_support.h"

static struct theil_sen must_fit(const struct theil_sen_point *points, size_t count,
                                 double confidence)
{
    static struct theil_sen_point copy[4000];
    struct theil_sen fit;
    memcpy(copy, points, count * sizeof *copy);
    assert_int_equal(theil_sen_fit(copy, count, confidence, &fit), 0);
    return fit;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g instead of %.12g (± %g)", value, expected, tolerance);
}

static void random_line(struct dice *dice, size_t count, double slope, double noise,
                        struct theil_sen_point *points)
{
    for (size_t i = 0; i < count; i++) {
        points[i].x = dice_between(dice, 0, 100);
        points[i].y = 7 + slope * points[i].x + noise * dice_normal(dice);
    }
}

/* Sen 1968, the example of its section 6: slope 4, limits 3.71 and 4.38 at 93 %. */
static void test_example_of_the_paper(void **state)
{
    (void)state;
    static const struct theil_sen_point points[] = {{1, 9},   {2, 15},  {3, 19}, {4, 20},
                                                    {10, 45}, {12, 55}, {18, 78}};
    struct theil_sen fit = must_fit(points, 7, 0.93);
    assert_near(fit.slope.estimate, 4, 1e-12);
    assert_near(fit.slope.low, 26.0 / 7, 1e-12);
    assert_near(fit.slope.high, 35.0 / 8, 1e-12);
    assert_near(fit.x_center, 4, 0);
}

static void test_ranks_are_those_of_a_sorted_array(void **state)
{
    (void)state;
    struct dice dice = {1};
    for (int round = 0; round < 300; round++) {
        double values[200], sorted[200];
        size_t count = 1 + dice_next(&dice) % 200;
        uint64_t kinds = 1 + dice_next(&dice) % 300; /* few kinds: many equal ones */
        for (size_t i = 0; i < count; i++)
            values[i] = sorted[i] = (double)(dice_next(&dice) % kinds);
        for (size_t i = 1; i < count; i++)
            for (size_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
                double kept = sorted[j];
                sorted[j] = sorted[j - 1];
                sorted[j - 1] = kept;
            }
        size_t k = dice_next(&dice) % count;
        assert_true(rank_select(values, count, k) == sorted[k]);
        assert_true(rank_median(values, count) ==
                    (sorted[count / 2] + sorted[(count - 1) / 2]) / 2);
    }
    assert_near(rank_normal_quantile(0.975), 1.959963984540054, 1e-12);
    assert_near(rank_normal_quantile(0.5), 0, 1e-12);
    assert_near(rank_normal_quantile(0.0005), -3.290526731491896, 1e-10);
}

static void test_a_straight_line_is_itself(void **state)
{
    (void)state;
    struct theil_sen_point points[50];
    for (size_t i = 0; i < 50; i++)
        points[i] = (struct theil_sen_point){(double)i, 100 - 0.25 * (double)i};
    struct theil_sen fit = must_fit(points, 50, 0.95);
    assert_true(fit.slope.estimate == -0.25 && fit.slope.low == -0.25 && fit.slope.high == -0.25);
    struct theil_sen_value reached = theil_sen_reaches(&fit, 80, 0, 1e6);
    assert_near(reached.estimate, 80, 1e-9);
    assert_near(reached.low, 80, 1e-9);
    assert_near(reached.high, 80, 1e-9);
    assert_true(isinf(theil_sen_reaches(&fit, 80, 0, 79.9).estimate));
    assert_near(theil_sen_reaches(&fit, 99.5, 10, 1e6).estimate, 10, 0);
}

static void test_too_little_is_refused(void **state)
{
    (void)state;
    struct theil_sen_point points[] = {{1, 1}, {2, 2}, {1, 5}, {1, 3}};
    struct theil_sen fit;
    assert_int_equal(theil_sen_fit(points, 0, 0.95, &fit), ERR_INVALID);
    assert_int_equal(theil_sen_fit(points, 2, 0.95, &fit), ERR_INVALID);
    points[1].x = 1;
    assert_int_equal(theil_sen_fit(points, 4, 0.95, &fit), ERR_INVALID);
}

/* y → a·y + b·x + c and x → d·x + e move the line as they move the points; for a < 0 low and high
 * change places. */
static void test_equivariance(void **state)
{
    (void)state;
    struct dice dice = {2};
    for (int round = 0; round < 50; round++) {
        struct theil_sen_point points[60], moved[60];
        random_line(&dice, 60, -0.3, 2, points);
        double a = dice_between(&dice, -3, 3), b = dice_between(&dice, -3, 3);
        double c = dice_between(&dice, -50, 50), d = dice_between(&dice, 0.1, 3);
        double e = dice_between(&dice, -50, 50);
        for (size_t i = 0; i < 60; i++)
            moved[i] = (struct theil_sen_point){d * points[i].x + e,
                                                a * points[i].y + b * points[i].x + c};
        struct theil_sen fit = must_fit(points, 60, 0.95), fit2 = must_fit(moved, 60, 0.95);
        assert_near(fit2.slope.estimate, (a * fit.slope.estimate + b) / d, 1e-9);
        assert_near(a > 0 ? fit2.slope.low : fit2.slope.high, (a * fit.slope.low + b) / d, 1e-9);
        assert_near(a > 0 ? fit2.slope.high : fit2.slope.low, (a * fit.slope.high + b) / d, 1e-9);
        double x = dice_between(&dice, 0, 200);
        struct theil_sen_value at = theil_sen_at(&fit, x), at2 = theil_sen_at(&fit2, d * x + e);
        assert_near(at2.estimate, a * at.estimate + b * x + c, 1e-9);
        assert_near(a > 0 ? at2.low : at2.high, a * at.low + b * x + c, 1e-9);
    }
}

/* Exactly: whatever order they come in, also where neighbours are taken together. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    struct dice dice = {3};
    static const size_t counts[] = {3, 10, 59, 512, 513, 1700};
    for (size_t round = 0; round < sizeof counts / sizeof *counts; round++) {
        static struct theil_sen_point points[1700], shuffled[1700];
        size_t count = counts[round];
        random_line(&dice, count, 0.1, 3, points);
        for (size_t i = 0; i < count; i += 5) /* some at one x */
            points[i].x = points[0].x;
        memcpy(shuffled, points, sizeof points);
        for (size_t i = count; i-- > 1;) {
            size_t j = dice_next(&dice) % (i + 1);
            struct theil_sen_point kept = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = kept;
        }
        struct theil_sen a = must_fit(points, count, 0.9), b = must_fit(shuffled, count, 0.9);
        assert_memory_equal(&a, &b, sizeof a);
        assert_true(a.points <= THEIL_SEN_POINTS_MAX);
    }
}

/* 29 of 100 points anywhere, all on one side, far away: the slope stays one between good points. */
static void test_breakdown(void **state)
{
    (void)state;
    struct dice dice = {4};
    for (int round = 0; round < 60; round++) {
        struct theil_sen_point points[100];
        random_line(&dice, 100, -0.2, 1, points);
        double least = INFINITY, most = -INFINITY;
        for (size_t i = 29; i < 100; i++)
            for (size_t j = i + 1; j < 100; j++) {
                double slope = (points[i].y - points[j].y) / (points[i].x - points[j].x);
                least = fmin(least, slope);
                most = fmax(most, slope);
            }
        /* As steep as they can be: wrong points at the ends of the line, opposite ways. */
        double far = dice_share(&dice) < 0.5 ? 1e9 : -1e9;
        for (size_t i = 0; i < 29; i++)
            points[i].y = points[i].x > 50 ? far : -far;
        struct theil_sen fit = must_fit(points, 100, 0.95);
        assert_true(fit.slope.estimate >= least && fit.slope.estimate <= most);
        for (size_t i = 0; i < 29; i++)
            points[i].y = far;
        fit = must_fit(points, 100, 0.95);
        assert_near(fit.slope.estimate, -0.2, 0.15);
    }
}

/* Errors of very different kinds, median 0. */
enum errors { ERRORS_NORMAL, ERRORS_UNIFORM, ERRORS_LAPLACE, ERRORS_CAUCHY, ERRORS_MIXED };

static double draw(struct dice *dice, enum errors errors)
{
    double u = dice_share(dice);
    switch (errors) {
    case ERRORS_NORMAL:
        return dice_normal(dice);
    case ERRORS_UNIFORM:
        return 2 * u - 1;
    case ERRORS_LAPLACE:
        return u < 0.5 ? log(2 * u) : -log(2 - 2 * u + 1e-300);
    case ERRORS_CAUCHY:
        return tan(3.14159265358979323846 * (u - 0.5));
    case ERRORS_MIXED:
        return u < 0.2 ? 20 * dice_normal(dice) : dice_normal(dice);
    }
    return 0;
}

/* The interval at 95 % must hold the truth in 92 to 98 of 100 runs (1000 runs: ± 1.4 by chance). */
static void check_share(const char *what, enum errors errors, size_t points, int hits, int runs)
{
    double percent = 100.0 * hits / runs;
    print_message("%s, errors %d, %zu points: %.1f %%\n", what, (int)errors, points, percent);
    if (percent < 92 || percent > 98)
        fail_msg("%s, errors %d, %zu points: %.1f %%", what, (int)errors, points, percent);
}

static void test_slope_interval_holds_the_truth(void **state)
{
    (void)state;
    static const size_t counts[] = {12, 40, 90};
    for (enum errors errors = ERRORS_NORMAL; errors <= ERRORS_MIXED; errors++) {
        for (size_t c = 0; c < 3; c++) {
            int hits = 0, runs = 1000;
            for (int run = 0; run < runs; run++) {
                struct dice dice = {1000 * (uint64_t)errors + (uint64_t)run + 1000000 * c};
                struct theil_sen_point points[90];
                random_line(&dice, counts[c], -0.05, 0, points);
                for (size_t i = 0; i < counts[c]; i++)
                    points[i].y += draw(&dice, errors);
                struct theil_sen fit = must_fit(points, counts[c], 0.95);
                hits += fit.slope.low <= -0.05 && -0.05 <= fit.slope.high;
            }
            check_share("slope", errors, counts[c], hits, runs);
        }
    }
}

/* The level, the line far ahead, and where it reaches a level that is far ahead, near and inside.
 */
static void test_line_and_crossing_intervals_hold_the_truth(void **state)
{
    (void)state;
    for (enum errors errors = ERRORS_NORMAL; errors <= ERRORS_MIXED; errors++) {
        int level = 0, ahead = 0, far = 0, near = 0, inside = 0, runs = 1000;
        for (int run = 0; run < runs; run++) {
            struct dice dice = {77 + 1000 * (uint64_t)errors + (uint64_t)run};
            struct theil_sen_point points[60];
            random_line(&dice, 60, -0.5, 0, points);
            for (size_t i = 0; i < 60; i++)
                points[i].y += draw(&dice, errors);
            struct theil_sen fit = must_fit(points, 60, 0.95);
            struct theil_sen_value v = theil_sen_at(&fit, 50);
            level += v.low <= 7 - 25 && 7 - 25 <= v.high;
            v = theil_sen_at(&fit, 300);
            ahead += v.low <= 7 - 150 && 7 - 150 <= v.high;
            v = theil_sen_reaches(&fit, 7 - 150, 0, 1e6);
            far += v.low <= 300 && 300 <= v.high;
            v = theil_sen_reaches(&fit, 7 - 55, 0, 1e6);
            near += v.low <= 110 && 110 <= v.high;
            v = theil_sen_reaches(&fit, 7 - 30, 0, 1e6);
            inside += v.low <= 60 && 60 <= v.high;
        }
        check_share("level", errors, 60, level, runs);
        check_share("line ahead", errors, 60, ahead, runs);
        check_share("crossing far ahead", errors, 60, far, runs);
        check_share("crossing near ahead", errors, 60, near, runs);
        check_share("crossing inside", errors, 60, inside, runs);
    }
}

/* Above the cap the groups' medians stand for the points: the interval gets a little wider than all
 * pairs would make it, and still holds the truth as often. */
static void test_thinned_interval_holds_the_truth(void **state)
{
    (void)state;
    int hits = 0, runs = 120;
    for (int run = 0; run < runs; run++) {
        static struct theil_sen_point points[1200];
        struct dice dice = {5000 + (uint64_t)run};
        random_line(&dice, 1200, -0.05, 1, points);
        struct theil_sen fit = must_fit(points, 1200, 0.95);
        assert_int_equal(fit.points, 400);
        hits += fit.slope.low <= -0.05 && -0.05 <= fit.slope.high;
        assert_true(fit.slope.high - fit.slope.low < 0.012);
    }
    assert_true(hits >= 106); /* 95 %: fewer by chance once in 400 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_of_the_paper),
        cmocka_unit_test(test_ranks_are_those_of_a_sorted_array),
        cmocka_unit_test(test_a_straight_line_is_itself),
        cmocka_unit_test(test_too_little_is_refused),
        cmocka_unit_test(test_equivariance),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_breakdown),
        cmocka_unit_test(test_slope_interval_holds_the_truth),
        cmocka_unit_test(test_line_and_crossing_intervals_hold_the_truth),
        cmocka_unit_test(test_thinned_interval_holds_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
