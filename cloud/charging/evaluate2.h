/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule version 2, ours: the energies of a charging process from its samples, beside rule 1
 * (charging/evaluate.h; dates, levels, ranges, temperature and duration are the same in both). It
 * follows section 10 of design/charging.md. Pure, of fixed size between samples; evaluate2_finish
 * may be asked at any time and ends nothing. Samples come in date order, equal dates in order of
 * arrival.
 *
 * Power of a sample, kW. Each sample decides for itself, so a change of phases within the session
 * takes effect where it happened:
 * - phases, I or U not known: P.
 * - else φ·I·U/1000 with the first φ that agrees with P: the reported count (1 to 3); √3 when 3
 *   are reported (line voltage, 127/220 V); the one of 1, 2, 3 that comes nearest (flag
 *   phases_differ). It agrees within half a kW where P is a whole number (many vehicles round it)
 *   and 0.05 kW where not, or within a tenth. When none agrees: P (flag phases_differ).
 * - P not known: the reported count; none from 4 on (flag phases_differ): not known.
 * - Below 0 it is 0: what flowed back is neither charged for nor taken off.
 *
 * Energy by power: trapezoid, the mean of the two ends. The right-end rule of version 1 is off by
 * half an interval of each change of power (docs/charging.md has the measured errors of both). An
 * interval with one known end has that power, with none it is unmeasured (flag). An interval
 * longer than the gap limit is a gap (flag): its trapezoid is an estimate, kept apart in gap_kwh
 * and not in used. Equal dates make an interval of no length and no energy.
 *
 * Energy by the meter register, where readings stand: the difference between two readings replaces
 * everything by power between them, over gaps too, because a register misses nothing. Equal
 * readings mean nothing was used, unless more than 1 kWh was by power and the register, when it
 * moves on, accounts for less than a tenth of it: stuck (flag), power counts. A lower reading is a
 * rollover (flag) if the register stood in the last tenth of its range (the power of ten above the
 * reading, in Wh) and the way round is plausible, else a reset (flag): power counts across it. A
 * difference beyond the ceiling is a jump (flag): power counts. The ceiling of an energy between
 * two readings is 1 kWh and 1.25 times the charger's rating (1000 kW where that is not known) for
 * the time between. Before the first and behind the last reading power counts.
 *
 * Energy added, from the counter: the sum of its steps. A step down to at most half is a reset
 * (flag): what it then shows was added since. A smaller step down is a correction and taken off. 0
 * behind a reading above 0 says nothing by itself. A step up beyond the ceiling is a jump (flag)
 * and left out. Below 0 in the end: not known. A counter that shows the same after more than 1 kWh
 * used (gaps apart) is stuck (flag).
 *
 * Efficiency: added / (used + gap_kwh), because the counter runs on in gaps; 3 decimals; not known
 * when either is not, or nothing was used. Energies are rounded half away from zero to 2 decimals
 * through 15 significant digits; used is not known when no interval and no register says anything.
 */
#ifndef SWAPSTACK_CHARGING_EVALUATE2_H
#define SWAPSTACK_CHARGING_EVALUATE2_H

#include "charging/evaluate.h"

#define EVALUATE2_RULE_VERSION   2
#define EVALUATE2_GAP_DEFAULT_US (INT64_C(300) * 1000000) /* 30 samples of the usual 10 s */

struct evaluate2_limits {
    int64_t gap_us;           /* a longer interval is a gap; above 0 */
    double charger_rating_kw; /* above 0; NAN: not known */
};

/* What is implausible, or should be known before the figures are believed. */
enum evaluate2_flag {
    EVALUATE2_GAP,
    EVALUATE2_UNMEASURED,
    EVALUATE2_PHASES_DIFFER,
    EVALUATE2_ABOVE_RATING, /* a sample's power more than 5 % above the charger's rating */
    EVALUATE2_COUNTER_RESET,
    EVALUATE2_COUNTER_JUMP,
    EVALUATE2_COUNTER_STUCK,
    EVALUATE2_METER_RESET,
    EVALUATE2_METER_ROLLOVER,
    EVALUATE2_METER_JUMP,
    EVALUATE2_METER_STUCK,
    EVALUATE2_METER_DIFFERS,    /* from power, by more than a fifth and 0.5 kWh */
    EVALUATE2_CLOCK_STEP,       /* samples arrived in another order than that of their dates */
    EVALUATE2_USED_BELOW_ADDED, /* used and gap together, at stored scale */
    EVALUATE2_FLAGS
};

/* How often, and the date of the first. */
struct evaluate2_mark {
    int64_t times, first_us;
};

/* What power says of a stretch of time. */
struct evaluate2_stretch {
    struct decimal_sum used_kws, gap_kws; /* kW·s */
    int64_t intervals;                    /* with a power, zero ones too, without gaps */
    int64_t gap_us, unmeasured_us;
    struct evaluate2_mark gaps, unmeasured;
};

struct evaluate2_state {
    struct evaluate2_limits limits;
    int64_t samples;
    int64_t last_us, last_arrival;
    double last_power_kw; /* NAN: not known */
    double peak_power_kw; /* NAN: no power yet */

    /* By power for good; since the last change of the register up to its last reading; since that
     * reading. */
    struct evaluate2_stretch settled, held, open;
    double meter_wh; /* its last change; NAN: no reading yet */
    int64_t meter_us;
    double by_meter_kwh, beside_meter_kwh; /* by the register; by power for the same time */
    int64_t meter_steps;                   /* stretches it decided */

    double counter_kwh, counter_from_kwh; /* last reading; where its present run began */
    double counter_done_kwh;              /* earlier runs */
    int64_t counter_us;                   /* date of the last reading */
    double counter_used_kwh;              /* used so far when it changed last */
    bool counter_stuck;                   /* said already, since it changed last */

    struct evaluate2_mark flags[EVALUATE2_FLAGS];
};

struct evaluate2_result {
    int64_t samples;
    double added_kwh, used_kwh; /* 2 decimals; NAN: not known */
    double used_exact_kwh;      /* before rounding (tariffs use it) */
    double by_meter_kwh;        /* the part of used that the register gave, 2 decimals */
    double beside_meter_kwh;    /* what power says for the same time, 2 decimals */
    double gap_kwh;             /* estimate, not in used, 2 decimals */
    int64_t gap_us, unmeasured_us;
    double efficiency;    /* 3 decimals; NAN: not known */
    double peak_power_kw; /* NAN: no power known */
    struct evaluate2_limits limits;
    struct evaluate2_mark flags[EVALUATE2_FLAGS];
};

void evaluate2_start(struct evaluate2_state *state, const struct evaluate2_limits *limits);
/* The date must not be before the last one's (assert). */
void evaluate2_add(struct evaluate2_state *state, const struct evaluate_sample *sample);
void evaluate2_finish(const struct evaluate2_state *state, struct evaluate2_result *result);

/* Orders the samples in place (evaluate_sort) and evaluates them. */
void evaluate2_samples(struct evaluate_sample *samples, size_t count,
                       const struct evaluate2_limits *limits, struct evaluate2_result *result);

/* Power of one sample as above, kW; NAN: not known. *differs: the reported phases do not fit. */
double evaluate2_power(const struct evaluate_sample *sample, bool *differs);

/* The flag's word, as stored and printed: "counter_reset". */
const char *evaluate2_flag_name(enum evaluate2_flag flag);
#define EVALUATE2_REASON_SIZE 200
/* A sentence that says why the flag is set, with its figures. */
void evaluate2_reason(const struct evaluate2_result *result, enum evaluate2_flag flag,
                      char to[EVALUATE2_REASON_SIZE]);

#endif
