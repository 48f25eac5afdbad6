/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: of the hardware and the swaps at each step, of the database when all has come to
 * rest. */
#include "sim.h"

#include "engine/state.h"
#include "store/store.h"
#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- at each step of an engine --- */

#define LOCAL_PREFIX "local-"
#define LATEST_US    (15 * CLOCK_US_PER_SECOND) /* 10 s for the answer, and a step of the engine */

/* A card was held to the reader just now, once for each swap, and it was on some list. */
static void local_swap_begins(struct sim_station *station, const char *identity, const char *user)
{
    struct sim *sim = station->sim;
    char stranger[32];
    (void)snprintf(stranger, sizeof stranger, "CARD-%d", SIM_CARDS - 1);
    sim->counts->local_swaps++;
    sim->counts->cut_off_swaps += !station->client.alive;
    for (size_t i = 0; i < station->local_count; i++)
        if (strcmp(station->local[i], identity) == 0)
            sim_violate(sim, "%s: local swap %s comes twice", station->device, identity);
    if (station->local_count == SIM_COMMANDS_MAX ||
        (int64_t)station->local_count >= station->presented)
        sim_violate(sim, "%s: more local swaps than cards, %zu", station->device,
                    station->local_count);
    else
        (void)snprintf(station->local[station->local_count++], MESSAGE_ID_SIZE, "%s", identity);
    if (sim->schedule.now_us - station->presented_us > LATEST_US)
        sim_violate(sim, "%s: local swap %s begins long after the card was shown", station->device,
                    identity);
    if (strcmp(user, stranger) == 0)
        sim_violate(sim, "%s: a swap for %s, which is on no list", station->device, stranger);
    if (!sim_monitor_knows(station, identity))
        sim_violate(sim, "%s: local swap %s begins and is not yet durable", station->device,
                    identity);
}

static void swap_begins(struct sim_station *station, const char *identity)
{
    struct sim *sim = station->sim;
    struct sim_command *command = sim_command_find(sim, identity);
    station->swaps_begun++;
    sim->counts->swaps++;
    if (strncmp(identity, LOCAL_PREFIX, strlen(LOCAL_PREFIX)) == 0) {
        local_swap_begins(station, identity, station->engine->station.swap.user);
        return;
    }
    if (!command)
        sim_violate(sim, "%s: a swap for command \"%s\", which nobody sent", station->device,
                    identity);
    else if (command->type != MESSAGE_SERVER_ASK_CHARGE || !command->legal)
        sim_violate(sim, "%s: a swap for command %s, which had to be refused", station->device,
                    identity);
    else if (&sim->stations[command->station] != station)
        sim_violate(sim, "%s: a swap for command %s of another station", station->device, identity);
    else if (++command->swaps > command->allowed)
        sim_violate(sim, "%s: command %s was executed again", station->device, identity);
    if (command && !sim_monitor_knows(station, identity))
        sim_violate(sim, "%s: command %s is obeyed and not yet durable", station->device, identity);
}

void sim_check_engine(struct sim_station *station)
{
    struct sim *sim = station->sim;
    const struct engine *engine = station->engine;
    const struct swap *swap = &engine->station.swap;
    const char *command = swap->step == SWAP_IDLE ? "" : swap->request_id; /* = identity */
    sim->counts->checks++;
    if (strcmp(command, station->swap_command) != 0) {
        (void)snprintf(station->swap_command, sizeof station->swap_command, "%s", command);
        if (command[0])
            swap_begins(station, command);
    }
    if (station->plant.gate_openings > station->swaps_begun)
        sim_violate(sim, "%s: the gate opened %" PRId64 " times for %" PRId64 " accepted commands",
                    station->device, station->plant.gate_openings, station->swaps_begun);
    if (station->plant.violation[0])
        sim_violate(sim, "%s: %s", station->device, station->plant.violation);
    int bays = station->plant.bay_count;
    for (int i = 0; i < bays; i++)
        for (int k = i + 1; k < bays; k++)
            if (engine->station.bays[i].bid[0] &&
                strcmp(engine->station.bays[i].bid, engine->station.bays[k].bid) == 0)
                sim_violate(sim, "%s: battery %s is on record in bays %d and %d", station->device,
                            engine->station.bays[i].bid, i + 1, k + 1);
}

/* --- events --- */

static void add_field(char key[SIM_MADE_KEY], const cJSON *data, const char *name)
{
    const cJSON *field = cJSON_GetObjectItemCaseSensitive(data, name);
    size_t used = strlen(key);
    if (cJSON_IsString(field))
        (void)snprintf(key + used, SIM_MADE_KEY - used, " %s", field->valuestring);
    else if (cJSON_IsNumber(field))
        (void)snprintf(key + used, SIM_MADE_KEY - used, " %.17g", field->valuedouble);
    else
        (void)snprintf(key + used, SIM_MADE_KEY - used, " %s",
                       !field                ? "-"
                       : cJSON_IsTrue(field) ? "true"
                                             : "false");
}

void sim_event_key(const char *json, char key[SIM_MADE_KEY])
{
    static const char *const FIELDS[] = {"event",   "requestId", "bay",    "vehicle",
                                         "session", "bid",       "status", "code",
                                         "active",  "count",     "user"};
    cJSON *object = cJSON_Parse(json);
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(object, "kind");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(object, "type");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(object, "data");
    int number = cJSON_IsNumber(kind) ? kind->valueint : cJSON_IsNumber(type) ? type->valueint : -1;
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(data, "code");
    bool own = cJSON_IsString(code) && sim_monitor_raises(code->valuestring);
    key[0] = '\0';
    if (!own && (number == MESSAGE_SWAP_EVENT || number == MESSAGE_FAULT ||
                 number == MESSAGE_CHARGE_SESSION)) {
        (void)snprintf(key, SIM_MADE_KEY, "%d", number);
        for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
            add_field(key, data, FIELDS[i]);
        add_field(key, cJSON_GetObjectItemCaseSensitive(data, "battery"), "bid");
    }
    cJSON_Delete(object);
}

/* --- the database at rest --- */

static int64_t query(struct sim *sim, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    sim->counts->checks++;
    if (sqlite3_prepare_v2(store_handle(sim->bridge.store), sql, -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        sim_violate(sim, "%s: %s", sql, sqlite3_errmsg(store_handle(sim->bridge.store)));
    else
        value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

static void check_none(struct sim *sim, const char *what, const char *sql)
{
    int64_t count = query(sim, sql);
    if (count > 0)
        sim_violate(sim, "%s: %" PRId64, what, count);
}

/* Length of what was journaled, without its closing brace, in what was sent: prev is put there. */
static size_t journaled_length(const char *payload, size_t length)
{
    for (size_t i = length; i > 8; i--)
        if (strncmp(payload + i - 8, ",\"prev\":", 8) == 0)
            return i - 8;
    return length - 1;
}

struct position {
    char journal[JOURNAL_ID_SIZE];
    int64_t boot, seq;
};

/* A row of event_log against the journal that it came from. */
static void check_logged(struct sim_station *station, sqlite3_stmt *row, struct position *last)
{
    struct sim *sim = station->sim;
    const char *payload = (const char *)sqlite3_column_text(row, 0);
    const char *journal = (const char *)sqlite3_column_text(row, 1);
    int64_t boot = sqlite3_column_int64(row, 2), seq = sqlite3_column_int64(row, 3);
    size_t length = journaled_length(payload, strlen(payload));
    struct ledger_stream *stream =
        ledger_stream(&sim->ledger, station->device, journal, boot, LANE_EVENT);
    const struct ledger_row *made = ledger_row(stream, seq);
    sim->counts->checks++;
    if (!(made->flags & LEDGER_DURABLE) || (made->flags & LEDGER_LOST))
        sim_violate(sim,
                    "%s: event %lld.%lld is in the database and was never durable in the "
                    "journal",
                    station->device, (long long)boot, (long long)seq);
    else if (made->hash != ledger_hash(payload, length))
        sim_violate(sim, "%s: event %lld.%lld is not what was journaled", station->device,
                    (long long)boot, (long long)seq);
    bool same = strcmp(last->journal, journal) == 0;
    /* After a restore a row of an earlier boot, whose deletion a power cut undid, may still come.
     */
    if (same && ((boot < last->boot && !sim->restored) || (boot == last->boot && seq <= last->seq)))
        sim_violate(sim, "%s: event %lld.%lld comes after %lld.%lld in the database",
                    station->device, (long long)boot, (long long)seq, (long long)last->boot,
                    (long long)last->seq);
    (void)snprintf(last->journal, sizeof last->journal, "%s", journal);
    last->boot = boot;
    last->seq = seq;
}

static size_t next_made(const struct sim_station *station, size_t at)
{
    while (at < station->made_count && !station->made[at].key[0])
        at++;
    return at;
}

/* The engine's events, once each and in order; after a restore, which lost what the station had
 * deleted since the backup, and lets rows of an earlier boot come late, once each. */
static void check_made(struct sim_station *station, const char *payload, size_t *at)
{
    struct sim *sim = station->sim;
    char key[SIM_MADE_KEY];
    sim_event_key(payload, key);
    if (!key[0])
        return;
    if (sim->restored)
        *at = 0;
    *at = next_made(station, *at);
    while (sim->restored && *at < station->made_count &&
           (station->made[*at].found || strcmp(station->made[*at].key, key) != 0))
        *at = next_made(station, *at + 1);
    if (*at == station->made_count)
        sim_violate(sim, "%s: event \"%s\" is in the database twice, or nobody made it",
                    station->device, key);
    else if (strcmp(station->made[*at].key, key) != 0)
        sim_violate(sim, "%s: event \"%s\" is in the database where \"%s\" had to be",
                    station->device, key, station->made[*at].key);
    else
        station->made[*at].found = true;
    ++*at;
}

static void check_events(struct sim_station *station)
{
    struct sim *sim = station->sim;
    sqlite3_stmt *rows = NULL;
    size_t at = 0;
    struct position last = {.seq = 0};
    int code = sqlite3_prepare_v2(store_handle(sim->bridge.store),
                                  "SELECT payload, journal, boot, seq FROM event_log "
                                  "WHERE station_id = ?1 AND actor = 'station' ORDER BY id",
                                  -1, &rows, NULL);
    assert(code == SQLITE_OK);
    (void)sqlite3_bind_text(rows, 1, station->device, -1, SQLITE_STATIC);
    while (!sim->violation[0] && sqlite3_step(rows) == SQLITE_ROW) {
        if (sqlite3_column_type(rows, 3) == SQLITE_NULL)
            continue; /* derived from telemetry */
        check_logged(station, rows, &last);
        check_made(station, (const char *)sqlite3_column_text(rows, 0), &at);
    }
    (void)sqlite3_finalize(rows);
    at = next_made(station, at);
    if (at < station->made_count && !sim->restored)
        sim_violate(sim, "%s: event %lld.%lld of the engine, \"%s\", is not in the database",
                    station->device, (long long)station->made[at].boot,
                    (long long)station->made[at].seq, station->made[at].key);
}

static void check_row(struct sim *sim, const struct ledger_stream *stream, size_t seq)
{
    unsigned flags = stream->rows[seq].flags;
    bool survived = (flags & LEDGER_MADE) && !(flags & (LEDGER_LOST | LEDGER_DROPPED));
    sim->counts->checks++;
    if (survived && !(flags & LEDGER_EVER))
        sim_violate(sim, "%s: row %zu of boot %lld, %s lane, was kept and never arrived",
                    stream->device, seq, (long long)stream->boot, message_lane_name(stream->lane));
    /* Of a database that came from a backup only what the station had deleted may be missing. */
    if (survived && !(flags & LEDGER_STORED) && !(sim->restored && (flags & LEDGER_DELETED)))
        sim_violate(sim, "%s: row %zu of boot %lld, %s lane, counts as a gap and was there",
                    stream->device, seq, (long long)stream->boot, message_lane_name(stream->lane));
    if (stream->lane == LANE_EVENT && (flags & LEDGER_DROPPED))
        sim_violate(sim, "%s: event %zu of boot %lld was dropped", stream->device, seq,
                    (long long)stream->boot);
}

static void check_stream(struct sim *sim, const struct ledger_stream *stream)
{
    char sql[512];
    int64_t stored = 0;
    for (size_t seq = 1; seq < stream->size; seq++) {
        check_row(sim, stream, seq);
        stored += (stream->rows[seq].flags & LEDGER_STORED) != 0;
    }
    if (stream->lane == LANE_EVENT) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM event_log WHERE actor = 'station' AND station_id = "
                       "'%s' AND journal = '%s' AND boot = %lld AND seq IS NOT NULL",
                       stream->device, stream->journal, (long long)stream->boot);
        int64_t logged = query(sim, sql);
        if (logged != stored)
            sim_violate(sim, "%s: %lld events of boot %lld are in the log, %lld were committed",
                        stream->device, (long long)logged, (long long)stream->boot,
                        (long long)stored);
    }
    if (stream->mark != stored + stream->gap_rows)
        sim_violate(sim, "%s: mark %lld, but %lld rows and %lld gap rows", stream->device,
                    (long long)stream->mark, (long long)stored, (long long)stream->gap_rows);
    for (int gap = 0; gap < 2; gap++) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT coalesce(max(%s), 0) FROM stream WHERE device = '%s' AND "
                       "journal = '%s' AND boot = %lld AND lane = '%s'",
                       gap ? "gap_rows" : "seq", stream->device, stream->journal,
                       (long long)stream->boot, message_lane_name(stream->lane));
        int64_t expected = gap ? stream->gap_rows : stream->mark, found = query(sim, sql);
        if (found != expected)
            sim_violate(sim, "%s: %s of boot %lld, %s lane, is %lld and had to be %lld",
                        stream->device, gap ? "gap_rows" : "the mark", (long long)stream->boot,
                        message_lane_name(stream->lane), (long long)found, (long long)expected);
    }
}

static void check_gap_alert(struct sim *sim)
{
    int64_t gaps = 0;
    for (size_t i = 0; i < sim->ledger.count; i++)
        gaps += sim->ledger.streams[i].gap_rows > 0;
    int64_t alerts = query(sim, "SELECT count(*) FROM alert WHERE kind = 'journal_gap'");
    if (gaps > 0 && alerts == 0)
        sim_violate(sim, "rows are missing and no journal_gap alert says so");
    if (gaps == 0 && alerts > 0 && !sim->restored)
        sim_violate(sim, "a journal_gap alert and no row is missing");
}

void sim_check_final(struct sim *sim)
{
    for (size_t i = 0; i < sim->ledger.count && !sim->violation[0]; i++)
        check_stream(sim, &sim->ledger.streams[i]);
    for (size_t i = 0; i < sim->station_count && !sim->violation[0]; i++)
        check_events(&sim->stations[i]);
    check_none(sim, "commands that nobody closed",
               "SELECT count(*) FROM command WHERE outcome IN ('sent', 'accepted')");
    check_none(sim, "two batteries in one bay",
               "SELECT count(*) FROM (SELECT 1 FROM battery WHERE where_kind = 'bay' "
               "GROUP BY where_id, slot HAVING count(*) > 1)");
    check_none(sim, "one battery in two bays",
               "SELECT count(*) FROM (SELECT 1 FROM bay WHERE bid IS NOT NULL "
               "GROUP BY bid HAVING count(*) > 1)");
    check_none(sim, "an event twice in the log",
               "SELECT count(*) FROM (SELECT 1 FROM event_log WHERE seq IS NOT NULL AND actor = "
               "'station' GROUP BY station_id, journal, boot, seq HAVING count(*) > 1)");
    if (!sim->restored) /* else one of its events may be among what is lost */
        check_none(
            sim, "sets that are done and not whole",
            "SELECT count(*) FROM swap WHERE outcome = 'done' AND batteries = 2 AND "
            "((bid_in IS NULL) <> (bid_in_2 IS NULL) OR "
            "(bid_out IS NULL) <> (bid_out_2 IS NULL) OR coalesce(bid_in, bid_out) IS NULL)");
    sim_watched(sim);
    check_none(sim, "messages of our own stations in quarantine",
               "SELECT count(*) FROM quarantine WHERE topic LIKE 'info%'");
    check_none(sim, "two charging processes open in one bay",
               "SELECT count(*) FROM (SELECT 1 FROM charging_process WHERE end_date IS NULL "
               "GROUP BY station_id, slot HAVING count(*) > 1)");
    if (!sim->violation[0])
        sim_check_charging(sim);
    check_gap_alert(sim);
}
