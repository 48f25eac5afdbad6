/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/threshold.h"

#include "base/nearest.h"
#include "base/strbuf.h"
#include <math.h>
#include <string.h>

static const struct {
    const char *name, *unit;
    bool below;
} KINDS[THRESHOLD_KINDS] = {
    [THRESHOLD_LOW_CAPACITY] = {"low_capacity", "kWh", true},
    [THRESHOLD_FREQUENT_SWAP] = {"frequent_swap", "On-Loads", false},
    [THRESHOLD_LOW_SOH] = {"low_soh", "%", true},
    [THRESHOLD_OVER_TEMPERATURE] = {"over_temperature", "°C", false},
    [THRESHOLD_CELL_IMBALANCE] = {"cell_imbalance", "V", false},
    [THRESHOLD_CELL_TEMPERATURE] = {"cell_temperature", "°C", false},
    [THRESHOLD_UNKNOWN_BATTERY] = {"unknown_battery", "s", false},
};

const char *threshold_name(enum threshold_kind kind)
{
    return KINDS[kind].name;
}

const char *threshold_unit(enum threshold_kind kind)
{
    return KINDS[kind].unit;
}

bool threshold_is_below(enum threshold_kind kind)
{
    return KINDS[kind].below;
}

int threshold_kind_of(const char *name, enum threshold_kind *kind, struct err *err)
{
    SCOPE_STRBUF struct strbuf known = STRBUF_INIT;
    struct nearest nearest = nearest_to(name);
    for (int i = 0; i < THRESHOLD_KINDS; i++) {
        if (strcmp(name, KINDS[i].name) == 0) {
            *kind = (enum threshold_kind)i;
            return 0;
        }
        nearest_offer(&nearest, KINDS[i].name);
        strbuf_printf(&known, "%s%s", i ? ", " : "", KINDS[i].name);
    }
    const char *near = nearest_word(&nearest);
    if (near)
        return err_set(err, ERR_USAGE, "'%.64s' has no threshold; did you mean '%s'?", name, near);
    return err_set(err, ERR_USAGE, "'%.64s' has no threshold; %s have one", name,
                   strbuf_text(&known));
}

struct threshold_limits threshold_from_default(enum threshold_kind kind,
                                               const struct threshold_default *by)
{
    double clear = by->raise + (KINDS[kind].below ? by->hysteresis : -by->hysteresis);
    return (struct threshold_limits){.raise = by->raise, .clear = clear, .enabled = true};
}

int threshold_check(enum threshold_kind kind, double raise, double clear, struct err *err)
{
    const char *name = KINDS[kind].name, *unit = KINDS[kind].unit;
    if (!isfinite(raise) || !isfinite(clear))
        return err_set(err, ERR_USAGE, "threshold %s: raise and clear must be numbers", name);
    if (KINDS[kind].below && clear < raise)
        return err_set(
            err, ERR_USAGE,
            "threshold %s: raised below %g %s, it cannot be cleared at %g: clear must be "
            "%g or more",
            name, raise, unit, clear, raise);
    if (!KINDS[kind].below && clear > raise)
        return err_set(
            err, ERR_USAGE,
            "threshold %s: raised above %g %s, it cannot be cleared at %g: clear must be "
            "%g or less",
            name, raise, unit, clear, raise);
    return 0;
}

static int compare(const struct threshold_row *row, const char *kind, const char *model,
                   const char *station_id)
{
    int order = strcmp(row->kind, kind);
    if (order == 0)
        order = strcmp(row->model, model);
    return order ? order : strcmp(row->station_id, station_id);
}

static const struct threshold_row *find_exactly(const struct threshold_row *rows, size_t count,
                                                const char *kind, const char *model,
                                                const char *station_id)
{
    size_t first = 0, end = count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare(&rows[middle], kind, model, station_id);
        if (order == 0)
            return &rows[middle];
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

const struct threshold_row *threshold_find(const struct threshold_row *rows, size_t count,
                                           enum threshold_kind kind, const char *model,
                                           const char *station_id)
{
    const char *name = KINDS[kind].name;
    const char *const tries[][2] = {{model, station_id}, {"", station_id}, {model, ""}, {"", ""}};
    for (size_t i = 0; count > 0 && i < sizeof tries / sizeof tries[0]; i++) {
        const struct threshold_row *row = find_exactly(rows, count, name, tries[i][0], tries[i][1]);
        if (row)
            return row;
    }
    return NULL;
}

bool threshold_judge(enum threshold_kind kind, const struct threshold_limits *limits, bool open,
                     double value)
{
    if (!limits->enabled)
        return false;
    if (isnan(value))
        return open;
    double edge = open ? limits->clear : limits->raise;
    if (KINDS[kind].below)
        return value < edge;
    return value > edge;
}
