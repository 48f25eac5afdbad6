/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated charging against real sessions: the data set "fast-charge-sessions" (DESL, EPFL),
 * which does not belong to the project. SWAPSTACK_SESSIONS_CSV names its session_data.csv; without
 * it these tests are skipped. What is always tested: the quantiles that were derived from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "drivers/sim/draw.h"
#include "firmware/near.h"
#include "firmware/sim_plant.h"
#include <stdio.h>

struct session {
    double stay_min, energy_wh, pmax_w, capacity_wh, soc_arrival, soc_departure;
};

enum { SESSIONS_MAX = 20000 };
static struct session sessions[SESSIONS_MAX];
static size_t session_count;

/* Column `index` of a CSV line as a number. */
static double column(const char *line, int index)
{
    for (; index > 0; index--) {
        line = strchr(line, ',');
        if (line == NULL)
            return NAN;
        line++;
    }
    return strtod(line, NULL);
}

/* False: the data set is not here. */
static bool load_sessions(void)
{
    const char *path = getenv("SWAPSTACK_SESSIONS_CSV");
    if (path == NULL) {
        print_message("SWAPSTACK_SESSIONS_CSV is not set: not compared with real sessions\n");
        return false;
    }
    SCOPE_FCLOSE FILE *file = fopen(path, "re");
    if (file == NULL)
        fail_msg("SWAPSTACK_SESSIONS_CSV: %s cannot be opened", path);
    char line[512];
    assert_non_null(fgets(line, sizeof line, file));
    assert_int_equal(strncmp(line, "session,ccs,arrival_local,departure_local,stay_min,", 51), 0);
    for (session_count = 0; session_count < SESSIONS_MAX && fgets(line, sizeof line, file);) {
        struct session *session = &sessions[session_count++];
        session->stay_min = column(line, 4);
        session->energy_wh = column(line, 5);
        session->pmax_w = column(line, 6);
        session->capacity_wh = column(line, 9);
        session->soc_arrival = column(line, 11);
        session->soc_departure = column(line, 12);
    }
    assert_true(session_count > 100);
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Value below which `share` of the sorted values lie. */
static double share_of(const double *sorted, size_t count, double share)
{
    assert_true(count > 20);
    return sorted[(size_t)(share * (double)(count - 1))];
}

/* One charge of a simulated pack with a strong charger. */
struct charge {
    double energy_wh, hours, peak_w;
};

static struct charge charge(const char *packs, double to_percent)
{
    struct plant plant;
    plant_open(&plant, packs, NULL);
    plant.world.limits[0].power_max_kw = 175; /* as the chargers of the data set */
    plant.world.limits[0].current_max_a = 500;
    plant_run(&plant, 3, 200);
    struct charge result = {0};
    int64_t start_us = plant.world.now_us;
    while (plant.readings.bays[0].pack.soc_percent < to_percent) {
        const struct io_bay *bay = &plant.readings.bays[0];
        plant_charge(&plant, 0, bay->pack.request_v, bay->pack.request_a);
        plant_run(&plant, 1, 200);
        result.peak_w = fmax(result.peak_w, bay->charger.dc_v * bay->charger.dc_a);
        assert_true(plant.world.now_us - start_us < INT64_C(10800) * CLOCK_US_PER_SECOND);
    }
    const struct sim_pack *pack = &plant.world.bays[0].pack;
    result.energy_wh = pack->stored_wh + pack->heat_wh; /* at the plug, as the data set's */
    result.hours = (double)(plant.world.now_us - start_us) / 3600e6;
    plant_close(&plant);
    return result;
}

/* Energy at the plug per share of charge and nominal capacity: within the 5 to 95 % band of the
 * sessions whose capacity is known. */
static void test_energy_per_percent(void **state)
{
    (void)state;
    if (!load_sessions())
        skip();
    static double values[SESSIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < session_count; i++) {
        const struct session *s = &sessions[i];
        double share = (s->soc_departure - s->soc_arrival) / 100;
        if (share >= 0.1 && s->capacity_wh > 20000) /* 10 kWh stands for "not known" */
            values[count++] = s->energy_wh / share / s->capacity_wh;
    }
    qsort(values, count, sizeof values[0], compare);
    double low = share_of(values, count, 0.05), high = share_of(values, count, 0.95);
    double nmc = charge("nmc:30 empty empty empty", 80).energy_wh / 0.5 / 60000;
    double lfp = charge("lfp:30 empty empty empty", 80).energy_wh / 0.5 / 50000;
    print_message("per share and capacity: real %.3f to %.3f, nmc %.3f, lfp %.3f\n", low, high, nmc,
                  lfp);
    assert_true(nmc > low && nmc < high);
    assert_true(lfp > low && lfp < high);
}

/* Mean power over peak power: falls the fuller a battery leaves, in both worlds alike. */
static void test_taper_like_real_sessions(void **state)
{
    (void)state;
    if (!load_sessions())
        skip();
    static double half[SESSIONS_MAX], full[SESSIONS_MAX];
    size_t half_count = 0, full_count = 0;
    for (size_t i = 0; i < session_count; i++) {
        const struct session *s = &sessions[i];
        double ratio = s->energy_wh / (s->stay_min / 60) / s->pmax_w;
        if (s->stay_min > 10 && s->soc_departure >= 50 && s->soc_departure < 65)
            half[half_count++] = ratio;
        else if (s->stay_min > 10 && s->soc_departure >= 99)
            full[full_count++] = ratio;
    }
    qsort(half, half_count, sizeof half[0], compare);
    qsort(full, full_count, sizeof full[0], compare);
    struct charge to_60 = charge("nmc:30 empty empty empty", 60);
    struct charge to_99 = charge("nmc:30 empty empty empty", 99);
    double sim_60 = to_60.energy_wh / to_60.hours / to_60.peak_w;
    double sim_99 = to_99.energy_wh / to_99.hours / to_99.peak_w;
    print_message("mean over peak power to 60 %%: sim %.2f, real median %.2f; to 99 %%: %.2f, "
                  "%.2f\n",
                  sim_60, share_of(half, half_count, 0.5), sim_99, share_of(full, full_count, 0.5));
    assert_true(share_of(half, half_count, 0.5) > share_of(full, full_count, 0.5));
    assert_true(sim_60 > sim_99 + 0.05);
    assert_true(sim_99 > share_of(full, full_count, 0.05) &&
                sim_99 < share_of(full, full_count, 0.95));
}

/* Arrivals drawn for many vehicles have the distribution that the shipped quantiles give. */
static void test_arrivals_follow_the_quantiles(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPE(board_free_scope) struct board *board = NULL;
    assert_int_equal(board_load(SOURCE_DIR "/boards/sim", NULL, &board, NULL, &err), 0);
    static double drawn[4000];
    for (int i = 0; i < 4000; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "V%d", i);
        struct sim_vehicle vehicle;
        vehicle_init(&vehicle, &board->sim, id, 20, PLANT_START_US);
        vehicle.left_at_us -= INT64_C(48) * 3600 * CLOCK_US_PER_SECOND; /* far enough for any */
        vehicle_arrive(&vehicle, &board->sim, 20, PLANT_START_US);
        drawn[i] = vehicle.packs[0].soc * 100;
    }
    qsort(drawn, 4000, sizeof drawn[0], compare);
    for (int i = 1; i < BOARD_QUANTILES - 1; i++)
        assert_near(share_of(drawn, 4000, i / 20.0), board->sim.soc_arrival_percent[i], 2);
}

static void test_quantile_interpolation(void **state)
{
    (void)state;
    static const double values[] = {0, 10, 30};
    assert_near(draw_quantile(values, 3, 0), 0, 0);
    assert_near(draw_quantile(values, 3, 0.25), 5, 1e-12);
    assert_near(draw_quantile(values, 3, 0.75), 20, 1e-12);
    assert_near(draw_quantile(values, 3, 1), 30, 1e-12);
    double mean = 0;
    for (int i = 0; i < 10000; i++) {
        double unit = draw_unit(1, "test", "x", i);
        assert_true(unit >= 0 && unit < 1);
        mean += unit / 10000;
    }
    assert_near(mean, 0.5, 0.02);
    assert_true(draw_bits(1, "a", "b", 0) != draw_bits(1, "ab", "", 0));
    assert_true(draw_bits(1, "a", "b", 0) != draw_bits(2, "a", "b", 0));
    assert_true(draw_bits(1, "a", "b", 0) == draw_bits(1, "a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_energy_per_percent),
        cmocka_unit_test(test_taper_like_real_sessions),
        cmocka_unit_test(test_arrivals_follow_the_quantiles),
        cmocka_unit_test(test_quantile_interpolation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
