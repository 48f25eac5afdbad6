/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl retention status | run: what is kept, and a whole pass at once where no bridge does it.
 */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "ctl/output.h"
#include "retention/retention.h"
#include "store/retention.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define DAYS_MOST 36500

static int print_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    const struct ctl *ctl = self;
    struct output_array array;
    if (!ctl->json) {
        output_print_details(report, values, ctl->out);
        return 0;
    }
    output_array_begin(&array, ctl->out);
    int rc = output_array_row(&array, report, values, err);
    output_array_end(&array);
    return rc;
}

int ctl_retention_status(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    int rc = ctl_open(ctl, &store, err);
    /* One state of the database, whatever a bridge writes meanwhile. */
    if (rc == 0)
        rc = store_begin_reading(store, err);
    return rc < 0 ? rc
                  : report_run(store, &REPORT_RETENTION, &REPORT_ALL, print_row,
                               (void *)(uintptr_t)ctl, err);
}

/* The days of an option; what the bridge was told when it was not given. */
static int read_days(const struct ctl *ctl, const char *option, double *days, struct err *err)
{
    const char *text = args_value(ctl->args, option);
    char *end = NULL;
    if (!text)
        return 0;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value >= 0 && value <= DAYS_MOST))
        return err_set(err, ERR_USAGE, "--%s %s: a number of days from 0 (for ever) to %d", option,
                       text, DAYS_MOST);
    *days = value;
    return 0;
}

/* What the bridge was told, and instead of it what the options say. */
static int read_limits(const struct ctl *ctl, struct store *store, struct retention_limits *limits,
                       struct err *err)
{
    struct retention_state told = {.thin_interval_s = 300};
    int rc = retention_state_load(store, &told, err);
    *limits = (struct retention_limits){.thin_after_days = told.thin_after_days,
                                        .thin_interval_s = told.thin_interval_s,
                                        .drop_after_days = told.drop_after_days,
                                        .quarantine_days = told.quarantine_days,
                                        .event_log_days = told.event_log_days};
    if (rc >= 0)
        rc = read_days(ctl, "thin-after-days", &limits->thin_after_days, err);
    if (rc >= 0)
        rc = read_days(ctl, "drop-after-days", &limits->drop_after_days, err);
    if (rc >= 0)
        rc = ctl_integer(ctl, "thin-interval-s", 1, 86400, limits->thin_interval_s,
                         &limits->thin_interval_s, err);
    return rc < 0 ? rc : 0;
}

static void print_done(const struct ctl *ctl, const struct retention_done *done, bool dry_run)
{
    if (ctl->json) {
        fprintf(ctl->out,
                "[{\"dry_run\":%s,\"thinned\":%" PRId64 ",\"dropped\":%" PRId64
                ",\"samples\":%" PRId64 ",\"damaged\":%" PRId64 ",\"quarantine\":%" PRId64
                ",\"event_log\":%" PRId64 ",\"pages\":%" PRId64 "}]\n",
                dry_run ? "true" : "false", done->thinned, done->dropped, done->samples,
                done->damaged, done->quarantine, done->event_log, done->pages);
        return;
    }
    fprintf(ctl->out,
            "%s%" PRId64 " processes thinned, %" PRId64 " dropped, together %" PRId64
            " samples fewer; %" PRId64 " damaged ones left as they are\n"
            "%s%" PRId64 " messages out of quarantine, %" PRId64 " rows out of event_log\n",
            dry_run ? "would be: " : "", done->thinned, done->dropped, done->samples, done->damaged,
            dry_run ? "would be: " : "", done->quarantine, done->event_log);
}

static int run_pass(const struct ctl *ctl, const struct retention_limits *limits,
                    struct retention_done *done, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc == 0)
        rc = store_open(&store, path, STORE_WRITE, err);
    return rc < 0 ? rc : retention_pass(store, limits, clock_wall_us(), done, err);
}

int ctl_retention_run(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct retention_done done = {0};
    struct retention_limits limits;
    bool dry_run = args_value(ctl->args, "dry-run") != NULL;
    int rc = ctl_open(ctl, &store, err); /* also: it must exist */
    if (rc == 0)
        rc = read_limits(ctl, store, &limits, err);
    if (rc == 0 && dry_run)
        rc = retention_preview(store, &limits, clock_wall_us(), &done, err);
    if (rc == 0 && !dry_run)
        rc = run_pass(ctl, &limits, &done, err);
    if (rc == 0)
        print_done(ctl, &done, dry_run);
    return rc;
}
