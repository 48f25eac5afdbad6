/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/money.h"

#include "charging/cost.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DECIMALS     4
#define WHOLE_DIGITS 5

int money_parse(const char *what, const char *text, int64_t *ten_thousandths, struct err *err)
{
    const char *c = text + (*text == '-' || *text == '+');
    int64_t units = 0;
    int whole = 0, decimals = 0;
    for (; isdigit((unsigned char)*c) && whole <= WHOLE_DIGITS; c++, whole++)
        units = units * 10 + (*c - '0');
    if (*c == '.')
        for (c++; isdigit((unsigned char)*c) && decimals <= DECIMALS; c++, decimals++)
            units = units * 10 + (*c - '0');
    if (*c != '\0' || whole == 0 || whole > WHOLE_DIGITS || decimals > DECIMALS || c[-1] == '.')
        return err_set(err, ERR_INVALID,
                       "%s %.40s: an amount like 0.25 is right, with at most 5 digits before the "
                       "point and 4 behind it",
                       what, text);
    for (; decimals < DECIMALS; decimals++)
        units *= 10;
    *ten_thousandths = *text == '-' ? -units : units;
    return 0;
}

void money_format(int64_t ten_thousandths, char to[MONEY_TEXT_SIZE])
{
    uint64_t units =
        ten_thousandths < 0 ? 0 - (uint64_t)ten_thousandths : (uint64_t)ten_thousandths;
    const char *sign = ten_thousandths < 0 ? "-" : "";
    uint64_t rest = units % COST_UNIT;
    if (rest % 100 == 0)
        (void)snprintf(to, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%02" PRIu64, sign, units / COST_UNIT,
                       rest / 100);
    else
        (void)snprintf(to, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%04" PRIu64, sign, units / COST_UNIT,
                       rest);
}
