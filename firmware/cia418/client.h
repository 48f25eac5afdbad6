/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charger wants to know of a battery module of CiA 418: finds the node, starts it (NMT),
 * consumes its heartbeat, reads who it is once and how it is five times a second by SDO, and tells
 * it whether the charger gives current. Pure: (state, frame or time) -> (state, frames).
 *
 *     ABSENT ── answers ──► MEETING ── all read ──► PRESENT
 *        ▲                     │                       │
 *        └── three SDO time-outs, a boot-up message, heartbeat gone ──┘
 *
 * PDOs are not used: their mapping is the device's matter, and SDO is mandatory.
 */
#ifndef SWAPSTACK_CIA418_CLIENT_H
#define SWAPSTACK_CIA418_CLIENT_H

#include "cia418/objects.h"
#include "cia418/sdo.h"
#include "core/machine.h"

#define CIA418_PROBE_US     INT64_C(500000)  /* between questions to a node that is not there */
#define CIA418_ROUND_US     INT64_C(200000)  /* between the beginnings of two rounds */
#define CIA418_STATUS_US    INT64_C(1000000) /* charger status is repeated */
#define CIA418_HEARTBEAT_MS 500              /* that the node is asked to send */
#define CIA418_SILENCE_US   INT64_C(2000000) /* without a heartbeat that was there before */
#define CIA418_MISSES_MAX   3                /* SDO time-outs in a row */
#define CIA418_SERIAL_WORDS 4
#define CIA418_TEXT_SIZE    65

#define CIA418_CLIENT_STATES(X)                                                                    \
    X(ABSENT)                                                                                      \
    X(MEETING)                                                                                     \
    X(PRESENT)

#define CIA418_AS_STATE(name) CIA418_CLIENT_##name,
enum cia418_client_state { CIA418_CLIENT_STATES(CIA418_AS_STATE) CIA418_CLIENT_STATE_COUNT };
#undef CIA418_AS_STATE
extern const struct machine CIA418_CLIENT_MACHINE;

struct cia418_value {
    int64_t heard_us; /* 0: never */
    int64_t number;
    bool missing; /* the node has no such object */
};

struct cia418_client {
    struct sdo_client sdo;
    bool adrd; /* also the objects of an ADRD5161 */
    enum cia418_client_state state;
    struct cia418_value values[CIA418_OBJECT_COUNT]; /* stay when the node goes, with their age */
    uint8_t serial[CIA418_SERIAL_WORDS * 4 + SDO_VALUE_MAX]; /* 6030h as it came */
    size_t serial_length, serial_words;
    char software[CIA418_TEXT_SIZE];
    size_t step;        /* place in the list of what is read */
    int64_t due_us;     /* of the next question when none is open */
    int64_t round_us;   /* beginning of the present round */
    int misses;         /* in a row */
    int64_t beat_us;    /* last heartbeat; 0: none yet */
    bool start;         /* an NMT start is to be sent */
    int64_t started_us; /* last one */
    bool giving;        /* the charger gives current */
    bool told;          /* what was last written to 6001h */
    int64_t told_us;    /* 0: never */
    bool untellable;    /* it does not take 6001h */
};

void cia418_client_init(struct cia418_client *client, uint8_t node, bool adrd);
/* What 6001h says from now on. */
void cia418_client_give(struct cia418_client *client, bool giving);
void cia418_client_on_frame(struct cia418_client *client, const struct canframe *frame,
                            int64_t now_us);
void cia418_client_on_time(struct cia418_client *client, int64_t now_us);
/* The next frame for the bus; false: none. */
bool cia418_client_next(struct cia418_client *client, int64_t now_us, struct canframe *frame);
/* When cia418_client_on_time is due at the latest. */
int64_t cia418_client_due_us(const struct cia418_client *client);

/* The serial (6030h) as text: the bytes in the order of the bus when they are printable (padding
 * and blanks at the ends left out), else its words in hexadecimal; without 6030h vendor and serial
 * number of 1018h; "" when the node tells none. `to` has CIA418_TEXT_SIZE bytes. */
void cia418_client_serial(const struct cia418_client *client, char *to);

#endif
