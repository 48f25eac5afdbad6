/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/history.h"

#include "base/scope.h"
#include "charging/charging_internal.h"
#include "store/sample_flat.h"
#include <stdlib.h>

void history_free(struct history *history)
{
    chunk_flat_free(&history->flat);
    free(history->samples);
    *history = (struct history){0};
}

static struct evaluate_columns columns_of(const struct chunk_flat *flat)
{
    return (struct evaluate_columns){.count = flat->count,
                                     .date_us = flat->date_us,
                                     .phases = flat->charger_phases,
                                     .battery_level = flat->battery_level,
                                     .added_kwh = flat->charge_energy_added,
                                     .power_kw = flat->charger_power,
                                     .current_a = flat->charger_actual_current,
                                     .voltage_v = flat->charger_voltage,
                                     .ideal_range_km = flat->ideal_battery_range_km,
                                     .rated_range_km = flat->rated_battery_range_km,
                                     .outside_temp_c = flat->outside_temp,
                                     .meter_wh = flat->meter_wh};
}

static int make_room(struct history *history, size_t count, struct err *err)
{
    if (count <= history->capacity)
        return 0;
    struct evaluate_sample *samples = malloc(count * sizeof *samples);
    if (!samples)
        return err_set(err, ERR_NOMEM, "no memory for %zu samples", count);
    free(history->samples);
    history->samples = samples;
    history->capacity = count;
    return 0;
}

static void samples_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

/* Samples that are not packed. */
static int read_open(struct history *history, struct store *store, int64_t process, size_t *count,
                     struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples stored = {0};
    int status = charge_samples_read(store, process, &stored, err);
    if (status == 0)
        status = make_room(history, stored.count, err);
    *count = status < 0 ? 0 : stored.count;
    for (size_t i = 0; i < *count; i++)
        history->samples[i] = charging_sample_of(&stored.list[i]);
    evaluate_sort(history->samples, *count);
    return status;
}

/* The samples of the chunk as a list in the order of their dates. */
static int put_in_order(struct history *history, const struct evaluate_columns *columns,
                        struct err *err)
{
    int status = make_room(history, columns->count, err);
    for (size_t i = 0; status == 0 && i < columns->count; i++)
        history->samples[i] = evaluate_column_sample(columns, i);
    if (status == 0)
        evaluate_sort(history->samples, columns->count);
    return status;
}

/* Rule 1 over the process. `*listed`: its samples stand in history->samples, *count of them, else
 * in the columns. */
static int first_rule(struct history *history, struct store *store, int64_t process,
                      struct evaluate_columns *columns, bool *listed, size_t *count,
                      struct evaluate_state *state, struct err *err)
{
    int packed = charge_samples_read_flat(store, process, &history->flat, err);
    if (packed < 0)
        return packed;
    evaluate_start(state);
    *columns = columns_of(&history->flat);
    *count = columns->count;
    *listed = !packed || !evaluate_add_columns(state, columns);
    if (!*listed)
        return 0;
    int status = packed ? put_in_order(history, columns, err)
                        : read_open(history, store, process, count, err);
    for (size_t i = 0; status == 0 && i < *count; i++)
        evaluate_add(state, &history->samples[i]);
    return status;
}

int history_evaluate(struct history *history, struct store *store, int64_t process,
                     struct evaluate_result *result, struct err *err)
{
    struct evaluate_state state;
    struct evaluate_columns columns;
    bool listed;
    size_t count;
    int status = first_rule(history, store, process, &columns, &listed, &count, &state, err);
    if (status == 0)
        evaluate_finish(&state, result);
    return status;
}

int history_evaluate_both(struct history *history, struct store *store, int64_t process,
                          const struct evaluate2_limits *limits, struct rules_result *result,
                          struct err *err)
{
    struct rules_state state;
    struct evaluate_columns columns;
    bool listed;
    size_t count;
    rules_start(&state, limits);
    int status = first_rule(history, store, process, &columns, &listed, &count, &state.first, err);
    for (size_t i = 0; status == 0 && i < count; i++) {
        struct evaluate_sample sample =
            listed ? history->samples[i] : evaluate_column_sample(&columns, i);
        evaluate2_add(&state.second, &sample);
    }
    if (status == 0)
        rules_finish(&state, result);
    return status;
}
