/* SPDX-License-Identifier: Apache-2.0 */
/* The socket's thread: one client at a time, each with little time. */
#include "bridge/control.h"

#include "base/log.h"
#include "base/scope.h"
#include "stations/control_client.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define CLIENT_PATIENCE_MS 5000

struct control {
    struct ring *ring;
    int listen_fd, stop_fd; /* stop_fd: readable when the thread is to end */
    int folder_fd;          /* keeps the folder that `address` names */
    struct sockaddr_un address;
    pthread_t thread;
};

/* Waits until `fd` is readable. False: the time is over, or the thread is to end. */
static bool await(const struct control *control, int fd, int timeout_ms)
{
    struct pollfd wait[2] = {{.fd = control->stop_fd, .events = POLLIN},
                             {.fd = fd, .events = POLLIN}};
    int ready;
    do {
        ready = poll(wait, 2, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && !(wait[0].revents & POLLIN);
}

static bool send_all(int fd, const struct strbuf *text)
{
    for (size_t sent = 0; sent < text->length;) {
        ssize_t n = send(fd, text->text + sent, text->length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

static bool answer_line(const struct control *control, int fd, const char *line, size_t length)
{
    struct err err = {0};
    struct control_call call;
    int status = control_parse(line, length, &call, &err);
    if (status == 0)
        status = control_submit(control->ring, &call, &err);
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    control_format(&call, status, &err, &answer);
    control_call_free(&call);
    return send_all(fd, &answer);
}

static void serve(const struct control *control, int fd)
{
    char buffer[CONTROL_MAX_BYTES];
    size_t length = 0;
    while (length < sizeof buffer && await(control, fd, CLIENT_PATIENCE_MS)) {
        ssize_t n = recv(fd, buffer + length, sizeof buffer - length, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return;
        length += (size_t)n;
        char *end;
        while ((end = memchr(buffer, '\n', length)) != NULL) {
            size_t line = (size_t)(end - buffer);
            if (!answer_line(control, fd, buffer, line))
                return;
            length -= line + 1;
            memmove(buffer, end + 1, length);
        }
    }
}

static void *run(void *argument)
{
    struct control *control = argument;
    while (await(control, control->listen_fd, -1)) {
        SCOPE_CLOSE int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        struct timeval patience = {.tv_sec = CLIENT_PATIENCE_MS / 1000};
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve(control, fd);
    }
    return NULL;
}

static int listen_beside(struct control *control, const char *db_path, struct err *err)
{
    int status = control_address(db_path, &control->address, &control->folder_fd, err);
    if (status < 0)
        return status;
    control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (control->listen_fd < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "control socket");
    (void)unlink(control->address.sun_path);
    /* Nobody can connect before listen(), so that the mode is set in time. */
    if (bind(control->listen_fd, (const struct sockaddr *)&control->address,
             sizeof control->address) < 0 ||
        chmod(control->address.sun_path, 0600) < 0 || listen(control->listen_fd, 16) < 0)
        return err_set_errno(err, ERR_IO, errno, "control socket %s.sock", db_path);
    return 0;
}

static void release(struct control *control)
{
    if (control->listen_fd >= 0)
        (void)close(control->listen_fd);
    if (control->stop_fd >= 0)
        (void)close(control->stop_fd);
    if (control->folder_fd >= 0)
        (void)close(control->folder_fd);
    free(control);
}

int control_start(struct control **control, const char *db_path, struct ring *ring, struct err *err)
{
    struct control *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "control socket: out of memory");
    made->ring = ring;
    made->listen_fd = made->folder_fd = -1;
    made->stop_fd = eventfd(0, EFD_CLOEXEC);
    int status = made->stop_fd < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "control socket") : 0;
    if (status == 0)
        status = listen_beside(made, db_path, err);
    if (status == 0) {
        int code = pthread_create(&made->thread, NULL, run, made);
        if (code != 0)
            status = err_set_errno(err, ERR_SYSTEM, code, "control socket: no thread");
    }
    if (status < 0) {
        release(made);
        return status;
    }
    *control = made;
    return 0;
}

void control_stop(struct control *control)
{
    if (!control)
        return;
    uint64_t one = 1;
    (void)!write(control->stop_fd, &one, sizeof one);
    (void)pthread_join(control->thread, NULL);
    (void)unlink(control->address.sun_path);
    release(control);
}
