/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/live_state.h"

#include "ctl/text.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* "11:23:45" of a time; people watch one day. */
static void append_clock(struct strbuf *to, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE];
    if (us == STORE_NULL) {
        strbuf_append_text(to, "--:--:--");
        return;
    }
    timestamp_format(us, text);
    strbuf_append(to, text + 11, 8);
}

static void append_event(struct strbuf *to, const struct live_event *event)
{
    append_clock(to, event->at_us);
    strbuf_printf(to, " %-8s %-8s ", event->kind, event->state);
    text_append_safe(to, event->station, strlen(event->station));
    strbuf_append_char(to, ' ');
    text_append_safe(to, event->text, strlen(event->text));
}

/* "3 READY, 4 CHARGING" of one station, states in the order in which they come. */
static void append_bay_states(struct strbuf *to, const struct live_view *view, const char *station)
{
    bool any = false;
    for (size_t i = 0; i < view->bay_count; i++) {
        const struct live_bay *bay = &view->bays[i];
        size_t same = 0;
        bool first = true;
        for (size_t j = 0; j < view->bay_count; j++) {
            const struct live_bay *other = &view->bays[j];
            if (strcmp(other->station, station) != 0 || strcmp(other->state, bay->state) != 0)
                continue;
            first = first && j >= i;
            same++;
        }
        if (strcmp(bay->station, station) != 0 || !first)
            continue;
        strbuf_printf(to, "%s%zu ", any ? ", " : "", same);
        text_append_safe(to, bay->state[0] ? bay->state : "?", strlen(bay->state) + !bay->state[0]);
        any = true;
    }
}

static void append_totals(struct strbuf *to, const struct live_view *view)
{
    const struct live_counts *counts = &view->counts;
    strbuf_printf(to, "messages %" PRId64 " (%.1f/s)  samples %" PRId64 " (%.1f/s)",
                  counts->messages, view->messages_per_s, counts->samples, view->samples_per_s);
    strbuf_printf(to, "  swaps %" PRId64 " done", counts->swaps_done);
    if (counts->swaps_failed + counts->swaps_timeout > 0)
        strbuf_printf(to, ", %" PRId64 " failed", counts->swaps_failed + counts->swaps_timeout);
    if (counts->swaps_running > 0)
        strbuf_printf(to, ", %" PRId64 " running", counts->swaps_running);
    if (counts->alerts_open > 0)
        strbuf_printf(to, "  alerts %" PRId64, counts->alerts_open);
    if (counts->quarantine > 0)
        strbuf_printf(to, "  quarantine %" PRId64, counts->quarantine);
}

void live_view_changes(const struct live_view *view, struct strbuf *to)
{
    size_t first = view->event_new;
    if (view->event_total - first > LIVE_EVENTS)
        first = view->event_total - LIVE_EVENTS;
    for (size_t i = first; i < view->event_total; i++) {
        append_event(to, &view->events[i % LIVE_EVENTS]);
        strbuf_append_char(to, '\n');
    }
}

void live_view_summary(const struct live_view *view, struct strbuf *to)
{
    append_clock(to, view->station_count ? view->stations[0].state_time_us : STORE_NULL);
    strbuf_append_text(to, " ---");
    for (size_t i = 0; i < view->station_count && i < 4; i++) {
        const struct live_station *station = &view->stations[i];
        strbuf_printf(to, " %s %s: ", station->id, station->status);
        append_bay_states(to, view, station->id);
        strbuf_append_char(to, ';');
    }
    if (view->station_count > 4)
        strbuf_printf(to, " and %zu stations more;", view->station_count - 4);
    strbuf_append_char(to, ' ');
    append_totals(to, view);
    strbuf_append_char(to, '\n');
}

/* The screen's lines, cut to its size as they are added. */
struct screen {
    struct strbuf *to;
    size_t columns, rows, used;
};

static void add_line(struct screen *screen, const struct strbuf *line)
{
    if (screen->used == screen->rows)
        return;
    SCOPE_STRBUF struct strbuf cut = STRBUF_INIT;
    text_append_cell(&cut, strbuf_text(line), screen->columns, false);
    while (cut.length > 0 && cut.text[cut.length - 1] == ' ')
        cut.text[--cut.length] = '\0';
    strbuf_append_text(screen->to, strbuf_text(&cut));
    strbuf_append_char(screen->to, '\n');
    screen->used++;
}

static void add_station(struct screen *screen, const struct live_view *view,
                        const struct live_station *station)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    strbuf_printf(&line, "Station %s  %s", station->id, station->status);
    if (station->mode[0])
        strbuf_printf(&line, "  mode %s", station->mode);
    if (station->gate[0])
        strbuf_printf(&line, "  gate %s", station->gate);
    strbuf_printf(&line, "  %s", station->approval);
    if (station->journal_depth != STORE_NULL)
        strbuf_printf(&line, "  journal %" PRId64, station->journal_depth);
    strbuf_append_text(&line, "  at ");
    append_clock(&line, station->state_time_us);
    add_line(screen, &line);
    if (view->station_count > 1) {
        strbuf_clear(&line);
        strbuf_append_text(&line, "  ");
        append_bay_states(&line, view, station->id);
        add_line(screen, &line);
    }
}

static void add_bays(struct screen *screen, const struct live_view *view)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    strbuf_printf(&line, "%4s  %-11s  %-18s  %6s  %-4s  %-8s  %s", "BAY", "STATE", "BATTERY",
                  "SOC %", "CHG", "DOOR", "SESSION");
    add_line(screen, &line);
    for (size_t i = 0; i < view->bay_count; i++) {
        const struct live_bay *bay = &view->bays[i];
        char soc[16] = "-";
        if (!isnan(bay->soc_percent))
            snprintf(soc, sizeof soc, "%.1f", bay->soc_percent);
        strbuf_clear(&line);
        strbuf_printf(&line, "%4" PRId64 "  %-11s  %-18s  %6s  %-4s  %-8s  %s", bay->slot,
                      bay->state, bay->bid[0] ? bay->bid : "-", soc, bay->charging ? "yes" : "",
                      bay->door, bay->session);
        add_line(screen, &line);
    }
}

size_t live_view_screen(const struct live_view *view, size_t columns, size_t rows,
                        struct strbuf *to)
{
    struct screen screen = {to, columns, rows, 0};
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    append_totals(&line, view);
    add_line(&screen, &line);
    for (size_t i = 0; i < view->station_count; i++)
        add_station(&screen, view, &view->stations[i]);
    /* Bays of one station fit on a screen; of more, the states in the line above must do. */
    if (view->station_count == 1)
        add_bays(&screen, view);
    size_t room = screen.rows - screen.used, kept = view->event_total;
    kept = kept > LIVE_EVENTS ? LIVE_EVENTS : kept;
    kept = kept > room ? room : kept;
    for (size_t i = view->event_total - kept; i < view->event_total; i++) {
        strbuf_clear(&line);
        append_event(&line, &view->events[i % LIVE_EVENTS]);
        add_line(&screen, &line);
    }
    return screen.used;
}
