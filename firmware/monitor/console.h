/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the monitor answers technicians' tools on its socket for them (ipc/ipc.h, console_request).
 * Pure.
 *
 *     status      {device, fw, journal, boot, up_s, clock, engine:{state, …}}
 *     net         {broker, phase, since_s, next_try_s, failures, last_error, connected, …,
 *                  lanes:[{lane, boot, mark, sent, assigned, in_flight}]}
 *     journal     {id, boot, event_rows, telemetry_rows, telemetry_bytes, …, storage}
 *     reconnect   makes the connection to the broker anew now
 */
#ifndef SWAPSTACK_MONITOR_CONSOLE_H
#define SWAPSTACK_MONITOR_CONSOLE_H

#include "ipc/ipc_server.h"
#include "monitor/monitor.h"
#include "mqtt/session.h"

/* Answers one request; the caller owns the packet. NULL: out of memory. `session`: how the
 * connection is now. */
cJSON *monitor_console_answer(struct monitor *monitor, const struct session_view *session,
                              const struct ipc_packet *request);

#endif
