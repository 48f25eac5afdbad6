/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of CANopen's service data objects (SDO, CiA 301 clause 7.2.4): reads (uploads)
 * and writes (downloads) objects of one node, one at a time. Expedited transfers of up to 4 bytes
 * both ways, segmented uploads of up to SDO_VALUE_MAX bytes (texts). Pure.
 *
 *     upload      40 index sub        ──► 4x index sub data (expedited), or
 *                                     ◄── 41 index sub size, then 60/70 ──► segments of 7 bytes
 *     download    2x index sub data   ──► 60 index sub
 *     abort       80 index sub code   either way
 */
#ifndef SWAPSTACK_CIA418_SDO_H
#define SWAPSTACK_CIA418_SDO_H

#include "can/canframe.h"
#include <stdbool.h>
#include <stdint.h>

#define SDO_VALUE_MAX  64 /* bytes of an object that is read */
#define SDO_TIMEOUT_US INT64_C(300000)

/* Abort codes of CiA 301 table 22 that are used here. */
#define SDO_ABORT_TOGGLE      UINT32_C(0x05030000)
#define SDO_ABORT_COMMAND     UINT32_C(0x05040001)
#define SDO_ABORT_MEMORY      UINT32_C(0x05040005)
#define SDO_ABORT_READ_ONLY   UINT32_C(0x06010002)
#define SDO_ABORT_NO_OBJECT   UINT32_C(0x06020000)
#define SDO_ABORT_NO_SUBINDEX UINT32_C(0x06090011)
#define SDO_ABORT_LENGTH      UINT32_C(0x06070010)

enum sdo_state { SDO_IDLE, SDO_UPLOAD, SDO_SEGMENTS, SDO_DOWNLOAD };

enum sdo_event {
    SDO_NOTHING,
    SDO_DONE,    /* upload: bytes, length; download: it is written */
    SDO_ABORTED, /* by either side; abort_code */
    SDO_TIMED_OUT,
};

struct sdo_client {
    uint8_t node; /* 1 .. 127 */
    enum sdo_state state;
    uint16_t index;
    uint8_t sub;
    bool toggle;
    uint8_t bytes[SDO_VALUE_MAX]; /* what was read, until the next request */
    size_t length;
    uint32_t abort_code;
    int64_t deadline_us;
    bool waiting; /* `frame` is to be sent */
    struct canframe frame;
};

void sdo_init(struct sdo_client *client, uint8_t node);
/* Begins a transfer; one under way is given up. `length` 1 .. 4. */
void sdo_upload(struct sdo_client *client, uint16_t index, uint8_t sub, int64_t now_us);
void sdo_download(struct sdo_client *client, uint16_t index, uint8_t sub, const uint8_t *bytes,
                  size_t length, int64_t now_us);
/* Takes a frame; what is not the node's answer is nothing. */
enum sdo_event sdo_on_frame(struct sdo_client *client, const struct canframe *frame,
                            int64_t now_us);
enum sdo_event sdo_on_time(struct sdo_client *client, int64_t now_us);
/* The next frame for the bus; false: none. */
bool sdo_next(struct sdo_client *client, struct canframe *frame);

/* The little-endian number of up to 8 bytes, sign-extended when `is_signed`. */
int64_t sdo_number(const uint8_t *bytes, size_t length, bool is_signed);

#endif
