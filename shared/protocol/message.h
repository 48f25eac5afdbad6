/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of protocol version 1 (design/protocol.md) as C structs, and the pure functions
 * between them and bytes. The bare form of requirements/swap-station-platform.md (no extension
 * fields, one `battery` object) decodes into the same structs with the rest absent.
 *
 * Absent values: doubles NAN; int64_t MESSAGE_ABSENT; enum ..._ABSENT; text "". The decoder has
 * checked: UTF-8, size <= 256 KiB, nesting <= 16, no duplicate keys, numbers finite and in range.
 */
#ifndef SWAPSTACK_PROTOCOL_MESSAGE_H
#define SWAPSTACK_PROTOCOL_MESSAGE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "protocol/timestamp.h"
#include "protocol/topic.h"
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct cJSON;

#define MESSAGE_MAX_BYTES  (256u * 1024u)
#define MESSAGE_ABSENT     INT64_MIN
#define MESSAGE_ID_SIZE    65
#define MESSAGE_TEXT_SIZE  256 /* reasons, comments */
#define MESSAGE_NAME_SIZE  65  /* ids of batteries, vehicles, users, sessions, requests; states */
#define MESSAGE_BAYS_MAX   64
#define MESSAGE_CONFIG_MAX 32

enum message_type {
    MESSAGE_STATION_INFO = 0,
    MESSAGE_SERVER_ASK_CHARGE = 1,
    MESSAGE_SERVER_ASK_INFO = 2,
    MESSAGE_SERVER_ASK_RESTART = 3,
    MESSAGE_SERVER_ASK_DISCONNECT = 4,
    MESSAGE_REGISTER = 16,
    MESSAGE_SWAP_EVENT = 17,
    MESSAGE_FAULT = 18,
    MESSAGE_COMMAND_RESULT = 19,
    MESSAGE_CHARGE_SESSION = 20,
    MESSAGE_STATUS = 21,
    MESSAGE_ACK = 32,
    MESSAGE_REGISTER_RESULT = 33,
    MESSAGE_SET_CONFIG = 34,
    MESSAGE_START_CHARGE = 35,
    MESSAGE_STOP_CHARGE = 36,
    MESSAGE_RESERVE = 37,
    MESSAGE_CANCEL = 38,
    MESSAGE_UPDATE = 39,
    MESSAGE_AUTH_LIST = 40,
};

enum message_lane { LANE_ABSENT, LANE_EVENT, LANE_TELEMETRY };
enum message_bool { TRI_ABSENT = -1, TRI_FALSE = 0, TRI_TRUE = 1 };
enum message_clock { CLOCK_QUALITY_ABSENT, CLOCK_QUALITY_SYNCED, CLOCK_QUALITY_UNSYNCED };

#define JOURNAL_ID_SIZE 33 /* 32 hex digits and NUL */

/* Place in the station's journal. `lane` absent: bare, live or unsequenced. */
struct message_place {
    char journal[JOURNAL_ID_SIZE]; /* hex, "" absent */
    int64_t boot;                  /* >= 1, else MESSAGE_ABSENT */
    enum message_lane lane;
    int64_t seq;  /* >= 1 */
    int64_t prev; /* >= 0, < seq */
};

/* Battery object. Units: V, A, kW, kWh, Wh, °C, %, km. */
struct message_battery {
    char bid[MESSAGE_NAME_SIZE];
    int64_t slot; /* bay from 1; the decoder sets 1 for a single battery without slot */
    char session[MESSAGE_NAME_SIZE];
    enum message_bool bluetooth, charge;
    double max_cell_v, min_cell_v;   /* maxVol, minVol */
    double max_temp_c, min_temp_c;   /* maxTemp, minTemp */
    double pack_v, pack_a;           /* vol, cur (charging positive) */
    double soc_percent, soh_percent; /* soc, soh */
    int64_t cycles;
    char version[MESSAGE_NAME_SIZE];
    double capacity_kwh;            /* capacityKwh */
    char errors[MESSAGE_TEXT_SIZE]; /* text, or an array of texts/numbers joined with "," */
    char vin[MESSAGE_NAME_SIZE];
    /* charging sample */
    double charge_energy_added_kwh; /* chargeEnergyAdded, counter */
    double charger_power_kw;        /* chargerPower */
    double charger_current_a;       /* chargerActualCurrent */
    double charger_voltage_v;       /* chargerVoltage */
    int64_t charger_phases;         /* chargerPhases, > 0 */
    double meter_wh;                /* meterWh */
    double outside_temp_c;          /* outsideTemp */
    double ideal_range_km, rated_range_km;
    char fast_charger_type[MESSAGE_NAME_SIZE]; /* fastChargerType, extension */
};

struct message_bay {
    int64_t slot;
    char state[16], door[16], lock[16];
    double temp_c;
    enum message_bool smoke, fan, charger_online;
};

struct message_config_item {
    char key[MESSAGE_NAME_SIZE];
    int64_t version;
    char value[MESSAGE_TEXT_SIZE]; /* scalar as JSON text: 12.5, "auto", true; or compact JSON */
};

struct message_config {
    size_t count;
    struct message_config_item items[MESSAGE_CONFIG_MAX];
};

/* Station object; `present` is false in the bare form. */
struct message_station {
    bool present;
    char state[16], mode[16], gate[16];
    size_t bay_count;
    struct message_bay *bays; /* owned by the message */
    int64_t count_empty, count_charging, count_ready, count_faulty;
    double meter_import_wh;
    double latitude, longitude; /* degrees */
    char fw[MESSAGE_NAME_SIZE], board[MESSAGE_NAME_SIZE];
    int64_t journal_depth, journal_dropped, journal_dead;
    int64_t journal_oldest_us; /* time of the oldest row not yet acknowledged */
    struct message_config config;
};

struct message_station_info {
    struct message_station station;
    size_t battery_count;
    struct message_battery *batteries; /* owned by the message */
};

struct message_ask_charge { /* also RESERVE / CANCEL */
    char user[MESSAGE_NAME_SIZE], vehicle[MESSAGE_NAME_SIZE], request_id[MESSAGE_NAME_SIZE];
    char battery[MESSAGE_NAME_SIZE];
    double ttl_s; /* NAN: the default (30 s) */
    struct timestamp until;
};

struct message_register {
    char location[MESSAGE_TEXT_SIZE];
    double price_per_kwh;
    int64_t bays;
    char board[MESSAGE_NAME_SIZE], fw[MESSAGE_NAME_SIZE];
    char journal[JOURNAL_ID_SIZE];
    int64_t boot;
    double latitude, longitude;
};

struct message_swap_event {
    char event[16]; /* "Off-Load", "On-Load", "Timeout" */
    char request_id[MESSAGE_NAME_SIZE];
    int64_t bay;
    struct message_battery battery;
    char vehicle[MESSAGE_NAME_SIZE], user[MESSAGE_NAME_SIZE];
    char order[16]; /* "In-Out", "Out-In" */
    char comments[MESSAGE_TEXT_SIZE];
};

struct message_fault {
    char code[MESSAGE_NAME_SIZE], severity[16];
    bool active;
    int64_t bay; /* MESSAGE_ABSENT: the station */
    char failure_info[MESSAGE_TEXT_SIZE];
    struct timestamp since;
    int64_t count;
};

struct message_command_result {
    char command[MESSAGE_ID_SIZE]; /* id of the command, "" when it had none */
    char digest[17];               /* first 16 hex digits of SHA-256 of its payload */
    int64_t type;                  /* type of the command */
    char outcome[16];              /* accepted, refused, done, failed */
    char reason[MESSAGE_TEXT_SIZE];
};

struct message_charge_session {
    char session[MESSAGE_NAME_SIZE], bid[MESSAGE_NAME_SIZE];
    int64_t bay;
    char status[16]; /* requested, authorized, in_progress, completed, cancelled, failed */
    char reason[MESSAGE_TEXT_SIZE];
    double energy_kwh; /* energyKwh, added so far; extension */
};

struct message_status {
    bool online;
    int64_t conn; /* number of the connection, grows within a boot */
    int64_t boot;
    char reason[MESSAGE_TEXT_SIZE];
};

struct message_ack { /* marks: highest seq of that boot that the bridge has committed */
    char journal[JOURNAL_ID_SIZE];
    int64_t boot, event, telemetry;
    bool resend_event, resend_telemetry;
};

#define MESSAGE_MARKS_MAX 16

struct message_register_result {
    char status[16]; /* accepted, pending, refused */
    struct timestamp server_time;
    size_t mark_count;
    struct message_ack marks[MESSAGE_MARKS_MAX];
    struct message_config config;
};

struct message_control { /* START_CHARGE, STOP_CHARGE, ASK_RESTART, ASK_DISCONNECT, UPDATE */
    int64_t bay;
    char session[MESSAGE_NAME_SIZE];
    double target_soc_percent, power_kw;
    char mode[16];  /* restart: service, reboot */
    double seconds; /* disconnect; NAN: the default (600) */
    char url[MESSAGE_TEXT_SIZE * 4], sha256[65], signature[MESSAGE_TEXT_SIZE];
    char version[MESSAGE_NAME_SIZE];
};

struct message_auth_list {
    int64_t version, page, pages;
    size_t token_count;
    char (*tokens)[MESSAGE_NAME_SIZE]; /* owned by the message */
};

struct message {
    char device[DEVICE_SIZE]; /* "*" on control: everybody */
    int64_t type;
    struct timestamp time;
    int64_t version; /* v; MESSAGE_ABSENT: bare */
    struct message_place place;
    int64_t up_ms; /* ms since this boot of the monitor's journal; negative: before it */
    enum message_clock clock;
    bool live;
    char id[MESSAGE_ID_SIZE];
    union {
        struct message_station_info station_info;
        struct message_ask_charge ask_charge;
        struct message_register registration;
        struct message_swap_event swap_event;
        struct message_fault fault;
        struct message_command_result command_result;
        struct message_charge_session charge_session;
        struct message_status status;
        struct message_ack ack;
        struct message_register_result register_result;
        struct message_config set_config;
        struct message_control control;
        struct message_auth_list auth_list;
    } data;
};

/* How far decoding came: with a good envelope a row's mark can move on although its data is bad. */
enum message_quality { MESSAGE_UNREADABLE, MESSAGE_ENVELOPE_ONLY, MESSAGE_GOOD };

/* Sets every field to its absent value. */
void message_init(struct message *message, int64_t type);
void message_battery_init(struct message_battery *battery);
void message_bay_init(struct message_bay *bay);
/* Releases what the message owns; the struct may be initialised again. */
void message_free(struct message *message);

/* Decodes one payload. Pure. Returns 0 (MESSAGE_GOOD) or ERR_INVALID with a sentence that names
 * the field (`data.battery[3].soc: 140 is outside 0..100`); *quality tells what may be used: after
 * MESSAGE_ENVELOPE_ONLY the fields outside `data`. The message must be freed in each case.
 * A version above 1 and a type that is not in the table are ENVELOPE_ONLY. */
int message_decode(const void *bytes, size_t length, struct message *message,
                   enum message_quality *quality, struct err *err);

/* A message of `type` from its `data` object alone, which came through json_parse; the envelope is
 * absent. Returns and owns as message_decode; ERR_INVALID also for NULL where `data` is needed. */
int message_from_data(int64_t type, const struct cJSON *data, struct message *message,
                      struct err *err);

/* Appends the message as compact JSON; absent fields are left out. `prev` is written when it is
 * not MESSAGE_ABSENT. decode(encode(m)) == m. ERR_INVALID when a field cannot be represented. */
int message_encode(const struct message *message, struct strbuf *to, struct err *err);
/* The same of its `data` object alone, which message_from_data reads. */
int message_encode_data(const struct message *message, struct strbuf *to, struct err *err);

/* A journaled payload is kept without `prev`; this appends it at sending. `payload` must be an
 * output of message_encode (an object). */
void message_seal(const char *payload, size_t length, int64_t prev, struct strbuf *to);

/* "STATION_INFO" …; "?" for a type that is not in the table. */
const char *message_type_name(int64_t type);
bool message_type_is_command(int64_t type);            /* travels on control */
const char *message_lane_name(enum message_lane lane); /* "event", "telemetry", "" */

#endif
