/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engine and monitor: the JSON messages of requirements/charging-system.md ("消息协议") over a Unix
 * SOCK_SEQPACKET socket, one object per packet, at most 192 KiB. The engine listens, the monitor
 * connects; a newer monitor connection replaces the older. Every packet has `type` and
 * `message_id`; an answer echoes the message_id. `id` / `cp_id` is the station.
 *
 * monitor -> engine
 *   register_request      {id, location, price_per_kwh, mark:{boot,seq}}  mark: newest engine event
 *                         that the monitor holds durably (0,0: none); the engine drops those and
 *                         sends the rest again, in order
 *   health_check_request  {id, timestamp}                      every 30 s (wall)
 *   status_request        {}                                   send `status` now
 *   charge_request       {cp_id, driver_id, vehicle_id, request_id, battery_id?, count?, command,
 *                         presented?}   run a swap of `count` (1, 2) batteries. `command` is the
 *                         identity that events echo;
 *                         `presented` the message_id of the token_presented that it answers: then
 *                         vehicle_id may be "", and the engine refuses it as Stale when it comes
 *                         too late for the driver who stands there
 *   token_response       {status:"refused", reason}            no swap for that token_presented
 *   session_request       {cp_id, action:"start"|"stop", bay, session?, target_soc?, power_kw?,
 *                         command}
 *   reserve_request       {cp_id, action:"reserve"|"cancel", request_id, driver_id, vehicle_id,
 *                         until, count?, command}
 *   config_request        {values:{key:{version,value}}}       from SET_CONFIG, already persisted
 *   restart_request       {mode}                               safe levels, exit 0
 *   event_ack             {boot, seq}                          durable in the monitor's journal
 * engine -> monitor
 *   register_response     {status:"accepted", boot, board, fw, bays, latitude, longitude,
 *                         open_command}   identity of the swap under way, "" if none
 *   health_check_response {id, timestamp, mode, state}
 *   status                {time, age_ms?, transition, data:{station:{…},battery:[…]}}  data as in
 *                         STATION_INFO without what the monitor knows (journal, config)
 *   charge_response, session_response, reserve_response, config_response
 *                         {status:"accepted"|"refused", reason}
 *   event                 {boot, seq, prev_boot?, prev_seq?, time, age_ms, kind, data}   kind: 17,
 *                         18 or 20, data as in the MQTT message of that type
 *   charge_completion     {boot, seq, prev_boot?, prev_seq?, time, age_ms, command, request_id,
 *                         outcome:"done"|"failed", reason}   the end of an accepted command;
 *                         ordered with the events
 *   token_presented       {token, vehicle_id}   a driver's token at the reader of the station;
 *                         vehicle_id is what the lane's reader says, "" when nobody is there
 *   fault_notification    {id, failure_info}   what the engine cannot say as an event (storage)
 * On the sockets for technicians' tools (ipc_server.h), which engine and monitor have beside that:
 * tool -> daemon
 *   console_request       {verb, bay?, on?, answer?}   verbs: engine/console.h, monitor/console.h
 * daemon -> tool
 *   console_response      {status:"accepted"|"refused", reason?, text?, data?:{…}}   reason is a
 * code, text a sentence for a person
 *
 * Events are numbered (boot, seq); `prev_boot`, `prev_seq` name the one that was sent before this
 * one and is not acknowledged, 0 and 0: there is none; absent: the number before in the same boot.
 * The monitor takes an event iff prev ≤ its mark < (boot, seq). Without that the first of a new
 * boot would hide that the last of the one before could not be stored.
 *
 * `time` is integer µs since 1970 on the plant clock; `age_ms` is how long before sending that was
 * (plant pace, ms), so that the monitor can place it on its own `up` scale.
 */
#ifndef SWAPSTACK_IPC_IPC_H
#define SWAPSTACK_IPC_IPC_H

#include "base/err.h"
#include "base/strbuf.h"
#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#define IPC_PACKET_MAX (192u * 1024u)

enum ipc_type {
    IPC_REGISTER_REQUEST,
    IPC_REGISTER_RESPONSE,
    IPC_HEALTH_CHECK_REQUEST,
    IPC_HEALTH_CHECK_RESPONSE,
    IPC_STATUS_REQUEST,
    IPC_STATUS,
    IPC_CHARGE_REQUEST,
    IPC_CHARGE_RESPONSE,
    IPC_SESSION_REQUEST,
    IPC_SESSION_RESPONSE,
    IPC_RESERVE_REQUEST,
    IPC_RESERVE_RESPONSE,
    IPC_CONFIG_REQUEST,
    IPC_CONFIG_RESPONSE,
    IPC_RESTART_REQUEST,
    IPC_EVENT_ACK,
    IPC_EVENT,
    IPC_CHARGE_COMPLETION,
    IPC_FAULT_NOTIFICATION,
    IPC_TOKEN_PRESENTED,
    IPC_TOKEN_RESPONSE,
    IPC_CONSOLE_REQUEST,
    IPC_CONSOLE_RESPONSE,
    IPC_TYPE_COUNT
};

struct ipc_packet {
    enum ipc_type type;
    char message_id[65];
    cJSON *json; /* the whole object, owned; release with ipc_packet_free */
};

const char *ipc_type_name(enum ipc_type type);

/* Pure parser of one packet: an object, a known type, the fields that the type requires with the
 * right JSON types. ERR_PROTOCOL with a sentence. */
int ipc_decode(const void *bytes, size_t length, struct ipc_packet *packet, struct err *err);
void ipc_packet_free(struct ipc_packet *packet);

/* Typed access with absent values as in protocol/message.h ("" and MESSAGE_ABSENT, NAN). */
const char *ipc_text(const struct ipc_packet *packet, const char *field);
int64_t ipc_integer(const struct ipc_packet *packet, const char *field);
double ipc_real(const struct ipc_packet *packet, const char *field);

/* Begins an object {"type":…,"message_id":…}; add fields with cJSON, then ipc_encode, which
 * releases it. NULL when out of memory. */
cJSON *ipc_begin(enum ipc_type type, const char *message_id);
int ipc_encode(cJSON *object, struct strbuf *to, struct err *err);

/* Sockets (ipc_socket.c). All non-blocking and close-on-exec. */
int ipc_listen(const char *path, struct err *err);  /* fd or negative; replaces a stale socket */
int ipc_accept(int listen_fd, struct err *err);     /* fd, ERR_BUSY when nobody waits */
int ipc_connect(const char *path, struct err *err); /* fd or negative */
int ipc_send(int fd, const void *bytes, size_t length, struct err *err); /* ERR_BUSY: later */
/* Receives one packet into `to` (cleared first). ERR_BUSY nothing there, ERR_UNAVAILABLE closed. */
int ipc_receive(int fd, struct strbuf *to, struct err *err);

#endif
