/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/rules.h"

void rules_start(struct rules_state *state, const struct evaluate2_limits *limits)
{
    evaluate_start(&state->first);
    evaluate2_start(&state->second, limits);
}

void rules_add(struct rules_state *state, const struct evaluate_sample *sample)
{
    evaluate_add(&state->first, sample);
    evaluate2_add(&state->second, sample);
}

void rules_finish(const struct rules_state *state, struct rules_result *result)
{
    evaluate_finish(&state->first, &result->first);
    evaluate2_finish(&state->second, &result->second);
}

struct rules_energy rules_energy(const struct rules_result *result, int rule)
{
    const struct evaluate_result *first = &result->first;
    const struct evaluate2_result *second = &result->second;
    if (rule == EVALUATE2_RULE_VERSION)
        return (struct rules_energy){second->added_kwh, second->used_kwh, second->used_exact_kwh};
    return (struct rules_energy){first->charge_energy_added_kwh, first->charge_energy_used_kwh,
                                 first->charge_energy_used_exact_kwh};
}

struct charging_figures rules_figures(const struct rules_result *result, int billed)
{
    const struct evaluate_result *ends = &result->first;
    struct rules_energy energy = rules_energy(result, billed);
    return (struct charging_figures){
        .start_date_us = ends->start_date_us,
        .end_date_us = ends->end_date_us,
        .start_battery_level = ends->start_battery_level,
        .end_battery_level = ends->end_battery_level,
        .charge_energy_added = energy.added_kwh,
        .charge_energy_used = energy.used_kwh,
        .start_ideal_range_km = ends->start_ideal_range_km,
        .end_ideal_range_km = ends->end_ideal_range_km,
        .start_rated_range_km = ends->start_rated_range_km,
        .end_rated_range_km = ends->end_rated_range_km,
        .outside_temp_avg = ends->outside_temp_avg_c,
        .duration_min = ends->duration_min,
        .rule_version = billed == EVALUATE2_RULE_VERSION ? billed : EVALUATE_RULE_VERSION,
    };
}

struct evaluation_row rules_evaluation(const struct rules_result *result, int rule)
{
    const struct evaluate_result *first = &result->first;
    const struct evaluate2_result *second = &result->second;
    if (rule != EVALUATE2_RULE_VERSION)
        return (struct evaluation_row){.rule_version = EVALUATE_RULE_VERSION,
                                       .charge_energy_added = first->charge_energy_added_kwh,
                                       .charge_energy_used = first->charge_energy_used_kwh,
                                       .charge_energy_metered = NAN,
                                       .charge_energy_gap = NAN,
                                       .gap_us = STORE_NULL,
                                       .unmeasured_us = STORE_NULL,
                                       .efficiency = NAN,
                                       .peak_power = NAN};
    return (struct evaluation_row){.rule_version = EVALUATE2_RULE_VERSION,
                                   .charge_energy_added = second->added_kwh,
                                   .charge_energy_used = second->used_kwh,
                                   .charge_energy_metered = second->by_meter_kwh,
                                   .charge_energy_gap = second->gap_kwh,
                                   .gap_us = second->gap_us,
                                   .unmeasured_us = second->unmeasured_us,
                                   .efficiency = second->efficiency,
                                   .peak_power = decimal_round(second->peak_power_kw, 3)};
}

static int save_rule(struct store *store, int64_t process, const struct rules_result *result,
                     int rule, int64_t at_us, struct err *err)
{
    struct evaluation_row row = rules_evaluation(result, rule);
    row.evaluated_at_us = at_us;
    return evaluation_save(store, process, &row, err);
}

static int save_flags(struct store *store, int64_t process, const struct evaluate2_result *result,
                      struct err *err)
{
    int status = 0;
    for (int flag = 0; status == 0 && flag < EVALUATE2_FLAGS; flag++) {
        char reason[EVALUATE2_REASON_SIZE];
        const struct evaluate2_mark *mark = &result->flags[flag];
        if (mark->times == 0)
            continue;
        evaluate2_reason(result, (enum evaluate2_flag)flag, reason);
        const struct evaluation_flag kept = {EVALUATE2_RULE_VERSION,
                                             evaluate2_flag_name((enum evaluate2_flag)flag),
                                             mark->times, mark->first_us, reason};
        status = evaluation_add_flag(store, process, &kept, err);
    }
    return status;
}

int rules_save(struct store *store, int64_t process, const struct rules_result *result,
               int64_t at_us, struct err *err)
{
    int status = evaluation_clear(store, process, err);
    if (status == 0)
        status = save_rule(store, process, result, EVALUATE_RULE_VERSION, at_us, err);
    if (status == 0)
        status = save_rule(store, process, result, EVALUATE2_RULE_VERSION, at_us, err);
    return status < 0 ? status : save_flags(store, process, &result->second, err);
}
