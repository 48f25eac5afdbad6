/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated pack on a real interface. */
#include "cantool/benchpack.h"

#include "base/clock.h"
#include "can/canport.h"
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

static int open_interface(void *self, const char *name, struct canbus *bus, int *fd,
                          struct err *err)
{
    (void)self;
    return socketcan_open(bus, name, fd, err);
}

/* A line when the state is another one, and every half minute while current flows. */
static void report(const struct benchpack *pack, int64_t now_us, const char **before,
                   int64_t *reported_us, FILE *to)
{
    const char *state = benchpack_state(pack);
    bool due = pack->current_a > 0 && now_us - *reported_us >= 30 * CLOCK_US_PER_SECOND;
    if (*before == state && !due)
        return;
    *before = state;
    *reported_us = now_us;
    (void)fprintf(to, "%s soc=%.2f%% voltage=%.1fV current=%.1fA\n", state, pack->soc * 100,
                  pack->voltage_v, pack->current_a);
    (void)fflush(to);
}

static void serve(struct benchpack *pack, struct canport *port, int64_t now_us)
{
    const struct benchpack_feed unknown = {0};
    struct canframe frame;
    while (canport_receive(port, now_us, &frame)) {
        benchpack_hear(pack, &frame, now_us);
        while (benchpack_next(pack, now_us, &frame))
            canport_send(port, &frame);
        canport_flush(port, now_us);
    }
    if (now_us - pack->now_us >= BENCHPACK_TICK_US)
        benchpack_tick(pack, &unknown, now_us);
    /* No more than the port holds: a long transfer goes on with the next turn. */
    while (port->queued < CANPORT_QUEUE && benchpack_next(pack, now_us, &frame))
        canport_send(port, &frame);
    canport_flush(port, now_us);
}

int benchpack_run(struct benchpack *pack, const char *interface, int stop_fd, double seconds,
                  FILE *to, struct err *err)
{
    const struct canopener opener = {NULL, open_interface};
    struct canport port;
    struct pollfd fds[2] = {{.fd = epoll_create1(EPOLL_CLOEXEC), .events = POLLIN},
                            {.fd = stop_fd, .events = POLLIN}};
    if (fds[0].fd < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "%s cannot be watched", interface);
    int code = canport_open(&port, interface, &opener, fds[0].fd, err);
    const char *state = NULL;
    int64_t reported_us = 0, begin_us = clock_mono_us();
    while (!code && !fds[1].revents) {
        int64_t now_us = clock_mono_us();
        if (seconds > 0 && (double)(now_us - begin_us) >= seconds * 1e6)
            break;
        serve(pack, &port, now_us);
        report(pack, now_us, &state, &reported_us, to);
        if (poll(fds, 2, BENCHPACK_TICK_US / CLOCK_US_PER_MS) < 0 && errno != EINTR)
            code = err_set_errno(err, ERR_SYSTEM, errno, "waiting for frames");
    }
    canport_close(&port);
    (void)close(fds[0].fd);
    return code;
}
