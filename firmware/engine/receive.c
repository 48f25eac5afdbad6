/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from the monitor. Commands are answered after their intent is durable. */
#include "base/log.h"
#include "core/text.h"
#include "engine/state.h"
#include <inttypes.h>
#include <math.h>

static void answer(struct engine *engine, const struct ipc_packet *packet, enum ipc_type type,
                   const char *refusal)
{
    cJSON *response = ipc_begin(type, packet->message_id);
    cJSON_AddStringToObject(response, "status", refusal ? "refused" : "accepted");
    cJSON_AddStringToObject(response, "reason", refusal ? refusal : "");
    engine_answer(engine, response);
}

static void acknowledge(struct engine *engine, int64_t boot, int64_t seq)
{
    struct err err = {0};
    if (handover_acknowledge(&engine->handover, boot, seq, &err))
        log_warning("engine", "%s", err.text);
    engine->stale = true;
    engine->handover_wall_us = engine_mono_us(engine);
}

static void on_register(struct engine *engine, const struct ipc_packet *packet)
{
    const struct engine_options *options = &engine->options;
    const struct swap *swap = &engine->station.swap;
    const cJSON *mark = cJSON_GetObjectItemCaseSensitive(packet->json, "mark");
    const cJSON *boot = cJSON_GetObjectItemCaseSensitive(mark, "boot");
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(mark, "seq");
    supervise_alive(&engine->supervise, true, engine_mono_us(engine));
    acknowledge(engine, (int64_t)boot->valuedouble, (int64_t)seq->valuedouble);
    handover_rewind(&engine->handover);
    cJSON *response = ipc_begin(IPC_REGISTER_RESPONSE, packet->message_id);
    if (!response)
        return;
    cJSON_AddStringToObject(response, "status", "accepted");
    cJSON_AddNumberToObject(response, "boot", (double)engine->handover.boot);
    cJSON_AddStringToObject(response, "board", options->board);
    cJSON_AddStringToObject(response, "fw", options->fw);
    cJSON_AddNumberToObject(response, "bays", options->bay_count);
    if (isfinite(options->latitude) && isfinite(options->longitude)) {
        cJSON_AddNumberToObject(response, "latitude", options->latitude);
        cJSON_AddNumberToObject(response, "longitude", options->longitude);
    }
    bool open = swap->step != SWAP_IDLE && !swap->completed;
    cJSON_AddStringToObject(response, "open_command", open ? swap->command : "");
    engine_answer(engine, response);
    log_info("engine", "monitor registered station=%s waiting_events=%zu", ipc_text(packet, "id"),
             engine->handover.count);
}

static void on_health(struct engine *engine, const struct ipc_packet *packet)
{
    bool is_short = text_equal(ipc_text(packet, "storage"), "short");
    if (is_short != engine->station.journal_short)
        log_info("engine", "the monitor's journal %s",
                 is_short ? "has no space: nothing new begins" : "has space again");
    engine->station.journal_short = is_short;
    supervise_alive(&engine->supervise, false, engine_mono_us(engine));
    cJSON *response = ipc_begin(IPC_HEALTH_CHECK_RESPONSE, packet->message_id);
    if (!response)
        return;
    cJSON_AddStringToObject(response, "id", ipc_text(packet, "id"));
    cJSON_AddNumberToObject(response, "timestamp", (double)ipc_integer(packet, "timestamp"));
    cJSON_AddStringToObject(response, "mode", station_mode_name(&engine->station));
    cJSON_AddStringToObject(response, "state", station_state_name(&engine->station));
    engine_answer(engine, response);
}

/* Batteries of a set; 0 when it is not said. */
static int set_count(const struct ipc_packet *packet)
{
    int64_t count = ipc_integer(packet, "count");
    return count == MESSAGE_ABSENT ? 0 : count >= 1 && count <= SWAP_SET_MAX ? (int)count : -1;
}

const char *engine_settle(struct engine *engine)
{
    bool transition = engine->actions.transition;
    engine_take_actions(engine);
    if (!engine_commit(engine))
        return "StorageFault";
    if (transition)
        engine_queue_status(engine, true);
    return NULL;
}

static void on_charge(struct engine *engine, const struct ipc_packet *packet)
{
    struct station *station = &engine->station;
    struct station_swap_request request = {
        .command = ipc_text(packet, "command"),
        .request_id = ipc_text(packet, "request_id"),
        .vehicle = ipc_text(packet, "vehicle_id"),
        .user = ipc_text(packet, "driver_id"),
        .battery = ipc_text(packet, "battery_id"),
        .count = set_count(packet),
    };
    /* The monitor lost our answer: the same command is the same swap. */
    if (station->swap.step != SWAP_IDLE && text_equal(station->swap.command, request.command)) {
        answer(engine, packet, IPC_CHARGE_RESPONSE, NULL);
        return;
    }
    const char *presented = ipc_text(packet, "presented");
    const char *refusal =
        presented[0] && !engine_token_waits(engine, presented)
            ? "Stale"
            : station_request_swap(station, &engine->readings, &request, &engine->actions);
    if (!refusal) {
        refusal = engine_settle(engine);
        if (refusal)
            station_revoke_swap(station);
    }
    log_info("engine", "swap %s command=%s vehicle=%s reason=%s", refusal ? "refused" : "accepted",
             request.command, request.vehicle, refusal ? refusal : "");
    engine_token_answered(engine, presented, refusal);
    answer(engine, packet, IPC_CHARGE_RESPONSE, refusal);
}

static void on_session(struct engine *engine, const struct ipc_packet *packet)
{
    int64_t bay = ipc_integer(packet, "bay");
    struct station_session_request request = {
        .start = text_equal(ipc_text(packet, "action"), "start"),
        .slot = bay >= 1 && bay <= IO_BAYS_MAX ? (int)bay : 0,
        .session = ipc_text(packet, "session"),
        .target_soc_percent = ipc_real(packet, "target_soc"),
        .power_kw = ipc_real(packet, "power_kw"),
    };
    const char *refusal =
        station_request_session(&engine->station, &engine->readings, &request, &engine->actions);
    if (!refusal) /* a session whose intent is not durable is stopped by the next step */
        refusal = engine_settle(engine);
    answer(engine, packet, IPC_SESSION_RESPONSE, refusal);
}

static void on_reserve(struct engine *engine, const struct ipc_packet *packet)
{
    int64_t until_us = ipc_integer(packet, "until");
    struct station_reserve_request request = {
        .reserve = text_equal(ipc_text(packet, "action"), "reserve"),
        .request_id = ipc_text(packet, "request_id"),
        .vehicle = ipc_text(packet, "vehicle_id"),
        .user = ipc_text(packet, "driver_id"),
        .until_us = until_us == MESSAGE_ABSENT ? 0 : until_us - engine->skew_us, /* core time */
        .count = set_count(packet),
    };
    const char *refusal =
        station_request_reserve(&engine->station, &engine->readings, &request, &engine->actions);
    if (!refusal)
        refusal = engine_settle(engine);
    answer(engine, packet, IPC_RESERVE_RESPONSE, refusal);
}

/* One key of a config_request; `value` as JSON text. Applied iff newer than what is there. */
static const char *configure(struct engine *engine, const cJSON *entry)
{
    struct intent_config *config = &engine->config;
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(entry, "version");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(entry, "value");
    struct message_config_item *item = NULL;
    const char *why = NULL;
    if (!entry->string || !cJSON_IsNumber(version) || !value)
        return "Malformed";
    for (size_t i = 0; i < config->count; i++)
        if (text_equal(config->items[i].key, entry->string))
            item = &config->items[i];
    if (item && (double)item->version >= version->valuedouble)
        return NULL;
    char text[MESSAGE_TEXT_SIZE];
    if (!cJSON_PrintPreallocated((cJSON *)(uintptr_t)value, text, sizeof text - 5, false))
        return "Malformed";
    int code = settings_set(&engine->station.settings, entry->string, text, &why);
    if (code < 0) {
        log_warning("engine", "configuration refused: %s", why);
        return why;
    }
    if (code > 0)
        return NULL; /* somebody else's key: the monitor keeps it */
    if (!item) {
        if (config->count == MESSAGE_CONFIG_MAX)
            return "Malformed";
        item = &config->items[config->count++];
        TEXT_SET(item->key, entry->string);
    }
    item->version = (int64_t)version->valuedouble;
    TEXT_SET(item->value, text);
    engine->actions.intent_changed = engine->actions.transition = true;
    return NULL;
}

static void on_config(struct engine *engine, const struct ipc_packet *packet)
{
    const char *refusal = NULL, *misfit = NULL;
    const cJSON *entry = NULL;
    struct station_settings before = engine->station.settings;
    struct intent_config known = engine->config;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(packet->json, "values"))
    {
        const char *why = configure(engine, entry);
        refusal = refusal ? refusal : why;
    }
    if (settings_check(&engine->station.settings, &misfit) < 0) { /* all of it, or none */
        log_warning("engine", "configuration refused: %s", misfit);
        engine->station.settings = before;
        engine->config = known;
        refusal = misfit;
    }
    const char *stored = engine_settle(engine);
    answer(engine, packet, IPC_CONFIG_RESPONSE, refusal ? refusal : stored);
}

void engine_on_packet(struct engine *engine, const void *bytes, size_t length)
{
    struct ipc_packet packet;
    struct err err = {0};
    if (ipc_decode(bytes, length, &packet, &err)) {
        log_warning("engine", "a packet of the monitor is ignored: %s", err.text);
        return;
    }
    switch (packet.type) {
    case IPC_REGISTER_REQUEST:
        on_register(engine, &packet);
        break;
    case IPC_HEALTH_CHECK_REQUEST:
        on_health(engine, &packet);
        break;
    case IPC_STATUS_REQUEST:
        engine_queue_status(engine, false);
        break;
    case IPC_CHARGE_REQUEST:
        on_charge(engine, &packet);
        break;
    case IPC_SESSION_REQUEST:
        on_session(engine, &packet);
        break;
    case IPC_RESERVE_REQUEST:
        on_reserve(engine, &packet);
        break;
    case IPC_CONFIG_REQUEST:
        on_config(engine, &packet);
        break;
    case IPC_TOKEN_RESPONSE:
        engine_token_answered(engine, packet.message_id, ipc_text(&packet, "reason"));
        break;
    case IPC_RESTART_REQUEST:
        log_info("engine", "restart asked for mode=%s", ipc_text(&packet, "mode"));
        engine->exit_wanted = true;
        break;
    case IPC_EVENT_ACK:
        acknowledge(engine, ipc_integer(&packet, "boot"), ipc_integer(&packet, "seq"));
        break;
    default:
        log_warning("engine", "the monitor sent a %s, which is ours to send",
                    ipc_type_name(packet.type));
        break;
    }
    ipc_packet_free(&packet);
    engine_flush(engine);
}
