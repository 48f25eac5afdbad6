/* SPDX-License-Identifier: Apache-2.0 */
/* charging_evaluation and charging_flag: what each rule makes of a charging process. Derived from
 * its samples, and nothing else refers to them. */
#ifndef SWAPSTACK_STORE_EVALUATION_H
#define SWAPSTACK_STORE_EVALUATION_H

#include "store/store.h"

/* NAN and STORE_NULL: not known, or not a figure of that rule. Names as the columns. */
struct evaluation_row {
    int64_t rule_version;
    double charge_energy_added, charge_energy_used;
    double charge_energy_metered, charge_energy_gap; /* kWh */
    int64_t gap_us, unmeasured_us;
    double efficiency, peak_power; /* 0…, kW */
    int64_t evaluated_at_us;
};

struct evaluation_flag {
    int64_t rule_version;
    const char *flag;
    int64_t times, first_at_us;
    const char *reason;
};

/* The row of a rule: 1, or 0 when there is none. */
int evaluation_load(struct store *store, int64_t process, int64_t rule_version,
                    struct evaluation_row *row, struct err *err);
int evaluation_count_flags(struct store *store, int64_t process, int64_t *count, struct err *err);

/* Removes the rows and flags of all rules of a process. */
int evaluation_clear(struct store *store, int64_t process, struct err *err);
/* Each once per process and rule, behind evaluation_clear. */
int evaluation_save(struct store *store, int64_t process, const struct evaluation_row *row,
                    struct err *err);
int evaluation_add_flag(struct store *store, int64_t process, const struct evaluation_flag *flag,
                        struct err *err);

#endif
