/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: FILE.sock beside the database FILE, a Unix stream socket that only the
 * service's user may use. One JSON object and a newline each way; a connection may carry several.
 *
 *   {"command":"station_approve","station":ID,"approval":"approved"|"refused"|"pending",
 *    "actor":USER}                                     decides whether a station's data is wanted
 *   {"command":"exchange_add","actor":"operator"|"import","actor_id":USER,"exchanges":[OBJECT …]}
 *                                                      records exchange events (tracking/form.h);
 *                                                      all of them or, at an error, none;
 *                                                      answers {"ok":true,"added":N,"known":N}
 *   {"command":"battery_area"|"battery_lock"|"battery_unlock",…}   tracking/order.h
 *   {"command":"charging_repair","idle_min":N,"processes":[ID …]}
 *                                                      closes those of the charging processes that
 *                                                      are open and got no sample for N minutes;
 *                                                      answers {"ok":true,"closed":N}
 *   {"command":"battery_model","bid":BID,"model":MODEL,"actor":USER}
 *                                                      MODEL "": not known
 *   alert_ack, alert_test, threshold_set|unset, webhook_set|unset
 *                                                      alerts/order.h
 *   tariff_…, geofence_…, station_zone, vehicle_free, charging_cost
 *                                                      changes of costs (charging/cost_change.h),
 * which has what they answer beside "ok"
 *   {"command":"charging_settings"}                    answers with the limits of rule 2:
 *                                                      {"ok":true,"gap_us":N,"rating_kw":N|null}
 *   {"command":"charging_recalculate","selection":TEXT,"position":ID,"looked_at":N,"done":BOOL,
 *    "processes":[ID …]}                               writes the figures of those that differ from
 *                                                      what their samples say, and notes how far
 *                                                      the selection is (charging/recalculate.h);
 *                                                      answers {"ok":true,"changed":N}
 *   {"command":"ping"}                                 answers when the writer is alive
 *
 * Answers: {"ok":true} or {"error":SENTENCE,"code":"ERR_…"}. A request goes through the ring to the
 * writer thread, behind the messages that came before it, and is answered after its commit.
 */
#ifndef SWAPSTACK_BRIDGE_CONTROL_H
#define SWAPSTACK_BRIDGE_CONTROL_H

#include "alerts/order.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "bridge/ring.h"
#include "charging/cost_change.h"
#include "charging/recalculate.h"
#include "protocol/topic.h"
#include "tracking/form.h"
#include "tracking/order.h"

enum control_command {
    CONTROL_PING,
    CONTROL_STATION_APPROVE,
    CONTROL_EXCHANGE_ADD,
    CONTROL_BATTERY_ORDER,
    CONTROL_BATTERY_MODEL,
    CONTROL_ALERT_ORDER,
    CONTROL_DELIVERIES,    /* of the bridge's couriers; no request over the socket */
    CONTROL_EXPORT_RESULT, /* of the bridge's own exporter; no request over the socket */
    CONTROL_CHARGING_REPAIR,
    CONTROL_COSTS,
    CONTROL_CHARGING_RECALCULATE,
    CONTROL_CHARGING_SETTINGS,
};

struct control_call {
    enum control_command command;
    char station[DEVICE_SIZE];
    char approval[16];
    char actor[65];                      /* user; of exchange_add: actor_id */
    bool import;                         /* exchange_add: the actor is "import", else "operator" */
    struct control_exchanges *exchanges; /* owned; NULL but for exchange_add */
    struct battery_order order;          /* battery_… */
    bool failed;                         /* export_result, and why */
    char text[sizeof((struct err *)0)->text];
    struct control_processes *processes;   /* owned; NULL but for charging_… */
    char bid[65], model[65];               /* battery_model */
    struct alert_order *alert_order;       /* owned; NULL but for those of alerts/order.h */
    struct control_costs *costs;           /* owned; NULL but for changes of costs */
    const struct delivery_row *deliveries; /* what came of them; the courier owns them */
    size_t delivery_count;
    int64_t keep_us;
};

/* What exchange_add asks for and what came of it. */
struct control_exchanges {
    size_t count;
    int64_t added, known; /* written by the writer before it answers */
    struct exchange_form forms[];
};

/* Charging processes to work on, and what came of it. */
struct control_processes {
    int64_t idle_us;                /* charging_repair */
    struct recalculate_order order; /* charging_recalculate; its ids are those below */
    struct evaluate2_limits limits; /* charging_settings; as `worked`: */
    int64_t worked;                 /* closed or changed; written by the writer before it answers */
    size_t count;
    int64_t ids[];
};

struct control_costs {
    struct cost_change *change; /* owned */
    struct strbuf answer;       /* owned: members, written by the writer before it answers */
};

/* Parses one line. Pure. ERR_USAGE with a sentence. Release with control_call_free either way. */
int control_parse(const char *line, size_t length, struct control_call *call, struct err *err);
void control_call_free(struct control_call *call);
/* Appends the answer for a call's result, with its newline. */
void control_format(const struct control_call *call, int status, const struct err *err,
                    struct strbuf *to);

/* A call on its way through the ring; lives on the caller's stack until it is answered. */
struct control_request;
/* Puts the call into the ring and waits for the writer's answer. */
int control_submit(struct ring *ring, const struct control_call *call, struct err *err);
/* For the writer: what is asked, and its answer (after it the request must not be touched). */
const struct control_call *control_request_call(const struct control_request *request);
void control_answer(struct control_request *request, int status, const struct err *err);

struct control;
/* Listens beside `db_path` (whose lock the caller holds: a socket left there is stale) and serves
 * in a thread of its own. */
int control_start(struct control **control, const char *db_path, struct ring *ring,
                  struct err *err);
/* Ends the thread and removes the socket. The ring must be closed, or its writer alive, for a
 * request under way to end. */
void control_stop(struct control *control);

#endif
