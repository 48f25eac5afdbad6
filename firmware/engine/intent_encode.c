/* SPDX-License-Identifier: Apache-2.0 */
#include "core/text.h"
#include "crypto/digest.h"
#include "engine/intent.h"
#include <cjson/cJSON.h>
#include <math.h>

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text[0])
        cJSON_AddStringToObject(object, name, text);
}

static void add_number(cJSON *object, const char *name, double number)
{
    if (isfinite(number) && fabs(number) > 0)
        cJSON_AddNumberToObject(object, name, number);
}

static void add_flag(cJSON *object, const char *name, bool flag)
{
    if (flag)
        cJSON_AddTrueToObject(object, name);
}

/* What an On-Load event will need of a pack that is gone by then. */
static void add_last(cJSON *object, const struct io_pack *pack)
{
    if (!pack->bid[0])
        return;
    cJSON *to = cJSON_AddObjectToObject(object, "last");
    add_text(to, "bid", pack->bid);
    add_text(to, "vin", pack->vin);
    add_text(to, "version", pack->version);
    add_number(to, "rated_v", pack->rated_v);
    add_number(to, "capacity_kwh", pack->capacity_kwh);
    add_number(to, "soc", pack->soc_percent);
    add_number(to, "soh", pack->soh_percent);
    add_number(to, "cycles", (double)pack->cycles);
}

static void add_bay(cJSON *list, const struct bay *bay, int64_t skew_us)
{
    cJSON *to = cJSON_CreateObject();
    cJSON_AddItemToArray(list, to);
    cJSON_AddNumberToObject(to, "slot", bay->slot);
    add_text(to, "bid", bay->bid);
    add_flag(to, "maintenance", bay->maintenance);
    add_flag(to, "inhibited", bay->charge.inhibited);
    if (bay->charge.status != SESSION_NONE) {
        cJSON *session = cJSON_AddObjectToObject(to, "session");
        cJSON_AddStringToObject(session, "id", bay->charge.session);
        cJSON_AddStringToObject(session, "status",
                                machine_state_name(&SESSION_MACHINE, (int)bay->charge.status));
    }
    if (bay->custody.kind != CUSTODY_NONE) {
        cJSON *custody = cJSON_AddObjectToObject(to, "custody");
        cJSON_AddStringToObject(custody, "kind",
                                bay->custody.kind == CUSTODY_RETURN ? "return" : "dispense");
        add_text(custody, "bid", bay->custody.bid);
        add_text(custody, "request_id", bay->custody.request_id);
        add_text(custody, "vehicle", bay->custody.vehicle);
        add_text(custody, "user", bay->custody.user);
        add_flag(custody, "out_in", bay->custody.order == SWAP_OUT_IN);
        add_number(custody, "set", bay->custody.set > 1 ? bay->custody.set : 0);
        add_last(custody, &bay->last);
    }
    if (bay->reservation.until_us) {
        cJSON *reservation = cJSON_AddObjectToObject(to, "reservation");
        add_text(reservation, "request_id", bay->reservation.request_id);
        add_text(reservation, "vehicle", bay->reservation.vehicle);
        add_text(reservation, "user", bay->reservation.user);
        add_number(reservation, "until", (double)(bay->reservation.until_us + skew_us));
    }
}

static void add_swap(cJSON *object, const struct swap *swap)
{
    if (swap->step == SWAP_IDLE)
        return;
    cJSON *to = cJSON_AddObjectToObject(object, "swap");
    cJSON_AddStringToObject(to, "step", machine_state_name(&SWAP_MACHINE, (int)swap->step));
    add_text(to, "command", swap->command);
    add_text(to, "request_id", swap->request_id);
    add_text(to, "vehicle", swap->vehicle);
    add_text(to, "user", swap->user);
    add_text(to, "reason", swap->reason);
    add_number(to, "count", swap->count);
    add_number(to, "returned", swap->returned);
    add_number(to, "given", swap->given);
    add_number(to, "given_back", swap->given_back);
    add_flag(to, "exchanged", swap->exchanged);
    add_flag(to, "completed", swap->completed);
}

static void add_faults(cJSON *object, const struct faults *faults, int64_t skew_us)
{
    cJSON *list = cJSON_AddArrayToObject(object, "faults");
    for (int i = 0; i < faults->count; i++) {
        cJSON *to = cJSON_CreateObject();
        cJSON_AddItemToArray(list, to);
        cJSON_AddStringToObject(to, "code", fault_name(faults->list[i].code));
        cJSON_AddNumberToObject(to, "slot", faults->list[i].slot);
        cJSON_AddNumberToObject(to, "since", (double)(faults->list[i].since_us + skew_us));
        cJSON_AddNumberToObject(to, "count", (double)faults->list[i].count);
    }
}

/* Accounts of vehicles that are owed batteries, or, in a list of their own, that owe some: a
 * program from before there were sets reads the first alone, and rightly. */
static void add_accounts(cJSON *object, const char *name, const struct station *station, int sign)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    for (int i = 0; i < OWED_MAX && station->owed[i].vehicle[0]; i++) {
        int count = station->owed[i].count * sign;
        if (count <= 0)
            continue;
        cJSON *to = cJSON_CreateObject();
        cJSON_AddItemToArray(list, to);
        cJSON_AddStringToObject(to, "vehicle", station->owed[i].vehicle);
        cJSON_AddNumberToObject(to, "count", count);
        add_number(to, "rated_v", station->owed[i].rated_v);
    }
}

static void add_config(cJSON *object, const struct intent_config *config)
{
    cJSON *list = cJSON_AddArrayToObject(object, "config");
    for (size_t i = 0; i < config->count; i++) {
        cJSON *to = cJSON_CreateObject();
        cJSON_AddItemToArray(list, to);
        cJSON_AddStringToObject(to, "key", config->items[i].key);
        cJSON_AddNumberToObject(to, "version", (double)config->items[i].version);
        cJSON_AddStringToObject(to, "value", config->items[i].value);
    }
}

static void add_events(cJSON *object, const struct handover *handover)
{
    cJSON_AddNumberToObject(object, "boot", (double)handover->boot);
    cJSON *list = cJSON_AddArrayToObject(object, "events");
    for (size_t i = 0; i < handover->count; i++) {
        const struct handover_row *row = &handover->rows[i];
        cJSON *to = cJSON_CreateObject();
        cJSON_AddItemToArray(list, to);
        cJSON_AddStringToObject(to, "type", ipc_type_name(row->type));
        cJSON_AddNumberToObject(to, "boot", (double)row->boot);
        cJSON_AddNumberToObject(to, "seq", (double)row->seq);
        cJSON_AddNumberToObject(to, "at", (double)row->at_us);
        cJSON_AddRawToObject(to, "body", row->body);
    }
}

int intent_encode(const struct intent *intent, struct strbuf *to, struct err *err)
{
    const struct station *station = intent->station;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "engine_id", station->engine_id);
    cJSON_AddNumberToObject(object, "session_counter", (double)station->session_counter);
    add_flag(object, "maintenance", station->maintenance);
    add_flag(object, "interrupted", station->interrupted);
    cJSON *bays = cJSON_AddArrayToObject(object, "bays");
    for (int i = 0; i < station->bay_count; i++)
        add_bay(bays, &station->bays[i], intent->skew_us);
    add_swap(object, &station->swap);
    add_faults(object, &station->faults, intent->skew_us);
    add_accounts(object, "owed", station, 1);
    add_accounts(object, "owing", station, -1);
    add_config(object, intent->config);
    add_events(object, intent->handover);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        return err_set(err, ERR_NOMEM, "out of memory for the engine's state");
    char digest[DIGEST_HEX_SIZE];
    size_t length = strlen(text);
    digest_sha256_hex(text, length, digest);
    strbuf_printf(to, "swap-engine %d %s\n", INTENT_VERSION, digest);
    strbuf_append(to, text, length);
    cJSON_free(text);
    return strbuf_failed(to) ? err_set(err, ERR_NOMEM, "out of memory for the engine's state") : 0;
}
