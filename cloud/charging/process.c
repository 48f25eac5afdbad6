/* SPDX-License-Identifier: Apache-2.0 */
/* One charging process: opened, grown by samples, closed with its figures. */
#include "charging/charging_internal.h"

#include "base/log.h"
#include "base/scope.h"
#include "charging/billing.h"
#include "charging/life.h"
#include "charging/vehicle_efficiency.h"
#include "store/exchange.h"
#include "store/session.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int charging_process_load(struct charging *charging, struct charging_process *process,
                          struct err *err)
{
    SCOPE_FREE struct evaluate_sample *samples = NULL;
    size_t count;
    process->head = CHARGE_HEAD_NONE;
    int status = charge_head_load(charging->store, process->id, &process->head, err);
    if (status >= 0)
        status = charging_samples_read(charging->store, process->id, &samples, &count, err);
    if (status < 0)
        return status;
    evaluate_sort(samples, count);
    rules_start(&process->state, &charging->limits.rules.limits);
    for (size_t i = 0; i < count; i++)
        rules_add(&process->state, &samples[i]);
    if (count > 0)
        process->start_us = samples[0].date_us;
    process->newest_us = count > 0 ? samples[count - 1].date_us : process->start_us;
    if (process->head.touched_us == STORE_NULL)
        process->head.touched_us = process->newest_us;
    process->late = false;
    return 0;
}

int charging_process_holds(struct charging *charging, int64_t id, int64_t date_us, struct err *err)
{
    SCOPE_FREE struct evaluate_sample *samples = NULL;
    size_t count;
    int status = charging_samples_read(charging->store, id, &samples, &count, err);
    if (status < 0)
        return status;
    for (size_t i = 0; i < count; i++)
        if (samples[i].date_us == date_us)
            return 1;
    return 0;
}

int charging_find_vehicle(struct charging *charging, const char *bid, const char *station_id,
                          int64_t until_us, char vid[65], struct err *err)
{
    if (!bid || !bid[0])
        return 0;
    return exchange_vehicle_of_off_load(charging->store, bid, station_id, until_us, vid, err);
}

/* Takes the sample into the running evaluation, or notes that it cannot. */
static int place(struct charging *charging, struct charging_process *process,
                 const struct charge_sample *sample, struct err *err)
{
    if (sample->date_us < process->newest_us) {
        process->late = true;
    } else {
        process->newest_us = sample->date_us;
        struct evaluate_sample add = charging_sample_of(sample);
        add.arrival = process->head.samples - 1;
        if (!process->late)
            rules_add(&process->state, &add);
    }
    if (sample->date_us >= process->start_us)
        return 0;
    process->start_us = sample->date_us;
    return charging_process_update(charging->store, process->id, process->slot, process->start_us,
                                   err);
}

int charging_process_append(struct charging *charging, struct charging_process *process,
                            const struct charge_sample *sample, struct err *err)
{
    int64_t id = charging->newest_sample + 1;
    int status = charge_sample_append(charging->store, id, process->id, process->head.last_sample,
                                      sample, err);
    if (status < 0)
        return status;
    charging->newest_sample = id;
    process->head.last_sample = id;
    process->head.samples++;
    if (!process->head_dirty) {
        process->head_dirty = true;
        process->next_dirty = charging->dirty;
        charging->dirty = process;
    }
    return place(charging, process, sample, err);
}

int charging_process_add(struct charging *charging, struct charging_process *process,
                         const struct charging_observation *observation, struct err *err)
{
    struct charge_sample sample = charging_sample_to_store(observation);
    int status = charging_process_append(charging, process, &sample, err);
    charging_clock_note(process, observation);
    return status;
}

static void forget_dirty(struct charging *charging, struct charging_process *process)
{
    for (struct charging_process **at = &charging->dirty; *at; at = &(*at)->next_dirty)
        if (*at == process) {
            *at = process->next_dirty;
            break;
        }
    process->head_dirty = false;
}

void charging_process_forget(struct charging *charging, struct charging_process *process)
{
    if (process)
        forget_dirty(charging, process);
    free(process);
}

/* Samples that cannot be packed, because some are damaged, stay as they are: the figures are
 * written, and the rest of the station must go on. */
static int pack(struct charging *charging, int64_t id, struct err *err)
{
    struct err why = {0};
    int status = charge_pack(charging->store, id, &why);
    if (status != ERR_INVALID)
        return status < 0 ? err_set(err, status, "%s", why.text) : 0;
    log_warning("charging", "samples stay unpacked: %s", why.text);
    return 0;
}

int charging_process_give_up(struct charging *charging, const struct charging_process *process,
                             const struct err *why, struct err *err)
{
    log_error("charging", "charging process %lld is closed without figures: %s",
              (long long)process->id, why->text);
    return charging_process_close_bare(charging->store, process->id, process->newest_us,
                                       CHARGING_DAMAGED, err);
}

/* Figures, session and packing of a process whose evaluation is complete. */
static int finish(struct charging *charging, const struct charging_process *process,
                  const char *reason, int64_t at_us, struct err *err)
{
    struct rules_result result;
    rules_finish(&process->state, &result);
    if (result.first.samples == 0) /* only in a database from elsewhere */
        return charging_process_close_bare(charging->store, process->id, at_us, reason, err);
    struct charging_figures figures = rules_figures(&result, charging->limits.rules.billed);
    char vid[65] = "";
    int status = charging_find_vehicle(charging, process->bid, process->station_id,
                                       figures.end_date_us, vid, err);
    figures.vid = vid;
    figures.end_reason = reason;
    if (status >= 0)
        status = charging_process_close(charging->store, process->id, &figures, err);
    if (status >= 0)
        status = rules_save(charging->store, process->id, &result, at_us, err);
    if (status >= 0 && process->session_id[0])
        status = charging_session_fill_energy(charging->store, process->station_id,
                                              process->session_id, err);
    struct rules_energy energy = rules_energy(&result, charging->limits.rules.billed);
    struct cost_quantity billed = {energy.added_kwh, energy.used_exact_kwh, figures.duration_min};
    if (status >= 0)
        status = billing_close(charging->store, process->id, &billed, at_us, err);
    if (status >= 0)
        status = efficiency_refresh(charging->store, vid[0] ? vid : process->vid, process->bid,
                                    charging->limits.preferred_range, err);
    return status < 0 ? status : pack(charging, process->id, err);
}

int charging_process_end(struct charging *charging, struct charging_bay *bay, const char *reason,
                         int64_t at_us, struct err *err)
{
    struct charging_process *process = bay->process;
    struct err why = {0};
    int status = 0, loaded = 0;
    if (process->head.last_sample != STORE_NULL)
        status = charge_head_save(charging->store, process->id, &process->head, err);
    if (status == 0 && process->late)
        loaded = charging_process_load(charging, process, &why);
    if (status == 0 && loaded == ERR_INVALID)
        status = charging_process_give_up(charging, process, &why, err);
    else if (loaded < 0)
        status = err_set(err, loaded, "%s", why.text);
    else if (status == 0)
        status = finish(charging, process, reason, at_us, err);
    if (status < 0)
        return status;
    bay->silent_known = false;
    charging_process_forget(charging, process);
    bay->process = NULL;
    return 0;
}
