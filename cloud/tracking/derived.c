/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/tracking_internal.h"

#include "store/eventlog.h"
#include <cjson/cJSON.h>
#include <math.h>

static char *payload_of(const struct derived_fact *fact)
{
    cJSON *object = cJSON_CreateObject();
    if (fact->bid && fact->bid[0])
        (void)cJSON_AddStringToObject(object, "bid", fact->bid);
    if (fact->slot != STORE_NULL)
        (void)cJSON_AddNumberToObject(object, "slot", (double)fact->slot);
    if (fact->text)
        (void)cJSON_AddStringToObject(object, fact->name, fact->text);
    else if (!isnan(fact->number))
        (void)cJSON_AddNumberToObject(object, fact->name, fact->number);
    if (fact->up_ms != STORE_NULL && fact->up_ms != 0)
        (void)cJSON_AddNumberToObject(object, "up", (double)fact->up_ms);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

int derived_log(struct tracking *tracking, const struct derived_fact *fact, int64_t time_us,
                const struct tracking_source *source, struct err *err)
{
    char *payload = payload_of(fact);
    if (!payload)
        return err_set(err, ERR_NOMEM, "event_log: out of memory");
    struct eventlog_row row = {.received_at_us = source->received_at_us,
                               .event_time_us = time_us,
                               .actor = source->actor,
                               .actor_id = source->actor_id,
                               .station_id = fact->station_id,
                               .kind = fact->kind,
                               .journal = source->journal,
                               .boot = source->boot,
                               .lane = NULL, /* derived: no row of a lane of its own */
                               .seq = STORE_NULL,
                               .payload = payload};
    int status = eventlog_append(tracking->store, &row, err);
    cJSON_free(payload);
    return status;
}

int derived_log_seen(struct tracking *tracking, struct tracked_battery *battery,
                     const struct tracking_source *source, struct err *err)
{
    const struct place_claim *claim = &battery->claim;
    if (!battery->unlogged || battery->row.last_seen_at_us == STORE_NULL)
        return 0;
    bool confirmed = claim->known && !claim->event;
    struct derived_fact fact = {.kind = "battery.seen",
                                .bid = battery->row.bid,
                                .station_id = confirmed ? claim->station_id : NULL,
                                .slot = STORE_NULL,
                                .name = "last_seen_at",
                                .number = (double)battery->row.last_seen_at_us,
                                .up_ms = confirmed ? claim->up_ms : STORE_NULL};
    struct tracking_source said = {.actor = "system",
                                   .received_at_us = source->received_at_us,
                                   .journal = confirmed ? battery->claim_journal : NULL,
                                   .boot = confirmed ? claim->boot : STORE_NULL};
    int status = derived_log(tracking, &fact,
                             confirmed ? claim->time_us : battery->row.last_seen_at_us, &said, err);
    if (status == 0)
        battery->unlogged = false;
    return status;
}
