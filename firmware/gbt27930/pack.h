/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pack's side of a GB/T 27930 session, the counterpart of charger.h: what a battery management
 * system says and when it loses patience. Pure. Simulated packs speak through it; the battery
 * behind it (voltage, charge, temperature) is the caller's.
 */
#ifndef SWAPSTACK_GBT27930_PACK_H
#define SWAPSTACK_GBT27930_PACK_H

#include "core/machine.h"
#include "gbt27930/link.h"

#define GBT_PACK_STATES(X)                                                                         \
    X(IDLE)        /* until CHM, or CRM of a charger of 2011 */                                    \
    X(HANDSHAKE)   /* BHM, until CRM */                                                            \
    X(RECOGNITION) /* BRM, until CRM AA */                                                         \
    X(PARAMETERS)  /* BCP, until CML */                                                            \
    X(READY)       /* BRO, until CRO AA */                                                         \
    X(CHARGING)    /* BCL, BCS, BSM, BMV, BMT */                                                   \
    X(STOPPING)    /* BST, until CST */                                                            \
    X(STATISTICS)  /* BST for a moment, BSD until CSD */                                           \
    X(ENDED)       /* orderly */                                                                   \
    X(ERROR)       /* BEM, until CRM 00 */                                                         \
    X(FAILED)

#define GBT_AS_STATE(name) GBT_PACK_##name,
enum gbt_pack_state { GBT_PACK_STATES(GBT_AS_STATE) GBT_PACK_STATE_COUNT };
#undef GBT_AS_STATE
extern const struct machine GBT_PACK_MACHINE;

/* field, default in ms, where it is from */
#define GBT_PACK_TIMES(X)                                                                          \
    X(crm_ms, 30000)       /* fig. A.6: CRM, from CHM; fig. A.12: CRM 00, from BEM */              \
    X(crm_aa_ms, 5000)     /* fig. A.6: CRM AA, from the first BRM */                              \
    X(cml_ms, 5000)        /* clause 8: CML, from the first BCP */                                 \
    X(cro_ms, 5000)        /* fig. A.6: any CRO, from BRO AA */                                    \
    X(cro_ready_ms, 60000) /* table 16: CRO AA */                                                  \
    X(ccs_ms, 1000)        /* table 19 */                                                          \
    X(cst_ms, 5000)        /* fig. A.6, from the first BST */                                      \
    X(bst_ms, 100)         /* ours: how long BST goes on after CST */                              \
    X(csd_ms, 10000)       /* fig. A.6, from the first BST */

#define GBT_AS_TIME(name, value) int64_t name;
struct gbt_pack_times {
    GBT_PACK_TIMES(GBT_AS_TIME)
};
#undef GBT_AS_TIME
extern const struct gbt_pack_times GBT_PACK_TIMES_DEFAULT;

/* What the battery says now. */
struct gbt_pack_input {
    double voltage_v, current_a; /* measured; current positive when charging */
    double soc_percent;
    double max_cell_v, min_cell_v, max_temperature_c, min_temperature_c;
    double want_v, want_a; /* demand; current positive */
    bool constant_voltage;
    int64_t remaining_min; /* estimate, 0 .. 600 */
    bool ready;            /* its contactors are closed */
    bool permit;           /* charging is allowed now */
    bool finished;         /* it is full: end */
    bool fault;            /* over-temperature: end */
};

struct gbt_pack {
    struct gbt_pack_times times;
    struct gbt_brm brm; /* what it says of itself */
    struct gbt_bcp bcp; /* SOC and voltage are taken from the input */
    enum gbt_pack_state state;
    int64_t since_us, stopping_us; /* of the state; of the first BST */
    int64_t now_us;                /* of the last call */
    struct gbt_bem error;          /* what it last missed */
    struct gbt_bst stop;           /* why it ended */
    struct gbt_pack_input input;
    struct gbt_link link;
    struct gbt_ccs ccs; /* the charger's last words */
    struct gbt_cml cml;
    struct gbt_cst cst;
    struct gbt_csd csd;
    struct gbt_cem cem;
};

void gbt_pack_init(struct gbt_pack *pack, const struct gbt_brm *brm, const struct gbt_bcp *bcp);
/* A frame has come. */
void gbt_pack_on_frame(struct gbt_pack *pack, const struct canframe *frame, int64_t now_us);
/* Time has passed; every 10 ms. */
void gbt_pack_on_time(struct gbt_pack *pack, const struct gbt_pack_input *input, int64_t now_us);
/* The next frame for the bus; false: none. */
bool gbt_pack_next(struct gbt_pack *pack, int64_t now_us, struct canframe *frame);

#endif
