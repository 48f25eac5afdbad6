/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One station without a cloud (swap-simulation --station): the real engine on the `sim` driver's
 * physics, the real monitor with its journal in memory, an operator, and trouble of all kinds from
 * one seed: the plant's fault script, driver errors, crashes, hangs, brown-outs, full disks.
 *
 * A judge that knows nothing of the engine's beliefs looks at the plant after each step of at most
 * 100 ms (site_truth.c). In the end everything is healed, a technician resets what is latched, and
 * the station must serve a vehicle; then the journal must hold every event once and in order.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_SITE_H
#define SWAPSTACK_TESTS_SIMULATION_SITE_H

#include "drivers/board.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/world.h"
#include "monitor/monitor.h"
#include "sim.h"

#define SITE_BAYS         5
#define SITE_COMMANDS_MAX 128
#define SITE_TROUBLE_MAX  8
#define SITE_QUEUE_MAX    64

/* What befalls the processes; the plant's own faults are those of drivers/sim/script.h. */
#define SITE_TROUBLES(X)                                                                           \
    X(ENGINE_KILL, "engine killed at a call")                                                      \
    X(ENGINE_HANG, "engine hangs")                                                                 \
    X(MONITOR_KILL, "monitor killed at a call")                                                    \
    X(MONITOR_HANG, "monitor hangs")                                                               \
    X(BROWN_OUT, "board without power")                                                            \
    X(ENGINE_DISK_FULL, "engine's disk full")                                                      \
    X(MONITOR_DISK_FULL, "journal's disk full")

#define SITE_TROUBLE_ENUM(name, text) TROUBLE_##name,
enum site_trouble { SITE_TROUBLES(SITE_TROUBLE_ENUM) TROUBLE_COUNT };
#undef SITE_TROUBLE_ENUM

/* Sums over runs. */
struct site_counts {
    int64_t runs, virtual_us, steps, events, commands, swaps, done, checks;
    int64_t troubles[TROUBLE_COUNT], faults[SCRIPT_FAULT_COUNT];
};

struct site_packet { /* on its way through the socket */
    bool to_monitor;
    size_t length;
    char *bytes; /* owned */
};

struct site_command {
    char id[32];
    bool executed, closed;
};

struct site_bay_truth {
    double door, forbidden_s, open_current_s, open_seen_s, smoke_s, heat_s, obstructed_s;
    const char *forbidden; /* why no current may flow */
    double heard_s;
    bool forced;        /* its door was forced open, and has not been shut since */
    bool forced_unseen; /* its door was forced open, and the engine cannot know yet */
    bool wrong_serial;  /* given when the current began */
    bool latched;       /* a thermal event that the engine must have seen: shut until reset */
};

struct site_truth {
    double gate, guard_s, alarm_s, unsafe_s;
    bool latched; /* an emergency that the engine must have seen */
    struct site_bay_truth bays[SITE_BAYS];
};

struct site {
    uint64_t seed;
    bool trace;
    struct random random;
    struct site_counts *counts;
    int64_t now_us; /* since the run began */
    bool calm;      /* no more trouble */
    char violation[512];
    /* plant */
    struct board *board;
    void *driver;
    struct sim_world *world;
    char script[2048];
    struct site_truth truth;
    /* trouble to come */
    size_t trouble_count;
    struct {
        int64_t at_us;
        enum site_trouble what;
    } troubles[SITE_TROUBLE_MAX];
    /* engine */
    struct process engine_process;
    struct env engine_env;
    struct engine_link engine_link;
    struct engine_plant engine_plant;
    struct engine_options engine_options;
    struct engine *engine;
    struct strbuf engine_state; /* its disk */
    bool engine_disk_full;
    int64_t engine_disk_us; /* until then */
    int64_t engine_since_us, engine_restart_us, engine_hung_us, outputs_fall_us;
    size_t made_count, made_capacity;
    struct sim_made *made; /* owned: events that it made durable */
    char swap_command[MESSAGE_ID_SIZE];
    /* socket */
    bool ipc_up, ipc_breaks; /* the monitor closes it */
    int64_t ipc_connect_us;
    int64_t ipc_down_us; /* when it broke last */
    size_t packet_count;
    struct site_packet packets[SITE_QUEUE_MAX];
    /* monitor */
    struct process monitor_process;
    struct settings settings;
    struct env monitor_env;
    struct monitor_link monitor_link;
    struct journal_memory *memory; /* its disk */
    struct journal journal;
    struct monitor *monitor;
    bool monitor_exits;
    int64_t monitor_disk_us, monitor_tick_us, monitor_restart_us, monitor_hung_us;
    int64_t monitor_hangs_us; /* since when */
    /* operator */
    int64_t operate_us;
    size_t command_count;
    struct site_command commands[SITE_COMMANDS_MAX];
    /* technician */
    int64_t repair_us;
    int room_slot;   /* of the bay that is being emptied, 0: none */
    bool room_taken; /* its pack is out */
};

/* site_run.c: one run; 0, or -1 with `violation` filled. */
int site_run(uint64_t seed, bool trace, struct site_counts *counts, char *violation,
             size_t violation_size);
void site_violate(struct site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));
void site_trace(struct site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t site_plant_us(const struct site *site);

/* site_engine.c */
void site_engine_init(struct site *site);
void site_engine_step(struct site *site);              /* starts it, steps it, buries it */
void site_engine_die(struct site *site, bool at_once); /* `at_once`: outputs too */
void site_engine_free(struct site *site);
/* It runs, and has for a second: it sees what its inputs say. */
bool site_engine_sees(const struct site *site);

/* site_monitor.c */
void site_monitor_init(struct site *site);
void site_monitor_step(struct site *site);
void site_monitor_die(struct site *site, bool power_lost);
void site_monitor_free(struct site *site);
bool site_monitor_is_drained(struct site *site);

/* site_socket.c: between the two, delivered in order between their steps. */
int site_send(struct site *site, bool to_monitor, const void *bytes, size_t length,
              struct err *err);
void site_deliver(struct site *site);
void site_disconnect(struct site *site, bool engine_lives, bool monitor_lives);

/* site_operator.c: commands to the monitor. */
void site_operate(struct site *site);
void site_command(struct site *site, int64_t type, const char *data);
struct site_command *site_command_find(struct site *site, const char *id);

/* site_technician.c: called each second after healing. */
void site_repair(struct site *site);

/* site_chaos.c */
extern const char *const SITE_TROUBLE_NAMES[TROUBLE_COUNT];
void site_chaos_draw(struct site *site, int64_t span_us);
void site_chaos_step(struct site *site);
void site_chaos_heal(struct site *site);

/* site_truth.c: the plant forward to then, judged. */
void site_advance(struct site *site, int64_t to_us);
void site_truth_reset(struct site *site); /* a technician has looked */

/* site_books.c: after the run. */
void site_check_books(struct site *site);

#endif
