/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charge_open and charge_head: the samples of charging processes. Samples are appended without an
 * index; each names the one before it of the same process (`previous`), and charge_head names the
 * last, so that a process reads back in as many steps as it has samples. A closed process is packed
 * into one row of charge_chunk (store/chunk.h), which is read in one seek.
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
    const char *fast_charger_type; /* NULL: not known */
    double meter_wh;
};

/* Samples that were read; they own their texts. */
struct charge_samples {
    struct charge_sample *list; /* owned */
    size_t count;
    char **texts; /* owned, each once; the samples point to them */
    size_t text_count;
};
void charge_samples_free(struct charge_samples *samples);
/* The samples' own copy of `length` bytes of text (no NUL among them); NULL: out of memory. */
const char *charge_samples_text(struct charge_samples *samples, const char *text, size_t length);

/* Appends with the id `id`, which must be above all before it: a deleted id is not given again
 * while an open process may still count on it. `previous` is the process's sample before or
 * STORE_NULL. */
int charge_sample_append(struct store *store, int64_t id, int64_t process, int64_t previous,
                         const struct charge_sample *sample, struct err *err);

/* All samples of a process, open or packed, in order of arrival; none is no error. Released with
 * charge_samples_free also after an error. ERR_INVALID with a sentence that names the process when
 * a link leads nowhere or the chunk is damaged: nothing else is touched by that. */
int charge_samples_read(struct store *store, int64_t process, struct charge_samples *samples,
                        struct err *err);

/* Where the chain ends, and what is known of the time of its end: when that sample arrived (plant
 * clock), and by which clock of the station it was dated: date - up in this boot of this journal,
 * from the sample `clock_since` on. STORE_NULL: not known. */
struct charge_head {
    int64_t last_sample, samples;
    int64_t touched_us;
    int64_t clock_journal, clock_boot, clock_offset_us, clock_since;
};
extern const struct charge_head CHARGE_HEAD_NONE; /* no samples yet */
/* 1, or 0 when the process has no samples. */
int charge_head_load(struct store *store, int64_t process, struct charge_head *head,
                     struct err *err);
int charge_head_save(struct store *store, int64_t process, const struct charge_head *head,
                     struct err *err);

/* Moves the samples of a closed process into a chunk. 0 also when it has none. ERR_INVALID as
 * charge_samples_read: then they stay as they are. */
int charge_pack(struct store *store, int64_t process, struct err *err);
/* Puts `count` samples (0: none) in the place of those of a closed process, packed or not. */
int charge_repack(struct store *store, int64_t process, const struct charge_sample *samples,
                  size_t count, struct err *err);
/* The reverse, for a process that goes on: its samples become open ones with ids above *newest,
 * which moves on, and its head is written. 0 also when nothing is packed. */
int charge_unpack(struct store *store, int64_t process, int64_t *newest, struct err *err);

/* Moves the dates of the samples of an open process from the sample `since` to `last`, along the
 * chain, by `step_us`. */
int charge_samples_move(struct store *store, int64_t since, int64_t last, int64_t step_us,
                        struct err *err);

/* Removes the samples of a process, open or packed. */
int charge_samples_drop(struct store *store, int64_t process, struct err *err);

/* Id of the newest open sample of all; 0 when there is none. */
int charge_newest_sample(struct store *store, int64_t *id, struct err *err);
/* Brings the heads of all processes that got samples above `after` up to date. */
int charge_heads_repair(struct store *store, int64_t after, struct err *err);

#endif
