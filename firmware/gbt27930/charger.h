/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's side of a GB/T 27930 session: handshake, recognition, configuration, charging, end
 * (clauses 8 to 10, flow charts of annex A, error handling of annex C). Pure: (state, event, time)
 * -> (state, actions). The actions are `output`, what the power stage has to do now, and the frames
 * that gbt_charger_next gives.
 *
 * Power flows in CHARGING only, after the pack's BSM has permitted it, and within the least of what
 * the pack demands (BCL), what it bears (BCP) and what the charger can.
 */
#ifndef SWAPSTACK_GBT27930_CHARGER_H
#define SWAPSTACK_GBT27930_CHARGER_H

#include "core/machine.h"
#include "gbt27930/link.h"

#define GBT_CHARGER_STATES(X)                                                                      \
    X(IDLE)                                                                                        \
    X(HANDSHAKE)     /* CHM, until the pack's BHM; insulation is tested */                         \
    X(IDENTIFYING)   /* CRM 00, until BRM */                                                       \
    X(IDENTIFIED)    /* CRM AA, until BCP; while held, recognition is repeated */                  \
    X(CONFIGURATION) /* CTS and CML, until BRO AA */                                               \
    X(READY)         /* CRO, until BCL and BCS */                                                  \
    X(CHARGING)      /* CCS */                                                                     \
    X(PAUSED)        /* CCS; the pack forbids for now */                                           \
    X(STOPPING)      /* CST, until BST */                                                          \
    X(STATISTICS)    /* CST until BSD, then CSD */                                                 \
    X(ENDED)         /* orderly */                                                                 \
    X(ERROR)         /* CEM; then a new attempt */                                                 \
    X(FAILED)        /* somebody has to look, or to plug in again */

#define GBT_AS_STATE(name) GBT_CHARGER_##name,
enum gbt_charger_state { GBT_CHARGER_STATES(GBT_AS_STATE) GBT_CHARGER_STATE_COUNT };
#undef GBT_AS_STATE
extern const struct machine GBT_CHARGER_MACHINE;

/* Why charging ended, or what is wrong. */
#define GBT_CAUSES(X)                                                                              \
    X(NONE, "")                                                                                    \
    X(CONDITION, "the charger's condition is reached")                                             \
    X(BY_HAND, "stopped by hand")                                                                  \
    X(PACK_STOPPED, "stopped by the pack")                                                         \
    X(PACK_FAULT, "the pack reports a fault")                                                      \
    X(PACK_ERROR, "the pack reports a time-out (BEM)")                                             \
    X(PAUSED_LONG, "the pack paused for too long")                                                 \
    X(INCOMPATIBLE, "the charger's voltage does not fit the pack")                                 \
    X(OVERVOLTAGE, "output above what the pack bears")                                             \
    X(CHARGER_FAULT, "charger fault")                                                              \
    X(EMERGENCY, "emergency stop")                                                                 \
    X(NOT_READY, "the charger did not become ready")                                               \
    X(NO_BRM, "no BRM in time")                                                                    \
    X(NO_BCP, "no BCP in time")                                                                    \
    X(NO_BRO, "no BRO in time, or the pack did not become ready")                                  \
    X(NO_BCS, "no BCS in time")                                                                    \
    X(NO_BCL, "no BCL in time")                                                                    \
    X(NO_BSM, "no BSM in time")                                                                    \
    X(NO_BST, "no BST in time")                                                                    \
    X(NO_BSD, "no BSD in time")

#define GBT_AS_CAUSE(name, text) GBT_CAUSE_##name,
enum gbt_cause { GBT_CAUSES(GBT_AS_CAUSE) GBT_CAUSE_COUNT };
#undef GBT_AS_CAUSE
const char *gbt_cause_text(enum gbt_cause cause);

/* field, default in ms, where it is from */
#define GBT_CHARGER_TIMES(X)                                                                       \
    X(bhm_ms, 5000)  /* clause 8; then the pack is taken for one of 2011 without BHM */            \
    X(crm_ms, 60000) /* fig. A.6: from the start to CRM; insulation must be tested by then */      \
    X(brm_ms, 5000)  /* table 11, from the first CRM */                                            \
    X(bcp_ms, 5000)  /* table 12, from CRM AA */                                                   \
    X(hold_ms, 3000) /* ours: a held charger recognises anew; the pack waits 5 s for CML */        \
    X(bro_ms, 5000)  /* fig. A.6: any BRO */                                                       \
    X(bro_ready_ms, 60000) /* table 15: BRO AA */                                                  \
    X(cro_ready_ms, 60000) /* table 16: our own CRO AA */                                          \
    X(demand_ms, 5000)     /* clause 8: the first BCL and BCS, from CRO AA */                      \
    X(bcl_ms, 1000)        /* table 17 */                                                          \
    X(bcs_ms, 5000)        /* table 18 */                                                          \
    X(bsm_ms, 5000)        /* clause 8; table 29 has no field for it: "other" */                   \
    X(pause_ms, 600000)    /* annex C note 1 */                                                    \
    X(bst_ms, 5000)        /* fig. A.6, from the first CST */                                      \
    X(bsd_ms, 10000)       /* fig. A.6, from the first CST */                                      \
    X(csd_ms, 1000)        /* ours: how long CSD is repeated */                                    \
    X(current_ms, 100)     /* GB/T 18487.1: current at most 5 A, from the first CST */             \
    X(error_ms, 2500)      /* ours: how long CEM is repeated before a new attempt; the pack waits  \
                              30 s for CRM (fig. A.11, A.12) */

#define GBT_AS_TIME(name, value) int64_t name;
struct gbt_charger_times {
    GBT_CHARGER_TIMES(GBT_AS_TIME)
};
#undef GBT_AS_TIME
extern const struct gbt_charger_times GBT_CHARGER_TIMES_DEFAULT;

struct gbt_charger_settings {
    int64_t number;                      /* of the charger, 1 .. 2^32-2 */
    double max_voltage_v, min_voltage_v; /* what the power stage can */
    double max_current_a, min_current_a; /* positive */
    int reconnects; /* new attempts after time-outs in one session; annex C: 3 */
    struct gbt_charger_times times;
};

/* What the power stage and the station say now. */
struct gbt_charger_input {
    double voltage_v, current_a; /* output; current positive */
    double energy_kwh;           /* delivered in this session */
    int64_t wall_us;             /* for CTS, since 1970 UTC; 0: no time known */
    bool insulated;              /* insulation is tested */
    bool ready;                  /* contactors closed, output may begin */
    bool hold; /* nobody wants to charge yet: only BRM and BCP are asked for, again
                  and again, and the pack's contactors stay open */
    bool fault, emergency;
};

/* What the power stage has to do. */
struct gbt_charger_output {
    bool on;
    double voltage_v, current_a; /* limits; 0 when off; current positive */
};

enum gbt_event_kind {
    GBT_EVENT_START, /* a pack is there: from IDLE, ENDED or FAILED to HANDSHAKE */
    GBT_EVENT_FRAME, /* `frame` came */
    GBT_EVENT_TIME,  /* time has passed, `input` is new; every 10 ms while STOPPING, 50 ms else */
    GBT_EVENT_STOP,  /* end charging for `cause` (CONDITION or BY_HAND) */
    GBT_EVENT_RESET, /* the pack is gone: to IDLE from everywhere */
};

struct gbt_event {
    enum gbt_event_kind kind;
    const struct canframe *frame;
    const struct gbt_charger_input *input;
    enum gbt_cause cause;
};

struct gbt_charger {
    struct gbt_charger_settings settings;
    enum gbt_charger_state state;
    int64_t since_us;     /* of the state */
    int64_t begin_us;     /* of the session */
    int64_t charging_us;  /* of CHARGING for the first time; GBT_NEVER */
    int64_t ready_us;     /* our first CRO AA of this attempt */
    int64_t live_us;      /* of CHARGING in this attempt */
    int64_t stopping_us;  /* of the first CST, or of the error */
    int64_t csd_us;       /* of the first CSD */
    int attempts;         /* new attempts used up */
    enum gbt_cause stop;  /* why charging ended */
    enum gbt_cause error; /* last error of communication */
    bool current_late;    /* current did not fall in time after a stop: a fault of the charger */
    bool permit;          /* BSM allows */
    struct gbt_charger_input input;
    struct gbt_charger_output output;
    struct gbt_link link;
    /* the pack's last words, valid when link.heard_us says that there were any */
    struct gbt_brm brm;
    struct gbt_bcp bcp;
    struct gbt_bro bro;
    struct gbt_bcl bcl;
    struct gbt_bcs bcs;
    struct gbt_bsm bsm;
    double min_cell_v; /* least voltage of BMV, NAN */
    struct gbt_bst bst;
    struct gbt_bsd bsd;
    struct gbt_bem bem;
};

/* Can this power stage serve that pack (annex C: parameters do not match)? What the pack does not
 * say is not held against it, but then no power flows. */
bool gbt_charger_fits(const struct gbt_charger_settings *settings, const struct gbt_bcp *bcp);

void gbt_charger_init(struct gbt_charger *charger, const struct gbt_charger_settings *settings);
void gbt_charger_step(struct gbt_charger *charger, const struct gbt_event *event, int64_t now_us);
/* The next frame for the bus; call until false after each step. */
bool gbt_charger_next(struct gbt_charger *charger, int64_t now_us, struct canframe *frame);
/* When GBT_EVENT_TIME is due at the latest; INT64_MAX in IDLE, ENDED and FAILED. */
int64_t gbt_charger_due_us(const struct gbt_charger *charger, int64_t now_us);

#endif
