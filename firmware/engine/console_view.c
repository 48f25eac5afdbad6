/* SPDX-License-Identifier: Apache-2.0 */
/* What a technician sees of the engine: its state, every input and output with its age, faults. */
#include "core/door.h"
#include "core/fault.h"
#include "core/maintenance.h"
#include "core/safety.h"
#include "engine/console.h"
#include "engine/state.h"
#include <math.h>

static void add_text(cJSON *to, const char *name, const char *text)
{
    cJSON_AddStringToObject(to, name, text);
}

static void add_flag(cJSON *to, const char *name, bool value)
{
    cJSON_AddBoolToObject(to, name, value);
}

/* Rounded to what a person reads; null when it is not known. */
static void add_real(cJSON *to, const char *name, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(to, name, round(value * 1e3) / 1e3);
    else
        cJSON_AddNullToObject(to, name);
}

static void add_count(cJSON *to, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(to, name, (double)value);
}

/* Plant ms since a reading, null when it never came. */
static void add_age(cJSON *to, const struct engine *engine, int64_t at_us)
{
    if (at_us > 0)
        add_count(to, "age_ms", (engine->now_us - at_us) / CLOCK_US_PER_MS);
    else
        cJSON_AddNullToObject(to, "age_ms");
}

static void add_since(cJSON *to, const struct engine *engine, const char *name, int64_t since_us)
{
    add_count(to, name, since_us > 0 ? (engine->now_us - since_us) / CLOCK_US_PER_SECOND : 0);
}

/* --- status --- */

static const char *const DOORS[] = {"between", "closed", "open"};
static const char *const MOTIONS[] = {"hold", "open", "close"};

static void status_bay(cJSON *list, const struct engine *engine, const struct bay *bay)
{
    const struct io_bay *in = &engine->readings.bays[bay->slot - 1];
    const struct charge *charge = &bay->charge;
    const struct fault *fault =
        fault_with_effect(&engine->station.faults, bay->slot, FAULT_REPORTS);
    cJSON *to = cJSON_CreateObject();
    cJSON_AddItemToArray(list, to);
    add_count(to, "slot", bay->slot);
    add_text(to, "state", machine_state_name(&BAY_MACHINE, (int)bay->state));
    add_since(to, engine, "since_s", bay->since_us);
    add_flag(to, "maintenance", bay->maintenance);
    add_flag(to, "moves", bay->door != DOOR_REST);
    add_text(to, "bid", bay->bid);
    add_text(to, "fault", fault ? fault_name(fault->code) : "");
    add_text(to, "session", charge->session);
    add_text(to, "session_status", machine_state_name(&SESSION_MACHINE, (int)charge->status));
    add_real(to, "target_soc", charge->target_soc_percent);
    add_real(to, "energy_kwh", charge->energy_kwh);
    add_text(to, "reserved_for", bay->reservation.request_id);
    if (in->at_us == 0)
        return;
    add_text(to, "door", DOORS[in->door]);
    add_flag(to, "locked", in->locked);
    add_flag(to, "present", in->present);
    add_real(to, "power_kw", in->charger.at_us > 0 ? in->charger.ac_kw : NAN);
    bool heard = in->present && in->pack.at_us > 0;
    add_real(to, "soc", heard ? in->pack.soc_percent : NAN);
    add_real(to, "soh", heard ? in->pack.soh_percent : NAN);
    add_real(to, "temp_c", heard ? in->pack.temp_max_c : NAN);
}

/* The bays of a set in their order: "3", "3 5", "" none yet. */
static void add_slots(cJSON *to, const char *name, const int slots[SWAP_SET_MAX])
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < SWAP_SET_MAX && slots[i]; i++)
        strbuf_printf(&text, "%s%d", i ? " " : "", slots[i]);
    add_text(to, name, strbuf_text(&text));
}

static void status_swap(cJSON *to, const struct engine *engine)
{
    const struct swap *swap = &engine->station.swap;
    add_text(to, "step", machine_state_name(&SWAP_MACHINE, (int)swap->step));
    if (swap->step == SWAP_IDLE)
        return;
    add_since(to, engine, "since_s", swap->since_us);
    add_text(to, "vehicle", swap->vehicle);
    add_text(to, "user", swap->user);
    add_text(to, "request_id", swap->request_id);
    add_text(to, "reason", swap->reason);
    add_count(to, "batteries", swap->count);
    add_text(to, "order", swap->order == SWAP_OUT_IN ? "out-in" : "in-out");
    add_slots(to, "return_slots", swap->return_slots);
    add_slots(to, "dispense_slots", swap->dispense_slots);
}

cJSON *console_view_status(const struct engine *engine)
{
    const struct station *station = &engine->station;
    const struct supervise *supervise = &engine->supervise;
    cJSON *to = cJSON_CreateObject();
    add_text(to, "board", engine->options.board);
    add_text(to, "fw", engine->options.fw);
    add_count(to, "boot", engine->handover.boot);
    add_since(to, engine, "up_s", station->started_us);
    add_text(to, "mode", station_mode_name(station));
    add_text(to, "state", station_state_name(station));
    add_flag(to, "safe_mode", station->safe_mode);
    add_flag(to, "storage_fault", station->storage_fault);
    add_flag(to, "interrupted", station->interrupted);
    add_flag(to, "stopping", station->stopping);
    add_flag(to, "maintenance", station->maintenance);
    add_flag(to, "moves", maintenance_moves(station));
    add_flag(to, "monitor", supervise->registered);
    add_count(to, "monitor_heard_s",
              supervise->connected
                  ? (engine_mono_us(engine) - supervise->health_us) / CLOCK_US_PER_SECOND
                  : 0);
    add_count(to, "events_waiting", (int64_t)engine->handover.count);
    add_count(to, "faults", station->faults.count);
    add_text(to, "gate",
             engine->readings.at_us > 0 ? (engine->readings.gate == IO_GATE_OPEN     ? "open"
                                           : engine->readings.gate == IO_GATE_CLOSED ? "closed"
                                                                                     : "between")
                                        : "unknown");
    status_swap(cJSON_AddObjectToObject(to, "swap"), engine);
    cJSON *bays = cJSON_AddArrayToObject(to, "bays");
    for (int i = 0; i < station->bay_count; i++)
        status_bay(bays, engine, &station->bays[i]);
    return to;
}

/* --- io --- */

static void io_charger(cJSON *to, const struct engine *engine, const struct io_charger *charger)
{
    add_age(to, engine, charger->at_us);
    add_flag(to, "online", charger->online);
    add_flag(to, "fault", charger->fault);
    add_real(to, "dc_v", charger->dc_v);
    add_real(to, "dc_a", charger->dc_a);
    add_real(to, "ac_kw", charger->ac_kw);
    add_real(to, "ac_v", charger->ac_v);
    add_real(to, "ac_a", charger->ac_a);
    add_real(to, "meter_wh", charger->meter_wh);
}

static void io_pack(cJSON *to, const struct engine *engine, const struct io_pack *pack)
{
    static const char *const CHEMISTRIES[] = {"unknown", "LFP", "NMC", "LTO"};
    char faults[16];
    snprintf(faults, sizeof faults, "0x%08x", (unsigned)pack->faults);
    add_age(to, engine, pack->at_us);
    add_text(to, "bid", pack->bid);
    add_text(to, "version", pack->version);
    add_text(to, "chemistry", CHEMISTRIES[pack->chemistry]);
    add_real(to, "pack_v", pack->pack_v);
    add_real(to, "pack_a", pack->pack_a);
    add_real(to, "soc", pack->soc_percent);
    add_real(to, "soh", pack->soh_percent);
    add_real(to, "cell_min_v", pack->cell_min_v);
    add_real(to, "cell_max_v", pack->cell_max_v);
    add_real(to, "temp_min_c", pack->temp_min_c);
    add_real(to, "temp_max_c", pack->temp_max_c);
    add_real(to, "request_v", pack->request_v);
    add_real(to, "request_a", pack->request_a);
    add_flag(to, "permit", pack->permit);
    add_count(to, "cycles", pack->cycles);
    add_text(to, "faults", faults);
}

static void io_bay_out(cJSON *to, const struct io_bay_request *out)
{
    add_flag(to, "unlock", out->unlock);
    add_text(to, "door", MOTIONS[out->door]);
    add_flag(to, "contactor", out->contactor);
    add_flag(to, "charger_on", out->charger_on);
    add_real(to, "charge_v", out->charge_v);
    add_real(to, "charge_a", out->charge_a);
    add_flag(to, "fan", out->fan);
    add_flag(to, "light", out->light);
}

static void io_bay(cJSON *list, const struct engine *engine, int slot)
{
    const struct io_bay *in = &engine->readings.bays[slot - 1];
    cJSON *to = cJSON_CreateObject();
    cJSON_AddItemToArray(list, to);
    add_count(to, "slot", slot);
    add_age(to, engine, in->at_us);
    add_text(to, "door", DOORS[in->door]);
    add_flag(to, "obstructed", in->door_obstructed);
    add_flag(to, "locked", in->locked);
    add_flag(to, "contactor", in->contactor_closed);
    add_flag(to, "present", in->present);
    add_flag(to, "smoke", in->smoke);
    add_real(to, "temp_c", in->temp_c);
    io_charger(cJSON_AddObjectToObject(to, "charger"), engine, &in->charger);
    io_pack(cJSON_AddObjectToObject(to, "pack"), engine, &in->pack);
    io_bay_out(cJSON_AddObjectToObject(to, "out"), &engine->requests.bays[slot - 1]);
}

cJSON *console_view_io(const struct engine *engine, int slot)
{
    const struct io_readings *in = &engine->readings;
    const struct io_requests *out = &engine->requests;
    cJSON *to = cJSON_CreateObject();
    cJSON *station = cJSON_AddObjectToObject(to, "station");
    add_age(station, engine, in->at_us);
    add_text(station, "gate", DOORS[in->gate]);
    add_flag(station, "gate_obstructed", in->gate_obstructed);
    add_flag(station, "lane_occupied", in->lane_occupied);
    add_text(station, "lane_vehicle", in->lane_vehicle);
    add_flag(station, "guard_clear", in->guard_clear);
    add_flag(station, "emergency_stop", in->emergency_stop);
    add_flag(station, "smoke", in->smoke);
    add_flag(station, "water", in->water);
    add_real(station, "ambient_c", in->ambient_c);
    add_real(station, "mains_import_wh", in->mains_import_wh);
    cJSON *station_out = cJSON_AddObjectToObject(to, "out");
    add_text(station_out, "gate", MOTIONS[out->gate]);
    add_text(station_out, "announce", out->announce);
    add_flag(station_out, "siren", out->siren);
    add_flag(station_out, "exhaust", out->exhaust);
    add_flag(station_out, "charge_enable", out->charge_enable);
    cJSON *bays = cJSON_AddArrayToObject(to, "bays");
    for (int i = 1; i <= engine->station.bay_count; i++)
        if (slot == 0 || slot == i)
            io_bay(bays, engine, i);
    return to;
}

/* --- faults --- */

cJSON *console_view_faults(const struct engine *engine)
{
    const struct faults *faults = &engine->station.faults;
    cJSON *to = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(to, "faults");
    for (int i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->list[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        add_text(item, "code", fault_name(fault->code));
        add_text(item, "severity", fault_kind(fault->code)->severity);
        add_text(item, "info", fault_kind(fault->code)->info);
        add_text(item, "check", fault_kind(fault->code)->check);
        add_count(item, "slot", fault->slot);
        add_flag(item, "latched", fault_is_latched(fault->code));
        add_flag(item, "gone", fault->gone_us != 0);
        add_since(item, engine, "since_s", fault->since_us);
        add_count(item, "count", fault->count);
    }
    return to;
}
