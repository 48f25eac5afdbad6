/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine answers technicians' tools on its second socket (ipc/ipc.h, console_request).
 * Pure but for the audit file, which comes through a struct of function pointers.
 *
 * Anybody on the socket:
 *     status               {board, fw, boot, up_s, mode, …, swap:{…}, bays:[{slot, state, …}]}
 *     io [bay]             {station:{…}, out:{…}, bays:[{slot, age_ms, …, charger, pack, out}]}
 *     faults               {faults:[{code, slot, severity, latched, gone, since_s, count, info}]}
 *     challenge            {challenge, valid_s}
 *     login answer         {idle_s}
 *     logout
 * Logged in (engine/login.h), and each on record before anything moves:
 *     maintenance on [bay]    takes the bay or the station out of service, or back into it
 *     unlock, open, close bay; gate on (true: open); light, fan bay on; stop
 *     reset [bay]             confirms latched faults whose cause is gone
 *
 * `bay` absent or 0: the station. Reals that are not known are null.
 */
#ifndef SWAPSTACK_ENGINE_CONSOLE_H
#define SWAPSTACK_ENGINE_CONSOLE_H

#include "engine/engine.h"
#include "engine/login.h"

/* Where actions of people are put on record. */
struct engine_audit {
    void *self;
    /* One line without its end; durable when it returns 0. */
    int (*record)(void *self, const char *line, struct err *err);
};

struct engine_console {
    struct engine *engine;
    const struct engine_audit *audit;
    struct login login;
};

/* Answers one request; the caller owns the packet. NULL: out of memory. */
cJSON *engine_console_answer(struct engine_console *console, int client,
                             const struct ipc_packet *request);
/* The client's connection is gone: what it let move stops where it stands. */
void engine_console_gone(struct engine_console *console, int client);
/* Ends a session that was idle for too long, as above. Call now and then. */
void engine_console_tick(struct engine_console *console);

/* console_view.c: the data objects of status, io and faults. NULL when out of memory. `slot` 0: all
 * bays. */
cJSON *console_view_status(const struct engine *engine);
cJSON *console_view_io(const struct engine *engine, int slot);
cJSON *console_view_faults(const struct engine *engine);

#endif
