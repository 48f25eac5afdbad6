/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/vehicle_efficiency.h"

#include "base/scope.h"
#include "charging/efficiency.h"
#include <stdlib.h>
#include <string.h>

struct history {
    struct efficiency_process *list; /* owned */
    size_t count, size;
};

static void history_free(struct history *history)
{
    free(history->list);
}

static int take_process(void *self, const struct efficiency_row *row)
{
    struct history *history = self;
    if (history->count == history->size) {
        size_t size = history->size ? history->size * 2 : 64;
        struct efficiency_process *more = realloc(history->list, size * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        history->list = more;
        history->size = size;
    }
    history->list[history->count++] = (struct efficiency_process){
        row->duration_min, row->end_battery_level, row->charge_energy_added, row->start_range_km,
        row->end_range_km};
    return 0;
}

static int refresh_vehicle(struct store *store, const char *vid, enum range_kind kind,
                           struct err *err)
{
    SCOPE(history_free) struct history history = {0};
    double factor;
    int status = efficiency_each(store, vid, kind, take_process, &history, err);
    if (status == 0)
        status = efficiency_factor(history.list, history.count, EFFICIENCY_MENDED, &factor);
    if (status == ERR_NOMEM)
        return err_set(err, status, "efficiency of vehicle %s: out of memory", vid);
    return status == 1 ? vehicle_set_efficiency(store, vid, factor, err) : status;
}

int efficiency_refresh(struct store *store, const char *vid, const char *bid, enum range_kind kind,
                       struct err *err)
{
    int status = vid && vid[0] ? refresh_vehicle(store, vid, kind, err) : 0;
    if (status == 0 && bid && bid[0])
        status = battery_refresh_efficiency(store, bid, err);
    return status;
}

struct vehicles {
    char (*list)[65]; /* owned */
    size_t count, size;
};

static void vehicles_free(struct vehicles *vehicles)
{
    free(vehicles->list);
}

static int take_vehicle(void *self, const char *vid)
{
    struct vehicles *vehicles = self;
    if (vehicles->count == vehicles->size) {
        size_t size = vehicles->size ? vehicles->size * 2 : 64;
        char(*more)[65] = realloc(vehicles->list, size * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        vehicles->list = more;
        vehicles->size = size;
    }
    memcpy(vehicles->list[vehicles->count++], vid, strlen(vid) + 1);
    return 0;
}

int efficiency_prefer(struct store *store, enum range_kind kind, int64_t now_us, struct err *err)
{
    SCOPE(vehicles_free) struct vehicles vehicles = {0};
    enum range_kind last;
    int status = range_kind_load(store, &last, err);
    if (status < 0 || last == kind) /* none on record: it was RANGE_RATED */
        return status < 0 ? status : 0;
    status = vehicle_each_charged(store, take_vehicle, &vehicles, err);
    if (status == ERR_NOMEM)
        return err_set(err, status, "efficiency of vehicles: out of memory");
    for (size_t i = 0; i < vehicles.count && status == 0; i++)
        status = refresh_vehicle(store, vehicles.list[i], kind, err);
    return status < 0 ? status : range_kind_save(store, kind, now_us, err);
}
