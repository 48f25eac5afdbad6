/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/approve.h"

#include "protocol/topic.h"
#include "store/eventlog.h"
#include "store/station.h"
#include <stdio.h>
#include <string.h>

static bool is_approval(const char *text)
{
    return strcmp(text, "approved") == 0 || strcmp(text, "refused") == 0 ||
           strcmp(text, "pending") == 0;
}

static int approve(struct store *store, const char *station_id, const char *approval,
                   const char *actor, int64_t at_us, struct err *err)
{
    int status = station_set_approval(store, station_id, approval, at_us, NULL, err);
    if (status < 0)
        return status;
    char payload[64];
    (void)snprintf(payload, sizeof payload, "{\"approval\":\"%s\"}", approval);
    struct eventlog_row row = {.received_at_us = at_us,
                               .event_time_us = at_us,
                               .actor = "operator",
                               .actor_id = actor,
                               .station_id = station_id,
                               .kind = "station.approval",
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = payload};
    return eventlog_append(store, &row, err);
}

int station_approve(struct store *store, const char *station_id, const char *approval,
                    const char *actor, int64_t at_us, struct err *err)
{
    if (!device_is_valid(station_id))
        return err_set(err, ERR_USAGE,
                       "station %.80s: not a station id (1 to 64 characters of A-Za-z0-9._-)",
                       station_id);
    if (!is_approval(approval))
        return err_set(err, ERR_USAGE, "approval %.40s: must be approved, refused or pending",
                       approval);
    if (store_in_transaction(store))
        return approve(store, station_id, approval, actor, at_us, err);
    int status = store_begin(store, err);
    if (status == 0)
        status = approve(store, station_id, approval, actor, at_us, err);
    if (status == 0)
        status = store_commit(store, err);
    if (status < 0)
        store_rollback(store);
    return status;
}
