/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 29-bit identifier of SAE J1939-21 clause 5.2, as GB/T 27930-2015 clause 6.1 to 6.4 and table
 * 1 use it:
 *
 *     28..26 priority | 25 reserved | 24 data page | 23..16 PF | 15..8 PS | 7..0 source address
 *
 * With PF below 240 (PDU1, the only kind in GB/T 27930) PS is the destination and not part of the
 * parameter group number (PGN); from 240 on (PDU2) it is, and everybody is meant.
 */
#ifndef SWAPSTACK_CAN_J1939_H
#define SWAPSTACK_CAN_J1939_H

#include <stdbool.h>
#include <stdint.h>

#define J1939_EVERYBODY 0xFF /* destination of a PDU2 frame */

struct j1939_id {
    uint8_t priority;    /* 0 highest .. 7 */
    uint32_t pgn;        /* 18 bits: reserved, data page, PF, and PS of PDU2 */
    uint8_t destination; /* J1939_EVERYBODY for PDU2 */
    uint8_t source;
};

/* Takes any 29-bit identifier apart. Pure, total. */
struct j1939_id j1939_split(uint32_t identifier);
/* Puts it together: the inverse of j1939_split. Bits that have no place are dropped. */
uint32_t j1939_join(struct j1939_id id);

#endif
