/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/registry.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/textmap.h"
#include "store/stream.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A crash loses this much of levels and temperatures; the next message brings them again. */
#define LEVELS_EVERY_US (5 * CLOCK_US_PER_SECOND)

struct registry {
    struct store *store; /* not owned */
    struct textmap map;  /* of owned struct station */
    /* Stations with unwritten changes, so that a commit costs nothing for the quiet ones. */
    struct station **touched; /* owned array */
    size_t touched_count, touched_size;
    int64_t mono_us, plant_us; /* when loaded */
};

static void station_free(void *value)
{
    struct station *station = value;
    free(station->row.config);
    free(station->bays);
    free(station);
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    textmap_free(&registry->map, station_free);
    free(registry->touched);
    free(registry);
}

static struct station *add(struct registry *registry, const struct station_row *row)
{
    struct station *station = calloc(1, sizeof *station);
    if (!station)
        return NULL;
    station->row = *row;
    station->row.config = row->config ? strdup(row->config) : NULL;
    station->heard_mono_us = registry->mono_us;
    station->heard_plant_us = registry->plant_us;
    station->written_mono_us = registry->mono_us;
    if ((row->config && !station->row.config) ||
        textmap_add(&registry->map, station->row.station_id, station) < 0) {
        station_free(station);
        return NULL;
    }
    return station;
}

static int add_loaded(void *self, const struct station_row *row)
{
    return add(self, row) ? 0 : ERR_NOMEM;
}

struct numbering {
    struct registry *registry;
    struct err *err;
    int status;
};

static void find_number(void *self, void *value)
{
    struct numbering *numbering = self;
    struct station *station = value;
    if (numbering->status == 0 && station->row.journal[0])
        numbering->status =
            journal_find(numbering->registry->store, station->row.station_id, station->row.journal,
                         &station->journal_number, numbering->err);
}

static int load(struct registry *registry, struct err *err)
{
    int status = station_list(registry->store, add_loaded, registry, err);
    struct numbering numbering = {.registry = registry, .err = err, .status = status};
    textmap_each(&registry->map, find_number, &numbering);
    return numbering.status;
}

int registry_new(struct registry **registry, struct store *store, int64_t mono_us, int64_t plant_us,
                 struct err *err)
{
    *registry = calloc(1, sizeof **registry);
    if (!*registry)
        return err_set(err, ERR_NOMEM, "stations: out of memory");
    (*registry)->store = store;
    (*registry)->mono_us = mono_us;
    (*registry)->plant_us = plant_us;
    int status = load(*registry, err);
    if (status < 0) {
        registry_free(*registry);
        *registry = NULL;
    }
    return status;
}

struct station *registry_find(struct registry *registry, const char *station_id)
{
    return textmap_find(&registry->map, station_id);
}

struct station *registry_add(struct registry *registry, const char *station_id,
                             const char *approval, int64_t at_us, struct err *err)
{
    struct station_row row = {.latitude = (double)NAN,
                              .longitude = (double)NAN,
                              .meter_import_wh = (double)NAN,
                              .price_per_kwh = STORE_NULL,
                              .first_seen_at = at_us,
                              .last_connection_time = at_us,
                              .bays = STORE_NULL,
                              .boot = STORE_NULL,
                              .up_ms = STORE_NULL,
                              .state_time = STORE_NULL,
                              .conn = STORE_NULL,
                              .conn_boot = STORE_NULL,
                              .journal_depth = STORE_NULL,
                              .journal_oldest = STORE_NULL,
                              .journal_dropped = STORE_NULL,
                              .journal_dead = STORE_NULL};
    (void)snprintf(row.station_id, sizeof row.station_id, "%s", station_id);
    (void)snprintf(row.status, sizeof row.status, "ACTIVE");
    (void)snprintf(row.approval, sizeof row.approval, "%s", approval);
    struct station *station = add(registry, &row);
    if (!station) {
        (void)err_set(err, ERR_NOMEM, "station %s: out of memory", station_id);
        return NULL;
    }
    station->bays_loaded = true; /* nothing of it is stored yet */
    registry_touch(registry, station, CHANGE_STATE);
    return station;
}

static int append_bay(struct station *station, const struct bay_row *row)
{
    struct station_bay *grown =
        realloc(station->bays, (station->bay_count + 1) * sizeof *station->bays);
    if (!grown)
        return ERR_NOMEM;
    station->bays = grown;
    station->bays[station->bay_count++] = (struct station_bay){.row = *row};
    return 0;
}

static int append_loaded(void *self, const struct bay_row *row)
{
    return append_bay(self, row);
}

int registry_load_bays(struct registry *registry, struct station *station, struct err *err)
{
    if (station->bays_loaded)
        return 0;
    station->bay_count = 0;
    int status = bay_list(registry->store, station->row.station_id, append_loaded, station, err);
    station->bays_loaded = status == 0;
    return status;
}

struct station_bay *registry_bay(struct registry *registry, struct station *station, int64_t slot,
                                 struct err *err)
{
    if (registry_load_bays(registry, station, err) < 0)
        return NULL;
    for (size_t i = 0; i < station->bay_count; i++)
        if (station->bays[i].row.slot == slot)
            return &station->bays[i];
    struct bay_row row = {.slot = slot,
                          .temp = (double)NAN,
                          .soc = (double)NAN,
                          .smoke = STORE_NULL,
                          .fan = STORE_NULL,
                          .charger_online = STORE_NULL,
                          .charging = STORE_NULL,
                          .changed_at = STORE_NULL};
    if (append_bay(station, &row) < 0) {
        (void)err_set(err, ERR_NOMEM, "station %s: out of memory", station->row.station_id);
        return NULL;
    }
    return &station->bays[station->bay_count - 1];
}

struct visit {
    void (*each)(void *self, struct station *station);
    void *self;
};

static void visit_one(void *self, void *value)
{
    const struct visit *visit = self;
    visit->each(visit->self, value);
}

void registry_each(struct registry *registry, void (*each)(void *self, struct station *station),
                   void *self)
{
    struct visit visit = {.each = each, .self = self};
    textmap_each(&registry->map, visit_one, &visit);
}

void registry_touch(struct registry *registry, struct station *station, enum change change)
{
    if (change <= station->change)
        return;
    if (station->change == CHANGE_NONE) {
        if (registry->touched_count == registry->touched_size) {
            size_t size = registry->touched_size ? registry->touched_size * 2 : 64;
            struct station **grown = realloc(registry->touched, size * sizeof(struct station *));
            if (!grown)
                return; /* the station's next change tries again; nothing in memory is lost */
            registry->touched = grown;
            registry->touched_size = size;
        }
        registry->touched[registry->touched_count++] = station;
    }
    station->change = change;
}

static int write_station(struct registry *registry, struct station *station, int64_t mono_us,
                         struct err *err)
{
    int status = station_save(registry->store, &station->row, err);
    for (size_t i = 0; i < station->bay_count && status == 0; i++)
        if (station->bays[i].changed) {
            status = bay_save(registry->store, station->row.station_id, &station->bays[i].row, err);
            station->bays[i].changed = false;
        }
    station->written_mono_us = mono_us;
    return status;
}

int registry_flush(struct registry *registry, int64_t mono_us, bool all, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < registry->touched_count; i++) {
        struct station *station = registry->touched[i];
        int64_t age_us = mono_us - station->written_mono_us;
        /* A wall clock that was set back must not keep levels unwritten for long. */
        bool due =
            all || station->change == CHANGE_STATE || age_us >= LEVELS_EVERY_US || age_us < 0;
        if (!due) {
            registry->touched[kept++] = station;
            continue;
        }
        int status = write_station(registry, station, mono_us, err);
        if (status < 0)
            return status; /* the caller rolls back and calls registry_forget */
        station->change = CHANGE_NONE;
    }
    registry->touched_count = kept;
    return 0;
}

/* After a rollback: hearing is no part of the database, it goes over to the station read anew. */
static void keep_hearing(void *self, void *value)
{
    struct registry *fresh = self;
    const struct station *old = value;
    struct station *station = registry_find(fresh, old->row.station_id);
    if (!station)
        return;
    station->heard_mono_us = old->heard_mono_us;
    station->heard_plant_us = old->heard_plant_us;
    memcpy(station->said_state, old->said_state, sizeof station->said_state);
}

int registry_forget(struct registry *registry, int64_t mono_us, int64_t plant_us, struct err *err)
{
    struct registry *fresh;
    int status = registry_new(&fresh, registry->store, mono_us, plant_us, err);
    if (status < 0)
        return status;
    textmap_each(&registry->map, keep_hearing, fresh);
    struct registry old = *registry;
    *registry = *fresh;
    *fresh = old;
    registry_free(fresh);
    return 0;
}
