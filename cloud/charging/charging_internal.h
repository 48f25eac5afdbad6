/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of charging/ share. Nobody else includes this. */
#ifndef SWAPSTACK_CHARGING_CHARGING_INTERNAL_H
#define SWAPSTACK_CHARGING_CHARGING_INTERNAL_H

#include "base/textmap.h"
#include "charging/charging.h"
#include "charging/evaluate.h"
#include "store/sample.h"

/* An open process: a copy of what the database holds, plus the running evaluation. */
struct charging_process {
    int64_t id, slot;
    char station_id[65], bid[65], session_id[65], vid[65];
    int64_t start_us;  /* as it was opened */
    int64_t newest_us; /* date of its newest sample; start_us while it has none */
    struct charge_head head;
    bool late; /* a sample came out of order: evaluate the stored chain instead of `state` */
    struct evaluate_state state;
    bool head_dirty; /* in the list of heads to write */
    struct charging_process *next_dirty;
};

struct charging_bay {
    int64_t slot;
    struct charging_process *process; /* owned; NULL: none is open */
    bool stalled;                     /* its charge_stalled alert may be open */
};

struct charging_station {
    char station_id[65];
    struct charging_bay *bays; /* owned */
    size_t bay_count, bay_capacity;
};

struct charging {
    struct store *store;
    struct alerts *alerts;
    struct charging_limits limits;
    struct textmap stations; /* of owned charging_station */
    struct charging_process *dirty;
    /* All samples up to this one are in written heads; newest_sample: the newest one appended. */
    int64_t flushed_sample, newest_sample;
    bool forgotten; /* memory was dropped: heads may be behind the samples */
};

/* stations.c: the station's bays, loaded with their open processes at first use. */
int charging_station_get(struct charging *charging, const char *station_id,
                         struct charging_station **station, struct err *err);
int charging_bay_get(struct charging_station *station, int64_t slot, struct charging_bay **bay,
                     struct err *err);
void charging_station_free(void *station);

/* process.c: one process. Each works on the database and the copy alike. */
int charging_process_begin(struct charging *charging, struct charging_bay *bay,
                           const struct charging_observation *observation, struct err *err);
int charging_process_add(struct charging *charging, struct charging_process *process,
                         const struct charging_observation *observation, struct err *err);
/* Writes the figures and frees the bay's process. */
int charging_process_end(struct charging *charging, struct charging_bay *bay, const char *reason,
                         int64_t at_us, struct err *err);
/* Rebuilds head and evaluation from the stored chain. */
int charging_process_load(struct charging *charging, struct charging_process *process,
                          struct err *err);
/* Does the process `id` hold a sample of this date? 1 or 0. */
int charging_process_holds(struct charging *charging, int64_t id, int64_t date_us, struct err *err);

#endif
