/* SPDX-License-Identifier: Apache-2.0 */
#include "health/rank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Below this, sorting is as fast as dividing. */
#define SMALL 32

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void exchange(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* The middle one of first, middle and last, which are put in order: a pivot that sorted and
 * reversed input do not spoil. */
static double pivot_of(double *values, size_t count)
{
    double *first = values, *middle = values + count / 2, *last = values + count - 1;
    if (*middle < *first)
        exchange(middle, first);
    if (*last < *first)
        exchange(last, first);
    if (*last < *middle)
        exchange(last, middle);
    return *middle;
}

/* Divides so that values[0..*low) <= pivot, values[*high..count) >= pivot, and what is between the
 * two equals it. */
static void divide(double *values, size_t count, double pivot, size_t *low, size_t *high)
{
    size_t i = 0, below = 0, above = count;
    while (i < above) {
        if (values[i] < pivot)
            exchange(&values[i++], &values[below++]);
        else if (values[i] > pivot)
            exchange(&values[i], &values[--above]);
        else
            i++;
    }
    *low = below;
    *high = above;
}

double rank_select(double *values, size_t count, size_t k)
{
    assert(k < count);
    /* Each division should halve what is left; where it does not, sorting bounds the time. */
    int patience = 4;
    for (size_t left = count; left > 1; left /= 2)
        patience += 2;
    while (count > SMALL && patience-- > 0) {
        size_t low, high;
        divide(values, count, pivot_of(values, count), &low, &high);
        if (k >= low && k < high)
            return values[k];
        if (k < low) {
            count = low;
        } else {
            values += high;
            count -= high;
            k -= high;
        }
    }
    qsort(values, count, sizeof *values, ascending);
    return values[k];
}

double rank_median(double *values, size_t count)
{
    assert(count > 0);
    double upper = rank_select(values, count, count / 2);
    if (count % 2 == 1)
        return upper;
    return (upper + rank_select(values, count, count / 2 - 1)) / 2;
}

double rank_normal_quantile(double p)
{
    assert(p > 0 && p < 1);
    double low = -40, high = 40;
    /* Bisection: 80 is halved below the distance of neighbouring doubles in 60 steps. */
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (erfc(-middle / sqrt(2)) / 2 < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
