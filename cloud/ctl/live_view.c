/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/live_view.h"

#include "ctl/live_state.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rates are means over this long, so that the figures stand still enough to be read. */
#define RATE_SPAN_US INT64_C(5000000)

/* The newest rows of each table that are watched; more than this many changes of one kind between
 * two looks, and the oldest of them are not shown. */
#define ACTIVITY_ROWS 60

/* How many entries that were there before the first look are shown. */
#define FIRST_EVENTS 8

const struct report_value *live_value(const struct report *report,
                                      const struct report_value *values, const char *name)
{
    for (size_t i = 0; report->columns[i].name; i++) {
        if (strcmp(report->columns[i].name, name) == 0)
            return &values[i];
    }
    abort(); /* a programming error: a report without that column */
}

static void copy_text(char *to, size_t size, const struct report_value *value)
{
    snprintf(to, size, "%s", value->present ? value->text : "");
}

static int take_station(void *self, const struct report *report, const struct report_value *values,
                        struct err *err)
{
    struct live_view *view = self;
    (void)err;
    if (view->station_count == LIVE_STATIONS)
        return 0;
    struct live_station *station = &view->stations[view->station_count++];
    copy_text(station->id, sizeof station->id, live_value(report, values, "station_id"));
    copy_text(station->status, sizeof station->status, live_value(report, values, "status"));
    copy_text(station->approval, sizeof station->approval, live_value(report, values, "approval"));
    copy_text(station->mode, sizeof station->mode, live_value(report, values, "mode"));
    copy_text(station->gate, sizeof station->gate, live_value(report, values, "gate"));
    const struct report_value *time = live_value(report, values, "state_time");
    station->state_time_us = time->present ? time->integer : STORE_NULL;
    const struct report_value *depth = live_value(report, values, "journal_depth");
    station->journal_depth = depth->present ? depth->integer : STORE_NULL;
    return 0;
}

static int take_bay(void *self, const struct report *report, const struct report_value *values,
                    struct err *err)
{
    struct live_view *view = self;
    (void)err;
    if (view->bay_count == LIVE_BAYS)
        return 0;
    struct live_bay *bay = &view->bays[view->bay_count++];
    copy_text(bay->station, sizeof bay->station, live_value(report, values, "station_id"));
    copy_text(bay->state, sizeof bay->state, live_value(report, values, "state"));
    copy_text(bay->bid, sizeof bay->bid, live_value(report, values, "bid"));
    copy_text(bay->door, sizeof bay->door, live_value(report, values, "door"));
    copy_text(bay->session, sizeof bay->session, live_value(report, values, "session_id"));
    bay->slot = live_value(report, values, "slot")->integer;
    const struct report_value *soc = live_value(report, values, "soc");
    bay->soc_percent = soc->real; /* NAN when absent */
    const struct report_value *charging = live_value(report, values, "charging");
    bay->charging = charging->present && charging->integer != 0;
    return 0;
}

static int take_counter(void *self, const struct report *report, const struct report_value *values,
                        struct err *err)
{
    struct live_view *view = self;
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {
        {"messages.total", offsetof(struct live_counts, messages)},
        {"samples.total", offsetof(struct live_counts, samples)},
        {"quarantine.total", offsetof(struct live_counts, quarantine)},
        {"swaps.done", offsetof(struct live_counts, swaps_done)},
        {"swaps.failed", offsetof(struct live_counts, swaps_failed)},
        {"swaps.timeout", offsetof(struct live_counts, swaps_timeout)},
        {"swaps.running", offsetof(struct live_counts, swaps_running)},
        {"alerts.open", offsetof(struct live_counts, alerts_open)},
    };
    (void)err;
    const char *name = live_value(report, values, "name")->text;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0)
            memcpy((char *)&view->counts + known[i].offset,
                   &live_value(report, values, "value")->integer, sizeof(int64_t));
    }
    return 0;
}

static int take_activity(void *self, const struct report *report, const struct report_value *values,
                         struct err *err)
{
    struct live_view *view = self;
    const char *kind = live_value(report, values, "kind")->text;
    const char *state = live_value(report, values, "state")->text;
    const struct report_value *at = live_value(report, values, "at");
    const struct report_value *station = live_value(report, values, "station_id");
    if (view->only && (!station->present || strcmp(station->text, view->only) != 0))
        return 0;
    int changed =
        live_changes_note(view->changes, kind, live_value(report, values, "key")->text, state, err);
    if (changed <= 0)
        return changed;
    struct live_event *event = &view->events[view->event_total++ % LIVE_EVENTS];
    snprintf(event->kind, sizeof event->kind, "%s", kind);
    snprintf(event->state, sizeof event->state, "%s", state);
    copy_text(event->station, sizeof event->station, station);
    copy_text(event->text, sizeof event->text, live_value(report, values, "text"));
    event->at_us = at->present ? at->integer : STORE_NULL;
    return 0;
}

/* The rate is that between the newest look and the oldest one within the span. */
static void note_rates(struct live_view *view, int64_t mono_us)
{
    struct live_rate *ring = view->rates;
    ring[view->looks % LIVE_RATES] =
        (struct live_rate){mono_us, view->counts.messages, view->counts.samples};
    size_t oldest = view->looks;
    while (oldest > 0 && view->looks - oldest + 1 < LIVE_RATES &&
           mono_us - ring[oldest % LIVE_RATES].mono_us < RATE_SPAN_US)
        oldest--;
    const struct live_rate *then = &ring[oldest % LIVE_RATES];
    double seconds = (double)(mono_us - then->mono_us) / 1e6;
    if (seconds > 0) {
        view->messages_per_s = (double)(view->counts.messages - then->messages) / seconds;
        view->samples_per_s = (double)(view->counts.samples - then->samples) / seconds;
    }
}

int live_view_look(struct live_view *view, struct store *store, const char *station,
                   int64_t mono_us, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    filter.station = station;
    view->only = station;
    view->station_count = 0;
    view->bay_count = 0;
    view->counts = (struct live_counts){0};
    view->event_new = view->event_total;
    int rc = report_run(store, &REPORT_STATIONS, &filter, take_station, view, err);
    if (rc == 0)
        rc = report_run(store, &REPORT_BAYS, &filter, take_bay, view, err);
    if (rc == 0)
        rc = report_run(store, &REPORT_COUNTERS, &filter, take_counter, view, err);
    filter.limit = ACTIVITY_ROWS;
    if (rc == 0)
        rc = report_run(store, &REPORT_ACTIVITY, &filter, take_activity, view, err);
    if (rc < 0)
        return rc;
    live_changes_end(view->changes);
    if (view->looks == 0 && view->event_total > FIRST_EVENTS)
        view->event_new = view->event_total - FIRST_EVENTS;
    note_rates(view, mono_us);
    view->looks++;
    return 0;
}

int live_view_new(struct live_view **to, struct err *err)
{
    struct live_view *view = calloc(1, sizeof *view);
    if (view)
        view->changes = live_changes_new();
    if (!view || !view->changes) {
        free(view);
        return err_set(err, ERR_NOMEM, "no memory for the live view");
    }
    *to = view;
    return 0;
}

void live_view_free(struct live_view *view)
{
    if (!view)
        return;
    live_changes_free(view->changes);
    free(view);
}

void live_view_free_scope(struct live_view **view)
{
    live_view_free(*view);
}
