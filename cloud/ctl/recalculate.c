/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swapctl charging recalculate: the figures of closed processes made again from their samples.
 * Looks at everything itself, on a reading connection; the writer is asked for what differs only,
 * in small batches and one at a time, so that messages do not wait for it.
 */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "charging/recalculate.h"
#include "ctl/charging_sink.h"
#include "ctl/recalculate_summary.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE          64                        /* rows read at once */
#define BATCH_SAMPLES 20000                     /* of one order: a few ms of the writer's time */
#define NOTE_EVERY_US (2 * CLOCK_US_PER_SECOND) /* the position, when nothing differs */

struct recalculation {
    const struct ctl *ctl;
    bool dry;
    struct store *store; /* owned; for reading */
    struct charging_sink sink;
    struct recalculation_filter filter;
    struct evaluate2_limits limits;
    struct recalculate_order order;
    int64_t ids[CHARGING_SINK_BATCH];
    size_t samples; /* of the processes in `ids` */
    int64_t noted_mono_us;
    struct recalculate_summary summary;
};

/* Sends what is pending and the position behind the last process that was looked at. */
static int send(struct recalculation *run, bool done, struct err *err)
{
    int64_t changed = 0;
    struct recalculate_order *order = &run->order;
    order->ids = run->ids;
    order->done = done;
    order->looked_at = run->summary.looked_at_before + run->summary.looked_at;
    int rc = run->dry ? 0 : charging_sink_recalculate(&run->sink, order, &changed, err);
    run->summary.changed += run->dry ? (int64_t)order->count : changed;
    order->count = 0;
    run->samples = 0;
    run->noted_mono_us = clock_mono_us();
    return rc;
}

static int look(struct recalculation *run, const struct recalculation_row *row, struct err *err)
{
    struct recalculate_result result;
    int rc = recalculate_look(run->store, row, &run->limits, &result, err);
    if (rc < 0)
        return rc;
    rc = recalculate_summary_take(&run->summary, row->id, &result, err);
    run->order.after_id = row->id;
    if (rc < 0)
        return rc;
    if (result.outcome == RECALCULATE_DIFFERS) {
        run->ids[run->order.count++] = row->id;
        run->samples += result.samples;
    }
    bool full = run->order.count == CHARGING_SINK_BATCH || run->samples >= BATCH_SAMPLES;
    if (full || clock_mono_us() - run->noted_mono_us >= NOTE_EVERY_US)
        return send(run, false, err);
    return 0;
}

static int run_all(struct recalculation *run, struct err *err)
{
    struct recalculation_row rows[PAGE];
    int count, rc = 0;
    do {
        count = recalculation_page(run->store, &run->filter, run->order.after_id, rows, PAGE, err);
        if (count < 0)
            return count;
        for (int i = 0; i < count && rc == 0; i++)
            rc = look(run, &rows[i], err);
        if (rc == 0)
            recalculate_summary_progress(&run->summary);
    } while (rc == 0 && count > 0);
    return rc < 0 ? rc : send(run, true, err);
}

/* In one form, so that the same selection is known again. */
static int name_selection(struct recalculation *run, struct err *err)
{
    const struct recalculation_filter *filter = &run->filter;
    int length = snprintf(run->order.selection, sizeof run->order.selection,
                          "station=%s bid=%s from=%" PRId64 " to=%" PRId64,
                          filter->station ? filter->station : "", filter->bid ? filter->bid : "",
                          filter->from_us, filter->to_us);
    return length < (int)sizeof run->order.selection
               ? 0
               : err_set(err, ERR_USAGE, "--station and --battery: names of 64 bytes at most");
}

static int select_processes(struct recalculation *run, struct err *err)
{
    const struct args *args = run->ctl->args;
    struct report_filter filter;
    int rc = ctl_filter(run->ctl, &filter, err);
    if (rc < 0)
        return rc;
    if (args_value(args, "bid"))
        filter.bid = args_value(args, "bid");
    run->filter =
        (struct recalculation_filter){filter.station, filter.bid, filter.from_us, filter.to_us};
    bool any =
        filter.station || filter.bid || filter.from_us != STORE_NULL || filter.to_us != STORE_NULL;
    bool all = args_value(args, "all") != NULL;
    if (any == all)
        return err_set(err, ERR_USAGE,
                       "which processes? give --all, or some of --bid, --station, --from, --to");
    return name_selection(run, err);
}

/* Goes on behind the position of a recalculation that was ended before it was through. */
static int resume(struct recalculation *run, struct err *err)
{
    struct recalculation_position position;
    int64_t left;
    int found = 0;
    if (!run->dry && !args_value(run->ctl->args, "anew"))
        found = recalculation_position_load(run->store, run->order.selection, &position, err);
    if (found < 0)
        return found;
    if (found) {
        run->order.after_id = position.after_id;
        run->summary.resumed_after = position.after_id;
        run->summary.looked_at_before = position.looked_at;
        run->summary.changed_before = position.changed;
    }
    int rc = recalculation_count(run->store, &run->filter, run->order.after_id, &left, err);
    run->summary.total = left;
    return rc;
}

static void recalculation_free(struct recalculation *run)
{
    store_close(run->store);
    charging_sink_close(&run->sink);
}

int ctl_recalculate_charging(const struct ctl *ctl, struct err *err)
{
    SCOPE(recalculation_free)
    struct recalculation run = {.ctl = ctl, .dry = args_value(ctl->args, "dry-run") != NULL};
    int rc = select_processes(&run, err);
    if (rc == 0)
        rc = ctl_db_path(ctl, &run.sink.db_path, err);
    if (rc == 0)
        rc = ctl_rule_limits(ctl, &run.sink.limits, err);
    if (rc == 0)
        rc = ctl_open(ctl, &run.store, err);
    if (rc == 0)
        rc = charging_sink_limits(&run.sink, &run.limits, err);
    if (rc == 0)
        rc = resume(&run, err);
    if (rc < 0)
        return rc;
    run.noted_mono_us = clock_mono_us();
    recalculate_summary_begin(&run.summary, ctl->out, ctl->json, run.dry);
    rc = run_all(&run, err);
    recalculate_summary_end(&run.summary, rc == 0);
    return rc;
}
