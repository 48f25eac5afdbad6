/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl battery way | area set | area list | area clear. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/orders.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int ctl_battery_way(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    filter.bid = ctl->word;
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_BATTERY_WAY, &filter, err);
}

int ctl_list_areas(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_BATTERY_AREAS, &filter, err);
}

/* The next part of a list; NULL: there is none. `*rest` moves behind it. */
static char *next_part(char **rest, const char *divider)
{
    char *part = *rest;
    return part ? strsep(rest, divider) : NULL;
}

static int read_circle(char *text, struct area_limit *limit, struct err *err)
{
    double *const numbers[] = {&limit->latitude, &limit->longitude, &limit->radius_m};
    char *rest = text, *part;
    int count = 0;
    while ((part = next_part(&rest, ",")) != NULL) {
        char *end = NULL;
        double number = strtod(part, &end);
        if (count == 3 || end == part || *end != '\0')
            break;
        *numbers[count++] = number;
    }
    return count == 3 && !part
               ? 0
               : err_set(err, ERR_USAGE, "--circles: LATITUDE,LONGITUDE,METRES is right");
}

static int read_station(const char *text, struct area_limit *limit, struct err *err)
{
    if (strlen(text) >= sizeof limit->station_id)
        return err_set(err, ERR_USAGE, "--stations: a station id has at most 64 bytes");
    memcpy(limit->station_id, text, strlen(text) + 1);
    return 0;
}

/* Appends the parts of one option. */
static int read_list(const char *list, bool circles, struct battery_order *order, struct err *err)
{
    SCOPE_FREE char *copy = list ? strdup(list) : NULL;
    char *rest = copy, *part;
    int rc = list && !copy ? err_set(err, ERR_NOMEM, "out of memory") : 0;
    while (rc == 0 && (part = next_part(&rest, circles ? ";" : ",")) != NULL) {
        if (order->limit_count == AREA_LIMITS_MAX)
            return err_set(err, ERR_USAGE, "an area has at most %d parts", AREA_LIMITS_MAX);
        struct area_limit *limit = &order->limits[order->limit_count++];
        *limit = (struct area_limit){.latitude = NAN, .longitude = NAN, .radius_m = NAN};
        rc = circles ? read_circle(part, limit, err) : read_station(part, limit, err);
        if (rc == 0 && area_limit_check(limit, err) < 0)
            rc = err->code = ERR_USAGE;
    }
    return rc;
}

int ctl_set_area(const struct ctl *ctl, struct err *err)
{
    struct battery_order order;
    const char *stations = args_value(ctl->args, "stations");
    const char *circles = args_value(ctl->args, "circles");
    if (!stations && !circles)
        return err_set(err, ERR_USAGE,
                       "where may it be? give --stations A,B or --circles "
                       "LATITUDE,LONGITUDE,METRES");
    int rc = order_begin(ctl, BATTERY_ORDER_AREA, &order, err);
    if (rc == 0)
        rc = read_list(stations, false, &order, err);
    if (rc == 0)
        rc = read_list(circles, true, &order, err);
    if (rc == 0)
        rc = order_send(ctl, &order, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "battery %s has an area of %zu parts\n", order.bid, order.limit_count);
    return rc;
}

int ctl_clear_area(const struct ctl *ctl, struct err *err)
{
    struct battery_order order;
    int rc = order_begin(ctl, BATTERY_ORDER_AREA, &order, err);
    if (rc == 0)
        rc = order_send(ctl, &order, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "battery %s may be anywhere\n", order.bid);
    return rc;
}
