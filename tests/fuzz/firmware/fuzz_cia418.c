/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any frames at any times before both sides of CiA 418: the client never takes more than its
 * buffers hold, moves only as its table says (the machine aborts), and both answer boundedly.
 * Input: records of one byte that says what happens, one that chooses the identifier, length and
 * data of a frame.
 */
#include "cia418/client.h"
#include "cia418/server.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD 11
#define NODE   5

static void drain(struct cia418_client *client, struct cia418_server *server, bool joined,
                  int64_t now_us)
{
    struct canframe frame;
    int count = 0;
    for (bool any = true; any;) {
        any = false;
        while (cia418_client_next(client, now_us, &frame)) {
            any = joined;
            if (joined)
                cia418_server_on_frame(server, &frame, now_us);
            if (++count > 1000)
                abort();
        }
        while (cia418_server_next(server, &frame)) {
            any = joined;
            if (joined)
                cia418_client_on_frame(client, &frame, now_us);
            if (++count > 1000)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t IDS[] = {0x580 + NODE, 0x600 + NODE, 0x700 + NODE, 0};
    static struct cia418_client client;
    static struct cia418_server server;
    const struct cia418_module module = {.serial = "FUZZ-1", .software = "a text of segments"};
    char serial[CIA418_TEXT_SIZE];
    int64_t now_us = 1;
    cia418_client_init(&client, NODE, size > 0 && (data[0] & 1));
    cia418_server_init(&server, NODE, &module);
    for (size_t at = 0; at + RECORD <= size; at += RECORD) {
        const uint8_t *record = data + at;
        struct canframe frame = {.id = IDS[record[1] % 4], .length = record[2] % 9};
        memcpy(frame.data, record + 3, 8);
        now_us += (int64_t)(record[0] >> 4) * (record[0] & 8 ? 100000 : 1000);
        if (record[0] & 2)
            cia418_client_on_frame(&client, &frame, now_us);
        if (record[0] & 4)
            cia418_server_on_frame(&server, &frame, now_us);
        cia418_client_on_time(&client, now_us);
        cia418_server_on_time(&server, now_us);
        drain(&client, &server, (record[0] & 1) != 0, now_us);
        cia418_client_serial(&client, serial);
        if (strnlen(serial, sizeof serial) == sizeof serial || client.sdo.length > SDO_VALUE_MAX)
            abort();
    }
    return 0;
}
