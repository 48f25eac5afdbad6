/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of charging/ share. Nobody else includes this. */
#ifndef SWAPSTACK_CHARGING_CHARGING_INTERNAL_H
#define SWAPSTACK_CHARGING_CHARGING_INTERNAL_H

#include "base/textmap.h"
#include "charging/charging.h"
#include "store/charging.h"
#include "store/sample.h"

/* An open process: a copy of what the database holds, plus the running evaluation. */
struct charging_process {
    int64_t id, slot;
    char station_id[65], bid[65], session_id[65], vid[65];
    int64_t start_us;  /* date of its oldest sample; as it was opened while it has none */
    int64_t newest_us; /* date of its newest sample; likewise */
    struct charge_head head;
    bool late; /* a sample came out of order: evaluate the stored chain instead of `state` */
    struct rules_state state;
    bool head_dirty; /* in the list of heads to write */
    struct charging_process *next_dirty;
};

/* The process of a bay that was closed without a word of the station. */
struct charging_silent {
    int64_t id; /* 0: there is none */
    char bid[65], session_id[65];
    int64_t newest_us;
};

struct charging_bay {
    int64_t slot;
    struct charging_process *process; /* owned; NULL: none is open */
    bool silent_known;                /* `silent` is what the database holds */
    struct charging_silent silent;
    bool stalled; /* its charge_stalled alert may be open */
    /* The newest observation of this bay, to see a battery move. */
    char seen_bid[65];
    int64_t seen_us;
    int64_t newest_us; /* the newest date that it spoke of; STORE_NULL: not known */
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
    int64_t ticked_us;       /* plant; when idle processes were last looked for */
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
/* Brings bay->silent up to date with the database. */
int charging_bay_read_silent(struct charging *charging, const struct charging_station *station,
                             struct charging_bay *bay, struct err *err);
void charging_station_free(void *station);

/* clock.c: puts the dates of the process and of the observation on one calendar when the clock of
 * the station was set in between: moves those of the samples, or corrects *observation. */
int charging_clock_settle(struct charging *charging, struct charging_process *process,
                          struct charging_observation *observation, struct err *err);
/* The clock of the process's newest sample. */
void charging_clock_note(struct charging_process *process,
                         const struct charging_observation *observation);
/* How long after the process's newest sample `moment` is, by `up` where that can be told. */
int64_t charging_clock_since_newest(const struct charging_process *process,
                                    const struct charging_moment *moment);

/* late.c: an observation that may come in any order. *done: it is dealt with; else it is one like
 * any other. */
int charging_late_place(struct charging *charging, struct charging_station *station,
                        struct charging_bay *bay, const struct charging_observation *observation,
                        bool *done, struct err *err);

/* begin.c: a process that comes into being or goes on after its end. */
int charging_process_begin(struct charging *charging, struct charging_station *station,
                           struct charging_bay *bay, const struct charging_observation *observation,
                           struct err *err);
/* A sample from after the end of the closed process `id` opens it again in the bay; one from before
 * is taken in, and the process closed again for the reason that it had. */
int charging_process_resume(struct charging *charging, struct charging_bay *bay, int64_t id,
                            const struct charging_observation *observation, struct err *err);
/* Memory for the process `row`, without what is in its samples: charging_process_load reads them,
 * or the evaluation is started. NULL: out of memory. */
struct charging_process *charging_process_of(const struct charging_process_row *row);

/* process.c: one process. Each works on the database and the copy alike. */
int charging_process_add(struct charging *charging, struct charging_process *process,
                         const struct charging_observation *observation, struct err *err);
/* A sample whose clock is of no matter. */
int charging_process_append(struct charging *charging, struct charging_process *process,
                            const struct charge_sample *sample, struct err *err);
/* Frees memory of a process (NULL: nothing), whatever is on record of it. */
void charging_process_forget(struct charging *charging, struct charging_process *process);
/* Writes the figures and frees the bay's process. */
int charging_process_end(struct charging *charging, struct charging_bay *bay, const char *reason,
                         int64_t at_us, struct err *err);
/* Rebuilds head and evaluation from the stored chain. ERR_INVALID: its samples cannot be read. */
int charging_process_load(struct charging *charging, struct charging_process *process,
                          struct err *err);
/* Ends a process whose samples cannot be read (`why` says it): nothing else suffers. */
int charging_process_give_up(struct charging *charging, const struct charging_process *process,
                             const struct err *why, struct err *err);
/* Does the process `id` hold a sample of this date? 1 or 0. */
int charging_process_holds(struct charging *charging, int64_t id, int64_t date_us, struct err *err);
/* The vehicle that returned the pack: of its newest Off-Load into this station. */
int charging_find_vehicle(struct charging *charging, const char *bid, const char *station_id,
                          int64_t until_us, char vid[65], struct err *err);

/* figures.c: what the samples of a process say. */
/* All stored samples of a process, open or packed, ready for evaluation; in order of arrival. */
int charging_samples_read(struct store *store, int64_t id, struct evaluate_sample **samples,
                          size_t *count, struct err *err);
struct evaluate_sample charging_sample_of(const struct charge_sample *sample);
/* The row to store: at the scales of the columns, so that stored and running figures agree. */
struct charge_sample charging_sample_to_store(const struct charging_observation *observation);

/* charging.c: memory of a rollback is brought up to date. */
int charging_recover(struct charging *charging, struct err *err);

#endif
