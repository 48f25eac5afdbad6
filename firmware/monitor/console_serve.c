/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/console_serve.h"

#include "base/log.h"
#include "monitor/console.h"
#include <string.h>

#define MODULE "console"

struct monitor_serve {
    struct monitor *monitor;
    struct session *session;
    struct ipc_server *server;
};

static cJSON *answer(void *self, int client, const struct ipc_packet *request)
{
    const struct monitor_serve *serve = self;
    struct session_view view;
    (void)client;
    session_look(serve->session, &view);
    return monitor_console_answer(serve->monitor, &view, request);
}

static void gone(void *self, int client)
{
    (void)self; /* nothing is kept of a client */
    (void)client;
}

struct monitor_serve *monitor_serve_open(struct monitor *monitor, struct session *session,
                                         const struct config *config, const char *state)
{
    SCOPE_STRBUF struct strbuf path = STRBUF_INIT;
    const char *wanted = config_text(config, "console", "monitor_socket");
    struct err err = {0};
    if (strcmp(wanted, "none") == 0)
        return NULL;
    if (wanted[0])
        strbuf_append_text(&path, wanted);
    else
        strbuf_printf(&path, "%s/console.sock", state);
    SCOPE_FREE struct monitor_serve *serve = calloc(1, sizeof(*serve));
    if (!serve) {
        log_error(MODULE, "out of memory: technicians' tools are not served");
        return NULL;
    }
    *serve = (struct monitor_serve){monitor, session, NULL};
    const struct ipc_service service = {serve, answer, gone};
    if (ipc_server_open(&serve->server, strbuf_text(&path), &service, &err) < 0) {
        log_error(MODULE, "technicians' tools are not served: %s", err.text);
        return NULL;
    }
    return SCOPE_STEAL(serve);
}

void monitor_serve_close(struct monitor_serve *serve)
{
    if (!serve)
        return;
    ipc_server_close(serve->server);
    free(serve);
}

int monitor_serve_fd(const struct monitor_serve *serve)
{
    return serve ? ipc_server_fd(serve->server) : -1;
}

void monitor_serve_step(struct monitor_serve *serve)
{
    ipc_server_serve(serve->server);
}
