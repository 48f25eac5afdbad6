/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/daemon.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include "ctl/live_view.h"
#include "ctl/output.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* In plain lines, how often the summary comes. */
#define SUMMARY_US (INT64_C(5) * CLOCK_US_PER_SECOND)

/* Lines kept free below the view, for the cursor. */
#define MARGIN 1

struct terminal {
    size_t columns, rows;
    size_t drawn; /* lines of the last frame: the cursor stands below them */
};

static void measure(struct terminal *terminal)
{
    struct winsize size;
    terminal->columns = 80;
    terminal->rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > MARGIN) {
        terminal->columns = size.ws_col;
        terminal->rows = size.ws_row;
    }
}

/* Draws over the frame before, in place: what stood above it stays readable. */
static void draw(const struct ctl *ctl, const struct live_view *view, struct terminal *terminal)
{
    SCOPE_STRBUF struct strbuf frame = STRBUF_INIT;
    measure(terminal);
    size_t up = terminal->drawn < terminal->rows ? terminal->drawn : terminal->rows - MARGIN;
    if (up > 0)
        fprintf(ctl->out, "\x1b[%zuA", up);
    fputs("\r\x1b[J", ctl->out); /* clear from here to the end of the screen */
    terminal->drawn = live_view_screen(view, terminal->columns, terminal->rows - MARGIN, &frame);
    fputs(strbuf_text(&frame), ctl->out);
}

struct lines {
    int64_t summary_us; /* monotonic time of the next summary */
};

static void print_lines(const struct ctl *ctl, const struct live_view *view, struct lines *lines,
                        int64_t now_us)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    live_view_changes(view, &text);
    if (now_us >= lines->summary_us) {
        live_view_summary(view, &text);
        lines->summary_us = now_us + SUMMARY_US;
    }
    fputs(strbuf_text(&text), ctl->out);
}

static int watch(const struct ctl *ctl, struct store *store, struct live_view *view, int signals,
                 int64_t interval_s, struct err *err)
{
    struct terminal terminal = {0};
    struct lines lines = {0};
    bool plain = args_value(ctl->args, "plain") || !isatty(STDOUT_FILENO);
    for (;;) {
        int64_t now_us = clock_mono_us();
        int rc = live_view_look(view, store, args_value(ctl->args, "station"), now_us, err);
        if (rc < 0)
            return rc;
        if (plain)
            print_lines(ctl, view, &lines, now_us);
        else
            draw(ctl, view, &terminal);
        if (fflush(ctl->out) != 0)
            return 0; /* the reader has gone */
        struct pollfd poll_signals = {.fd = signals, .events = POLLIN};
        if (poll(&poll_signals, 1, (int)(interval_s * 1000)) > 0)
            return 0;
    }
}

int ctl_live(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    SCOPE(live_view_free_scope) struct live_view *view = NULL;
    int64_t interval_s;
    if (ctl->json)
        return err_set(err, ERR_USAGE, "live is for people; the lists have --json");
    int rc = ctl_integer(ctl, "interval", 1, 3600, 1, &interval_s, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    if (rc == 0)
        rc = live_view_new(&view, err);
    if (rc < 0)
        return rc;
    SCOPE_CLOSE int signals = daemon_signals(err);
    if (signals < 0)
        return signals;
    return watch(ctl, store, view, signals, interval_s, err);
}
