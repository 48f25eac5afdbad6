/* SPDX-License-Identifier: Apache-2.0 */
/* geofence, and which one each charging process is in. */
#ifndef SWAPSTACK_STORE_GEOFENCE_H
#define SWAPSTACK_STORE_GEOFENCE_H

#include "store/store.h"
#include <stddef.h>

struct geofence_row {
    int64_t id; /* set by geofence_insert */
    char name[129];
    double latitude, longitude; /* degrees */
    double radius_m;
};

int geofence_insert(struct store *store, struct geofence_row *row, struct err *err);
/* Writes all but the id. */
int geofence_update(struct store *store, const struct geofence_row *row, struct err *err);
int geofence_set_deleted(struct store *store, int64_t id, int64_t at_us, struct err *err);
/* One that is not deleted: 1, or 0. */
int geofence_load(struct store *store, int64_t id, struct geofence_row *row, struct err *err);

/* All that are not deleted, by id; *rows is owned by the caller (free). */
int geofence_list(struct store *store, struct geofence_row **rows, size_t *count, struct err *err);

/* Calls `each` for every process that has a position, by id; it says which geofence is right
 * (STORE_NULL: none). Rows that say otherwise are changed; *changed counts them. */
int geofence_relink(struct store *store,
                    int64_t (*each)(void *self, double latitude, double longitude), void *self,
                    int64_t *changed, struct err *err);
int geofence_link(struct store *store, int64_t process, int64_t geofence, struct err *err);

#endif
