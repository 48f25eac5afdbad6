/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket for technicians' tools beside a daemon's own: several clients, one request at a time
 * each, answered at once. It never blocks the daemon's loop and its memory is bounded: at most
 * IPC_CLIENTS_MAX clients, and a client that does not read its answer is not read either.
 */
#ifndef SWAPSTACK_IPC_IPC_SERVER_H
#define SWAPSTACK_IPC_IPC_SERVER_H

#include "ipc/ipc.h"

#define IPC_CLIENTS_MAX 4

struct ipc_service {
    void *self;
    /* Answers one console_request of a client (0 to IPC_CLIENTS_MAX - 1). The packet made with
     * ipc_begin; the server owns it. NULL: out of memory, the client is dropped. */
    cJSON *(*answer)(void *self, int client, const struct ipc_packet *request);
    /* The client is gone; its number may be somebody else's next. */
    void (*gone)(void *self, int client);
};

struct ipc_server;

/* Listens at `path` (owner and group may connect). A relict of a killed process is replaced. */
int ipc_server_open(struct ipc_server **server, const char *path, const struct ipc_service *service,
                    struct err *err);
/* Drops all clients without telling the service, removes the socket. NULL: nothing. */
void ipc_server_close(struct ipc_server *server);

/* Readable when ipc_server_serve has something to do; owned by the server. NULL: -1. */
int ipc_server_fd(const struct ipc_server *server);
/* Takes who waits and answers what was asked: at most one request of each client. NULL: nothing. */
void ipc_server_serve(struct ipc_server *server);

/* An answer to `request`: accepted with `data` (taken; may be NULL) or refused with a code and a
 * sentence. NULL when out of memory. */
cJSON *ipc_console_accept(const struct ipc_packet *request, cJSON *data);
cJSON *ipc_console_refuse(const struct ipc_packet *request, const char *reason, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

#endif
