/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bay of the profile cia418: a battery module of CiA 418 (cia418/client.h) as the core's pack.
 * Pure. It is asked only while something is in the shut bay, and told whether the charger gives
 * current.
 */
#ifndef SWAPSTACK_DRIVERS_CAN_CIA_BAY_H
#define SWAPSTACK_DRIVERS_CAN_CIA_BAY_H

#include "cia418/client.h"
#include "drivers/can/can_address.h"
#include "drivers/can/can_profile.h"

struct cia_bay {
    int slot; /* from 1 */
    struct can_address address;
    struct cia418_client client;
    struct can_station station;
    bool here;
    bool lost;         /* the node went, if only for a moment: the core has to hear of it once */
    double energy_kwh; /* by the pack's voltage and the current through it */
    int64_t followed_us;
    int64_t status_us;    /* of the last status that `alarm` judged */
    bool ready, alarm;    /* the pack's last word; not yet taken */
    struct io_pack known; /* as of the last whole round; stays, with its age, when the node goes */
};

extern const struct can_profile CIA_BAY_PROFILE; /* `self` is a struct cia_bay */

void cia_bay_init(struct cia_bay *bay, int slot, const struct can_address *address);

/* cia_bay_read.c */
void cia_bay_read(void *self, int64_t now_us, struct io_pack *pack);
/* Whether the pack permits charging now: its status, no error, a device profile that is known. */
bool cia_bay_permits(const struct cia_bay *bay);
/* V, by the scale; NAN unknown. */
double cia_bay_voltage_v(const struct cia_bay *bay);
/* A, positive when charging: the pack's own, else the charger's through the closed contactor; NAN
 * when neither tells. */
double cia_bay_current_a(const struct cia_bay *bay, int64_t now_us);

#endif
