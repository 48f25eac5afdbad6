/* SPDX-License-Identifier: Apache-2.0 */
/* Tariffs, efficiency and geofences (design/charging.md, sections 2, 5 and 6) where the published
 * cases are silent. */
#include "charging/cost.h"
#include "charging/efficiency.h"
#include "charging/geofence.h"

#include "cloud/support.h"
#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define NONE        COST_NONE

static const struct cost_quantity NOTHING = {NAN, NAN, NONE};

static void the_first_rule_that_holds_gives_the_cost(void **state)
{
    (void)state;
    static const struct {
        struct cost_tariff tariff;
        struct cost_quantity quantity;
        const char *free_charger;
        int64_t want;
    } cases[] = {
        {{COST_PER_KWH, 2500, NONE}, {8, 10, 60}, NULL, 25000}, /* the larger energy */
        {{COST_PER_KWH, 2500, NONE}, {10, 8, 60}, NULL, 25000},
        {{COST_PER_KWH, 2500, NONE}, {NAN, 8, NONE}, NULL, 20000}, /* the known one */
        {{COST_PER_KWH, 2500, NONE}, {8, NAN, NONE}, NULL, 20000},
        {{COST_PER_KWH, 2500, 47900}, {NAN, NAN, 60}, NULL, NONE}, /* no energy: no fee either */
        {{COST_PER_KWH, NONE, 47900}, {8, 10, 60}, NULL, 47900},   /* the fee alone */
        {{COST_PER_KWH, NONE, NONE}, {8, 10, 60}, NULL, NONE},
        {{COST_PER_KWH, 0, NONE}, {8, 10, 60}, NULL, 0},              /* a price of 0 is a price */
        {{COST_PER_KWH, -2500, 10000}, {8, 10, 60}, NULL, -15000},    /* negative prices */
        {{COST_PER_KWH, 1234, NONE}, {NAN, 1.0049, 60}, NULL, 1200},  /* 0.12400… */
        {{COST_PER_KWH, 10000, NONE}, {NAN, 1.005, 60}, NULL, 10100}, /* half away from zero */
        {{COST_PER_KWH, -10000, NONE}, {NAN, 1.005, 60}, NULL, -10100},
        {{COST_PER_KWH, 10000, NONE}, {NAN, 1.00499, 60}, NULL, 10000}, /* used is unrounded */
        {{COST_PER_MINUTE, 1000, NONE}, {8, 10, 15}, NULL, 15000},
        {{COST_PER_MINUTE, 1000, 5000}, {NAN, NAN, 15}, NULL, 20000},
        {{COST_PER_MINUTE, NONE, 5000}, {8, 10, 15}, NULL, 5000}, /* a missing price is 0 */
        {{COST_PER_MINUTE, NONE, NONE}, {8, 10, 15}, NULL, 0},
        {{COST_PER_MINUTE, 1000, 5000}, {8, 10, NONE}, NULL, NONE},
        {{COST_PER_MINUTE, 1000, 5000}, {8, 10, 0}, NULL, 5000},
        {{COST_NOT_BILLED, 1000, 5000}, {8, 10, 15}, NULL, NONE},
        {{COST_NOT_BILLED, NONE, NONE}, {8, 10, 15}, "Tesla", 0}, /* without a geofence */
        {{COST_PER_KWH, 2500, 10000}, {8, 10, 60}, "Tesla V3", 0},
        {{COST_PER_KWH, 2500, NONE}, {8, 10, 60}, "tesla", 25000},
        {{COST_PER_KWH, 2500, NONE}, {8, 10, 60}, "My Tesla", 25000}, /* begins with */
        {{COST_PER_KWH, 2500, NONE}, {8, 10, 60}, "Tesl", 25000},
        {{COST_PER_KWH, COST_PRICE_MOST, NONE}, {1e12, 10, 60}, NULL, NONE}, /* beyond the column */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = cost_at_close(&cases[i].tariff, &cases[i].quantity, cases[i].free_charger);
        if (got != cases[i].want)
            fail_msg("case %zu: %lld, not %lld", i, (long long)got, (long long)cases[i].want);
    }
}

static void retroactive_costs_fill_gaps_only(void **state)
{
    (void)state;
    static const struct {
        struct cost_tariff tariff;
        struct cost_quantity quantity;
        int64_t before, want;
    } cases[] = {
        {{COST_PER_KWH, 3300, 50000}, {4.57, NAN, 26}, NONE, 65100},
        {{COST_PER_KWH, 3300, 50000}, {4.57, NAN, 26}, 990000, 990000}, /* stands */
        {{COST_PER_KWH, 3300, 50000}, {4.57, NAN, 26}, 0, 0},           /* 0 is a cost */
        {{COST_PER_KWH, 3300, 50000}, {NAN, NAN, 26}, NONE, 50000},     /* the fee alone */
        {{COST_PER_KWH, NONE, 50000}, {4.57, NAN, 26}, NONE, 50000},
        {{COST_PER_KWH, 3300, NONE}, {NAN, NAN, 26}, NONE, NONE},
        {{COST_PER_KWH, NONE, NONE}, {4.57, NAN, 26}, NONE, NONE},
        {{COST_PER_KWH, 3300, NONE}, {4.57, 5, 26}, NONE, 16500},
        {{COST_PER_MINUTE, 1000, 50000}, {4.57, NAN, 26}, NONE, 76000},
        {{COST_PER_MINUTE, 1000, NONE}, {4.57, NAN, 26}, NONE, 26000},
        {{COST_PER_MINUTE, 1000, 50000}, {4.57, NAN, NONE}, NONE, 50000},
        {{COST_PER_MINUTE, NONE, NONE}, {4.57, NAN, 26}, NONE, NONE},
        {{COST_NOT_BILLED, 1000, 50000}, {4.57, NAN, 26}, NONE, NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = cost_retroactive(&cases[i].tariff, &cases[i].quantity, cases[i].before);
        if (got != cases[i].want)
            fail_msg("case %zu: %lld, not %lld", i, (long long)got, (long long)cases[i].want);
    }
}

static void costs_by_hand(void **state)
{
    (void)state;
    struct cost_quantity known = {8, 10, 15};
    assert_int_equal(cost_by_hand(COST_NOT_BILLED, 421200, &known), 421200);
    assert_int_equal(cost_by_hand(COST_NOT_BILLED, NONE, &known), NONE);
    assert_int_equal(cost_by_hand(COST_PER_KWH, 1200, &known), 12000);
    assert_int_equal(cost_by_hand(COST_PER_MINUTE, 1000, &known), 15000);
    assert_int_equal(cost_by_hand(COST_PER_KWH, NONE, &known), NONE);
    /* The model's flaw: without the quantity the price becomes the total. */
    assert_int_equal(cost_by_hand(COST_PER_KWH, 1200, &NOTHING), 1200);
    assert_int_equal(cost_by_hand(COST_PER_MINUTE, 1000, &NOTHING), 1000);
    assert_int_equal(cost_from_number(0.12345), 1235);
    assert_int_equal(cost_from_number(-0.12345), -1235);
    assert_int_equal(cost_from_number(0.00015), 2); /* times 10000 it lies below the half */
    assert_int_equal(cost_from_number(NAN), NONE);
    assert_int_equal(cost_from_number((double)COST_LIMIT / COST_UNIT), COST_LIMIT);
}

static void the_usual_charger_is_that_of_charging_samples(void **state)
{
    (void)state;
    struct cost_charger chargers[] = {{0, "a"},  {-1, "a"}, {NAN, "a"}, {5, "b"},  {5, NULL},
                                      {5, NULL}, {5, "c"},  {5, NULL},  {0.1, "c"}};
    assert_string_equal(cost_usual_charger(chargers, COUNT(chargers)), "c");
    struct cost_charger tie[] = {{1, "b"}, {1, "a"}, {1, "b"}, {1, "a"}, {1, "c"}};
    assert_string_equal(cost_usual_charger(tie, COUNT(tie)), "a");
    struct cost_charger one[] = {{1, "a"}};
    assert_string_equal(cost_usual_charger(one, 1), "a");
    struct cost_charger none[] = {{0, "a"}, {7, NULL}};
    assert_null(cost_usual_charger(none, COUNT(none)));
    assert_null(cost_usual_charger(NULL, 0));
}

/* `count` processes of `added` kWh over `km`. */
static size_t repeat(struct efficiency_process *list, size_t at, size_t count, double added,
                     double km)
{
    for (size_t i = 0; i < count; i++)
        list[at++] = (struct efficiency_process){11, 95, added, 100, 100 + km};
    return at;
}

static double factor_of(const struct efficiency_process *list, size_t count,
                        enum efficiency_rule rule)
{
    double factor = NAN;
    int found = efficiency_factor(list, count, rule, &factor);
    assert_int_equal(found, !isnan(factor));
    return factor;
}

static void assert_factor(const struct efficiency_process *list, size_t count, double modelled,
                          double mended)
{
    double got[] = {factor_of(list, count, EFFICIENCY_AS_MODELLED),
                    factor_of(list, count, EFFICIENCY_MENDED)};
    double want[] = {modelled, mended};
    for (int i = 0; i < 2; i++)
        if (isnan(want[i]) ? !isnan(got[i]) : !(fabs(got[i] - want[i]) < 1e-12))
            fail_msg("rule %d: %.17g, not %.17g", i, got[i], want[i]);
}

static void only_eligible_processes_count(void **state)
{
    (void)state;
    struct efficiency_process list[5];
    static const struct efficiency_process bad[] = {
        {10, 95, 15, 100, 200},  {INT64_MIN, 95, 15, 100, 200}, {11, 95.1, 15, 100, 200},
        {11, NAN, 15, 100, 200}, {11, 95, 0, 100, 200},         {11, 95, -15, 200, 100},
        {11, 95, NAN, 100, 200}, {11, 95, 15, NAN, 200},        {11, 95, 15, 100, NAN},
    };
    repeat(list, 0, 2, 15, 100);
    assert_factor(list, 2, 0.15, 0.15);
    assert_factor(list, 1, NAN, NAN); /* one is never enough */
    assert_factor(list, 0, NAN, NAN);
    for (size_t i = 0; i < COUNT(bad); i++) {
        repeat(list, 0, 2, 15, 100);
        list[2] = list[3] = list[4] = bad[i];
        assert_factor(list, 5, 0.15, 0.15); /* it does not spoil … */
        list[1] = bad[i];
        assert_factor(list, 2, NAN, NAN); /* … and does not help */
    }
}

static void finer_steps_need_more_agreement(void **state)
{
    (void)state;
    struct efficiency_process list[16];
    size_t count = repeat(list, 0, 8, 15.2345, 100);
    assert_factor(list, 8, 0.15235, 0.15235); /* 5 decimals, half away from zero */
    assert_factor(list, 7, 0.1523, 0.1523);
    assert_factor(list, 5, 0.1523, 0.1523);
    assert_factor(list, 4, 0.152, 0.152);
    assert_factor(list, 3, 0.152, 0.152);
    assert_factor(list, 2, 0.15, 0.15);
    /* The most frequent one wins at a step, not the first that is frequent enough. */
    count = repeat(list, 0, 3, 10, 100);
    count = repeat(list, count, 4, 20, 100);
    assert_factor(list, count, 0.2, 0.2);
    count = repeat(list, count, 2, 10, 100);
    assert_factor(list, count, 0.1, 0.1);
    /* 10.04 and 9.96 agree at 2 decimals only. */
    count = repeat(list, 0, 1, 10.04, 100);
    count = repeat(list, count, 1, 9.96, 100);
    assert_factor(list, count, 0.1, 0.1);
    /* Not above 0 after rounding. */
    count = repeat(list, 0, 2, 0.4, 100);
    assert_factor(list, count, NAN, NAN);
}

static void traps_of_the_model_are_kept_or_mended(void **state)
{
    (void)state;
    struct efficiency_process list[16];
    /* Unchanged ranges are a bucket of their own that wins, then spoils every step. */
    size_t count = repeat(list, 0, 3, 15, 100);
    count = repeat(list, count, 4, 1, 0);
    assert_factor(list, count, NAN, 0.15);
    /* So does a negative one. */
    count = repeat(list, 0, 3, 15, 100);
    count = repeat(list, count, 4, 15, -50);
    assert_factor(list, count, NAN, 0.15);
    /* A tie: the usable one before null and negative. */
    count = repeat(list, 0, 3, 15, 100);
    count = repeat(list, count, 3, 15, -50);
    count = repeat(list, count, 3, 1, 0);
    assert_factor(list, count, 0.15, 0.15);
    /* A tie at 2 decimals: as modelled the smaller; mended the one that agrees at 5 decimals. */
    count = repeat(list, 0, 1, 10.04, 100);
    count = repeat(list, count, 1, 9.96, 100);
    count = repeat(list, count, 2, 20, 100);
    assert_factor(list, count, 0.1, 0.2);
    count = repeat(list, 0, 2, 20, 100);
    count = repeat(list, count, 2, 10, 100);
    assert_factor(list, count, 0.1, 0.1);
    /* What rounds to zero is not above it: it spoils a step alone, not in a tie. */
    count = repeat(list, 0, 1, 0.41, 100);
    count = repeat(list, count, 1, 0.32, 100);
    count = repeat(list, count, 2, 10, 100);
    assert_factor(list, count, 0.1, 0.1);
    count = repeat(list, count, 1, 0.23, 100);
    assert_factor(list, count, NAN, 0.1);
}

static void a_place_is_in_the_nearest_circle_that_holds_it(void **state)
{
    (void)state;
    /* One degree of latitude on the sphere of radius 6378168 m. */
    double degree_m = geofence_distance_m(10, 20, 11, 20);
    assert_true(fabs(degree_m - 6378168 * acos(-1) / 180) < 1e-6);
    assert_true(fabs(geofence_distance_m(0, 179.5, 0, -179.5) - degree_m) < 1e-6);
    assert_true(fabs(geofence_distance_m(60, 0, 60, 0.001) - degree_m / 2000) < 1e-3);
    assert_true(geofence_distance_m(90, 0, -90, 0) > 180 * degree_m - 1e-6);
    const struct geofence_circle circles[] = {
        {10, 20, 3 * degree_m}, {12, 20, 3 * degree_m}, {12, 20, 4 * degree_m}};
    assert_int_equal(geofence_nearest(circles, 3, 10.5, 20), 0);
    assert_int_equal(geofence_nearest(circles, 3, 11.5, 20), 1); /* of equals the first */
    assert_int_equal(geofence_nearest(circles, 3, 7.5, 20), 0);
    assert_int_equal(geofence_nearest(circles, 3, 0, 0), GEOFENCE_NONE);
    assert_int_equal(geofence_nearest(circles, 0, 10, 20), GEOFENCE_NONE);
    assert_int_equal(geofence_nearest(circles, 3, NAN, 20), GEOFENCE_NONE);
    double distance_m = geofence_distance_m(10.5, 20, 10, 20);
    struct geofence_circle edge = {10, 20, distance_m}; /* the bound is outside */
    assert_int_equal(geofence_nearest(&edge, 1, 10.5, 20), GEOFENCE_NONE);
    edge.radius_m = nextafter(distance_m, INFINITY);
    assert_int_equal(geofence_nearest(&edge, 1, 10.5, 20), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_holds_gives_the_cost),
        cmocka_unit_test(retroactive_costs_fill_gaps_only),
        cmocka_unit_test(costs_by_hand),
        cmocka_unit_test(the_usual_charger_is_that_of_charging_samples),
        cmocka_unit_test(only_eligible_processes_count),
        cmocka_unit_test(finer_steps_need_more_agreement),
        cmocka_unit_test(traps_of_the_model_are_kept_or_mended),
        cmocka_unit_test(a_place_is_in_the_nearest_circle_that_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
