/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/ipc_server.h"

#include "base/log.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define MODULE "console"

struct client {
    int fd;               /* -1: free place */
    struct strbuf answer; /* not taken by the socket yet, "" none */
};

struct ipc_server {
    struct ipc_service service;
    char *path; /* owned */
    int epoll, listener;
    struct client clients[IPC_CLIENTS_MAX];
};

enum { LISTENER = IPC_CLIENTS_MAX }; /* in epoll's data; below: a client's number */

cJSON *ipc_console_accept(const struct ipc_packet *request, cJSON *data)
{
    cJSON *answer = ipc_begin(IPC_CONSOLE_RESPONSE, request->message_id);
    if (!cJSON_AddStringToObject(answer, "status", "accepted") ||
        (data && !cJSON_AddItemToObject(answer, "data", data))) {
        cJSON_Delete(answer);
        cJSON_Delete(data);
        return NULL;
    }
    return answer;
}

cJSON *ipc_console_refuse(const struct ipc_packet *request, const char *reason, const char *format,
                          ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cJSON *answer = ipc_begin(IPC_CONSOLE_RESPONSE, request->message_id);
    if (!cJSON_AddStringToObject(answer, "status", "refused") ||
        !cJSON_AddStringToObject(answer, "reason", reason) ||
        !cJSON_AddStringToObject(answer, "text", text)) {
        cJSON_Delete(answer);
        return NULL;
    }
    return answer;
}

/* Waits for the client to read (an answer is left) or to ask. */
static int watch(const struct ipc_server *server, int number, int operation)
{
    const struct client *client = &server->clients[number];
    struct epoll_event event = {.events = client->answer.length > 0 ? EPOLLOUT : EPOLLIN,
                                .data.u32 = (uint32_t)number};
    return epoll_ctl(server->epoll, operation, client->fd, &event);
}

static void drop(struct ipc_server *server, int number, const char *why)
{
    struct client *client = &server->clients[number];
    log_debug(MODULE, "client %d is gone: %s", number, why);
    (void)close(client->fd); /* leaves the epoll set by itself */
    strbuf_free(&client->answer);
    client->fd = -1;
    server->service.gone(server->service.self, number);
}

/* Sends what is left of the answer; true when nothing is. */
static bool flush(struct ipc_server *server, int number)
{
    struct client *client = &server->clients[number];
    struct err err = {0};
    if (client->answer.length == 0)
        return true;
    int code = ipc_send(client->fd, strbuf_text(&client->answer), client->answer.length, &err);
    if (code == ERR_BUSY)
        return false;
    strbuf_clear(&client->answer);
    if (code)
        drop(server, number, err.text);
    return code == 0;
}

static int make_answer(struct ipc_server *server, int number, const struct strbuf *bytes,
                       struct err *err)
{
    struct ipc_packet request;
    int code = ipc_decode(strbuf_text(bytes), bytes->length, &request, err);
    if (!code && request.type != IPC_CONSOLE_REQUEST)
        code = err_set(err, ERR_PROTOCOL, "packet: a %s is no console_request",
                       ipc_type_name(request.type));
    if (!code)
        code = ipc_encode(server->service.answer(server->service.self, number, &request),
                          &server->clients[number].answer, err);
    ipc_packet_free(&request);
    return code;
}

static void serve_client(struct ipc_server *server, int number)
{
    SCOPE_STRBUF struct strbuf bytes = STRBUF_INIT;
    struct client *client = &server->clients[number];
    struct err err = {0};
    if (client->fd < 0)
        return; /* it went while this round's events were served */
    if (client->answer.length == 0) {
        int code = ipc_receive(client->fd, &bytes, &err);
        if (code == ERR_BUSY)
            return;
        if (!code)
            code = make_answer(server, number, &bytes, &err);
        if (code) {
            if (code != ERR_UNAVAILABLE)
                log_warning(MODULE, "a client is dropped: %s", err.text);
            drop(server, number, err.text);
            return;
        }
    }
    (void)flush(server, number);
    if (client->fd >= 0 && watch(server, number, EPOLL_CTL_MOD) < 0)
        drop(server, number, strerror(errno));
}

static void refuse_client(int fd)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    const struct ipc_packet nobody = {.type = IPC_CONSOLE_REQUEST, .message_id = "full"};
    cJSON *answer =
        ipc_console_refuse(&nobody, "Busy", "%d tools are connected already", IPC_CLIENTS_MAX);
    if (ipc_encode(answer, &text, NULL) == 0)
        (void)ipc_send(fd, strbuf_text(&text), text.length, NULL);
    (void)close(fd);
}

static void take_client(struct ipc_server *server)
{
    int fd = ipc_accept(server->listener, NULL);
    int number = 0;
    if (fd < 0)
        return;
    while (number < IPC_CLIENTS_MAX && server->clients[number].fd >= 0)
        number++;
    if (number == IPC_CLIENTS_MAX) {
        refuse_client(fd);
        return;
    }
    server->clients[number].fd = fd;
    if (watch(server, number, EPOLL_CTL_ADD) < 0)
        drop(server, number, strerror(errno));
}

int ipc_server_fd(const struct ipc_server *server)
{
    return server ? server->epoll : -1;
}

void ipc_server_serve(struct ipc_server *server)
{
    struct epoll_event events[IPC_CLIENTS_MAX + 1];
    int count = server ? epoll_wait(server->epoll, events, IPC_CLIENTS_MAX + 1, 0) : 0;
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == LISTENER)
            take_client(server);
        else
            serve_client(server, (int)events[i].data.u32);
    }
}

static void close_scope(struct ipc_server **server)
{
    ipc_server_close(*server);
}

int ipc_server_open(struct ipc_server **to, const char *path, const struct ipc_service *service,
                    struct err *err)
{
    SCOPE(close_scope) struct ipc_server *server = calloc(1, sizeof *server);
    *to = NULL;
    if (!server)
        return err_set(err, ERR_NOMEM, "out of memory");
    server->service = *service;
    server->epoll = server->listener = -1;
    for (int i = 0; i < IPC_CLIENTS_MAX; i++)
        server->clients[i].fd = -1;
    int listener = ipc_listen(path, err);
    if (listener < 0)
        return listener;
    server->listener = listener;
    server->path = strdup(path);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = LISTENER};
    if (!server->path || server->epoll < 0 ||
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "socket %s: cannot be served", path);
    *to = SCOPE_STEAL(server);
    return 0;
}

void ipc_server_close(struct ipc_server *server)
{
    if (!server)
        return;
    for (int i = 0; i < IPC_CLIENTS_MAX; i++) {
        if (server->clients[i].fd >= 0)
            (void)close(server->clients[i].fd);
        strbuf_free(&server->clients[i].answer);
    }
    if (server->listener >= 0)
        (void)close(server->listener);
    if (server->epoll >= 0)
        (void)close(server->epoll);
    if (server->path)
        (void)unlink(server->path);
    free(server->path);
    free(server);
}
