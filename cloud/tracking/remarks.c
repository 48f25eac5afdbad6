/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/remarks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define US_PER_HOUR  3.6e9
#define LOW_CAPACITY "low_capacity: "

void remark_missing_on_load(const char *bid, const char *vid, char to[REMARK_SIZE])
{
    (void)snprintf(to, REMARK_SIZE, "battery %s was taken out of vehicle %s but never put into it",
                   bid, vid[0] ? vid : "(not said)");
}

/* Is the capacity known and below the limit? */
static bool is_low(double capacity_kwh, const struct tracking_limits *limits)
{
    return !isnan(capacity_kwh) && capacity_kwh < limits->capacity_min_kwh;
}

void remark_low_capacity(const char *bid, double capacity_kwh, double minimum_kwh,
                         char to[REMARK_SIZE])
{
    (void)snprintf(to, REMARK_SIZE, LOW_CAPACITY "battery %s has %.2f kWh, the minimum is %.2f",
                   bid, capacity_kwh, minimum_kwh);
}

void remark_low_soh(const char *bid, double soh_percent, double minimum_percent,
                    char to[REMARK_SIZE])
{
    (void)snprintf(to, REMARK_SIZE,
                   "low_soh: battery %s has %.1f %% of its health, the minimum is %.1f", bid,
                   soh_percent, minimum_percent);
}

void remark_frequent_swap(const char *bid, int64_t on_loads, int64_t window_us, double most,
                          char to[REMARK_SIZE])
{
    (void)snprintf(to, REMARK_SIZE,
                   "frequent_swap: battery %s was put into a vehicle %" PRId64
                   " times in %.4g h, the limit is %.0f",
                   bid, on_loads, (double)window_us / US_PER_HOUR, floor(most));
}

static void add(char *to, size_t size, const char *prefix, const char *part)
{
    size_t used = strlen(to);
    (void)snprintf(to + used, size - used, "%s%s%s", used ? "; " : "", prefix, part);
}

void remarks_compose(const struct exchange_row *row, bool failed, const char *custody,
                     int64_t on_loads, const struct tracking_limits *limits, char *to, size_t size)
{
    char part[REMARK_SIZE];
    to[0] = '\0';
    if (failed) {
        remark_missing_on_load(row->bid, row->vid, part);
        add(to, size, "failed: ", part);
    }
    if (custody[0])
        add(to, size, "", custody);
    /* What remarks_own cuts stands before what it leaves. */
    if (on_loads > limits->frequent_swap_max) {
        remark_frequent_swap(row->bid, on_loads, limits->frequent_window_us,
                             (double)limits->frequent_swap_max, part);
        add(to, size, "", part);
    }
    bool said = strncmp(row->remarks, LOW_CAPACITY, strlen(LOW_CAPACITY)) == 0;
    if (!said && is_low(row->capacity_kwh, limits)) {
        remark_low_capacity(row->bid, row->capacity_kwh, limits->capacity_min_kwh, part);
        add(to, size, "", part);
    }
    if (row->remarks[0])
        add(to, size, "", row->remarks);
}

const char *remarks_own(const char *comments)
{
    static const char *const composed[] = {"failed: battery ", EXCHANGE_CUSTODY,
                                           "frequent_swap: battery "};
    for (size_t i = 0; i < sizeof composed / sizeof composed[0]; i++) {
        if (strncmp(comments, composed[i], strlen(composed[i])) != 0)
            continue;
        const char *next = strstr(comments, "; ");
        return next ? remarks_own(next + 2) : "";
    }
    return comments;
}
