/* SPDX-License-Identifier: Apache-2.0 */
#include "cia418/sdo.h"

#include <assert.h>
#include <string.h>

#define REQUEST_ID UINT32_C(0x600)
#define ANSWER_ID  UINT32_C(0x580)
#define SEGMENT    7 /* bytes */

/* Command specifiers: the upper three bits of the first byte. */
enum { SERVER_SEGMENT = 0, SERVER_UPLOAD = 2, SERVER_DOWNLOAD = 3, ABORT = 4 };
#define EXPEDITED 0x02
#define SIZED     0x01
#define TOGGLE    0x10
#define LAST      0x01

void sdo_init(struct sdo_client *client, uint8_t node)
{
    *client = (struct sdo_client){.node = node};
}

/* Makes the next frame and waits for its answer. */
static void ask(struct sdo_client *client, uint8_t command, const uint8_t *data, size_t length,
                int64_t now_us)
{
    client->frame = (struct canframe){.id = REQUEST_ID + client->node, .length = 8};
    client->frame.data[0] = command;
    client->frame.data[1] = (uint8_t)(client->index & 0xFF);
    client->frame.data[2] = (uint8_t)(client->index >> 8);
    client->frame.data[3] = client->sub;
    if (length > 0)
        memcpy(client->frame.data + 4, data, length);
    client->waiting = true;
    client->deadline_us = now_us + SDO_TIMEOUT_US;
}

static void ask_segment(struct sdo_client *client, int64_t now_us)
{
    ask(client, (uint8_t)(0x60 | (client->toggle ? TOGGLE : 0)), NULL, 0, now_us);
    memset(client->frame.data + 1, 0, 7);
}

void sdo_upload(struct sdo_client *client, uint16_t index, uint8_t sub, int64_t now_us)
{
    client->state = SDO_UPLOAD;
    client->index = index;
    client->sub = sub;
    client->length = 0;
    ask(client, 0x40, NULL, 0, now_us);
}

void sdo_download(struct sdo_client *client, uint16_t index, uint8_t sub, const uint8_t *bytes,
                  size_t length, int64_t now_us)
{
    assert(length >= 1 && length <= 4);
    client->state = SDO_DOWNLOAD;
    client->index = index;
    client->sub = sub;
    ask(client, (uint8_t)(0x20 | (4 - length) << 2 | EXPEDITED | SIZED), bytes, length, now_us);
}

/* The node must know that the transfer is over. */
static enum sdo_event give_up(struct sdo_client *client, uint32_t code, int64_t now_us)
{
    const uint8_t bytes[4] = {(uint8_t)(code & 0xFF), (uint8_t)(code >> 8 & 0xFF),
                              (uint8_t)(code >> 16 & 0xFF), (uint8_t)(code >> 24)};
    ask(client, 0x80, bytes, sizeof bytes, now_us);
    client->abort_code = code;
    client->state = SDO_IDLE;
    return SDO_ABORTED;
}

static enum sdo_event finish(struct sdo_client *client)
{
    client->state = SDO_IDLE;
    return SDO_DONE;
}

static bool is_same_object(const struct sdo_client *client, const struct canframe *frame)
{
    return (frame->data[1] | frame->data[2] << 8) == client->index && frame->data[3] == client->sub;
}

static enum sdo_event on_upload(struct sdo_client *client, const struct canframe *frame,
                                int64_t now_us)
{
    uint8_t command = frame->data[0];
    if (command & EXPEDITED) {
        client->length = command & SIZED ? 4U - (command >> 2 & 3U) : 4U;
        memcpy(client->bytes, frame->data + 4, client->length);
        return finish(client);
    }
    if ((command & SIZED) && sdo_number(frame->data + 4, 4, false) > SDO_VALUE_MAX)
        return give_up(client, SDO_ABORT_MEMORY, now_us);
    client->state = SDO_SEGMENTS;
    client->toggle = false;
    ask_segment(client, now_us);
    return SDO_NOTHING;
}

static enum sdo_event on_segment(struct sdo_client *client, const struct canframe *frame,
                                 int64_t now_us)
{
    uint8_t command = frame->data[0];
    size_t length = SEGMENT - (command >> 1 & 7U);
    if (((command & TOGGLE) != 0) != client->toggle)
        return give_up(client, SDO_ABORT_TOGGLE, now_us);
    if (client->length + length > SDO_VALUE_MAX)
        return give_up(client, SDO_ABORT_MEMORY, now_us);
    memcpy(client->bytes + client->length, frame->data + 1, length);
    client->length += length;
    if (command & LAST)
        return finish(client);
    client->toggle = !client->toggle;
    ask_segment(client, now_us);
    return SDO_NOTHING;
}

enum sdo_event sdo_on_frame(struct sdo_client *client, const struct canframe *frame, int64_t now_us)
{
    if (frame->extended || frame->remote || frame->error || frame->length != 8 ||
        frame->id != ANSWER_ID + client->node || client->state == SDO_IDLE)
        return SDO_NOTHING;
    int specifier = frame->data[0] >> 5;
    if (specifier == ABORT && is_same_object(client, frame)) {
        client->abort_code = (uint32_t)sdo_number(frame->data + 4, 4, false);
        client->state = SDO_IDLE;
        return SDO_ABORTED;
    }
    switch (client->state) {
    case SDO_UPLOAD:
        if (specifier == SERVER_UPLOAD && is_same_object(client, frame))
            return on_upload(client, frame, now_us);
        break;
    case SDO_SEGMENTS:
        if (specifier == SERVER_SEGMENT)
            return on_segment(client, frame, now_us);
        break;
    case SDO_DOWNLOAD:
        if (specifier == SERVER_DOWNLOAD && is_same_object(client, frame))
            return finish(client);
        break;
    default:
        break;
    }
    return SDO_NOTHING; /* an answer to an earlier question */
}

enum sdo_event sdo_on_time(struct sdo_client *client, int64_t now_us)
{
    if (client->state == SDO_IDLE || now_us < client->deadline_us)
        return SDO_NOTHING;
    client->state = SDO_IDLE;
    client->waiting = false;
    return SDO_TIMED_OUT;
}

bool sdo_next(struct sdo_client *client, struct canframe *frame)
{
    if (!client->waiting)
        return false;
    *frame = client->frame;
    client->waiting = false;
    return true;
}

int64_t sdo_number(const uint8_t *bytes, size_t length, bool is_signed)
{
    uint64_t value = 0;
    if (length > 8)
        length = 8;
    for (size_t i = 0; i < length; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    bool negative = is_signed && length > 0 && length < 8 && (bytes[length - 1] & 0x80);
    if (negative)
        value |= UINT64_MAX << 8 * length;
    int64_t number;
    memcpy(&number, &value, sizeof number);
    return number;
}
