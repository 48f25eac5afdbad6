/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/evaluation.h"

#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void evaluation_make(struct samples *samples, int64_t now_us, struct evaluation *evaluation)
{
    struct evaluate_result *figures = &evaluation->figures;
    const char *usual = cost_usual_charger(samples->chargers, samples->count);
    evaluate_samples(samples->list, samples->count, figures);
    struct cost_quantity quantity = {figures->charge_energy_added_kwh,
                                     figures->charge_energy_used_exact_kwh, figures->duration_min};
    evaluation->cost =
        cost_at_close(&samples->tariff, &quantity, samples->free_supercharging ? usual : NULL);
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

void evaluation_write(const struct evaluation *evaluation, bool json, struct strbuf *to)
{
    const struct evaluate_result *figures = &evaluation->figures;
    struct writer writer = {.to = to, .json = json};
    write_date(&writer, "start_date", figures->start_date_us);
    write_date(&writer, "end_date", figures->end_date_us);
    write_integer(&writer, "duration_min", figures->duration_min);
    write_decimal(&writer, "charge_energy_added", figures->charge_energy_added_kwh, 2);
    write_decimal(&writer, "charge_energy_used", figures->charge_energy_used_kwh, 2);
    write_number(&writer, "start_battery_level", figures->start_battery_level);
    write_number(&writer, "end_battery_level", figures->end_battery_level);
    write_decimal(&writer, "start_ideal_range_km", figures->start_ideal_range_km, 2);
    write_decimal(&writer, "end_ideal_range_km", figures->end_ideal_range_km, 2);
    write_decimal(&writer, "start_rated_range_km", figures->start_rated_range_km, 2);
    write_decimal(&writer, "end_rated_range_km", figures->end_rated_range_km, 2);
    write_decimal(&writer, "outside_temp_avg", figures->outside_temp_avg_c, 1);
    write_cost(&writer, evaluation->cost);
    write_number(&writer, "effective_phases", figures->effective_phases);
    write_integer(&writer, "samples", figures->samples);
    write_integer(&writer, "samples_refused", (int64_t)evaluation->refused);
    write_integer(&writer, "rule_version", EVALUATE_RULE_VERSION);
    strbuf_append_text(to, json ? "}\n" : "");
}
