/* SPDX-License-Identifier: Apache-2.0 */
/* station and bay: what is current at each station. Written as whole rows from memory
 * (stations/registry.h), so that a row is always one consistent state. */
#ifndef SWAPSTACK_STORE_STATION_H
#define SWAPSTACK_STORE_STATION_H

#include "store/store.h"

struct station_row {
    char station_id[65];
    char location[256];
    double latitude, longitude;
    int64_t price_per_kwh; /* ten-thousandths */
    char status[16];       /* ACTIVE, CHARGING, STOPPED, FAULTY, DISCONNECTED */
    char approval[16];     /* pending, approved, refused */
    int64_t first_seen_at, last_connection_time;
    char disconnect_reason[256];
    bool own_topic;
    char mode[16], gate[16], board[65], fw[65];
    int64_t bays;
    char journal[33]; /* place of the newest state */
    int64_t boot, up_ms, state_time;
    int64_t conn, conn_boot;
    int64_t journal_depth, journal_oldest, journal_dropped, journal_dead;
    double meter_import_wh;
    char *config; /* JSON, NULL when none; owned by the holder of the row */
};

struct bay_row {
    int64_t slot;
    char state[16], door[16], lock[16];
    double temp;
    int64_t smoke, fan, charger_online; /* 0, 1, STORE_NULL */
    char bid[65];
    double soc;
    int64_t charging; /* 0, 1, STORE_NULL */
    char session_id[65];
    int64_t changed_at;
};

/* Inserts or replaces the whole row (never deletes: other tables refer to it). */
int station_save(struct store *store, const struct station_row *row, struct err *err);
int bay_save(struct store *store, const char *station_id, const struct bay_row *row,
             struct err *err);

/* Calls `each` for every station, or every bay of one, in order of id. The row's texts are only
 * valid during the call; a negative result of `each` ends the reading. */
int station_list(struct store *store, int (*each)(void *self, const struct station_row *row),
                 void *self, struct err *err);
int bay_list(struct store *store, const char *station_id,
             int (*each)(void *self, const struct bay_row *row), void *self, struct err *err);

/* Sets the IANA name of a station's time zone: 1, or 0 when there is no such station. */
int station_set_zone(struct store *store, const char *station_id, const char *zone,
                     struct err *err);

/* Sets the approval of a station, creating it when it is not known yet. *created may be NULL. */
int station_set_approval(struct store *store, const char *station_id, const char *approval,
                         int64_t at_us, bool *created, struct err *err);

#endif
