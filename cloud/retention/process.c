/* SPDX-License-Identifier: Apache-2.0 */
#include "retention/process.h"

#include "base/clock.h"
#include "base/scope.h"
#include "retention/thin.h"

#define DAY_US (INT64_C(86400) * CLOCK_US_PER_SECOND)

enum decision { KEEP, THIN, DROP };

static bool is_old(double days, int64_t at_us, int64_t plant_us)
{
    return days > 0 && (double)plant_us - (double)at_us >= days * (double)DAY_US;
}

static enum decision decide(const struct retention_limits *limits,
                            const struct retention_process *process, int64_t plant_us)
{
    if (process->samples == 0)
        return KEEP;
    if (is_old(limits->drop_after_days, process->end_date_us, plant_us))
        return DROP;
    if (!process->looked_at && is_old(limits->thin_after_days, process->end_date_us, plant_us))
        return THIN;
    return KEEP;
}

int64_t retention_horizon(const struct retention_limits *limits, int64_t plant_us)
{
    double days = limits->thin_after_days;
    if (days <= 0 || (limits->drop_after_days > 0 && limits->drop_after_days < days))
        days = limits->drop_after_days;
    return days > 0 ? plant_us - (int64_t)(days * (double)DAY_US) + 1 : INT64_MIN;
}

int64_t retention_before(double days, int64_t plant_us)
{
    return days > 0 ? plant_us - (int64_t)(days * (double)DAY_US) : INT64_MIN;
}

static void samples_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

/* Thins one process; `write` false: only counts. */
static int thin(struct store *store, const struct retention_limits *limits,
                const struct retention_process *process, int64_t plant_us, bool write,
                struct retention_done *done, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples samples = {0};
    struct err why = {0};
    int status = charge_samples_read(store, process->id, &samples, &why);
    if (status == ERR_INVALID) {
        done->damaged++;
        return 0;
    }
    if (status < 0)
        return err_set(err, status, "%s", why.text);
    size_t left =
        thin_samples(samples.list, samples.count, limits->thin_interval_s * CLOCK_US_PER_SECOND);
    if (left == SIZE_MAX)
        return err_set(err, ERR_NOMEM, "retention: out of memory");
    done->thinned += left < samples.count;
    done->samples += (int64_t)(samples.count - left);
    return write ? retention_reduce(store, process, samples.list, left, limits->thin_interval_s,
                                    plant_us, err)
                 : 0;
}

int retention_treat(struct store *store, const struct retention_limits *limits,
                    const struct retention_process *process, int64_t plant_us, bool write,
                    struct retention_done *done, struct err *err)
{
    enum decision decision = decide(limits, process, plant_us);
    int status = 0;
    if (decision == KEEP)
        return 0;
    if (decision == THIN) {
        status = thin(store, limits, process, plant_us, write, done, err);
    } else {
        done->dropped++;
        done->samples += process->samples;
        if (write)
            status = retention_reduce(store, process, NULL, 0, STORE_NULL, plant_us, err);
    }
    return status < 0 ? status : 1;
}
