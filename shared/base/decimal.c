/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* value == mantissa * 10^(exponent - 14), the mantissa with 15 digits (or 0). */
struct digits15 {
    int64_t mantissa;
    int exponent;
};

static struct digits15 digits15_of(double value)
{
    char text[40]; /* "-d.dddddddddddddde-308" */
    (void)snprintf(text, sizeof text, "%.14e", value);
    struct digits15 digits = {0};
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits.mantissa = digits.mantissa * 10 + (*at - '0');
    if (text[0] == '-')
        digits.mantissa = -digits.mantissa;
    digits.exponent = (int)strtol(at + (*at == 'e'), NULL, 10);
    return digits;
}

double decimal_significant15(double value)
{
    if (!isfinite(value))
        return value;
    char text[40];
    (void)snprintf(text, sizeof text, "%.14e", value);
    return strtod(text, NULL);
}

#define PLAIN_MOST 1e6 /* with 9 decimals these are 15 digits */

/* To the nearest whole number, ties to the even one; below 2^51. A sum with 1.5·2^52 has no bits
 * left for a fraction. Never -0. */
static double whole_of(double value)
{
    const volatile double no_fraction = 6755399441055744.0;
    return value + no_fraction - no_fraction;
}

double decimal_round(double value, int decimals)
{
    assert(decimals >= 0 && decimals <= 9);
    static const int64_t power[16] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000};
    if (!isfinite(value))
        return value;
    if (fabs(value) < PLAIN_MOST) {
        /* Nearly always the value is at its scale already: of up to 15 digits the nearest double
         * prints as themselves, so the long way would lead to the same quotient. */
        double whole = whole_of(value * (double)power[decimals]);
        if (whole / (double)power[decimals] == value)
            return whole / (double)power[decimals];
    }
    struct digits15 digits = digits15_of(value);
    int surplus = 14 - digits.exponent - decimals; /* digits behind the last one that is kept */
    if (surplus <= 0)
        return decimal_significant15(value); /* all 15 digits are before it */
    if (surplus > 15 || digits.mantissa == 0)
        return 0; /* below a tenth of the last kept digit */
    int64_t divisor = power[surplus];
    int64_t half = divisor / 2;
    int64_t kept = (digits.mantissa + (digits.mantissa < 0 ? -half : half)) / divisor;
    return kept == 0 ? 0 : (double)kept / (double)power[decimals];
}

void decimal_add(struct decimal_sum *sum, double value)
{
    double total = sum->sum + value;
    sum->carry +=
        fabs(sum->sum) >= fabs(value) ? (sum->sum - total) + value : (value - total) + sum->sum;
    sum->sum = total;
}

double decimal_total(const struct decimal_sum *sum)
{
    return sum->sum + sum->carry;
}
