/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bay of the profile gbt27930: the charger's side of GB/T 27930 (gbt27930/charger.h) between the
 * station's core and a pack. Pure.
 *
 *     pack in the shut bay   handshake, then recognition again and again: identity, charge, voltage
 *     contactor asked for    configuration and CRO; CRO AA with the contactor's feedback
 *     BSM permits            what the pack wants (BCL), bears (BCP) and the charger can is passed
 * to the core as request_v, request_a; the core drives the charger charger asked off      CST,
 * statistics, and recognition again BST                    the pack wants no more (request 0 until
 * the core ends), or has a fault a time-out             three new attempts (annex C), permit
 * withdrawn meanwhile; then a pause of GBT_BAY_RETRY_US, and again as long as something is in the
 * bay
 */
#ifndef SWAPSTACK_DRIVERS_CAN_GBT_BAY_H
#define SWAPSTACK_DRIVERS_CAN_GBT_BAY_H

#include "drivers/can/can_address.h"
#include "drivers/can/can_profile.h"
#include "gbt27930/charger.h"

#define GBT_BAY_RETRY_US INT64_C(10000000)  /* after FAILED */
#define GBT_BAY_COOL_US  INT64_C(600000000) /* no permit after the pack said that it is too hot */

/* The pack's own faults as bits of io_pack.faults (docs/can.md). */
#define GBT_BAY_FAULTS(X)                                                                          \
    X(INSULATION, 0, "insulation")                                                                 \
    X(CONNECTOR, 1, "connector")                                                                   \
    X(CONNECTOR_HOT, 2, "connector too hot")                                                       \
    X(RELAY, 3, "high-voltage relay")                                                              \
    X(POINT2, 4, "detection point 2")                                                              \
    X(CURRENT, 5, "current too high")                                                              \
    X(VOLTAGE, 6, "voltage abnormal")                                                              \
    X(CELL_HIGH, 7, "cell voltage too high")                                                       \
    X(CELL_LOW, 8, "cell voltage too low")                                                         \
    X(SOC_LOW, 9, "state of charge too low")                                                       \
    X(OTHER, 10, "other")

#define GBT_BAY_AS_ENUM(name, bit, text) GBT_BAY_FAULT_##name = 1U << (bit),
enum gbt_bay_fault { GBT_BAY_FAULTS(GBT_BAY_AS_ENUM) };
#undef GBT_BAY_AS_ENUM

struct gbt_bay {
    int slot; /* from 1 */
    enum can_bid bid;
    struct gbt_charger_settings settings;
    struct gbt_charger charger;
    struct can_station station;
    bool here, wanted;  /* something is in; the core wants to charge it */
    bool ran;           /* this request of the contactor had the charger on */
    bool finished;      /* the pack has ended this charge: no more until the core asks anew */
    bool alarm;         /* not yet taken */
    bool troubled;      /* a failure was logged and nothing has worked since */
    int64_t retry_us;   /* not started again before */
    int64_t cool_us;    /* no permit before */
    uint32_t faults;    /* until the pack is taken out */
    double session_kwh; /* what the charger gave in this charge */
    int64_t followed_us;
    /* What is known of the pack, over all sessions since it was put in. */
    int64_t heard_us; /* newest word; 0: none */
    bool identified, parameters;
    bool without_handshake; /* a pack of 2011: START does not wait for its BHM again */
    struct gbt_brm brm;
    struct gbt_bcp bcp;
    double soc_percent, voltage_v, current_a; /* current positive when charging */
    int64_t measured_us;                      /* when it told the current, 0: never */
    double energy_kwh;                        /* by the pack's own V and A */
    int64_t counted_us;                       /* of the last BCS that was counted */
};

extern const struct can_profile GBT_BAY_PROFILE; /* `self` is a struct gbt_bay */

void gbt_bay_init(struct gbt_bay *bay, int slot, enum can_bid bid,
                  const struct gbt_charger_settings *settings);

/* What names the pack: "MAKER-NUMBER", else (or by `bid`) its VIN; "" when it says neither.
 * Characters that no serial may hold are left out. */
void gbt_bay_name(const struct gbt_brm *brm, enum can_bid bid, char to[IO_ID_SIZE]);

/* gbt_bay_read.c: the readings of the pack. */
void gbt_bay_read(void *self, int64_t now_us, struct io_pack *pack);

#endif
