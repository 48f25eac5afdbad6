/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's state, shared by the files of this folder that are parts of it. */
#ifndef SWAPSTACK_MONITOR_STATE_H
#define SWAPSTACK_MONITOR_STATE_H

#include "ipc/ipc.h"
#include "monitor/authlist.h"
#include "monitor/commands.h"
#include "monitor/monitor.h"
#include "monitor/outbox.h"

#define NEVER INT64_MAX

#define SECOND_US           INT64_C(1000000)
#define ENGINE_ANSWER_US    (10 * SECOND_US)  /* register_response must come within */
#define ENGINE_GRACE_US     (10 * SECOND_US)  /* an engine may restart so long without a fault */
#define ENGINE_SETTLE_US    (10 * SECOND_US)  /* after registration its open events have come */
#define START_SETTLE_US     (120 * SECOND_US) /* without an engine: then open commands are closed */
#define GOODBYE_US          (5 * SECOND_US)   /* a result may take so long to reach the broker */
#define RECOVER_US          (5 * SECOND_US)   /* asking for the reserve costs one failing call */
#define PURGE_US            (3600 * SECOND_US)
#define STATUS_ANSWER_US    (2 * SECOND_US)
#define OWED_MAX            8
#define CLOSE_AGAIN_US      (10 * SECOND_US) /* an outcome could not be stored */
#define COMMAND_KEEP_US     (INT64_C(2) * 86400 * SECOND_US)
#define COMMAND_KEEP        10000
#define REFUSALS_PER_SECOND 10
#define TOKENS              256 /* power of two, above the session's window */
#define ENGINE_COMMAND_SIZE 48

enum engine_state { ENGINE_AWAY, ENGINE_REGISTERING, ENGINE_REGISTERED };

struct engine_side {
    enum engine_state state;
    int64_t mark_boot, mark_seq; /* newest event that the journal holds durably */
    int64_t heard_us;            /* last packet */
    int64_t since_us;            /* of the present state */
    int64_t health_us;           /* next health check */
    int64_t again_us;            /* register again (an event could not be stored, a gap) */
    bool lost_reported;          /* FAULT EngineLost is active */
    int64_t lost_since_plant_us, lost_count;
    char board[MESSAGE_NAME_SIZE], fw[MESSAGE_NAME_SIZE];
    int64_t bays; /* 0: never registered in this boot */
    double latitude, longitude;
    char open_command[ENGINE_COMMAND_SIZE];
};

/* What waits for a result to have left the station. */
enum goodbye_kind { GOODBYE_NONE, GOODBYE_OFFLINE, GOODBYE_SERVICE, GOODBYE_REBOOT };
struct goodbye {
    enum goodbye_kind kind;
    int64_t seq;         /* of the event row of this boot that must reach the broker */
    int64_t deadline_us; /* go anyway */
    int64_t seconds;     /* OFFLINE: 0 = until a restart */
    int64_t command;     /* its number */
};

struct token {
    int64_t token;
    enum message_lane lane;
    int64_t boot, seq;
};

/* owed.c */
struct owed_outcome {
    int64_t number; /* of the command; 0: none */
    char outcome[16];
    char reason[MESSAGE_TEXT_SIZE];
};

struct monitor {
    const struct settings *settings;
    const struct env *env;
    const struct monitor_link *link;
    struct journal *journal;
    struct outbox outbox;
    int64_t boot_mono_us; /* origin of `up` */
    char info_topic[TOPIC_SIZE], control_topics[2][TOPIC_SIZE];
    struct engine_side engine;
    int64_t last_packet;
    struct monitor_counts counts;

    /* record.c: the open group */
    bool group_open, group_durable;
    int64_t group_since_us;
    int64_t stored[JOURNAL_LANES]; /* highest seq of this boot that a commit holds */
    bool was_short;
    int64_t short_since_plant_us;

    /* broker.c */
    bool connected, accepted; /* accepted: REGISTER_RESULT did not say otherwise */
    int64_t conn;
    int64_t offline_until_us; /* NEVER with offline: until a restart; else when to close it again */
    bool offline;
    int64_t offline_command;
    struct token tokens[TOKENS];

    /* report.c */
    struct message snapshot; /* STATION_INFO; what the engine said last */
    bool has_snapshot;
    int64_t snapshot_mono_us, snapshot_plant_us;
    int64_t report_us;       /* when the next report is due */
    int64_t report_asked_us; /* status_request sent for it; 0: no */
    struct message_config config;

    /* obey.c */
    int64_t refusal_second, refusals;
    int64_t settle_us;      /* when commands up to settle_number that are open get closed */
    int64_t settle_number;  /* 0: nothing to settle */
    int64_t restart_number; /* up to it this start ends restarts and disconnections; 0: it has */
    int64_t last_number;    /* of a command */
    struct goodbye goodbye;
    struct owed_outcome owed[OWED_MAX];
    int64_t owed_us; /* NEVER: none is owed */

    /* local.c */
    struct authlist authlist;
    int64_t local_count;  /* local starts of this boot */
    int64_t strangers;    /* tokens that were not on the list, since … */
    int64_t strangers_us; /* … this time */
    int64_t no_tokens_us; /* none is looked up before this time */

    int64_t recover_us, purge_us;
    int64_t sweep_us; /* acknowledged rows are deleted again; NEVER: none is known to be left */
};

static inline int64_t now_us(const struct monitor *monitor)
{
    return monitor->env->mono_us(monitor->env->self);
}
static inline int64_t plant_now_us(const struct monitor *monitor)
{
    return monitor->env->plant_us(monitor->env->self);
}
static inline int64_t wall_now_us(const struct monitor *monitor)
{
    return monitor->env->wall_us(monitor->env->self);
}

/* envelope.c ---------------------------------------------------------------------------------- */

/* A message of this station of a type: device, v, journal, boot, up, clock, time (plant now). */
void envelope_init(const struct monitor *monitor, struct message *message, int64_t type);
void envelope_fill(const struct monitor *monitor, struct message *message);
/* Places a fact that is `age_us` (plant) old. */
void envelope_date(const struct monitor *monitor, struct message *message, int64_t time_us,
                   int64_t age_us);

/* record.c: into the journal ------------------------------------------------------------------ */

/* Begins a group of changes that is durable when record_commit returns 0; closes the open one. */
int record_begin(struct monitor *monitor, struct err *err);
/* Puts a message into a lane: gives it its seq, encodes, decodes and measures it. Within a durable
 * group, or (telemetry) into the open group. ERR_INVALID: it cannot be sent; nothing changed. */
int record_message(struct monitor *monitor, struct message *message, enum message_lane lane,
                   struct err *err);
int record_commit(struct monitor *monitor, struct err *err);
void record_rollback(struct monitor *monitor);
/* Telemetry on its own: joins the open group; storage faults only count. */
void record_telemetry(struct monitor *monitor, struct message *message);
/* One event on its own. */
int record_event(struct monitor *monitor, struct message *message, struct err *err);
/* A group of changes without a message, not urgent. */
int record_group(struct monitor *monitor, struct err *err);
void record_close_group(struct monitor *monitor);
int64_t record_deadline(const struct monitor *monitor);
void record_tick(struct monitor *monitor);

/* send.c: out of the journal ------------------------------------------------------------------ */

void send_pump(struct monitor *monitor);
void send_tick(struct monitor *monitor);
/* Marks of the bridge, from ACK or REGISTER_RESULT. */
void send_acknowledge(struct monitor *monitor, const struct message_ack *ack);
/* Publishes an unsequenced message (live, STATUS, REGISTER). */
int send_now(struct monitor *monitor, struct message *message);

/* broker.c ------------------------------------------------------------------------------------ */

void broker_register(struct monitor *monitor);
int broker_set_will(struct monitor *monitor, struct err *err);
void broker_say_status(struct monitor *monitor, bool online, const char *reason);
void broker_leave(struct monitor *monitor, int64_t seconds, int64_t command);
void broker_tick(struct monitor *monitor);
int64_t broker_deadline(const struct monitor *monitor);

/* report.c ------------------------------------------------------------------------------------ */

void report_live(struct monitor *monitor);
void report_on_status(struct monitor *monitor, const struct ipc_packet *packet);
void report_tick(struct monitor *monitor);
int64_t report_deadline(const struct monitor *monitor);

/* fault.c ------------------------------------------------------------------------------------- */

struct fault {
    const char *code, *severity, *info;
    bool active;
    int64_t since_plant_us, count;
};
/* A FAULT of the monitor's own into the event lane. */
int fault_record(struct monitor *monitor, const struct fault *fault, struct err *err);

/* watch.c: engine supervision ----------------------------------------------------------------- */

int watch_send(struct monitor *monitor, enum ipc_type type, cJSON *packet, struct err *err);
cJSON *watch_packet(struct monitor *monitor, enum ipc_type type);
void watch_register(struct monitor *monitor);
/* A health check at once; it also tells the engine whether the journal has space. */
void watch_check_health(struct monitor *monitor);
void watch_on_registered(struct monitor *monitor, const struct ipc_packet *packet);
void watch_tick(struct monitor *monitor);
int64_t watch_deadline(const struct monitor *monitor);

/* sweep.c: acknowledged rows that could not be deleted ----------------------------------------- */

void sweep_later(struct monitor *monitor);
void sweep_tick(struct monitor *monitor);

/* harvest.c: engine events -------------------------------------------------------------------- */

void harvest_event(struct monitor *monitor, const struct ipc_packet *packet);

/* configure.c --------------------------------------------------------------------------------- */

int configure_load(struct monitor *monitor, struct err *err);
/* Takes the items that are newer than what is there; within a durable group. *newer counts them.
 * ERR_INVALID: a value that the station cannot work with. Not `strict`: such items are left out and
 * the others taken, because one bad key of a fleet must not keep locks from a station. */
int configure_take(struct monitor *monitor, const struct message_config *config, bool strict,
                   int *newer, struct err *err);
/* Tells the engine all of it. */
void configure_tell_engine(struct monitor *monitor);

/* owed.c: outcomes that could not be stored ---------------------------------------------------- */

void owed_add(struct monitor *monitor, int64_t number, const char *outcome, const char *reason);
void owed_tick(struct monitor *monitor);

/* outcome.c: results of commands -------------------------------------------------------------- */

/* Moves a command's outcome and journals the COMMAND_RESULT, in a durable group of its own. */
int outcome_record(struct monitor *monitor, struct journal_command *command, const char *outcome,
                   const char *reason, struct err *err);
/* The same within the durable group that is open. */
int outcome_join(struct monitor *monitor, struct journal_command *command, const char *outcome,
                 const char *reason, struct err *err);
/* Says an outcome (again) in the telemetry lane, at most REFUSALS_PER_SECOND. */
void outcome_say(struct monitor *monitor, const struct journal_command *command,
                 const char *outcome, const char *reason);
/* The open command that the engine calls by this name; ERR_NOT_FOUND. */
int outcome_find(struct monitor *monitor, const char *engine_command,
                 struct journal_command *command, struct err *err);
/* The name under which the engine knows a command; unique over journals. */
void outcome_engine_name(const struct monitor *monitor, int64_t number,
                         char name[ENGINE_COMMAND_SIZE]);
/* Closes what the last boot left open and does not depend on the engine. */
void outcome_close_restarts(struct monitor *monitor);
/* We are back online: disconnections up to command number `most` are done, earlier ones whose end
 * could not be stored at its time with them. False: to be tried again. */
bool outcome_close_disconnects(struct monitor *monitor, int64_t most);
/* Closes open commands up to settle_number but the engine's open one, as interrupted. */
void outcome_settle(struct monitor *monitor);

/* obey.c -------------------------------------------------------------------------------------- */

void obey_message(struct monitor *monitor, const char *topic, const void *payload, size_t length,
                  bool retained);
void obey_engine_answer(struct monitor *monitor, const struct ipc_packet *packet);
/* Records a command and asks the engine for it; refuses it when that cannot be. `packet_id`: of the
 * engine's token_presented that it answers, NULL for a command of the cloud. NULL: the engine was
 * asked; else the reason of the refusal. */
const char *obey_ask_engine(struct monitor *monitor, const struct message *message,
                            struct journal_command *command, const char *packet_id);
void obey_refuse(struct monitor *monitor, const struct journal_command *command,
                 const char *reason);

/* local.c ------------------------------------------------------------------------------------- */

/* A page of the list of those who may swap; concludes the command. */
void local_take_list(struct monitor *monitor, const struct message_auth_list *page,
                     struct journal_command *command);
/* A driver's token at the station's reader: a swap if the list in force names it. */
void local_on_token(struct monitor *monitor, const struct ipc_packet *packet);
/* The list in force as an item of station.config; false: there is none. */
bool local_echo(const struct monitor *monitor, struct message_config_item *item);

/* request.c ----------------------------------------------------------------------------------- */

/* The engine's packet for a command that is recorded. `packet_id` as in obey_ask_engine. */
cJSON *request_make(struct monitor *monitor, const struct message *message,
                    const struct journal_command *command, const char *packet_id,
                    enum ipc_type *type);

/* goodbye.c ----------------------------------------------------------------------------------- */

void goodbye_begin(struct monitor *monitor, enum goodbye_kind kind, int64_t seconds,
                   int64_t command);
void goodbye_reached(struct monitor *monitor, int64_t seq); /* event row of this boot */
void goodbye_tick(struct monitor *monitor);

#endif
