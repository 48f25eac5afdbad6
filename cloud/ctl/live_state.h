/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the live view: what one look found. Filled by live_view.c, written as text by
 * live_render.c. */
#ifndef SWAPSTACK_CTL_LIVE_STATE_H
#define SWAPSTACK_CTL_LIVE_STATE_H

#include "ctl/live_changes.h"
#include "ctl/live_view.h"

/* More than a screen can show; what is beyond is left out of the view only. */
#define LIVE_STATIONS 64
#define LIVE_BAYS     512
#define LIVE_EVENTS   256 /* ring of the newest changes */
#define LIVE_RATES    64  /* ring of counters per look */

struct live_station {
    char id[65], status[16], approval[16], mode[16], gate[16];
    int64_t state_time_us, journal_depth; /* STORE_NULL: not known */
};

struct live_bay {
    char station[65], state[16], bid[65], door[16], session[65];
    int64_t slot;
    double soc_percent;
    bool charging;
};

struct live_event {
    char kind[16], state[16], station[65], text[256];
    int64_t at_us;
};

struct live_counts {
    int64_t messages, samples, quarantine;
    int64_t swaps_done, swaps_failed, swaps_timeout, swaps_running, alerts_open;
};

struct live_rate {
    int64_t mono_us, messages, samples;
};

struct live_view {
    const char *only; /* station, or NULL; of the caller */
    size_t looks;
    struct live_station stations[LIVE_STATIONS];
    size_t station_count;
    struct live_bay bays[LIVE_BAYS];
    size_t bay_count;
    struct live_counts counts;
    struct live_rate rates[LIVE_RATES];
    double messages_per_s, samples_per_s;
    struct live_changes *changes;
    struct live_event events[LIVE_EVENTS];
    size_t event_total; /* ever; the newest is at (event_total - 1) % LIVE_EVENTS */
    size_t event_new;   /* event_total before the last look */
};

/* The value of a report's column by name. */
const struct report_value *live_value(const struct report *report,
                                      const struct report_value *values, const char *name);

#endif
