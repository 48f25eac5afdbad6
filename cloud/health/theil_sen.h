/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A straight line through points of which many may be wrong: Theil–Sen regression. Pure.
 *
 * Slope: the median of the slopes of all pairs of points with different x (H. Theil, "A
 * rank-invariant method of linear and polynomial regression analysis", 1950). Up to 29.3 % of the
 * points (1 - 1/√2) may be anywhere and the slope stays bounded.
 *
 * Interval: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am.
 * Stat. Assoc. 63 (1968), section 6: with N ordered pairwise slopes and
 *     V = (n(n-1)(2n+5) - Σ u(u-1)(2u+5)) / 18,   u: sizes of the groups of equal x,
 *     C = z √V,  z: the normal quantile of the confidence,
 * the limits are the slopes of rank (N - C)/2 and (N + C)/2 + 1, ranks rounded outwards. No
 * distribution of the errors is assumed, only that they are independent and alike. (Equal y are not
 * corrected for: that makes the interval wider, never narrower.)
 *
 * Errors that are larger at some x than at others (cold days) make V too small. From
 * THEIL_SEN_ROBUST_MIN points on, V is therefore not less than the variance of Kendall's statistic
 * as the points themselves show it: it is the sum of signs h(i,j) of (x_i - x_j)(r_i - r_j) over
 * the pairs, r the residuals, and the signs of two pairs are related only where they share a point;
 * so V' = Σ_i (Σ_j h(i,j))² - number of pairs with h ≠ 0, which for errors that are alike has V as
 * its expectation.
 *
 * Level: the line is y = level + slope · (x - x_center), x_center the median of x, level the median
 * of y - slope · (x - x_center), and its interval that of the sign test for a median: the residuals
 * of rank n/2 - z√n/2 and n/2 + z√n/2 + 1, rounded outwards.
 *
 * Band and crossing: the limits of slope and level, whose errors are nearly uncorrelated at
 * x_center, are combined by recovered variances (G. Y. Zou, A. Donner, "Construction of confidence
 * limits about effect measures: a general approach", Statistics in Medicine 27 (2008)): the
 * distances of the limits from the estimate are added as squares. The interval of the x where the
 * line reaches a level is where the band does.
 */
#ifndef SWAPSTACK_HEALTH_THEIL_SEN_H
#define SWAPSTACK_HEALTH_THEIL_SEN_H

#include <stddef.h>

/* The pairs grow with the square of the points; above this many points, neighbours in x are taken
 * together: groups of the smallest odd size (3, 5, …) that leaves at most so many, each by the
 * medians of its x and of its y. The result does not depend on the order of the points. (Of random
 * wrong points fewer survive; of wrong points that stand two and two together, 20 % may be enough
 * to move the line.) */
#define THEIL_SEN_POINTS_MAX 512
#define THEIL_SEN_POINTS_MIN 3

/* With fewer, what the points show of it is chance. */
#define THEIL_SEN_ROBUST_MIN 30

struct theil_sen_point {
    double x, y; /* finite */
};

struct theil_sen_value {
    double estimate, low, high;
};

struct theil_sen {
    size_t points;   /* that the fit is made of, after taking neighbours together */
    double x_center; /* median of x */
    struct theil_sen_value slope, level;
};

/* `confidence`: share between 0.5 and 0.9999. The points are reordered (by x, then y). ERR_INVALID:
 * fewer than THEIL_SEN_POINTS_MIN points, or all at one x; ERR_NOMEM. */
int theil_sen_fit(struct theil_sen_point *points, size_t count, double confidence,
                  struct theil_sen *fit);

/* The line at x with its band. */
struct theil_sen_value theil_sen_at(const struct theil_sen *fit, double x);

/* Where a falling line reaches `y`: estimate, and the first and last x that the band allows.
 * +INFINITY where that is not before `x_limit` (a line that does not fall reaches it nowhere). What
 * lies before `x_least` is given as x_least. */
struct theil_sen_value theil_sen_reaches(const struct theil_sen *fit, double y, double x_least,
                                         double x_limit);

#endif
