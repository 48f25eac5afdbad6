/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of the driver `can` in board.ini (docs/can.md):
 *
 *     pack_address = profile=gbt27930 bus=can{slot}
 *     pack_address = profile=cia418 bus=can0 node=0x1{slot} chemistry=lfp
 *
 * word        of        meaning
 * profile               gbt27930 or cia418
 * bus                   network interface, or file:PATH, a capture of candump that is played
 * interface             with file: only the frames of that interface
 * record                file to which all frames of the bus are added as candump -L writes them
 * bid         gbt27930  serial (maker and pack number, else VIN; default) or vin: what names a pack
 * number      gbt27930  of the charger, 1 .. 4294967294; default the bay's number
 * node        cia418    1 .. 127
 * chemistry   cia418    lfp, nmc or lto: what stands in this bay; CiA 418 has no code known to us
 * type        cia418    the packs' value of object 6020h:1; another one is a pack of unknown kind
 * scale       cia418    cia418 (default) or adrd5161: units of the objects
 * charge_v    cia418    V, end of charging; default: cells (6020h:4) times the chemistry's
 */
#ifndef SWAPSTACK_DRIVERS_CAN_ADDRESS_H
#define SWAPSTACK_DRIVERS_CAN_ADDRESS_H

#include "can/canframe.h"
#include "can/canport.h"
#include "core/io.h"
#include "drivers/address.h"

enum can_profile_name { CAN_PROFILE_NONE, CAN_PROFILE_GBT27930, CAN_PROFILE_CIA418 };
enum can_bid { CAN_BID_SERIAL, CAN_BID_VIN };
enum can_scale { CAN_SCALE_CIA418, CAN_SCALE_ADRD5161 };

struct can_address {
    enum can_profile_name profile;
    char bus[CANPORT_NAME_SIZE];
    char interface[CANDUMP_INTERFACE_SIZE]; /* "" all */
    char record[ADDRESS_VALUE_SIZE];        /* "" none */
    enum can_bid bid;
    int64_t number; /* of the charger */
    uint8_t node;
    enum io_chemistry chemistry;
    int64_t type; /* -1: any */
    enum can_scale scale;
    double charge_v; /* NAN: by cells and chemistry */
};

#define CAN_FILE_PREFIX "file:"

/* Reads the address of the pack of bay `slot` (from 1). Pure. ERR_CONFIG with a sentence that says
 * what would be right. */
int can_address_parse(struct can_address *address, const char *text, int slot, struct err *err);

/* Whether both are on the same wire (or capture). */
bool can_address_same_bus(const struct can_address *a, const struct can_address *b);

#endif
