/* SPDX-License-Identifier: Apache-2.0 */
#include "cia418/server.h"

#include "base/clock.h"
#include "cia418/objects.h"
#include "cia418/sdo.h"
#include <string.h>

#define DEVICE_PROFILE 418
#define SERIAL_WORDS   3

static void say(struct cia418_server *server, uint32_t id, const uint8_t *bytes, uint8_t length)
{
    if (server->queued == CIA418_SERVER_QUEUE)
        return; /* lost on the bus, as far as the other side can tell */
    struct canframe *frame = &server->queue[server->queued++];
    *frame = (struct canframe){.id = id + server->node, .length = length};
    memcpy(frame->data, bytes, length);
}

static void say_state(struct cia418_server *server, enum cia418_nmt state)
{
    const uint8_t byte = (uint8_t)state;
    say(server, 0x700, &byte, 1);
}

static void boot(struct cia418_server *server)
{
    server->sending = false;
    server->queued = 0;
    server->module.charger_status = 0;
    say_state(server, CIA418_BOOT_UP);
    server->state = CIA418_PRE;
}

void cia418_server_init(struct cia418_server *server, uint8_t node,
                        const struct cia418_module *module)
{
    *server = (struct cia418_server){.node = node, .module = *module, .heartbeat_ms = 1000};
    boot(server);
}

/* --- network management --- */

static void on_command(struct cia418_server *server, const struct canframe *frame)
{
    enum { START = 1, STOP = 2, TO_PRE = 128, RESET = 129, RESET_COMMUNICATION = 130 };
    if (frame->length < 2 || (frame->data[1] != 0 && frame->data[1] != server->node))
        return;
    switch (frame->data[0]) {
    case START:
        server->state = CIA418_OPERATIONAL;
        break;
    case STOP:
        server->state = CIA418_STOPPED;
        break;
    case TO_PRE:
        server->state = CIA418_PRE;
        break;
    case RESET:
    case RESET_COMMUNICATION:
        boot(server);
        break;
    default:
        break;
    }
}

/* --- objects --- */

static void put(struct cia418_server *server, uint32_t value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        server->bytes[i] = (uint8_t)(value >> 8 * i);
    server->length = length;
}

/* 6030h: as the public implementations have it, an array of U32; here four characters each. */
static uint32_t read_serial(struct cia418_server *server, uint8_t sub)
{
    if (sub == 0)
        put(server, SERIAL_WORDS, 1);
    else if (sub <= SERIAL_WORDS) {
        memcpy(server->bytes, server->module.serial + (sub - 1) * 4, 4);
        server->length = 4;
    } else
        return SDO_ABORT_NO_SUBINDEX;
    return 0;
}

static uint32_t read_parameter(struct cia418_server *server, uint8_t sub)
{
    const struct cia418_module *module = &server->module;
    const uint16_t VALUES[] = {4, module->type, module->capacity_ah, module->max_current_a,
                               module->cells};
    if (sub > 4)
        return SDO_ABORT_NO_SUBINDEX;
    put(server, VALUES[sub], sub == 0 ? 1 : 2);
    return 0;
}

static uint32_t read_identity(struct cia418_server *server, uint8_t sub)
{
    const uint32_t VALUES[] = {4, server->module.vendor, 1, 1, server->module.serial_number};
    if (sub > 4)
        return SDO_ABORT_NO_SUBINDEX;
    put(server, VALUES[sub], sub == 0 ? 1 : 4);
    return 0;
}

static uint32_t read_single(struct cia418_server *server, uint16_t index)
{
    const struct cia418_module *module = &server->module;
    switch (index) {
    case 0x1000:
        put(server, DEVICE_PROFILE, 4);
        break;
    case 0x1001:
        put(server, module->error_register, 1);
        break;
    case CIA418_INDEX_SOFTWARE:
        server->length = strnlen(module->software, sizeof module->software);
        memcpy(server->bytes, module->software, server->length);
        break;
    case CIA418_INDEX_HEARTBEAT:
        put(server, server->heartbeat_ms, 2);
        break;
    case 0x6000:
        put(server, module->status, 1);
        break;
    case CIA418_INDEX_CHARGER_STATUS:
        put(server, module->charger_status, 1);
        break;
    case 0x6010:
        put(server, (uint16_t)module->temperature, 2);
        break;
    case 0x6050:
        put(server, module->total_ah, 4);
        break;
    case 0x6060:
        put(server, module->voltage, 4);
        break;
    case 0x6070:
        put(server, module->request, 2);
        break;
    case 0x6081:
        put(server, module->soc_percent, 1);
        break;
    default:
        return SDO_ABORT_NO_OBJECT;
    }
    return 0;
}

/* Puts the object into bytes, length; 0 or an abort code. */
static uint32_t read_object(struct cia418_server *server, uint16_t index, uint8_t sub)
{
    if (index == CIA418_INDEX_SERIAL)
        return read_serial(server, sub);
    if (index == 0x6020)
        return read_parameter(server, sub);
    if (index == 0x1018)
        return read_identity(server, sub);
    uint32_t code = read_single(server, index);
    return code == 0 && sub != 0 ? SDO_ABORT_NO_SUBINDEX : code;
}

static uint32_t write_object(struct cia418_server *server, uint16_t index, uint8_t sub,
                             const uint8_t *bytes, size_t length)
{
    if (sub != 0)
        return SDO_ABORT_NO_SUBINDEX;
    if (index == CIA418_INDEX_CHARGER_STATUS && length == 1)
        server->module.charger_status = bytes[0];
    else if (index == CIA418_INDEX_HEARTBEAT && length == 2)
        server->heartbeat_ms = (uint16_t)sdo_number(bytes, 2, false);
    else if (index == CIA418_INDEX_CHARGER_STATUS || index == CIA418_INDEX_HEARTBEAT)
        return SDO_ABORT_LENGTH;
    else
        return read_object(server, index, sub) ? SDO_ABORT_NO_OBJECT : SDO_ABORT_READ_ONLY;
    return 0;
}

/* --- the SDO server --- */

static void answer(struct cia418_server *server, const struct canframe *request, uint8_t command,
                   uint32_t value)
{
    uint8_t bytes[8] = {command, request->data[1], request->data[2], request->data[3]};
    for (size_t i = 0; i < 4; i++)
        bytes[4 + i] = (uint8_t)(value >> 8 * i);
    say(server, 0x580, bytes, sizeof bytes);
}

static void answer_upload(struct cia418_server *server, const struct canframe *request)
{
    if (server->length > 4) {
        server->sending = true;
        server->toggle = false;
        server->sent = 0;
        answer(server, request, 0x41, (uint32_t)server->length);
    } else {
        answer(server, request, (uint8_t)(0x43 | (4 - server->length) << 2),
               (uint32_t)sdo_number(server->bytes, server->length, false));
    }
}

static void send_segment(struct cia418_server *server, const struct canframe *request)
{
    uint8_t bytes[8] = {0};
    bool toggle = (request->data[0] & 0x10) != 0;
    if (!server->sending || toggle != server->toggle) {
        answer(server, request, 0x80, server->sending ? SDO_ABORT_TOGGLE : SDO_ABORT_COMMAND);
        server->sending = false;
        return;
    }
    size_t left = server->length - server->sent, length = left < 7 ? left : 7;
    memcpy(bytes + 1, server->bytes + server->sent, length);
    server->sent += length;
    server->sending = server->sent < server->length;
    bytes[0] = (uint8_t)((toggle ? 0x10 : 0) | (7 - length) << 1 | !server->sending);
    server->toggle = !toggle;
    say(server, 0x580, bytes, sizeof bytes);
}

static void on_request(struct cia418_server *server, const struct canframe *request)
{
    enum { DOWNLOAD = 1, UPLOAD = 2, SEGMENT = 3, ABORT = 4 };
    uint16_t index = (uint16_t)(request->data[1] | request->data[2] << 8);
    uint8_t command = request->data[0];
    uint32_t code = SDO_ABORT_COMMAND;
    switch (command >> 5) {
    case UPLOAD:
        code = read_object(server, index, request->data[3]);
        break;
    case DOWNLOAD:
        if (command & 2) /* expedited; nothing here is longer */
            code = write_object(server, index, request->data[3], request->data + 4,
                                command & 1 ? 4U - (command >> 2 & 3U) : 4U);
        break;
    case SEGMENT:
        send_segment(server, request);
        return;
    case ABORT:
        server->sending = false;
        return;
    default:
        break;
    }
    if (code)
        answer(server, request, 0x80, code);
    else if (command >> 5 == UPLOAD)
        answer_upload(server, request);
    else
        answer(server, request, 0x60, 0);
}

void cia418_server_on_frame(struct cia418_server *server, const struct canframe *frame,
                            int64_t now_us)
{
    (void)now_us;
    if (frame->extended || frame->remote || frame->error)
        return;
    if (frame->id == 0)
        on_command(server, frame);
    else if (frame->id == UINT32_C(0x600) + server->node && frame->length == 8 &&
             server->state != CIA418_STOPPED)
        on_request(server, frame);
}

void cia418_server_on_time(struct cia418_server *server, int64_t now_us)
{
    if (server->heartbeat_ms == 0 || now_us < server->beat_due_us)
        return;
    server->beat_due_us = now_us + server->heartbeat_ms * CLOCK_US_PER_MS;
    say_state(server, server->state);
}

bool cia418_server_next(struct cia418_server *server, struct canframe *frame)
{
    if (server->queued == 0)
        return false;
    *frame = server->queue[0];
    server->queued--;
    memmove(server->queue, server->queue + 1, server->queued * sizeof *server->queue);
    return true;
}
