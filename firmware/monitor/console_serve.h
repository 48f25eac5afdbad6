/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the monitor's answers for technicians to their socket ([console] monitor_socket). */
#ifndef SWAPSTACK_MONITOR_CONSOLE_SERVE_H
#define SWAPSTACK_MONITOR_CONSOLE_SERVE_H

#include "base/config.h"
#include "monitor/monitor.h"
#include "mqtt/session.h"

struct monitor_serve;

/* Opens the socket; when that does not work it is logged and NULL: the station needs it not. All
 * must outlive it. `state`: the state folder. */
struct monitor_serve *monitor_serve_open(struct monitor *monitor, struct session *session,
                                         const struct config *config, const char *state);
void monitor_serve_close(struct monitor_serve *serve); /* NULL: nothing */

/* Readable when monitor_serve_step has something to do; -1 for NULL. */
int monitor_serve_fd(const struct monitor_serve *serve);
void monitor_serve_step(struct monitor_serve *serve);

#endif
