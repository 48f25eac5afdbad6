/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of an operator about alerts, thresholds and battery models: through the bridge's control
 * socket when a bridge runs on the database, else into it under the writer's lock.
 */
#ifndef SWAPSTACK_CTL_OPERATOR_H
#define SWAPSTACK_CTL_OPERATOR_H

#include "ctl/ctl.h"
#include <cjson/cJSON.h>

/* `request`: an order of alerts/order.h with its command. The answer (its numbers) goes into
 * `done`, `known` and `alert`. */
struct operator_answer {
    int64_t done, known, alert;
};
int operator_order(const struct ctl *ctl, const char *request, struct operator_answer *answer,
                   struct err *err);

/* --by, --actor, or the user that runs swapctl. */
const char *operator_name(const struct ctl *ctl);

struct store;
/* For whoever finds no bridge: the database that --db names, for writing. It must exist. */
int operator_open(const struct ctl *ctl, struct store **store, struct err *err);

#endif
