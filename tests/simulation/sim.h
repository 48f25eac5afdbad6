/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run: one or two stations (engine, monitor, plant, disk), a broker, a bridge with its
 * database, an operator, and chaos, all in virtual time and all from one seed.
 *
 * A process is killed by making it deaf and dumb in the middle of whatever it does: from the
 * fatal call on, nothing that it asks of the outside has any effect; what was durable before stays.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_SIM_H
#define SWAPSTACK_TESTS_SIMULATION_SIM_H

#include "base/clock.h"
#include "base/env.h"
#include "base/strbuf.h"
#include "broker.h"
#include "disk.h"
#include "engine/engine.h"
#include "ingest/ingest.h"
#include "ledger.h"
#include "plant.h"
#include "random.h"
#include "schedule.h"

#define SIM_STATIONS_MAX 2
#define SIM_COMMANDS_MAX 64
#define SIM_CARDS        8 /* tokens CARD-0 … CARD-7; the last one is on no list */
#define SIM_RING         64
#define SIM_MADE_KEY     176
#define SIM_START_US     INT64_C(1795248000000000) /* 2026-11-21T08:00:00Z */

#define SIM_FAULTS(X)                                                                              \
    X(ENGINE_KILL, "engine killed")                                                                \
    X(MONITOR_KILL, "monitor killed")                                                              \
    X(BRIDGE_KILL, "bridge killed")                                                                \
    X(POWER_LOSS, "power of a station lost")                                                       \
    X(CUT_STATION, "station's connection cut")                                                     \
    X(CUT_BRIDGE, "bridge's connection cut")                                                       \
    X(BROKER_STOP, "broker stopped")                                                               \
    X(BROKER_AMNESIA, "broker lost its state")                                                     \
    X(DISK_FULL_ENGINE, "engine's disk full")                                                      \
    X(DISK_FULL_MONITOR, "journal's disk full")                                                    \
    X(DISK_FULL_BRIDGE, "bridge's disk full")                                                      \
    X(CLOCK_STEP, "clock stepped")                                                                 \
    X(RESTORE, "old backup restored")

#define SIM_FAULT_ENUM(name, text) FAULT_KIND_##name,
enum sim_fault { SIM_FAULTS(SIM_FAULT_ENUM) FAULT_KIND_COUNT };
#undef SIM_FAULT_ENUM
extern const char *const SIM_FAULT_NAMES[FAULT_KIND_COUNT];

/* Sums over runs. */
struct sim_counts {
    int64_t runs, virtual_us, messages, events, telemetry, repeats, missing, gap_rows, commands,
        swaps, local_swaps, cut_off_swaps, checks, redeliveries;
    int64_t faults[FAULT_KIND_COUNT];
};

/* A process that can die. */
struct process {
    bool running, dead;
    uint64_t life;                 /* moves on when it ends */
    int64_t fatal_in;              /* calls to the outside until it dies; 0: it does not */
    int64_t exits;                 /* times it ended by itself */
    const struct crash_vfs *power; /* off: dead; NULL: never */
};

/* What becomes of a call to the outside. */
enum process_call {
    CALL_WORKS,
    CALL_LAST, /* the process dies in it: it may or may not have its effect */
    CALL_DEAD  /* the process is dead: no effect */
};

/* An event that the engine made durable. */
struct sim_made {
    int64_t boot, seq;
    char key[SIM_MADE_KEY]; /* "" completion: judged by its command */
    bool found;             /* in the database, by the final check */
};

struct sim_state { /* small durable state: one named file */
    bool exists;
    struct strbuf bytes;
};

struct sim_ack {
    char device[DEVICE_SIZE];
    struct message_ack ack;
};

struct postbox;
struct sim_monitor;
struct sim;

struct sim_station {
    struct sim *sim;
    char device[DEVICE_SIZE];
    struct plant plant;
    int64_t wall_step_us; /* what its clock is wrong by */
    /* engine */
    struct process engine_process;
    struct env engine_env;
    struct engine_link engine_link;
    struct engine_plant engine_plant;
    struct engine_options engine_options;
    struct engine *engine;
    struct sim_state engine_state;
    bool engine_disk_full;
    size_t made_count, made_capacity;
    struct sim_made *made; /* owned */
    int64_t swaps_begun;
    int64_t presented, presented_us; /* tokens at the reader, and when the newest one was */
    size_t local_count;              /* local swaps, and their identities */
    char local[SIM_COMMANDS_MAX][MESSAGE_ID_SIZE];
    char swap_command[MESSAGE_ID_SIZE]; /* under way */
    /* between engine and monitor */
    bool ipc_up;
    uint64_t ipc_life;
    int64_t ipc_queued; /* packets under way */
    /* monitor (process_monitor.c) */
    struct process monitor_process;
    struct sim_monitor *monitor;
    struct broker_client client;
    char control_topic[TOPIC_SIZE];
};

struct sim_bridge {
    struct process process;
    struct env env;
    struct ingest_out out;
    struct ingest *ingest;
    struct postbox *postbox;
    struct store *store; /* lives on */
    struct broker_client client;
    struct broker_packet *ring[SIM_RING]; /* PUBACKed, not yet committed */
    int64_t ring_at_us[SIM_RING];
    size_t ring_count;
    struct broker_packet *unsure[SIM_RING]; /* their commit was cut short by a power failure */
    size_t unsure_count;
    bool batch_due;
    bool dies_at_commit, dies_after_commit;
    struct sim_ack pending[64]; /* said during a batch, judged after it */
    size_t pending_count;
    int64_t batch_us; /* how long messages gather */
    int64_t pump_us;  /* next look into the outbox; INT64_MAX none */
};

struct sim_command {
    char identity[MESSAGE_ID_SIZE];
    int64_t type;
    int64_t sent_us;
    int station;
    bool well;  /* fresh and well formed */
    bool legal; /* fresh, not retained, well formed: may be obeyed */
    int swaps;  /* begun for it */
    int allowed;
    size_t length;
    char payload[512];
};

struct sim {
    uint64_t seed;
    bool trace;
    struct sim_disk *disk; /* --sqlite; else NULL */
    struct random random;
    struct schedule schedule;
    struct broker broker;
    size_t station_count;
    struct sim_station stations[SIM_STATIONS_MAX];
    struct sim_bridge bridge;
    struct ledger ledger;
    size_t command_count;
    struct sim_command commands[SIM_COMMANDS_MAX];
    bool calm; /* faults have stopped */
    bool journal_was_full;
    bool restored; /* an old backup came back in this run */
    void *backup;  /* sqlite3 *: the backup, NULL none */
    struct ledger backup_ledger;
    struct sim_counts *counts;
    char violation[512]; /* the first one, "" none */
};

/* --- run.c --- */

/* One run. 0, or -1 with `violation` filled. `store` is an empty database, left with what the run
 * wrote; NULL: SQLite on a disk of its own. */
int sim_run(uint64_t seed, bool trace, struct store *store, struct sim_counts *counts,
            char *violation, size_t violation_size);

/* The power of the disk has failed, or fails now: all that runs on it dies. */
void sim_power_loss(struct sim *sim);
/* Looks whether it has failed within a call. */
bool sim_power_is_off(const struct sim *sim);
/* Triggers that note what may never happen in the database. */
void sim_watch(struct sim *sim);
/* Notes what they saw; before the connection is closed. */
void sim_watched(struct sim *sim);

void sim_violate(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Asks that `happen` be called later, while `life` lives. */
void sim_later(struct sim *sim, int64_t after_us, void (*happen)(void *self, void *what),
               void *self, const uint64_t *life);
int64_t sim_wall_us(const struct sim *sim, const struct sim_station *station);
void sim_count(struct sim *sim, enum sim_fault fault);
enum process_call process_call(struct process *process);

/* --- checks.c --- */

/* What tells one event from another: the fields of `{"kind":…,"data":{…}}` or of a message. "" when
 * it is not an event of the engine. */
void sim_event_key(const char *json, char key[SIM_MADE_KEY]);

/* --- process_engine.c --- */
void sim_engine_init(struct sim_station *station);
void sim_engine_start(struct sim_station *station);
void sim_engine_stop(struct sim_station *station); /* killed: what is not durable is gone */
void sim_engine_release(struct sim_station *station);
/* After any call into the engine: dies, exits, or is stepped again. */
void sim_engine_after(struct sim_station *station);

/* --- ipc_wire.c --- */
int sim_ipc_send(struct sim_station *station, bool to_monitor, const void *bytes, size_t length,
                 struct err *err);
void sim_ipc_look(struct sim_station *station); /* connects when both are there */
void sim_ipc_break(struct sim_station *station, bool engine_is_gone);

/* --- process_monitor.c --- */
void sim_monitor_init(struct sim_station *station);
void sim_monitor_start(struct sim_station *station);
void sim_monitor_stop(struct sim_station *station, bool power_lost);
void sim_monitor_release(struct sim_station *station);
void sim_monitor_engine_connected(struct sim_station *station);
void sim_monitor_engine_lost(struct sim_station *station);
void sim_monitor_engine_packet(struct sim_station *station, const void *bytes, size_t length);
void sim_monitor_disk_full(struct sim_station *station, bool full);
/* Everything delivered, no open command. */
bool sim_monitor_is_drained(struct sim_station *station);
/* The command is durable in its journal. */
bool sim_monitor_knows(struct sim_station *station, const char *identity);
/* A fault code that the monitor raises, not the engine. */
bool sim_monitor_raises(const char *code);
const char *sim_monitor_describe(struct sim_station *station);

/* --- process_bridge.c --- */
void sim_bridge_init(struct sim *sim, struct store *store);
void sim_bridge_start(struct sim *sim);
void sim_bridge_stop(struct sim *sim);
void sim_bridge_release(struct sim *sim);
void sim_bridge_disk_full(struct sim *sim, bool full);
void sim_bridge_backup(struct sim *sim);
void sim_bridge_restore(struct sim *sim);

/* --- operator.c --- */
void sim_operator_begin(struct sim *sim);
struct sim_command *sim_command_find(struct sim *sim, const char *identity);

/* --- chaos.c --- */
void sim_chaos_begin(struct sim *sim, int64_t span_us);
void sim_chaos_end(struct sim *sim);

/* --- checks.c --- */
void sim_check_final(struct sim *sim);
/* [charging] gone_timeout_h of the bridge: short, so that outages close processes which the backlog
 * opens again. */
#define SIM_GONE_TIMEOUT_US (INT64_C(60) * 1000000)
void sim_check_charging(struct sim *sim); /* checks_charging.c */
void sim_check_truth(struct sim *sim);    /* checks_truth.c; not after a restore */
void sim_check_engine(struct sim_station *station);

#endif
