/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the bays when the simulated plant begins: one word per bay, `nmc:97.5`, `lfp:80`
 * (chemistry:percent) or `empty`. */
#ifndef SWAPSTACK_SIM_STOCK_H
#define SWAPSTACK_SIM_STOCK_H

#include "base/err.h"
#include "core/io.h"
#include <stdbool.h>

struct stock {
    struct stock_item {
        bool empty;
        enum io_chemistry chemistry;
        double soc_percent;
    } items[IO_BAYS_MAX];
};

/* Pure. Needs exactly one word per bay. ERR_CONFIG with a sentence. */
int stock_parse(const char *text, int bay_count, struct stock *stock, struct err *err);

#endif
