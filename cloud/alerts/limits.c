/* SPDX-License-Identifier: Apache-2.0 */
/* The thresholds in memory: the few rows of the table, read once after each change. */
#include "alerts/alerts_internal.h"

#include <stdlib.h>

static int read_rows(struct alerts *alerts, struct err *err)
{
    if (alerts->rows_known)
        return 0;
    free(alerts->rows);
    alerts->rows = NULL;
    alerts->row_count = 0;
    int status = threshold_list(alerts->store, &alerts->rows, &alerts->row_count, err);
    alerts->rows_known = status == 0;
    return status;
}

static void changed(struct alerts *alerts)
{
    alerts->rows_known = false;
    alerts->generation++;
}

int alerts_limits(struct alerts *alerts, enum threshold_kind kind, const char *model,
                  const char *station_id, struct threshold_limits *to, struct err *err)
{
    int status = read_rows(alerts, err);
    if (status < 0)
        return status;
    const struct threshold_row *row =
        threshold_find(alerts->rows, alerts->row_count, kind, model, station_id);
    if (row)
        *to = (struct threshold_limits){row->raise, row->clear, row->enabled};
    else
        *to = threshold_from_default(kind, &alerts->defaults[kind]);
    return 0;
}

int64_t alerts_generation(const struct alerts *alerts)
{
    return alerts->generation;
}

void alerts_renew(struct alerts *alerts)
{
    alerts->generation++;
}

void alerts_set_default(struct alerts *alerts, enum threshold_kind kind,
                        const struct threshold_default *to)
{
    alerts->defaults[kind] = *to;
    alerts->generation++;
}

struct threshold_default alerts_default(const struct alerts *alerts, enum threshold_kind kind)
{
    return alerts->defaults[kind];
}

int alerts_put_threshold(struct alerts *alerts, const struct threshold_row *row, struct err *err)
{
    changed(alerts);
    return threshold_put(alerts->store, row, err);
}

int alerts_remove_threshold(struct alerts *alerts, const char *kind, const char *model,
                            const char *station_id, struct err *err)
{
    changed(alerts);
    return threshold_remove(alerts->store, kind, model, station_id, err);
}
