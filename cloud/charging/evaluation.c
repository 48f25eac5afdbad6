/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/evaluation.h"

#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void evaluate_both(struct samples *samples, const struct evaluate2_limits *limits,
                          struct evaluation *evaluation)
{
    struct evaluate_state state;
    struct evaluate2_state state2;
    evaluate_sort(samples->list, samples->count);
    evaluate_start(&state);
    evaluate2_start(&state2, limits);
    for (size_t i = 0; i < samples->count; i++) {
        evaluate_add(&state, &samples->list[i]);
        evaluate2_add(&state2, &samples->list[i]);
    }
    evaluate_finish(&state, &evaluation->figures);
    evaluate2_finish(&state2, &evaluation->intervals);
}

void evaluation_make(struct samples *samples, int64_t now_us, const struct evaluate2_limits *limits,
                     struct evaluation *evaluation)
{
    struct evaluate_result *figures = &evaluation->figures;
    const struct evaluate2_result *intervals = &evaluation->intervals;
    const char *usual = cost_usual_charger(samples->chargers, samples->count);
    const char *charger = samples->free_supercharging ? usual : NULL;
    evaluate_both(samples, limits, evaluation);
    struct cost_quantity quantity = {figures->charge_energy_added_kwh,
                                     figures->charge_energy_used_exact_kwh, figures->duration_min};
    struct cost_quantity quantity2 = {intervals->added_kwh, intervals->used_exact_kwh,
                                      figures->duration_min};
    evaluation->cost = cost_at_close(&samples->tariff, &quantity, charger);
    evaluation->cost2 = cost_at_close(&samples->tariff, &quantity2, charger);
    evaluation->refused = samples->refused;
    if (samples->count == 0)
        figures->start_date_us = figures->end_date_us = now_us;
}

struct writer {
    struct strbuf *to;
    bool json, any;
};

/* `quoted`: a JSON string. NULL: not known. The texts need no escaping. */
static void write_text(struct writer *writer, const char *name, const char *text, bool quoted)
{
    if (!writer->json) {
        strbuf_printf(writer->to, "%-22s %s\n", name, text ? text : "-");
        return;
    }
    const char *quote = text && quoted ? "\"" : "";
    strbuf_printf(writer->to, "%s\"%s\":%s%s%s", writer->any ? "," : "{", name, quote,
                  text ? text : "null", quote);
    writer->any = true;
}

static void write_decimal(struct writer *writer, const char *name, double value, int decimals)
{
    char text[400]; /* any double fits */
    (void)snprintf(text, sizeof text, "%.*f", decimals, value);
    write_text(writer, name, isnan(value) ? NULL : text, true);
}

static void write_integer(struct writer *writer, const char *name, int64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    write_text(writer, name, value == INT64_MIN ? NULL : text, false);
}

/* Levels are whole in the model and may have a fraction here. */
static void write_number(struct writer *writer, const char *name, double value)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (!isnan(value))
        json_write_number(&text, value);
    write_text(writer, name, isnan(value) ? NULL : strbuf_text(&text), false);
}

static void write_date(struct writer *writer, const char *name, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format_us(us, text);
    write_text(writer, name, text, true);
}

static void write_cost(struct writer *writer, int64_t cost)
{
    char text[40];
    long long cents = cost == COST_NONE ? 0 : cost / (COST_UNIT / 100);
    (void)snprintf(text, sizeof text, "%s%lld.%02lld", cents < 0 ? "-" : "", llabs(cents) / 100,
                   llabs(cents) % 100);
    write_text(writer, "cost", cost == COST_NONE ? NULL : text, true);
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

/* What rule 2 says beyond rule 1. */
static void write_intervals(struct writer *writer, const struct evaluate2_result *intervals)
{
    write_decimal(writer, "charge_energy_metered", intervals->by_meter_kwh, 2);
    write_decimal(writer, "charge_energy_gap", intervals->gap_kwh, 2);
    write_number(writer, "gap_s", seconds(intervals->gap_us));
    write_number(writer, "unmeasured_s", seconds(intervals->unmeasured_us));
    write_decimal(writer, "efficiency", intervals->efficiency, 3);
    write_decimal(writer, "peak_power", intervals->peak_power_kw, 2);
}

static void write_flag(struct writer *writer, const char *name, const struct evaluate2_mark *mark,
                       const char *reason, bool more)
{
    char first[TIMESTAMP_TEXT_SIZE];
    timestamp_format_us(mark->first_us, first);
    if (writer->json)
        strbuf_printf(writer->to,
                      "%s{\"flag\":\"%s\",\"times\":%" PRId64 ",\"first_at\":\"%s\","
                      "\"reason\":\"%s\"}",
                      more ? "," : "", name, mark->times, first, reason);
    else
        strbuf_printf(writer->to, "%-22s %s (%" PRId64 ", from %s)\n", name, reason, mark->times,
                      first);
}

static void write_flags(struct writer *writer, const struct evaluate2_result *intervals)
{
    bool more = false;
    if (writer->json)
        strbuf_append_text(writer->to, ",\"flags\":[");
    for (int flag = 0; flag < EVALUATE2_FLAGS; flag++) {
        char reason[EVALUATE2_REASON_SIZE];
        if (intervals->flags[flag].times == 0)
            continue;
        evaluate2_reason(intervals, (enum evaluate2_flag)flag, reason);
        write_flag(writer, evaluate2_flag_name((enum evaluate2_flag)flag), &intervals->flags[flag],
                   reason, more);
        more = true;
    }
    if (writer->json)
        strbuf_append_char(writer->to, ']');
}

/* What no rule decides. */
static void write_ends(struct writer *writer, const struct evaluate_result *figures)
{
    write_number(writer, "start_battery_level", figures->start_battery_level);
    write_number(writer, "end_battery_level", figures->end_battery_level);
    write_decimal(writer, "start_ideal_range_km", figures->start_ideal_range_km, 2);
    write_decimal(writer, "end_ideal_range_km", figures->end_ideal_range_km, 2);
    write_decimal(writer, "start_rated_range_km", figures->start_rated_range_km, 2);
    write_decimal(writer, "end_rated_range_km", figures->end_rated_range_km, 2);
    write_decimal(writer, "outside_temp_avg", figures->outside_temp_avg_c, 1);
}

void evaluation_write(const struct evaluation *evaluation, int rule, bool json, struct strbuf *to)
{
    const struct evaluate_result *figures = &evaluation->figures;
    const struct evaluate2_result *intervals = &evaluation->intervals;
    struct writer writer = {.to = to, .json = json};
    bool first = rule == EVALUATE_RULE_VERSION;
    write_date(&writer, "start_date", figures->start_date_us);
    write_date(&writer, "end_date", figures->end_date_us);
    write_integer(&writer, "duration_min", figures->duration_min);
    write_decimal(&writer, "charge_energy_added",
                  first ? figures->charge_energy_added_kwh : intervals->added_kwh, 2);
    write_decimal(&writer, "charge_energy_used",
                  first ? figures->charge_energy_used_kwh : intervals->used_kwh, 2);
    if (!first)
        write_intervals(&writer, intervals);
    write_ends(&writer, figures);
    write_cost(&writer, first ? evaluation->cost : evaluation->cost2);
    if (first)
        write_number(&writer, "effective_phases", figures->effective_phases);
    write_integer(&writer, "samples", figures->samples);
    write_integer(&writer, "samples_refused", (int64_t)evaluation->refused);
    write_integer(&writer, "rule_version", rule);
    if (!first)
        write_flags(&writer, intervals);
    strbuf_append_text(to, json ? "}" : "");
}
