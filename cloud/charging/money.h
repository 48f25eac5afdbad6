/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts as text: exact decimals of the currency, ten-thousandths inside. Pure. */
#ifndef SWAPSTACK_CHARGING_MONEY_H
#define SWAPSTACK_CHARGING_MONEY_H

#include "base/err.h"
#include <stdint.h>

/* "0.25", "-3", "12.3456": at most 4 decimals and at most 99999.9999 either way. ERR_INVALID with a
 * sentence that begins with `what`. */
int money_parse(const char *what, const char *text, int64_t *ten_thousandths, struct err *err);

#define MONEY_TEXT_SIZE 32
/* With 2 decimals, or 4 where the amount has them. */
void money_format(int64_t ten_thousandths, char to[MONEY_TEXT_SIZE]);

#endif
