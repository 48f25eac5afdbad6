/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CAN bus as a program uses it for years: frames wait in a bounded queue while the bus is busy,
 * trouble is logged when it begins and when it ends, and an interface that went down or away is
 * opened again every second.
 */
#ifndef SWAPSTACK_CAN_CANPORT_H
#define SWAPSTACK_CAN_CANPORT_H

#include "can/canbus.h"
#include "can/canhealth.h"

#define CANPORT_NAME_SIZE 128
#define CANPORT_QUEUE     64

/* Who opens a bus by its name; as socketcan_open. */
struct canopener {
    void *self;
    int (*open)(void *self, const char *name, struct canbus *bus, int *fd, struct err *err);
};

struct canport {
    char name[CANPORT_NAME_SIZE];
    const struct canopener *opener; /* outlives the port */
    int poll_fd;                    /* epoll that watches the bus; -1: none. Not owned */
    struct canbus bus;              /* valid when open */
    bool open;
    int64_t retry_us; /* not opened again before */
    struct canhealth health;
    struct canframe queue[CANPORT_QUEUE]; /* the oldest first */
    size_t queued;
    uint32_t dropped; /* frames that found no place */
};

/* Opens the bus. An error is that of the opener; the port may be used all the same and then tries
 * again. Release with canport_close. */
int canport_open(struct canport *port, const char *name, const struct canopener *opener,
                 int poll_fd, struct err *err);
void canport_close(struct canport *port);

/* Queues a frame; when the queue is full the oldest is dropped, for it is of no use any more. */
void canport_send(struct canport *port, const struct canframe *frame);
/* Puts what waits on the bus, as far as it takes it now. */
void canport_flush(struct canport *port, int64_t now_us);
/* The next frame of the bus; error frames and trouble are dealt with here. False: none now. */
bool canport_receive(struct canport *port, int64_t now_us, struct canframe *frame);
/* When the port itself wants to be looked at again; INT64_MAX: not by time. */
int64_t canport_due_us(const struct canport *port, int64_t now_us);

#endif
