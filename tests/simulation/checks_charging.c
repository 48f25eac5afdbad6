/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of charging processes when all has come to rest. */
#include "sim.h"

#include "charging/recalculate.h"
#include "store/store.h"
#include <inttypes.h>

#define PAGE 16

/* The figures on record are those that the pure rules make of the samples that were committed. */
static void check_process(struct sim *sim, const struct recalculation_row *row)
{
    const struct rules_settings rules = RULES_DEFAULT;
    struct recalculate_result result;
    struct err err = {0};
    if (recalculate_look(sim->bridge.store, row, &rules.limits, &result, &err) < 0)
        sim_violate(sim, "charging process %" PRId64 ": %s", row->id, err.text);
    else if (result.outcome != RECALCULATE_SAME)
        sim_violate(sim,
                    "charging process %" PRId64 ": %zu samples say otherwise than its %zu figures "
                    "(%s %g, not %g)",
                    row->id, result.samples, result.change_count,
                    recalculate_field_name(result.changes[0].field), result.changes[0].after,
                    result.changes[0].before);
}

/* None is left open for ever: what nothing came of for the time-out, twice over because it is
 * looked for in steps, is closed. */
static void check_open(struct sim *sim)
{
    int64_t id;
    struct err err = {0};
    int64_t before_us = SIM_START_US + sim->schedule.now_us - 2 * SIM_GONE_TIMEOUT_US;
    int count = charging_process_list_idle(sim->bridge.store, before_us, &id, 1, &err);
    if (count < 0)
        sim_violate(sim, "open charging processes: %s", err.text);
    else if (count > 0)
        sim_violate(sim, "charging process %" PRId64 " stays open though nothing comes of it", id);
}

void sim_check_charging(struct sim *sim)
{
    const struct recalculation_filter all = {.from_us = STORE_NULL, .to_us = STORE_NULL};
    struct recalculation_row rows[PAGE];
    struct err err = {0};
    int64_t after = 0;
    int count;
    check_open(sim);
    do {
        count = recalculation_page(sim->bridge.store, &all, after, rows, PAGE, &err);
        if (count < 0)
            sim_violate(sim, "charging processes: %s", err.text);
        for (int i = 0; i < count && !sim->violation[0]; i++) {
            check_process(sim, &rows[i]);
            after = rows[i].id;
        }
    } while (count > 0 && !sim->violation[0]);
}
