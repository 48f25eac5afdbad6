/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The battery module's side of CiA 418, the counterpart of client.h: a CANopen node with NMT state,
 * heartbeat and an SDO server over the objects of objects.h. Pure. Simulated packs speak through
 * it; the battery behind it is the caller's.
 */
#ifndef SWAPSTACK_CIA418_SERVER_H
#define SWAPSTACK_CIA418_SERVER_H

#include "can/canframe.h"
#include <stdint.h>

#define CIA418_SERVER_QUEUE 8
#define CIA418_SERVER_TEXT  33

enum cia418_nmt {
    CIA418_BOOT_UP = 0,
    CIA418_STOPPED = 4,
    CIA418_OPERATIONAL = 5,
    CIA418_PRE = 127
};

/* Contents of the objects, in their units on the bus. */
struct cia418_module {
    uint32_t vendor, serial_number;
    uint16_t type, capacity_ah, max_current_a, cells;
    uint32_t total_ah;
    char serial[13];                   /* 6030h: three words of four characters */
    char software[CIA418_SERVER_TEXT]; /* 100Ah */
    uint8_t error_register, status;
    int16_t temperature; /* 0.125 °C */
    uint32_t voltage;    /* 1/1024 V */
    uint16_t request;    /* 1/16 A */
    uint8_t soc_percent;
    uint8_t charger_status; /* written by the charger */
};

struct cia418_server {
    uint8_t node;
    enum cia418_nmt state;
    struct cia418_module module;
    uint16_t heartbeat_ms; /* 1017h; 0: none */
    int64_t beat_due_us;
    /* the segmented upload under way */
    uint8_t bytes[CIA418_SERVER_TEXT];
    size_t length, sent;
    bool sending, toggle;
    struct canframe queue[CIA418_SERVER_QUEUE]; /* the oldest first */
    size_t queued;
};

/* A node that has just been switched on: its boot-up message is queued. */
void cia418_server_init(struct cia418_server *server, uint8_t node,
                        const struct cia418_module *module);
void cia418_server_on_frame(struct cia418_server *server, const struct canframe *frame,
                            int64_t now_us);
void cia418_server_on_time(struct cia418_server *server, int64_t now_us);
/* The next frame for the bus; false: none. */
bool cia418_server_next(struct cia418_server *server, struct canframe *frame);

#endif
