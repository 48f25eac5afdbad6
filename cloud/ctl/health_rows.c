/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/health_rows.h"

#include "base/decimal.h"
#include "store/report_columns.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const struct report_column battery[] = {TEXT("bid", "BATTERY"),
                                               TEXT("state", "STATE"),
                                               REAL("soh", 1, "SOH %"),
                                               REAL("capacity_kwh", 2, "KWH"),
                                               REAL("equivalent_full_cycles", 1, "CYCLES"),
                                               REAL("soh_per_year", 2, "PER YEAR"),
                                               REAL("days_left", 0, "DAYS LEFT"),
                                               TIME("end_of_life_at", "END OF LIFE"),
                                               TIME("end_of_life_earliest", "EARLIEST"),
                                               TIME("end_of_life_latest", "LATEST"),
                                               REAL("cycles_left", 0, "CYCLES LEFT"),
                                               TIME("maintenance_at", "MAINTENANCE"),
                                               TEXT("maintenance_by", "BY"),
                                               TEXT("reason", "REASON"),
                                               REAL("soh_low", 2, NULL),
                                               REAL("soh_high", 2, NULL),
                                               TIME("soh_at", NULL),
                                               REAL("soh_per_year_low", 2, NULL),
                                               REAL("soh_per_year_high", 2, NULL),
                                               REAL("soh_per_100_cycles", 3, NULL),
                                               REAL("soh_per_100_cycles_low", 3, NULL),
                                               REAL("soh_per_100_cycles_high", 3, NULL),
                                               REAL("days_left_low", 0, NULL),
                                               REAL("days_left_high", 0, NULL),
                                               REAL("cycles_left_low", 0, NULL),
                                               REAL("cycles_left_high", 0, NULL),
                                               REAL("cycles_per_day", 3, NULL),
                                               REAL("maintenance_cycles_left", 1, NULL),
                                               REAL("nominal_capacity_kwh", 2, NULL),
                                               TEXT("nominal_capacity_source", NULL),
                                               INTEGER("charges", NULL),
                                               INTEGER("charges_used", NULL),
                                               INTEGER("charges_without_energy", NULL),
                                               INTEGER("trend_charges", NULL),
                                               REAL("trend_days", 1, NULL),
                                               TIME("lift_at", NULL),
                                               REAL("lift_percent", 1, NULL),
                                               REAL("soh_reported", 1, NULL),
                                               INTEGER("cycles_reported", NULL),
                                               END};
const struct report HEALTH_BATTERY = {"health", NULL, battery};

static const struct report_column charges[] = {TIME("end_date", "END"),
                                               INTEGER("id", "CHARGING"),
                                               REAL("start_soc", 1, "FROM %"),
                                               REAL("end_soc", 1, "TO %"),
                                               REAL("charge_energy_added", 2, "ADDED"),
                                               REAL("capacity_kwh", 2, "KWH"),
                                               REAL("soh", 2, "SOH %"),
                                               REAL("equivalent_full_cycles", 1, "CYCLES"),
                                               TEXT("verdict", "VERDICT"),
                                               END};
const struct report HEALTH_CHARGES = {"charges", NULL, charges};

/* Values are set by the names of their columns: the order of a table is for people to choose. */
static struct report_value *value_of(const struct report *report, struct report_value *values,
                                     const char *name)
{
    size_t at = 0;
    while (strcmp(report->columns[at].name, name) != 0) {
        at++;
        assert(report->columns[at].name);
    }
    return &values[at];
}

struct row {
    const struct report *report;
    struct report_value *values;
};

static void set_text(const struct row *row, const char *name, const char *text)
{
    struct report_value *value = value_of(row->report, row->values, name);
    value->present = text && text[0];
    value->text = text;
    value->length = text ? strlen(text) : 0;
}

static void set_real(const struct row *row, const char *name, double real)
{
    struct report_value *value = value_of(row->report, row->values, name);
    value->present = isfinite(real);
    value->real = value->present ? decimal_round(real, 3) : NAN;
}

static void set_integer(const struct row *row, const char *name, int64_t integer)
{
    struct report_value *value = value_of(row->report, row->values, name);
    value->present = integer != STORE_NULL;
    value->integer = integer;
}

static void set_outlook(const struct row *row, const struct health *health)
{
    set_real(row, "soh", health->soh_percent.estimate);
    set_real(row, "soh_low", health->soh_percent.low);
    set_real(row, "soh_high", health->soh_percent.high);
    set_integer(row, "soh_at", health->soh_at_us);
    set_real(row, "capacity_kwh", health->capacity_kwh);
    set_real(row, "soh_per_year", health->soh_per_year.estimate);
    set_real(row, "soh_per_year_low", health->soh_per_year.low);
    set_real(row, "soh_per_year_high", health->soh_per_year.high);
    set_real(row, "soh_per_100_cycles", health->soh_per_100_cycles.estimate);
    set_real(row, "soh_per_100_cycles_low", health->soh_per_100_cycles.low);
    set_real(row, "soh_per_100_cycles_high", health->soh_per_100_cycles.high);
    set_integer(row, "end_of_life_at", health->end_of_life.estimate_us);
    set_integer(row, "end_of_life_earliest", health->end_of_life.earliest_us);
    set_integer(row, "end_of_life_latest", health->end_of_life.latest_us);
    set_real(row, "days_left", health->days_left.estimate);
    set_real(row, "days_left_low", health->days_left.low);
    set_real(row, "days_left_high", health->days_left.high);
    set_real(row, "cycles_left", health->cycles_left.estimate);
    set_real(row, "cycles_left_low", health->cycles_left.low);
    set_real(row, "cycles_left_high", health->cycles_left.high);
}

static void set_basis(const struct row *row, const struct inspection *inspection)
{
    const struct health *health = &inspection->health;
    const struct series *series = &inspection->series;
    set_real(row, "nominal_capacity_kwh", series->nominal_kwh);
    set_text(row, "nominal_capacity_source", series_nominal_name(series->nominal_source));
    set_integer(row, "charges", (int64_t)series->count);
    set_integer(row, "charges_used", (int64_t)series->by_verdict[CAPACITY_USED]);
    set_integer(row, "charges_without_energy", (int64_t)series->unknown);
    set_integer(row, "trend_charges", (int64_t)health->trend_charges);
    set_real(row, "trend_days", health->trend_days);
    set_integer(row, "lift_at", health->lift_at_us);
    set_real(row, "lift_percent", health->lift_percent);
}

void health_battery_values(const struct inspection *inspection,
                           struct report_value values[REPORT_COLUMNS_MAX])
{
    const struct row row = {&HEALTH_BATTERY, values};
    const struct health *health = &inspection->health;
    memset(values, 0, REPORT_COLUMNS_MAX * sizeof *values);
    set_text(&row, "bid", inspection->battery.bid);
    set_text(&row, "state", health_state_name(health->state));
    set_text(&row, "reason", health->reason);
    set_outlook(&row, health);
    set_basis(&row, inspection);
    set_real(&row, "equivalent_full_cycles", inspection->series.cycles);
    set_real(&row, "cycles_per_day", health->cycles_per_day);
    set_real(&row, "soh_reported", inspection->battery.soh);
    set_integer(&row, "cycles_reported", inspection->battery.cycles);
    const struct maintenance *next = &health->maintenance;
    set_text(&row, "maintenance_by", next->by);
    set_integer(&row, "maintenance_at", next->by ? next->due_at_us : STORE_NULL);
    set_real(&row, "maintenance_cycles_left", next->cycles_left);
}

void health_charge_values(const struct inspection *inspection, size_t index,
                          struct report_value values[REPORT_COLUMNS_MAX])
{
    const struct row row = {&HEALTH_CHARGES, values};
    const struct capacity_charge *charge = &inspection->charges[index];
    const struct series_item *item = &inspection->series.items[index];
    memset(values, 0, REPORT_COLUMNS_MAX * sizeof *values);
    set_integer(&row, "end_date", charge->end_us);
    set_integer(&row, "id", inspection->ids[index]);
    set_real(&row, "start_soc", charge->start_soc_percent);
    set_real(&row, "end_soc", charge->end_soc_percent);
    set_real(&row, "charge_energy_added", charge->added_kwh);
    set_real(&row, "capacity_kwh", item->capacity_kwh);
    set_real(&row, "soh", item->soh_percent);
    set_real(&row, "equivalent_full_cycles", item->cycles);
    set_text(&row, "verdict", capacity_verdict_name(item->verdict));
}
