/* SPDX-License-Identifier: Apache-2.0 */
/* After a run: every event is in the journal once and in order, sessions made only legal moves,
 * and what the engine has on record is what stands in the bays. */
#include "site.h"

#include "core/session.h"
#include "engine/state.h"
#include <cjson/cJSON.h>
#include <string.h>

#define SESSIONS_MAX 512

struct session_seen {
    char id[65];
    int status;
};

static size_t next_made(const struct site *site, size_t at)
{
    while (at < site->made_count && !site->made[at].key[0])
        at++;
    return at;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

/* Moves of a session, by the table of the core, from one event to the next. */
static void check_session(struct site *site, const char *payload, struct session_seen *sessions,
                          size_t *count)
{
    cJSON *message = cJSON_Parse(payload);
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(message, "type");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(message, "data");
    if (cJSON_IsNumber(type) && type->valueint == MESSAGE_CHARGE_SESSION) {
        const char *id = text_of(data, "session");
        int status = machine_find(&SESSION_MACHINE, text_of(data, "status"));
        struct session_seen *seen = NULL;
        for (size_t i = 0; i < *count; i++)
            if (strcmp(sessions[i].id, id) == 0)
                seen = &sessions[i];
        if (!seen && *count < SESSIONS_MAX) {
            seen = &sessions[(*count)++];
            *seen = (struct session_seen){.status = SESSION_NONE};
            (void)snprintf(seen->id, sizeof seen->id, "%s", id);
        }
        bool over = seen && seen->status >= SESSION_COMPLETED;
        if (status < 0 || !seen || over || !machine_allows(&SESSION_MACHINE, seen->status, status))
            site_violate(site, "session %s goes from %s to %s", id,
                         seen ? machine_state_name(&SESSION_MACHINE, seen->status) : "?",
                         text_of(data, "status"));
        else
            seen->status = status;
    }
    cJSON_Delete(message);
}

static void check_journal(struct site *site)
{
    const struct journal *journal = &site->journal;
    struct session_seen sessions[SESSIONS_MAX];
    struct journal_row row = {.boot = 0};
    size_t at = 0, session_count = 0;
    char key[SIM_MADE_KEY];
    while (!site->violation[0] &&
           journal->ops->next_row(journal->self, LANE_EVENT, row.boot, row.seq, &row, NULL) == 0) {
        site->counts->events++;
        site->counts->checks++;
        sim_event_key(row.payload, key);
        if (!key[0])
            continue;
        check_session(site, row.payload, sessions, &session_count);
        at = next_made(site, at);
        if (at == site->made_count)
            site_violate(site, "event \"%s\" is in the journal twice, or nobody made it", key);
        else if (strcmp(site->made[at].key, key) != 0)
            site_violate(site, "event \"%s\" is in the journal where \"%s\" had to be", key,
                         site->made[at].key);
        at++;
    }
    at = next_made(site, at);
    if (at < site->made_count)
        site_violate(site, "event \"%s\" of the engine is not in the journal", site->made[at].key);
}

/* Nothing is stuck, and the record is the truth. */
static void check_bays(struct site *site)
{
    const struct station *station = &site->engine->station;
    for (int i = 0; i < SITE_BAYS; i++) {
        const struct bay *bay = &station->bays[i];
        const struct sim_bay *truth = &site->world->bays[i];
        const char *bid = truth->has_pack ? truth->pack.bid : "";
        bool works = bay->state == BAY_EMPTY || bay->state == BAY_IDLE ||
                     bay->state == BAY_CHARGING || bay->state == BAY_READY ||
                     bay->state == BAY_RESERVED;
        site->counts->checks++;
        if (!works)
            site_violate(site, "bay %d is still %s after everything was healed", i + 1,
                         machine_state_name(&BAY_MACHINE, (int)bay->state));
        else if (strcmp(bay->bid, bid) != 0)
            site_violate(site, "bay %d holds \"%s\", on record is \"%s\"", i + 1, bid, bay->bid);
    }
    for (int i = 0; i < station->faults.count; i++) {
        const struct fault *fault = &station->faults.list[i];
        if (fault_effect(fault->code) >= FAULT_STOPS)
            site_violate(site, "fault %s of slot %d is still there", fault_name(fault->code),
                         fault->slot);
    }
}

void site_check_books(struct site *site)
{
    check_journal(site);
    if (!site->violation[0])
        check_bays(site);
}
