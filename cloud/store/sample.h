/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charge_open and charge_head: the samples of charging processes. Samples are appended without an
 * index; each names the one before it of the same process (`previous`), and charge_head names the
 * last, so that a process reads back in as many steps as it has samples.
 */
#ifndef SWAPSTACK_STORE_SAMPLE_H
#define SWAPSTACK_STORE_SAMPLE_H

#include "store/store.h"
#include <stddef.h>

struct charge_sample {
    int64_t date_us;
    double battery_level, charge_energy_added, charger_power, charger_actual_current;
    double charger_voltage;
    int64_t charger_phases;
    double ideal_battery_range_km, rated_battery_range_km, outside_temp;
    const char *fast_charger_type; /* NULL after reading: nothing that is computed needs it */
    double meter_wh;
};

/* Appends; `previous` is the process's sample before or STORE_NULL. *id: the new one. */
int charge_sample_append(struct store *store, int64_t process, int64_t previous,
                         const struct charge_sample *sample, int64_t *id, struct err *err);

/* The chain that ends at `last_sample`, in order of arrival; `*samples` is the caller's to free
 * (NULL when empty). ERR_STORAGE with a sentence when a link leads nowhere. */
int charge_chain_read(struct store *store, int64_t process, int64_t last_sample,
                      struct charge_sample **samples, size_t *count, struct err *err);

struct charge_head {
    int64_t last_sample, samples;
};
/* 1, or 0 when the process has no samples. */
int charge_head_load(struct store *store, int64_t process, struct charge_head *head,
                     struct err *err);
int charge_head_save(struct store *store, int64_t process, const struct charge_head *head,
                     struct err *err);

/* Id of the newest sample of all; 0 when there is none. */
int charge_newest_sample(struct store *store, int64_t *id, struct err *err);
/* Brings the heads of all processes that got samples above `after` up to date. */
int charge_heads_repair(struct store *store, int64_t after, struct err *err);

#endif
