/* SPDX-License-Identifier: Apache-2.0 */
/* What is judged of batteries as rows that output.h prints: reports without a SELECT. */
#ifndef SWAPSTACK_CTL_HEALTH_ROWS_H
#define SWAPSTACK_CTL_HEALTH_ROWS_H

#include "health/inspect.h"
#include "store/report.h"

/* One row a battery. The values' texts live as long as `inspection`. */
extern const struct report HEALTH_BATTERY;
void health_battery_values(const struct inspection *inspection,
                           struct report_value values[REPORT_COLUMNS_MAX]);

/* One row a charging process: the capacity that it shows, or why it shows none. */
extern const struct report HEALTH_CHARGES;
void health_charge_values(const struct inspection *inspection, size_t index,
                          struct report_value values[REPORT_COLUMNS_MAX]);

#endif
