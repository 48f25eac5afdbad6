/* SPDX-License-Identifier: Apache-2.0 */
/* Making, releasing, limits. */
#include "tracking/tracking_internal.h"

#include <stdlib.h>

int tracking_new(struct tracking **to, struct store *store, struct alerts *alerts,
                 const struct tracking_limits *limits, struct err *err)
{
    struct tracking *tracking = calloc(1, sizeof *tracking);
    if (!tracking)
        return err_set(err, ERR_NOMEM, "tracking: out of memory");
    *tracking = (struct tracking){.store = store, .alerts = alerts, .limits = *limits};
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
    tracking->limits_logged = false;
}
