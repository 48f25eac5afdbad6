/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the samples of a process over prepared statements, whoever prepared them: the store keeps
 * them with its own, the table `charge` of SQL makes them on its host's connection.
 */
#ifndef SWAPSTACK_STORE_SAMPLE_SOURCE_H
#define SWAPSTACK_STORE_SAMPLE_SOURCE_H

#include "store/sample.h"

/* Borrowed, each prepared from the statement of the same name below. */
struct sample_source {
    sqlite3_stmt *chunk, *head, *link;
};

#define SAMPLE_CHUNK "SELECT chunk FROM charge_chunk WHERE process = ?1"
#define SAMPLE_HEAD  "SELECT last_sample FROM charge_head WHERE process = ?1"
#define SAMPLE_LINK                                                                                \
    "SELECT previous, date, battery_level, charge_energy_added, charger_power, "                   \
    "charger_actual_current, charger_voltage, charger_phases, ideal_battery_range_km, "            \
    "rated_battery_range_km, outside_temp, meter_wh, fast_charger_type FROM charge_open "          \
    "WHERE id = ?1 AND process = ?2"

/* As charge_samples_read, of which it is the body: from the chunk, else along the chain. Pages that
 * SQLite itself finds damaged are ERR_INVALID too. */
int sample_source_read(const struct sample_source *source, int64_t process,
                       struct charge_samples *samples, struct err *err);

#endif
