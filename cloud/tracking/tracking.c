/* SPDX-License-Identifier: Apache-2.0 */
/* Making, releasing, limits. */
#include "alerts/alerts.h"
#include "tracking/tracking_internal.h"

#include <stdlib.h>

/* They hold where no threshold is set. */
static void pass_on(struct tracking *tracking)
{
    struct threshold_default capacity = alerts_default(tracking->alerts, THRESHOLD_LOW_CAPACITY);
    struct threshold_default swaps = alerts_default(tracking->alerts, THRESHOLD_FREQUENT_SWAP);
    capacity.raise = tracking->limits.capacity_min_kwh;
    swaps.raise = (double)tracking->limits.frequent_swap_max;
    alerts_set_default(tracking->alerts, THRESHOLD_LOW_CAPACITY, &capacity);
    alerts_set_default(tracking->alerts, THRESHOLD_FREQUENT_SWAP, &swaps);
}

int tracking_new(struct tracking **to, struct store *store, struct alerts *alerts,
                 const struct tracking_limits *limits, struct err *err)
{
    struct tracking *tracking = calloc(1, sizeof *tracking);
    if (!tracking)
        return err_set(err, ERR_NOMEM, "tracking: out of memory");
    *tracking = (struct tracking){.store = store, .alerts = alerts, .limits = *limits};
    pass_on(tracking);
    *to = tracking;
    return 0;
}

const struct tracking_limits TRACKING_LIMITS_DEFAULT = {
    .capacity_min_kwh = 20,
    .frequent_window_us = INT64_C(24) * 3600 * 1000000,
    .frequent_swap_max = 3,
};

void tracking_forget(struct tracking *tracking)
{
    tracking->limits_logged = false;
    tracked_forget(tracking);
}

void tracking_free(struct tracking *tracking)
{
    if (!tracking)
        return;
    tracked_forget(tracking);
    free(tracking);
}

void tracking_set_limits(struct tracking *tracking, const struct tracking_limits *limits)
{
    tracking->limits = *limits;
    pass_on(tracking);
    tracking->limits_logged = false;
}
