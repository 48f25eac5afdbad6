/* SPDX-License-Identifier: Apache-2.0 */
#include "can/j1939.h"

#define PDU2_FROM 240

struct j1939_id j1939_split(uint32_t identifier)
{
    struct j1939_id id = {.priority = (uint8_t)(identifier >> 26 & 7),
                          .pgn = identifier >> 8 & UINT32_C(0x3FFFF),
                          .destination = J1939_EVERYBODY,
                          .source = (uint8_t)(identifier & 0xFF)};
    if ((id.pgn >> 8 & 0xFF) < PDU2_FROM) {
        id.destination = (uint8_t)(id.pgn & 0xFF);
        id.pgn &= UINT32_C(0x3FF00);
    }
    return id;
}

uint32_t j1939_join(struct j1939_id id)
{
    uint32_t group = id.pgn & UINT32_C(0x3FFFF);
    if ((group >> 8 & 0xFF) < PDU2_FROM)
        group = (group & UINT32_C(0x3FF00)) | id.destination;
    return (uint32_t)(id.priority & 7) << 26 | group << 8 | id.source;
}
