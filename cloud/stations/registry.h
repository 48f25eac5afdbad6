/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The current state of every station and its bays, in memory; changed rows are written once per
 * batch (what a person would wait for) or every few seconds (what changes with every message:
 * levels, temperatures, `up`), never per sample. Owned by the writer thread.
 */
#ifndef SWAPSTACK_STATIONS_REGISTRY_H
#define SWAPSTACK_STATIONS_REGISTRY_H

#include "base/err.h"
#include "stations/order.h"
#include "store/station.h"
#include <stddef.h>

struct store;

enum change { CHANGE_NONE, CHANGE_LEVELS, CHANGE_STATE };

struct station_bay {
    struct bay_row row;
    bool changed;
};

struct station {
    struct station_row row; /* row.config is owned */
    int64_t journal_number; /* of row.journal; 0: none */
    struct station_bay *bays;
    size_t bay_count; /* in order of slot; loaded with the station's first use */
    bool bays_loaded;
    /* When it was last heard, for the heartbeat; of this process's life only. */
    int64_t heard_plant_us, heard_mono_us;
    char said_state[16];  /* state that it last reported: what it returns to after DISCONNECTED */
    int64_t told_mono_us; /* when it was last told the fleet's configuration; 0: not yet */
    enum change change;
    int64_t written_mono_us;
};

struct registry;

/* Reads all stations. `mono_us`, `plant_us`: now, from which the silence of each is counted. */
int registry_new(struct registry **registry, struct store *store, int64_t mono_us, int64_t plant_us,
                 struct err *err);
void registry_free(struct registry *registry);

/* The station, NULL when it is not known. */
struct station *registry_find(struct registry *registry, const char *station_id);
/* Creates a station that is not known: ACTIVE, approval as given. NULL: ERR_NOMEM. */
struct station *registry_add(struct registry *registry, const char *station_id,
                             const char *approval, int64_t at_us, struct err *err);
/* The bay, created when it is not known. NULL with a sentence on failure. */
struct station_bay *registry_bay(struct registry *registry, struct station *station, int64_t slot,
                                 struct err *err);
/* Loads the station's bays when that has not been done. */
int registry_load_bays(struct registry *registry, struct station *station, struct err *err);

void registry_each(struct registry *registry, void (*each)(void *self, struct station *station),
                   void *self);
/* Notes that rows changed; flushed by the next registry_flush. */
void registry_touch(struct registry *registry, struct station *station, enum change change);

/* Writes changed rows: states at once, levels every few seconds of wall time or when `all`.
 * Call it inside the transaction, before the commit. */
int registry_flush(struct registry *registry, int64_t mono_us, bool all, struct err *err);
/* The transaction was rolled back: reads everything again. Times of hearing are kept. */
int registry_forget(struct registry *registry, int64_t mono_us, int64_t plant_us, struct err *err);

#endif
