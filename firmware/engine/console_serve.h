/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the engine's answers for technicians to their socket, key file and audit file. */
#ifndef SWAPSTACK_ENGINE_CONSOLE_SERVE_H
#define SWAPSTACK_ENGINE_CONSOLE_SERVE_H

#include "base/config.h"
#include "engine/engine.h"

/* For the engine's key table. */
#define CONSOLE_SERVE_KEYS                                                                         \
    {"console",                                                                                    \
     "engine_socket",                                                                              \
     CONFIG_TEXT,                                                                                  \
     "",                                                                                           \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     "Unix socket for technicians' tools (swap-console); empty: engine.socket with -console "      \
     "before its .sock (/run/swapstack/engine-console.sock); none: no such socket."},              \
        {"console",                                                                                \
         "key_file",                                                                               \
         CONFIG_TEXT,                                                                              \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "Technician key of this station, a line of 64 hex digits (openssl rand -hex 32), owned "  \
         "by the engine's user with mode 0400. Without it nobody can move anything by hand."},     \
        {"console",                                                                                \
         "idle_s",                                                                                 \
         CONFIG_INTEGER,                                                                           \
         "600",                                                                                    \
         10,                                                                                       \
         86400,                                                                                    \
         NULL,                                                                                     \
         "A technician's session ends after so many seconds (wall) without a request."},           \
    {                                                                                              \
        "console", "lockout_s", CONFIG_INTEGER, "300", 1, 86400, NULL,                             \
            "After three wrong answers nobody can log in for so many seconds (wall)."              \
    }

struct engine_serve;

/* Opens the socket that `config` says. What does not work is logged and costs the station nothing
 * else: NULL without a socket, no logins without a key. `state` is the folder of the audit file;
 * all must outlive it. */
struct engine_serve *engine_serve_open(struct engine *engine, const struct config *config,
                                       const char *state);
void engine_serve_close(struct engine_serve *serve);

/* Readable when engine_serve_step has something to do; -1 for NULL. */
int engine_serve_fd(const struct engine_serve *serve);
/* Answers who asks; ends idle sessions. Call on each timer tick and when it is readable. */
void engine_serve_step(struct engine_serve *serve);

#endif
