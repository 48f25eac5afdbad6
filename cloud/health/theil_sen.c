/* SPDX-License-Identifier: Apache-2.0 */
#include "health/theil_sen.h"

#include "base/err.h"
#include "base/scope.h"
#include "health/rank.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int by_place(const void *left, const void *right)
{
    const struct theil_sen_point *a = left, *b = right;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->y < b->y ? -1 : a->y > b->y;
}

static double median_of(const struct theil_sen_point *points, size_t count, size_t offset,
                        double *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = *(const double *)((const char *)&points[i] + offset);
    return rank_median(scratch, count);
}

/* Takes neighbours together where there are too many; the points are in order. Returns how many are
 * left. The last group takes what is left over. */
static size_t thin(struct theil_sen_point *points, size_t count, double *scratch)
{
    if (count <= THEIL_SEN_POINTS_MAX)
        return count;
    size_t size = 3;
    while (count / size > THEIL_SEN_POINTS_MAX)
        size += 2;
    size_t groups = count / size;
    for (size_t i = 0; i < groups; i++) {
        const struct theil_sen_point *group = points + i * size;
        size_t members = i + 1 < groups ? size : count - i * size;
        struct theil_sen_point middle = {
            median_of(group, members, offsetof(struct theil_sen_point, x), scratch),
            median_of(group, members, offsetof(struct theil_sen_point, y), scratch)};
        points[i] = middle;
    }
    return groups;
}

/* Slopes of all pairs with different x. */
static size_t pair_slopes(const struct theil_sen_point *points, size_t count, double *slopes)
{
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (points[j].x > points[i].x)
                slopes[pairs++] = (points[j].y - points[i].y) / (points[j].x - points[i].x);
    return pairs;
}

/* V of the header; the points are in order. */
static double kendall_variance(const struct theil_sen_point *points, size_t count)
{
    double n = (double)count, sum = n * (n - 1) * (2 * n + 5);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && points[end].x == points[i].x;)
            end++;
        double u = (double)(end - i);
        sum -= u * (u - 1) * (2 * u + 5);
    }
    return sum / 18;
}

/* V' of the header. */
static double shown_variance(const struct theil_sen_point *points, const double *residuals,
                             size_t count)
{
    double squares = 0, signs = 0;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t j = 0; j < count; j++) {
            double x = points[i].x - points[j].x, r = residuals[i] - residuals[j];
            int sign = ((x > 0) - (x < 0)) * ((r > 0) - (r < 0));
            sum += sign;
            signs += sign != 0;
        }
        squares += sum * sum;
    }
    return squares - signs / 2;
}

/* Median of `values` and the values of rank (count - spread)/2 and (count + spread)/2 + 1. */
static struct theil_sen_value middle_and_limits(double *values, size_t count, double spread)
{
    double below = floor(((double)count - spread) / 2);
    size_t rank = below < 1 ? 1 : (size_t)below;
    return (struct theil_sen_value){.estimate = rank_median(values, count),
                                    .low = rank_select(values, count, rank - 1),
                                    .high = rank_select(values, count, count - rank)};
}

int theil_sen_fit(struct theil_sen_point *points, size_t count, double confidence,
                  struct theil_sen *fit)
{
    assert(confidence > 0.5 && confidence < 1);
    if (count < THEIL_SEN_POINTS_MIN)
        return ERR_INVALID;
    qsort(points, count, sizeof *points, by_place);
    SCOPE_FREE double *scratch = calloc(count, sizeof *scratch);
    if (!scratch)
        return ERR_NOMEM;
    count = thin(points, count, scratch);
    SCOPE_FREE double *slopes = malloc(count * (count - 1) / 2 * sizeof *slopes);
    if (!slopes)
        return ERR_NOMEM;
    size_t pairs = pair_slopes(points, count, slopes);
    if (pairs == 0)
        return ERR_INVALID;
    double center = median_of(points, count, offsetof(struct theil_sen_point, x), scratch);
    double slope = rank_median(slopes, pairs);
    for (size_t i = 0; i < count; i++)
        scratch[i] = points[i].y - slope * (points[i].x - center);
    double variance = kendall_variance(points, count);
    if (count >= THEIL_SEN_ROBUST_MIN)
        variance = fmax(variance, shown_variance(points, scratch, count));
    double z = rank_normal_quantile((1 + confidence) / 2);
    *fit = (struct theil_sen){.points = count,
                              .x_center = center,
                              .slope = middle_and_limits(slopes, pairs, z * sqrt(variance)),
                              .level = middle_and_limits(scratch, count, z * sqrt((double)count))};
    return 0;
}

struct theil_sen_value theil_sen_at(const struct theil_sen *fit, double x)
{
    double way = x - fit->x_center;
    const struct theil_sen_value *slope = &fit->slope, *level = &fit->level;
    /* Left of the centre the steeper slope is the lower one. */
    double least = way >= 0 ? slope->low : slope->high, most = way >= 0 ? slope->high : slope->low;
    double y = level->estimate + slope->estimate * way;
    return (struct theil_sen_value){
        .estimate = y,
        .low = y - hypot(level->estimate - level->low, (slope->estimate - least) * way),
        .high = y + hypot(level->high - level->estimate, (most - slope->estimate) * way)};
}

enum edge { EDGE_ESTIMATE, EDGE_LOW, EDGE_HIGH };

static double edge_at(const struct theil_sen *fit, enum edge edge, double x)
{
    struct theil_sen_value value = theil_sen_at(fit, x);
    return edge == EDGE_ESTIMATE ? value.estimate : edge == EDGE_LOW ? value.low : value.high;
}

/* The first x where an edge of the band is at or below y. Where the edge's slope falls everywhere
 * there is one at most; the lower edge of a line that does not fall may bend down later, and what
 * bisection finds is then a place where it has. */
static double edge_reaches(const struct theil_sen *fit, enum edge edge, double y, double x_least,
                           double x_limit)
{
    if (edge_at(fit, edge, x_least) <= y)
        return x_least;
    if (!(edge_at(fit, edge, x_limit) <= y))
        return INFINITY;
    double above = x_least, below = x_limit;
    for (int i = 0; i < 100 && above < below; i++) {
        double middle = above + (below - above) / 2;
        if (edge_at(fit, edge, middle) <= y)
            below = middle;
        else
            above = middle;
    }
    return below;
}

struct theil_sen_value theil_sen_reaches(const struct theil_sen *fit, double y, double x_least,
                                         double x_limit)
{
    assert(x_least <= x_limit);
    return (struct theil_sen_value){.estimate =
                                        edge_reaches(fit, EDGE_ESTIMATE, y, x_least, x_limit),
                                    .low = edge_reaches(fit, EDGE_LOW, y, x_least, x_limit),
                                    .high = edge_reaches(fit, EDGE_HIGH, y, x_least, x_limit)};
}
