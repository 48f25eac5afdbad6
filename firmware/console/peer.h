/* SPDX-License-Identifier: Apache-2.0 */
/* Engine and monitor as the console asks them, over their sockets for technicians' tools. */
#ifndef SWAPSTACK_CONSOLE_PEER_H
#define SWAPSTACK_CONSOLE_PEER_H

#include "console/terminal.h"
#include "ipc/ipc.h"

struct peer {
    const char *name; /* "engine", "monitor" */
    const char *path; /* of its socket; not owned */
    int fd;           /* -1: not connected */
    int64_t counter;
    bool lost; /* the connection, and with it a login, was lost since this was last cleared */
};

struct peer_request {
    const char *verb;
    int64_t bay; /* MESSAGE_ABSENT: none */
    enum { PEER_NEITHER, PEER_OFF, PEER_ON } on;
    const char *answer; /* NULL: none */
    /* Ctrl-C does not end the wait, because what was asked for may have begun by then:
     * terminal.interrupted tells of it. */
    bool patient;
};

/* Asks and waits, at most 10 s or until Ctrl-C. *data gets the answer's data (NULL: it has none),
 * owned by the caller. Errors: ERR_UNAVAILABLE it is not running (or does not answer: ERR_TIMEOUT),
 * ERR_PERMISSION, ERR_BUSY (interrupted; somebody else is there), ERR_REFUSED with code and
 * sentence, ERR_USAGE, ERR_STORAGE. */
int peer_ask(struct peer *peer, struct terminal *terminal, const struct peer_request *request,
             cJSON **data, struct err *err);
void peer_close(struct peer *peer);

#endif
