/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine is made of; for the files of this folder only. */
#ifndef SWAPSTACK_ENGINE_STATE_H
#define SWAPSTACK_ENGINE_STATE_H

#include "engine/engine.h"
#include "engine/handover.h"
#include "engine/intent.h"
#include "engine/roles.h"
#include "engine/supervise.h"

/* Transitions that wait while the monitor is gone or its socket is full; the oldest go first. */
#define ENGINE_STATUS_MAX 128

struct engine_status { /* one status packet's content */
    int64_t at_us;     /* core time */
    bool transition;
    cJSON *data; /* owned */
};

/* Answers that wait because the socket was full. A monitor that reads nothing at all for so long
 * loses the oldest: it has to ask again. */
#define ENGINE_ANSWERS_MAX 32

struct engine_reader { /* reader.c */
    bool seen;         /* the first reading was looked at */
    int64_t number;    /* newest token that was looked at */
    char packet[65];   /* message_id of the token_presented that waits for an answer, "" none */
    int64_t asked_us;  /* when it was sent, wall pace */
    char notice[IO_ID_SIZE];
    int64_t notice_us; /* since when it is shown, wall pace */
};

struct engine {
    struct engine_options options;
    struct station station;
    struct handover handover;
    struct intent_config config;
    struct supervise supervise;
    struct io_readings readings;        /* of all plants together */
    struct io_readings *plant_readings; /* what each plant said, owned, as many as plants */
    struct io_requests requests;
    struct station_actions actions;
    int64_t now_us;  /* core time of the last step */
    int64_t mono_us; /* wall pace at which core time stood at core_us */
    int64_t core_us;
    int64_t skew_us; /* plant clock minus core time; changes when a clock is set */
    bool steppable;
    /* core time since when a driver fails, 0: it works */
    int64_t read_failed_us[ENGINE_PLANTS_MAX], write_failed_us[ENGINE_PLANTS_MAX];
    /* intent */
    bool dirty;
    int64_t save_failed_us; /* wall pace; next try a second later, 0: the last one succeeded */
    bool stale;             /* the stored state holds events that are acknowledged by now */
    bool world;             /* a driver has a world to save */
    int64_t saved_us;       /* wall pace */
    size_t answer_count;
    cJSON *answers[ENGINE_ANSWERS_MAX]; /* owned */
    /* statuses */
    size_t status_count;
    struct engine_status statuses[ENGINE_STATUS_MAX];
    int64_t status_sent_us;   /* core time of the newest one */
    int64_t status_wall_us;   /* wall pace */
    int64_t handover_wall_us; /* last progress of the hand-over */
    int64_t packet_counter;
    struct engine_reader reader;
    bool storage_told;
    bool exit_wanted;
};

/* intent_save.c: makes the intent durable if it changed. Sets and clears station.storage_fault.
 * True when the state on disk is the state in memory. */
bool engine_commit(struct engine *engine);
/* Puts the core's events behind the others. Clears the actions. */
void engine_take_actions(struct engine *engine);

/* receive.c: takes over what a request did to the core and makes it durable. NULL, or the code why
 * it must be refused after all. */
const char *engine_settle(struct engine *engine);

/* engine.c */
void engine_write_plants(struct engine *engine, const struct io_requests *requests);

/* reader.c */
void engine_read_token(struct engine *engine);  /* after reading: a new one goes to the monitor */
void engine_show_notice(struct engine *engine); /* after the core: into the requests */
/* The token_presented with this message_id still waits for its answer. */
bool engine_token_waits(const struct engine *engine, const char *packet_id);
/* Its answer; `refusal` NULL: the swap begins. */
void engine_token_answered(struct engine *engine, const char *packet_id, const char *refusal);

/* outgoing.c */
int engine_send(struct engine *engine, cJSON *packet, struct err *err);
/* Sends an answer, now or as soon as the socket takes it, before anything else. */
void engine_answer(struct engine *engine, cJSON *packet);
/* Forgets answers that a lost monitor will not read. */
void engine_drop_answers(struct engine *engine);
void engine_queue_status(struct engine *engine, bool transition);
/* Sends what waits: events in order, then statuses; goes back after 10 s without progress. */
void engine_flush(struct engine *engine);
cJSON *engine_begin(struct engine *engine, enum ipc_type type);

int64_t engine_plant_us(const struct engine *engine);
int64_t engine_mono_us(const struct engine *engine);
/* Core time now; a core time as it is stamped on what leaves. */
int64_t engine_core_us(const struct engine *engine);
int64_t engine_stamp_us(const struct engine *engine, int64_t core_us);

#endif
