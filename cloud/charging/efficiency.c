/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/efficiency.h"

#include "base/decimal.h"
#include "base/err.h"
#include "base/scope.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define DURATION_OVER_MIN 10
#define END_LEVEL_MOST    95
#define DECIMALS_FINEST   5

/* Each step asks fewer processes to agree, on fewer decimals. */
static const struct step {
    int decimals;
    size_t count_least;
} STEPS[] = {{DECIMALS_FINEST, 8}, {4, 5}, {3, 3}, {2, 2}};

static bool is_eligible(const struct efficiency_process *process)
{
    return process->duration_min > DURATION_OVER_MIN &&
           process->end_battery_level <= END_LEVEL_MOST && process->added_kwh > 0 &&
           !isnan(process->start_range_km) && !isnan(process->end_range_km);
}

/* NAN (null) when the range did not change. */
static double quotient(const struct efficiency_process *process)
{
    double gained_km = decimal_round(process->end_range_km - process->start_range_km, 2);
    return gained_km == 0 ? NAN : process->added_kwh / gained_km;
}

/* Ascending, null behind all numbers. */
static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return a < b ? -1 : a > b;
}

/* Where the run of values ends that round to the same as the first one. */
static size_t run_end(const double *values, size_t start, size_t count, int decimals)
{
    double first = decimal_round(values[start], decimals);
    size_t end = start + 1;
    while (end < count &&
           (isnan(first) ? isnan(values[end]) : decimal_round(values[end], decimals) == first))
        end++;
    return end;
}

/* How many of values[start..end) agree at the finest scale. */
static size_t agreement(const double *values, size_t start, size_t end)
{
    size_t most = 0;
    for (size_t next; start < end; start = next) {
        next = run_end(values, start, end, DECIMALS_FINEST);
        if (next - start > most)
            most = next - start;
    }
    return most;
}

/* The most frequent value at the step's scale; true when it may be stored. `values` ascend, and
 * rounding keeps their order, so that equal ones stand together at every scale. */
static bool try_step(const double *values, size_t count, const struct step *step,
                     enum efficiency_rule rule, double *factor)
{
    size_t most = 0, most_agreement = 0, end;
    double winner = NAN;
    for (size_t start = 0; start < count; start = end) {
        double value = decimal_round(values[start], step->decimals);
        end = run_end(values, start, count, step->decimals);
        if (rule == EFFICIENCY_MENDED && !(value > 0))
            continue;
        size_t agree = rule == EFFICIENCY_MENDED ? agreement(values, start, end) : 0;
        if (end - start > most || (end - start == most && agree > most_agreement) ||
            (end - start == most && !(winner > 0) && value > 0)) {
            most = end - start;
            most_agreement = agree;
            winner = value;
        }
    }
    if (most < step->count_least || !(winner > 0))
        return false;
    *factor = winner;
    return true;
}

int efficiency_factor(const struct efficiency_process *processes, size_t count,
                      enum efficiency_rule rule, double *factor)
{
    SCOPE_FREE double *values = calloc(count + 1, sizeof *values);
    size_t used = 0;
    if (!values)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (is_eligible(&processes[i]))
            values[used++] = quotient(&processes[i]);
    qsort(values, used, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++)
        if (try_step(values, used, &STEPS[i], rule, factor))
            return 1;
    return 0;
}
