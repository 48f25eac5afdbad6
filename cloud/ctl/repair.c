/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl charging repair: closes charging processes that nobody ended, at their last samples. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "ctl/charging_sink.h"
#include "ctl/output.h"
#include <inttypes.h>
#include <stdlib.h>

#define IDLE_DEFAULT_MIN 60
#define IDLE_MAX_MIN     52560000 /* 100 years */
#define US_PER_MINUTE    INT64_C(60000000)

struct repair {
    const struct ctl *ctl;
    struct output_table table;
    struct output_array array;
    int64_t *ids; /* owned */
    size_t count, capacity;
};

static int add_id(struct repair *repair, int64_t id, struct err *err)
{
    if (repair->count == repair->capacity) {
        size_t capacity = repair->capacity ? repair->capacity * 2 : 64;
        int64_t *bigger = realloc(repair->ids, capacity * sizeof *bigger);
        if (!bigger)
            return err_set(err, ERR_NOMEM, "out of memory");
        repair->ids = bigger;
        repair->capacity = capacity;
    }
    repair->ids[repair->count++] = id;
    return 0;
}

/* report_row */
static int take(void *self, const struct report *report, const struct report_value *values,
                struct err *err)
{
    struct repair *repair = self;
    int rc = add_id(repair, values[0].integer, err);
    if (rc < 0)
        return rc;
    return repair->ctl->json ? output_array_row(&repair->array, report, values, err)
                             : output_collect(&repair->table, report, values, err);
}

/* Lists what is to be closed. */
static int look(struct repair *repair, int64_t idle_min, struct err *err)
{
    const struct ctl *ctl = repair->ctl;
    SCOPE(store_close_scope) struct store *store = NULL;
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    filter.to_us = clock_wall_us() - idle_min * US_PER_MINUTE;
    filter.limit = STORE_NULL;
    if (ctl->json)
        output_array_begin(&repair->array, ctl->out);
    rc = report_run(store, &REPORT_CHARGING_IDLE, &filter, take, repair, err);
    if (ctl->json)
        output_array_end(&repair->array);
    else if (rc == 0 && repair->count > 0)
        output_print_table(&repair->table, ctl->out, output_width(ctl->out));
    return rc;
}

static int close_all(const struct repair *repair, int64_t idle_min, int64_t *closed,
                     struct err *err)
{
    SCOPE(charging_sink_close) struct charging_sink sink = {0};
    int rc = ctl_db_path(repair->ctl, &sink.db_path, err);
    for (size_t i = 0; i < repair->count && rc == 0; i += CHARGING_SINK_BATCH) {
        size_t left = repair->count - i;
        rc = charging_sink_repair(&sink, repair->ids + i,
                                  left < CHARGING_SINK_BATCH ? left : CHARGING_SINK_BATCH, idle_min,
                                  closed, err);
    }
    return rc;
}

static void repair_free(struct repair *repair)
{
    output_table_free(&repair->table);
    free(repair->ids);
}

int ctl_repair_charging(const struct ctl *ctl, struct err *err)
{
    SCOPE(repair_free)
    struct repair repair = {.ctl = ctl, .table = {.report = &REPORT_CHARGING_IDLE}};
    bool dry = args_value(ctl->args, "dry-run") != NULL;
    int64_t idle_min, closed = 0;
    int rc = ctl_integer(ctl, "idle-min", 0, IDLE_MAX_MIN, IDLE_DEFAULT_MIN, &idle_min, err);
    if (rc == 0)
        rc = look(&repair, idle_min, err);
    if (rc == 0 && !dry)
        rc = close_all(&repair, idle_min, &closed, err);
    if (rc < 0 || ctl->json)
        return rc;
    if (dry)
        fprintf(ctl->out,
                "%zu open charging processes got no sample for %" PRId64
                " min; nothing was changed\n",
                repair.count, idle_min);
    else
        fprintf(ctl->out, "%" PRId64 " charging processes closed at their last samples\n", closed);
    return 0;
}
