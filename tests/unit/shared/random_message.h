/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random valid messages from a seed, for property tests. Written field by field and not from the
 * tables of protocol/, so that a field that a table forgets is found missing.
 */
#ifndef SWAPSTACK_TESTS_RANDOM_MESSAGE_H
#define SWAPSTACK_TESTS_RANDOM_MESSAGE_H

#include "shared/random_values.h"

static inline void random_battery(uint64_t *seed, struct message_battery *to, bool named)
{
    message_battery_init(to);
    random_text(seed, to->bid, sizeof to->bid, named ? 1 : 0);
    to->slot = random_count(seed, 1, 64);
    random_text(seed, to->session, sizeof to->session, 0);
    to->bluetooth = random_tri(seed);
    to->charge = random_tri(seed);
    to->max_cell_v = random_real(seed, 0, 5);
    to->min_cell_v = random_real(seed, 0, 5);
    to->max_temp_c = random_real(seed, -273, 1000);
    to->min_temp_c = random_real(seed, -273, 1000);
    to->pack_v = random_real(seed, 0, 1000);
    to->pack_a = random_real(seed, -1000, 1000);
    to->soc_percent = random_real(seed, 0, 100);
    to->soh_percent = random_real(seed, 0, 100);
    to->cycles = random_count(seed, 0, 1000000000);
    random_text(seed, to->version, sizeof to->version, 0);
    to->capacity_kwh = random_real(seed, 0, 1000);
    random_text(seed, to->errors, sizeof to->errors, 0);
    random_text(seed, to->vin, sizeof to->vin, 0);
    to->charge_energy_added_kwh = random_real(seed, 0, 1e9);
    to->charger_power_kw = random_real(seed, -1000, 1000);
    to->charger_current_a = random_real(seed, -1000, 1000);
    to->charger_voltage_v = random_real(seed, 0, 1000);
    to->charger_phases = random_count(seed, 1, 9);
    to->meter_wh = random_real(seed, 0, 1e15);
    to->outside_temp_c = random_real(seed, -273, 1000);
    to->ideal_range_km = random_real(seed, 0, 1000);
    to->rated_range_km = random_real(seed, 0, 1000);
    random_text(seed, to->fast_charger_type, sizeof to->fast_charger_type, 0);
}

static inline void random_config(uint64_t *seed, struct message_config *to)
{
    static const char *const values[] = {"12.5",  "true", "false", "\"auto\"",
                                         "[1,2]", "{}",   "\"\"",  "{\"from\":\"22:00\",\"to\":6}"};
    to->count = random_next(seed) % 5;
    for (size_t i = 0; i < to->count; i++) {
        random_text(seed, to->items[i].key, sizeof to->items[i].key - 2, 1);
        to->items[i].key[strlen(to->items[i].key)] = (char)('0' + i); /* no key twice */
        to->items[i].version = random_integer(seed, 0, INT64_C(9007199254740991));
        const char *value = values[random_next(seed) % (sizeof values / sizeof values[0])];
        memcpy(to->items[i].value, value, strlen(value));
    }
}

static inline void random_station_info(uint64_t *seed, struct message_station_info *to)
{
    struct message_station *station = &to->station;
    station->present = random_maybe(seed);
    if (station->present) {
        RANDOM_CHOICE(seed, station->state, "", "ACTIVE", "CHARGING", "STOPPED", "FAULTY",
                      "DISCONNECTED");
        RANDOM_CHOICE(seed, station->mode, "", "normal", "safe", "maintenance", "emergency");
        random_text(seed, station->gate, sizeof station->gate, 0);
        station->bay_count = random_next(seed) % 4 ? random_next(seed) % 9 : 64;
        station->bays =
            station->bay_count ? calloc(station->bay_count, sizeof *station->bays) : NULL;
        for (size_t i = 0; i < station->bay_count; i++) {
            struct message_bay *bay = &station->bays[i];
            message_bay_init(bay);
            bay->slot = random_integer(seed, 1, 64);
            random_text(seed, bay->state, sizeof bay->state, 0);
            random_text(seed, bay->door, sizeof bay->door, 0);
            random_text(seed, bay->lock, sizeof bay->lock, 0);
            bay->temp_c = random_real(seed, -273, 1000);
            bay->smoke = random_tri(seed);
            bay->fan = random_tri(seed);
            bay->charger_online = random_tri(seed);
        }
        station->count_empty = random_count(seed, 0, 64);
        station->count_charging = random_count(seed, 0, 64);
        station->count_ready = random_count(seed, 0, 64);
        station->count_faulty = random_count(seed, 0, 64);
        station->meter_import_wh = random_real(seed, 0, 1e15);
        station->latitude = random_real(seed, -90, 90);
        station->longitude = random_real(seed, -180, 180);
        random_text(seed, station->fw, sizeof station->fw, 0);
        random_text(seed, station->board, sizeof station->board, 0);
        station->journal_depth = random_count(seed, 0, INT64_C(9007199254740991));
        station->journal_dropped = random_count(seed, 0, INT64_C(9007199254740991));
        station->journal_dead = random_count(seed, 0, INT64_C(9007199254740991));
        station->journal_oldest_us = random_maybe(seed)
                                         ? random_integer(seed, 0, INT64_C(253402300799999)) * 1000
                                         : MESSAGE_ABSENT;
        random_config(seed, &station->config);
    }
    to->battery_count = random_next(seed) % 10;
    to->batteries = to->battery_count ? calloc(to->battery_count, sizeof *to->batteries) : NULL;
    for (size_t i = 0; i < to->battery_count; i++)
        random_battery(seed, &to->batteries[i], false);
}

static inline void random_ack(uint64_t *seed, struct message_ack *to)
{
    random_hex(seed, to->journal, 1 + random_next(seed) % (sizeof to->journal - 1));
    to->boot = random_integer(seed, 1, INT64_C(9007199254740991));
    to->event = random_count(seed, 0, INT64_C(9007199254740991));
    to->telemetry = random_count(seed, 0, INT64_C(9007199254740991));
    to->resend_event = random_maybe(seed);
    to->resend_telemetry = random_maybe(seed);
}

static inline void random_ask_charge(uint64_t *seed, struct message *to)
{
    struct message_ask_charge *ask = &to->data.ask_charge;
    random_text(seed, ask->user, sizeof ask->user, 1);
    random_text(seed, ask->vehicle, sizeof ask->vehicle, 1);
    random_text(seed, ask->request_id, sizeof ask->request_id, 1);
    if (to->type != MESSAGE_CANCEL)
        random_text(seed, ask->battery, sizeof ask->battery, 0);
    if (to->type == MESSAGE_SERVER_ASK_CHARGE)
        ask->ttl_s = random_real(seed, 0, 86400);
    if (to->type == MESSAGE_RESERVE)
        random_time(seed, &ask->until);
}

static inline void random_control(uint64_t *seed, struct message *to)
{
    struct message_control *control = &to->data.control;
    bool start = to->type == MESSAGE_START_CHARGE;
    if (start || to->type == MESSAGE_STOP_CHARGE) {
        control->bay = random_integer(seed, 1, 64);
        random_text(seed, control->session, sizeof control->session, start ? 1 : 0);
    }
    if (start) {
        control->target_soc_percent = random_real(seed, 0, 100);
        control->power_kw = random_real(seed, 0, 1000);
    }
    if (to->type == MESSAGE_SERVER_ASK_RESTART)
        RANDOM_CHOICE(seed, control->mode, "", "service", "reboot");
    if (to->type == MESSAGE_SERVER_ASK_DISCONNECT)
        control->seconds = random_real(seed, 0, 86400);
    if (to->type == MESSAGE_UPDATE) {
        random_text(seed, control->url, sizeof control->url, 1);
        random_hex(seed, control->sha256, 64);
        random_text(seed, control->signature, sizeof control->signature, 1);
        random_text(seed, control->version, sizeof control->version, 1);
    }
}

static inline void random_register(uint64_t *seed, struct message_register *to)
{
    random_text(seed, to->location, sizeof to->location, 0);
    to->price_per_kwh = random_real(seed, 0, 100);
    to->bays = random_count(seed, 0, 64);
    random_text(seed, to->board, sizeof to->board, 0);
    random_text(seed, to->fw, sizeof to->fw, 0);
    random_hex(seed, to->journal, random_next(seed) % sizeof to->journal);
    to->boot = random_count(seed, 1, 1000000);
    to->latitude = random_real(seed, -90, 90);
    to->longitude = random_real(seed, -180, 180);
}

static inline void random_swap_event(uint64_t *seed, struct message_swap_event *to)
{
    RANDOM_CHOICE(seed, to->event, "Off-Load", "On-Load", "Timeout");
    random_text(seed, to->request_id, sizeof to->request_id, 0);
    to->bay = random_count(seed, 1, 64);
    random_battery(seed, &to->battery, true);
    random_text(seed, to->vehicle, sizeof to->vehicle, 0);
    random_text(seed, to->user, sizeof to->user, 0);
    RANDOM_CHOICE(seed, to->order, "", "In-Out", "Out-In");
    random_text(seed, to->comments, sizeof to->comments, 0);
}

static inline void random_fault(uint64_t *seed, struct message_fault *to)
{
    random_text(seed, to->code, sizeof to->code, 1);
    random_text(seed, to->severity, sizeof to->severity, 0);
    to->active = random_maybe(seed);
    to->bay = random_count(seed, 1, 64);
    random_text(seed, to->failure_info, sizeof to->failure_info, 0);
    random_time(seed, &to->since);
    to->count = random_count(seed, 0, 1000000);
}

static inline void random_command_result(uint64_t *seed, struct message_command_result *to)
{
    random_text(seed, to->command, sizeof to->command, 0);
    random_hex(seed, to->digest, 16);
    to->type = random_count(seed, 0, 65535);
    RANDOM_CHOICE(seed, to->outcome, "accepted", "refused", "done", "failed");
    random_text(seed, to->reason, sizeof to->reason, 0);
}

static inline void random_charge_session(uint64_t *seed, struct message_charge_session *to)
{
    random_text(seed, to->session, sizeof to->session, 1);
    random_text(seed, to->bid, sizeof to->bid, 0);
    to->bay = random_integer(seed, 1, 64);
    RANDOM_CHOICE(seed, to->status, "requested", "authorized", "in_progress", "completed",
                  "cancelled", "failed");
    random_text(seed, to->reason, sizeof to->reason, 0);
    to->energy_kwh = random_real(seed, 0, 1000);
}

static inline void random_status(uint64_t *seed, struct message_status *to)
{
    to->online = random_maybe(seed);
    to->conn = random_count(seed, 0, 1000000);
    to->boot = random_count(seed, 1, 1000000);
    random_text(seed, to->reason, sizeof to->reason, 0);
}

static inline void random_register_result(uint64_t *seed, struct message_register_result *to)
{
    RANDOM_CHOICE(seed, to->status, "accepted", "pending", "refused");
    random_time(seed, &to->server_time);
    to->mark_count = random_next(seed) % (MESSAGE_MARKS_MAX + 1);
    for (size_t i = 0; i < to->mark_count; i++)
        random_ack(seed, &to->marks[i]);
    random_config(seed, &to->config);
}

static inline void random_auth_list(uint64_t *seed, struct message_auth_list *to)
{
    to->version = random_integer(seed, 0, 1000000);
    to->page = random_integer(seed, 0, 100);
    to->pages = random_integer(seed, 0, 100);
    to->token_count = random_next(seed) % 20;
    to->tokens = to->token_count ? calloc(to->token_count, sizeof *to->tokens) : NULL;
    for (size_t i = 0; i < to->token_count; i++)
        random_text(seed, to->tokens[i], sizeof to->tokens[i], 1);
}

static inline void random_envelope(uint64_t *seed, struct message *to)
{
    if (message_type_is_command(to->type) && !random_maybe(seed))
        to->device[0] = '*';
    else
        random_hex(seed, to->device, 1 + random_next(seed) % 64);
    random_time(seed, &to->time);
    to->version = random_maybe(seed) ? 1 : MESSAGE_ABSENT;
    to->clock = (enum message_clock)random_integer(seed, 0, 2);
    to->up_ms = random_count(seed, -INT64_C(9007199254740991), INT64_C(9007199254740991));
    random_text(seed, to->id, sizeof to->id, 0);
    if (random_maybe(seed)) {
        random_hex(seed, to->place.journal, 32);
        to->place.boot = random_integer(seed, 1, 1000);
        to->place.lane = (enum message_lane)random_integer(seed, 1, 2);
        to->place.seq = random_integer(seed, 1, INT64_C(9007199254740991));
        if (random_maybe(seed))
            to->place.prev = random_integer(seed, 0, to->place.seq - 1);
    } else {
        to->live = random_maybe(seed);
    }
}

/* A message of the type; release with message_free. */
static inline void random_message(uint64_t *seed, int64_t type, struct message *to)
{
    message_init(to, type);
    random_envelope(seed, to);
    switch ((enum message_type)type) {
    case MESSAGE_STATION_INFO:
        random_station_info(seed, &to->data.station_info);
        break;
    case MESSAGE_REGISTER:
        random_register(seed, &to->data.registration);
        break;
    case MESSAGE_SWAP_EVENT:
        random_swap_event(seed, &to->data.swap_event);
        break;
    case MESSAGE_FAULT:
        random_fault(seed, &to->data.fault);
        break;
    case MESSAGE_COMMAND_RESULT:
        random_command_result(seed, &to->data.command_result);
        break;
    case MESSAGE_CHARGE_SESSION:
        random_charge_session(seed, &to->data.charge_session);
        break;
    case MESSAGE_STATUS:
        random_status(seed, &to->data.status);
        break;
    case MESSAGE_ACK:
        random_ack(seed, &to->data.ack);
        break;
    case MESSAGE_REGISTER_RESULT:
        random_register_result(seed, &to->data.register_result);
        break;
    case MESSAGE_SET_CONFIG:
        random_config(seed, &to->data.set_config);
        break;
    case MESSAGE_AUTH_LIST:
        random_auth_list(seed, &to->data.auth_list);
        break;
    case MESSAGE_SERVER_ASK_CHARGE:
    case MESSAGE_RESERVE:
    case MESSAGE_CANCEL:
        random_ask_charge(seed, to);
        break;
    case MESSAGE_SERVER_ASK_INFO:
        break;
    case MESSAGE_SERVER_ASK_RESTART:
    case MESSAGE_SERVER_ASK_DISCONNECT:
    case MESSAGE_START_CHARGE:
    case MESSAGE_STOP_CHARGE:
    case MESSAGE_UPDATE:
        random_control(seed, to);
        break;
    }
}

#endif
