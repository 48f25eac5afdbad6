/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's core: all bays, the swap, charging, safety. Pure: time and readings come in, output
 * requests and actions come out; commands are requests that the rules of design/hardware.md may
 * refuse. The engine owns one struct station, keeps its intent durable and drives it.
 *
 * Order of use, each step:
 *     station_step(...)            readings → requests, actions
 *     make the intent durable      when actions.intent_changed, before the next two
 *     write requests to the driver, hand events over
 */
#ifndef SWAPSTACK_CORE_STATION_H
#define SWAPSTACK_CORE_STATION_H

#include "core/bay.h"
#include "core/fault.h"
#include "core/limits.h"
#include "core/swap.h"

struct station_permit {   /* permitted pack types and what else the board says */
    uint32_t chemistries; /* bit 1 << enum io_chemistry */
};

/* The open account of a vehicle: its next swap settles it (core/swap.h). */
struct owed {
    char vehicle[MESSAGE_NAME_SIZE]; /* "" free place */
    int count;                       /* > 0: batteries it is owed; < 0: batteries it owes */
    double rated_v;                  /* of the battery that it gave last, NAN unknown */
};
#define OWED_MAX       16
#define OWED_COUNT_MAX 1000

struct station {
    struct station_limits limits;
    struct station_settings settings;
    struct station_permit permit;
    char engine_id[9];       /* 8 hex digits, random, made with the state: part of session ids */
    int64_t session_counter; /* last session number used */
    int64_t started_us;      /* plant time of the first step of this run */
    /* conditions that the engine reports */
    int64_t skew_us;    /* what the plant clock is ahead of the core's time */
    bool safe_mode;     /* the monitor is gone */
    bool storage_fault; /* intent or events cannot be made durable */
    bool journal_short; /* the monitor's journal is on its reserve: nothing new begins (rule 12),
                         * what runs goes on, for its events still have room */
    bool stopping;      /* the process is about to end: as safe mode */
    bool driver_fault;  /* a driver cannot be read or written for longer than frames_stale_s */
    /* conditions of the core */
    bool maintenance; /* asked for at the station */
    bool interrupted; /* a swap stopped half way; the next command settles it */
    int bay_count;
    struct bay bays[IO_BAYS_MAX];
    struct swap swap;
    struct faults faults;
    struct owed owed[OWED_MAX]; /* newest first */
};

/* Everything that one step works on. `now` is in->now_us. */
struct core_step {
    struct station *station;
    const struct io_readings *in;
    struct station_actions *actions;
};

/* A new station: all bays UNKNOWN, nothing on record. `engine_id` is 8 hex digits. */
void station_init(struct station *station, int bay_count, const char *engine_id);

/* After the intent was restored: bays UNKNOWN, an open swap and open sessions end as interrupted.
 * Emits their events; nothing moves. */
void station_resume(struct station *station, int64_t now_us, struct station_actions *actions);

/* One step. `out` is filled completely. `actions` is appended to. */
void station_step(struct station *station, const struct io_readings *in, struct io_requests *out,
                  struct station_actions *actions);

/* What may be written before the step's intent is durable: everything that stops or alarms, nothing
 * that begins. `now` is what was written last, `next` the new step's requests. */
void station_restrict(const struct io_requests *now, const struct io_requests *next,
                      struct io_requests *out);

enum station_mode { STATION_NORMAL, STATION_SAFE, STATION_MAINTENANCE, STATION_EMERGENCY };
enum station_mode station_mode(const struct station *station);
const char *station_mode_name(const struct station *station);
/* ACTIVE, CHARGING, STOPPED or FAULTY (DISCONNECTED is for others to say). */
const char *station_state_name(const struct station *station);

/* --- commands: NULL = accepted, else the code of the refusal (design/protocol.md) --- */

struct station_swap_request {
    const char *command, *request_id, *vehicle, *user;
    const char *battery; /* serial wanted, "" the best */
    int count;           /* 1 or 2 batteries; 0: as many as are reserved for it, else 1 */
};
/* `in`: the newest readings. Refusals: StorageFault, SafetyLock (mode, gate, a door that cannot be
 * shut), Busy (a swap is under way, bays are being verified, too few bays are free),
 * NoBatteryAvailable (also: not two of one type), Malformed (count), BatteryType (Out-In without a
 * wanted battery, while ready packs are of several types), and for a wanted battery BatteryUnknown,
 * Unauthorized (locked), BatteryDamaged, BatterySoC, BatterySoHLow. */
const char *station_request_swap(struct station *station, const struct io_readings *in,
                                 const struct station_swap_request *request,
                                 struct station_actions *actions);
/* Takes an accepted swap back before anything moved: its intent could not be stored. */
void station_revoke_swap(struct station *station);

struct station_session_request {
    bool start; /* false: stop */
    int slot;
    const char *session;                 /* "" none */
    double target_soc_percent, power_kw; /* NAN: default */
};
/* Refusals: Malformed (no such bay, no power), Busy, SafetyLock, StorageFault, BatteryUnknown (no
 * pack there), BatterySoC (at target already), Repeated (a session of that id runs). */
const char *station_request_session(struct station *station, const struct io_readings *in,
                                    const struct station_session_request *request,
                                    struct station_actions *actions);

struct station_reserve_request {
    bool reserve; /* false: cancel */
    const char *request_id, *vehicle, *user;
    int64_t until_us; /* plant */
    int count;        /* 1 or 2 batteries of one type; 0: 1 */
};
/* Refusals: Malformed (count), StorageFault, SafetyLock, NoBatteryAvailable, Stale (until is past),
 * Repeated; cancel of an unknown reservation: BatteryUnknown. */
const char *station_request_reserve(struct station *station, const struct io_readings *in,
                                    const struct station_reserve_request *request,
                                    struct station_actions *actions);

/* A person at the station: puts a bay (slot 0: the station) in or out of maintenance; confirms
 * latched faults (slot -1: all). Refusals: Malformed (no such bay), Busy (a swap needs it),
 * SafetyLock (on its way out something is not shut, see core/maintenance.h). */
const char *station_request_maintenance(struct station *station, int slot, bool on,
                                        const struct io_readings *in,
                                        struct station_actions *actions);
void station_request_reset(struct station *station, int slot, int64_t now_us,
                           struct station_actions *actions);

/* --- what others in core use --- */

/* Whether a bay's fan runs: while it charges, until a hot pack is cool, and when a person in
 * maintenance wants it. */
bool bay_wants_fan(const struct station *station, const struct bay *bay);

struct bay *station_bay(struct station *station, int slot);

#endif
