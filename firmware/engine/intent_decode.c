/* SPDX-License-Identifier: Apache-2.0 */
#include "core/text.h"
#include "crypto/digest.h"
#include "engine/intent.h"
#include <cjson/cJSON.h>
#include <math.h>

#define HEADER "swap-engine "

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : 0;
}

static int64_t integer_of(const cJSON *object, const char *name)
{
    double number = number_of(object, name);
    return fabs(number) < 9e15 ? (int64_t)number : 0;
}

/* A small number; `least` when it is absent or none of them. */
static int count_of(const cJSON *object, const char *name, int least, int most)
{
    int64_t number = integer_of(object, name);
    return number > least && number <= most ? (int)number : least;
}

static bool flag_of(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Checks the first line. Returns the JSON text behind it, NULL with a sentence. */
static const char *check_header(const char *text, size_t length, struct err *err)
{
    const char *line_end = memchr(text, '\n', length);
    char header[128], digest[DIGEST_HEX_SIZE], stored[DIGEST_HEX_SIZE];
    int version = 0;
    size_t header_length = line_end ? (size_t)(line_end - text) : sizeof header;
    if (header_length >= sizeof header) {
        err_set(err, ERR_INVALID, "the engine's state does not begin with a header line");
        return NULL;
    }
    memcpy(header, text, header_length);
    header[header_length] = '\0';
    if (sscanf(header, HEADER "%d %64[0-9a-f]", &version, stored) != 2) {
        err_set(err, ERR_INVALID,
                "the engine's state is damaged: its header line is not '" HEADER "VERSION SHA256'");
        return NULL;
    }
    if (version != INTENT_VERSION) {
        err_set(err, ERR_INVALID,
                "the engine's state has version %d, this program knows %d: use the program that "
                "wrote it, or move the state away",
                version, INTENT_VERSION);
        return NULL;
    }
    digest_sha256_hex(line_end + 1, length - header_length - 1, digest);
    if (!text_equal(digest, stored)) {
        err_set(err, ERR_INVALID,
                "the engine's state is damaged: its checksum is not that of its content");
        return NULL;
    }
    return line_end + 1;
}

static int read_session(const cJSON *from, struct bay *bay, struct err *err)
{
    const cJSON *session = cJSON_GetObjectItemCaseSensitive(from, "session");
    if (!session)
        return 0;
    int status = machine_find(&SESSION_MACHINE, text_of(session, "status"));
    if (status < 0)
        return err_set(err, ERR_INVALID, "bay %d: '%s' is no state of a session", bay->slot,
                       text_of(session, "status"));
    TEXT_SET(bay->charge.session, text_of(session, "id"));
    bay->charge.status = (enum session_status)status;
    bay->charge.base_kwh = NAN; /* how much was added until the end is not known */
    return 0;
}

static int read_custody(const cJSON *from, struct bay *bay, struct err *err)
{
    const cJSON *custody = cJSON_GetObjectItemCaseSensitive(from, "custody");
    if (!custody)
        return 0;
    const char *kind = text_of(custody, "kind");
    bool is_return = text_equal(kind, "return");
    if (!is_return && !text_equal(kind, "dispense"))
        return err_set(err, ERR_INVALID, "bay %d: '%s' is no custody", bay->slot, kind);
    bay->custody.kind = is_return ? CUSTODY_RETURN : CUSTODY_DISPENSE;
    TEXT_SET(bay->custody.bid, text_of(custody, "bid"));
    TEXT_SET(bay->custody.request_id, text_of(custody, "request_id"));
    TEXT_SET(bay->custody.vehicle, text_of(custody, "vehicle"));
    TEXT_SET(bay->custody.user, text_of(custody, "user"));
    bay->custody.order = flag_of(custody, "out_in") ? SWAP_OUT_IN : SWAP_IN_OUT;
    bay->custody.set = count_of(custody, "set", 1, SWAP_SET_MAX);
    const cJSON *last = cJSON_GetObjectItemCaseSensitive(custody, "last");
    struct io_pack *pack = &bay->last;
    TEXT_SET(pack->bid, text_of(last, "bid"));
    TEXT_SET(pack->vin, text_of(last, "vin"));
    TEXT_SET(pack->version, text_of(last, "version"));
    pack->rated_v = number_of(last, "rated_v");
    pack->capacity_kwh = number_of(last, "capacity_kwh");
    pack->soc_percent = number_of(last, "soc");
    pack->soh_percent = number_of(last, "soh");
    pack->cycles = integer_of(last, "cycles");
    /* not known any more, so not said */
    pack->cell_max_v = pack->cell_min_v = pack->pack_v = pack->pack_a = NAN;
    pack->temp_max_c = pack->temp_min_c = NAN;
    return 0;
}

static int read_bay(const cJSON *from, struct station *station, struct err *err)
{
    int64_t slot = integer_of(from, "slot");
    struct bay *bay = slot >= 1 && slot <= IO_BAYS_MAX ? station_bay(station, (int)slot) : NULL;
    bool bare = !text_of(from, "bid")[0] && !cJSON_GetObjectItemCaseSensitive(from, "custody");
    if (!bay && bare)
        return 0; /* the board lost a bay that held nothing */
    if (!bay)
        return err_set(err, ERR_CONFIG,
                       "the engine's state has a bay %lld, the board has %d: give the board its "
                       "bays back, or move the state away",
                       (long long)slot, station->bay_count);
    TEXT_SET(bay->bid, text_of(from, "bid"));
    bay->maintenance = flag_of(from, "maintenance");
    bay->charge.inhibited = flag_of(from, "inhibited");
    const cJSON *reservation = cJSON_GetObjectItemCaseSensitive(from, "reservation");
    if (reservation) {
        TEXT_SET(bay->reservation.request_id, text_of(reservation, "request_id"));
        TEXT_SET(bay->reservation.vehicle, text_of(reservation, "vehicle"));
        TEXT_SET(bay->reservation.user, text_of(reservation, "user"));
        bay->reservation.until_us = integer_of(reservation, "until");
    }
    int code = read_session(from, bay, err);
    return code ? code : read_custody(from, bay, err);
}

static int read_swap(const cJSON *from, struct swap *swap, struct err *err)
{
    if (!from)
        return 0;
    int step = machine_find(&SWAP_MACHINE, text_of(from, "step"));
    if (step <= SWAP_IDLE)
        return err_set(err, ERR_INVALID, "'%s' is no step of a swap", text_of(from, "step"));
    swap->step = (enum swap_step_name)step;
    TEXT_SET(swap->command, text_of(from, "command"));
    TEXT_SET(swap->request_id, text_of(from, "request_id"));
    TEXT_SET(swap->vehicle, text_of(from, "vehicle"));
    TEXT_SET(swap->user, text_of(from, "user"));
    TEXT_SET(swap->reason, text_of(from, "reason"));
    swap->count = count_of(from, "count", 1, SWAP_SET_MAX);
    /* It does not go on: what was planned is of no use any more. */
    swap->returned = swap->to_return = count_of(from, "returned", 0, SWAP_SET_MAX);
    swap->given = swap->to_give = count_of(from, "given", 0, SWAP_SET_MAX);
    swap->given_back = count_of(from, "given_back", 0, SWAP_SET_MAX);
    swap->exchanged = flag_of(from, "exchanged");
    swap->completed = flag_of(from, "completed");
    return 0;
}

static int read_fault(const cJSON *from, struct station *station, struct err *err)
{
    struct fault fault = {
        .code = fault_find(text_of(from, "code")),
        .slot = (int)integer_of(from, "slot"),
        .since_us = integer_of(from, "since"),
        .count = integer_of(from, "count"),
    };
    if (fault.slot > station->bay_count)
        return 0; /* of a bay that is no more */
    if (fault.code == FAULT_COUNT || fault.slot < 0)
        return err_set(err, ERR_INVALID, "'%s' in slot %d is no fault", text_of(from, "code"),
                       fault.slot);
    fault_restore(&station->faults, &fault);
    return 0;
}

/* Behind those that are there. */
static void read_accounts(const cJSON *list, int sign, struct station *station)
{
    const cJSON *item = NULL;
    int place = 0;
    while (place < OWED_MAX && station->owed[place].vehicle[0])
        place++;
    cJSON_ArrayForEach(item, list)
    {
        if (place == OWED_MAX || !text_of(item, "vehicle")[0])
            return;
        double rated_v = number_of(item, "rated_v");
        struct owed *owed = &station->owed[place++];
        TEXT_SET(owed->vehicle, text_of(item, "vehicle"));
        owed->count = sign * count_of(item, "count", 1, OWED_COUNT_MAX);
        owed->rated_v = rated_v > 0 ? rated_v : NAN;
    }
}

static int read_config(const cJSON *from, struct intent *intent, struct err *err)
{
    struct intent_config *config = intent->config;
    const char *why = NULL;
    if (config->count == MESSAGE_CONFIG_MAX)
        return err_set(err, ERR_INVALID, "more than %d configuration keys", MESSAGE_CONFIG_MAX);
    struct message_config_item *item = &config->items[config->count++];
    TEXT_SET(item->key, text_of(from, "key"));
    TEXT_SET(item->value, text_of(from, "value"));
    item->version = integer_of(from, "version");
    if (settings_set(&intent->station->settings, item->key, item->value, &why) < 0)
        return err_set(err, ERR_INVALID, "%s", why);
    return 0;
}

static int read_event(const cJSON *from, struct handover *handover, struct err *err)
{
    const char *type = text_of(from, "type");
    bool event = text_equal(type, ipc_type_name(IPC_EVENT));
    struct handover_row row = {
        .type = event ? IPC_EVENT : IPC_CHARGE_COMPLETION,
        .boot = integer_of(from, "boot"),
        .seq = integer_of(from, "seq"),
        .at_us = integer_of(from, "at"),
    };
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(from, "body");
    if ((!event && !text_equal(type, ipc_type_name(IPC_CHARGE_COMPLETION))) || row.seq < 1 ||
        row.boot < 1 || row.boot > handover->boot || !cJSON_IsObject(body))
        return err_set(err, ERR_INVALID, "an event that waits for the monitor is damaged");
    row.body = cJSON_PrintUnformatted(body);
    if (!row.body || handover_restore(handover, &row)) {
        cJSON_free(row.body);
        return err_set(err, ERR_NOMEM, "out of memory for the engine's state");
    }
    return 0;
}

static int read_lists(const cJSON *object, struct intent *intent, struct err *err)
{
    const cJSON *item = NULL;
    int code = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "bays"))
    {
        code = read_bay(item, intent->station, err);
        if (code)
            return code;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "faults"))
    {
        code = read_fault(item, intent->station, err);
        if (code)
            return code;
    }
    read_accounts(cJSON_GetObjectItemCaseSensitive(object, "owed"), 1, intent->station);
    read_accounts(cJSON_GetObjectItemCaseSensitive(object, "owing"), -1, intent->station);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "config"))
    {
        code = read_config(item, intent, err);
        if (code)
            return code;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "events"))
    {
        code = read_event(item, intent->handover, err);
        if (code)
            return code;
    }
    return 0;
}

int intent_decode(const char *text, size_t length, struct intent *intent, struct err *err)
{
    struct station *station = intent->station;
    const char *json = check_header(text, length, err);
    if (!json)
        return ERR_INVALID;
    cJSON *object = cJSON_ParseWithLength(json, length - (size_t)(json - text));
    const char *engine_id = text_of(object, "engine_id");
    intent->handover->boot = integer_of(object, "boot");
    if (strlen(engine_id) != 8 || intent->handover->boot < 1) {
        cJSON_Delete(object);
        return err_set(err, ERR_INVALID, "the engine's state has no engine_id or boot number");
    }
    TEXT_SET(station->engine_id, engine_id);
    station->session_counter = integer_of(object, "session_counter");
    station->maintenance = flag_of(object, "maintenance");
    station->interrupted = flag_of(object, "interrupted");
    int code = read_lists(object, intent, err);
    if (!code)
        code = read_swap(cJSON_GetObjectItemCaseSensitive(object, "swap"), &station->swap, err);
    cJSON_Delete(object);
    return code;
}
