/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of cloud/ingest share. Nobody else includes this. */
#ifndef SWAPSTACK_INGEST_INGEST_INTERNAL_H
#define SWAPSTACK_INGEST_INGEST_INTERNAL_H

#include "alerts/alerts.h"
#include "health/days.h"
#include "ingest/clockfix.h"
#include "ingest/ingest.h"
#include "ingest/streams.h"
#include "stations/connection.h"
#include "stations/fleet.h"
#include "stations/registry.h"
#include "stations/state.h"

/* Counters of table `counter`; the order is that of COUNTER_NAMES in ingest.c. */
enum counter {
    COUNTER_MESSAGES,
    COUNTER_SAMPLES,
    COUNTER_QUARANTINED,
    COUNTER_QUARANTINE_DROPPED,
    COUNTER_REPEATS,
    COUNTER_GAPS,
    COUNTER_RESENDS,
    COUNTER_HELD,
    COUNTER_COUNT
};

/* A REGISTER_RESULT, or (status NULL) a SET_CONFIG, to be sent after the commit. */
struct answer {
    char device[DEVICE_SIZE];
    char journal[JOURNAL_ID_SIZE];
    const char *status; /* literal: accepted, pending, refused */
};

struct ingest {
    struct store *store; /* not owned, as env and out */
    const struct env *env;
    const struct ingest_out *out;
    struct ingest_options options;
    char prefix[TOPIC_SIZE];
    int64_t arrived_us; /* arrival of the newest message, as it was taken */
    /* owned */
    struct alerts *alerts;
    struct tracking *tracking;
    struct charging *charging;
    struct days *days;
    struct registry *registry;
    struct commands *commands;
    struct streams *streams;
    struct fleet fleet;
    struct retention *retention;
    struct answer *answers;
    size_t answer_count, answer_size;
    int64_t counters[COUNTER_COUNT]; /* of the open transaction */
    int64_t total[COUNTER_COUNT];    /* committed by this process */
    int64_t batches;
    int64_t ticked_mono_us;   /* last ingest_tick that did something */
    int64_t retained_mono_us; /* last step of retention, or its failure */
    bool link_up;
    bool stale; /* a rollback's reload failed: caches must be read again before anything else */
};

/* A message on its way through. */
struct arrival {
    const struct ingest_message *raw;
    const char *refuse; /* as ingest_message */
    struct topic topic;
    struct message message; /* decoded */
    enum message_quality quality;
    struct err bad;          /* why it is not MESSAGE_GOOD */
    struct station *station; /* NULL: not known */
    struct state_moment moment;
    enum clockfix_source time_source;
    int64_t journal_number; /* 0: no journal */
};

/* retain.c: between batches. A failure is logged and tried again; messages do not suffer by it. */
void ingest_retain(struct ingest *ingest);

struct connection ingest_connection(const struct ingest *ingest);

/* quarantine.c: stores the raw bytes with a sentence. */
int ingest_quarantine(struct ingest *ingest, const struct ingest_message *raw, const char *reason,
                      struct err *err);

/* receive.c: a message on `info` or `info/<device>`. */
int ingest_receive_info(struct ingest *ingest, struct arrival *arrival, struct err *err);
/* control.c: a message on `control` or `control/<device>`. */
int ingest_receive_control(struct ingest *ingest, struct arrival *arrival, struct err *err);

/* admission.c: is this station's data wanted? */
enum admission { ADMIT, HOLD, REFUSE };
enum admission ingest_admission(const struct ingest *ingest, const struct station *station);
/* Remembers a REGISTER_RESULT for after the commit. */
int ingest_answer(struct ingest *ingest, const char *device, const char *journal,
                  const char *status, struct err *err);
/* Remembers a SET_CONFIG when the station should have one; `echo` NULL: something changed. */
int ingest_offer_config(struct ingest *ingest, struct station *station,
                        const struct message_config *echo, struct err *err);
/* After the commit: sends them. */
void ingest_send_answers(struct ingest *ingest);

/* dispatch.c: the effect of an accepted, well-formed message on `info`. */
int ingest_dispatch(struct ingest *ingest, struct arrival *arrival, struct err *err);
/* telemetry.c */
int ingest_station_info(struct ingest *ingest, struct arrival *arrival, struct err *err);
/* events.c; *repeat: a bare event that was known already. */
int ingest_swap_event(struct ingest *ingest, struct arrival *arrival, bool *repeat,
                      struct err *err);
int ingest_charge_session(struct ingest *ingest, struct arrival *arrival, struct err *err);
int ingest_command_result(struct ingest *ingest, struct arrival *arrival, struct err *err);

struct tracking_source ingest_source(const struct arrival *arrival);

#endif
