/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal numbers at a stored scale, and sums that do not depend on rounding on the way.
 *
 * A double that came from a sum (0.30999999999999994) means the decimal that it prints as with 15
 * significant digits (0.31); rounding to a scale is done on that decimal, half away from zero, so
 * that 1.005 becomes 1.01 although the double lies below it.
 */
#ifndef SWAPSTACK_BASE_DECIMAL_H
#define SWAPSTACK_BASE_DECIMAL_H

/* The value that 15 significant decimal digits name. NAN and infinities pass. */
double decimal_significant15(double value);

/* Rounded to 0..9 decimals, half away from zero, through 15 significant digits. NAN passes; a zero
 * result is never negative. */
double decimal_round(double value, int decimals);

/* Neumaier's compensated sum: the error of each addition is carried along, so that a session of any
 * length adds up to the same figure as in exact arithmetic but for the last bit. */
struct decimal_sum {
    double sum, carry;
};
void decimal_add(struct decimal_sum *sum, double value);
double decimal_total(const struct decimal_sum *sum);

#endif
