/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl charging check: reads every sample and names the processes that are damaged. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/output.h"

struct check {
    const struct ctl *ctl;
    struct output_array array;
    struct output_table table;
    int64_t damaged;
};

/* report_row. */
static int take_row(void *self, const struct report *report, const struct report_value *values,
                    struct err *err)
{
    struct check *check = self;
    check->damaged++;
    return check->ctl->json ? output_array_row(&check->array, report, values, err)
                            : output_collect(&check->table, report, values, err);
}

static void check_free(struct check *check)
{
    output_table_free(&check->table);
}

int ctl_check_charging(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    SCOPE(check_free)
    struct check check = {.ctl = ctl, .table = {.report = &REPORT_CHARGING_DAMAGE}};
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    if (ctl->json)
        output_array_begin(&check.array, ctl->out);
    rc = report_run(store, &REPORT_CHARGING_DAMAGE, &filter, take_row, &check, err);
    if (ctl->json)
        output_array_end(&check.array);
    else if (rc == 0 && check.damaged > 0)
        output_print_table(&check.table, ctl->out, output_width(ctl->out));
    else if (rc == 0)
        fputs("the samples of all charging processes are whole\n", ctl->out);
    if (rc < 0 || check.damaged == 0)
        return rc;
    return err_set(err, ERR_INVALID,
                   "the samples of %lld charging processes are damaged; their figures stand, and "
                   "all other samples are whole",
                   (long long)check.damaged);
}
