/* SPDX-License-Identifier: Apache-2.0 */
/* The lists: a report as a table or as JSON. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/output.h"
#include <inttypes.h>

int ctl_print_list(const struct ctl *ctl, const struct report *report,
                   const struct report_filter *filter, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    int rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    if (ctl->json) {
        struct output_array array;
        output_array_begin(&array, ctl->out);
        rc = report_run(store, report, filter, output_array_row, &array, err);
        output_array_end(&array);
        return rc;
    }
    SCOPE(output_table_free_scope) struct output_table table = {.report = report};
    rc = report_run(store, report, filter, output_collect, &table, err);
    if (rc < 0)
        return rc;
    output_print_table(&table, ctl->out, output_width(ctl->out));
    if (filter->limit != STORE_NULL && (int64_t)table.count == filter->limit)
        fprintf(stderr, "swapctl: the first %" PRId64 " rows; --limit N shows more\n",
                filter->limit);
    return 0;
}

static int list(const struct ctl *ctl, const struct report *report, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, report, &filter, err);
}

int ctl_list_stations(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_STATIONS, err);
}

int ctl_list_batteries(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_BATTERIES, err);
}

int ctl_list_exchanges(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_EXCHANGES, err);
}

int ctl_list_swaps(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_SWAPS, err);
}

int ctl_list_charging(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_CHARGING, err);
}

int ctl_list_quarantine(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_QUARANTINE, err);
}

int ctl_list_commands(const struct ctl *ctl, struct err *err)
{
    return list(ctl, &REPORT_COMMANDS, err);
}
