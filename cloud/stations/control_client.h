/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a running bridge to do something: its Unix socket FILE.sock beside the database FILE.
 * One JSON object and a newline each way (bridge/control.h lists the commands):
 *
 *     {"command":"station_approve","station":"1231","approval":"approved","actor":"ana"}
 *     {"ok":true}            or            {"error":"a sentence","code":"ERR_USAGE"}
 */
#ifndef SWAPSTACK_STATIONS_CONTROL_CLIENT_H
#define SWAPSTACK_STATIONS_CONTROL_CLIENT_H

#include "base/err.h"
#include "base/strbuf.h"

#define CONTROL_MAX_BYTES 65536 /* a request or an answer with its newline */

/* Sends one request (an object without newlines) and appends the answer without its newline to
 * `reply`. 0: answered with ok. ERR_UNAVAILABLE: no bridge runs on this database (then the caller
 * may take the writer's lock itself). An answer with an error yields its code and sentence. */
int control_request(const char *db_path, const char *request, struct strbuf *reply,
                    struct err *err);

/* The request of `swapctl station approve|refuse`. */
int control_station_approve(const char *db_path, const char *station_id, const char *approval,
                            const char *actor, struct err *err);

struct sockaddr_un;
/* Address of the socket beside `db_path`, however long that path is: `directory_fd` (owned by the
 * caller, to be closed after bind or connect) keeps the folder, which is named by way of
 * /proc/self/fd. Also used by the bridge to listen. */
int control_address(const char *db_path, struct sockaddr_un *address, int *directory_fd,
                    struct err *err);

#endif
