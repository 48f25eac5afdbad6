/* SPDX-License-Identifier: Apache-2.0 */
#include "can/canport.h"

#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define RETRY_US (1 * CLOCK_US_PER_SECOND)
#define BUSY_US  (5 * CLOCK_US_PER_MS) /* a frame of 8 bytes takes 0.5 ms at 250 kbit/s */

static int try_open(struct canport *port, struct err *err)
{
    int fd = -1;
    int code = port->opener->open(port->opener->self, port->name, &port->bus, &fd, err);
    if (code)
        return code;
    port->open = true;
    struct epoll_event event = {.events = EPOLLIN};
    if (port->poll_fd >= 0 && fd >= 0 && epoll_ctl(port->poll_fd, EPOLL_CTL_ADD, fd, &event))
        log_warning("can", "%s: cannot be watched, it is looked at with every step", port->name);
    return 0;
}

static void shut(struct canport *port)
{
    if (port->open)
        port->bus.close(port->bus.self); /* closing its descriptor ends the watching, too */
    port->open = false;
}

int canport_open(struct canport *port, const char *name, const struct canopener *opener,
                 int poll_fd, struct err *err)
{
    *port = (struct canport){.opener = opener, .poll_fd = poll_fd};
    (void)snprintf(port->name, sizeof port->name, "%s", name);
    return try_open(port, err);
}

void canport_close(struct canport *port)
{
    shut(port);
}

static void tell(const struct canport *port)
{
    if (port->health.state == CANHEALTH_GOOD)
        log_info("can", "%s: %s", port->name, canhealth_text(port->health.state));
    else
        log_warning("can", "%s: %s", port->name, canhealth_text(port->health.state));
}

/* The interface failed: what waits is stale when it is back. */
static void fail(struct canport *port, int64_t now_us, const struct err *err)
{
    shut(port);
    port->queued = 0;
    port->retry_us = now_us + RETRY_US;
    if (canhealth_on_down(&port->health))
        log_warning("can", "%s; tried again every second", err->text);
}

static bool is_usable(struct canport *port, int64_t now_us)
{
    struct err err = {0};
    if (port->open)
        return true;
    if (now_us < port->retry_us)
        return false;
    if (try_open(port, &err) == 0)
        return true;
    fail(port, now_us, &err);
    return false;
}

void canport_send(struct canport *port, const struct canframe *frame)
{
    if (port->queued == CANPORT_QUEUE) {
        memmove(port->queue, port->queue + 1, --port->queued * sizeof *port->queue);
        port->dropped++;
    }
    port->queue[port->queued++] = *frame;
}

void canport_flush(struct canport *port, int64_t now_us)
{
    struct err err = {0};
    size_t sent = 0;
    int code = 0;
    if (port->queued == 0 || !is_usable(port, now_us))
        return;
    while (sent < port->queued && !code) {
        code = port->bus.send(port->bus.self, &port->queue[sent], &err);
        sent += !code;
    }
    port->queued -= sent;
    memmove(port->queue, port->queue + sent, port->queued * sizeof *port->queue);
    if (sent > 0 && canhealth_on_sent(&port->health))
        tell(port);
    if (code && code != ERR_BUSY)
        fail(port, now_us, &err);
}

bool canport_receive(struct canport *port, int64_t now_us, struct canframe *frame)
{
    struct err err = {0};
    int code;
    if (!is_usable(port, now_us))
        return false;
    while ((code = port->bus.receive(port->bus.self, frame, NULL, &err)) > 0) {
        if (canhealth_on_frame(&port->health, frame))
            tell(port);
        if (!frame->error)
            return true;
    }
    if (code < 0 && code != ERR_BUSY)
        fail(port, now_us, &err);
    return false;
}

int64_t canport_due_us(const struct canport *port, int64_t now_us)
{
    if (!port->open)
        return port->retry_us;
    return port->queued > 0 ? now_us + BUSY_US : INT64_MAX;
}
