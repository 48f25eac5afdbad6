/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine says of the station; without an engine, what its state file says. */
#include "console/console.h"
#include "console/files.h"
#include "console/screen.h"
#include "protocol/message.h"
#include <math.h>
#include <string.h>

/* --- without an engine --- */

/* Shows what the state file says; the engine's absence stays the answer. */
static int without_engine(struct console *console, const struct err *why, struct err *err)
{
    struct err own = {0};
    *err = *why;
    if (why->code != ERR_UNAVAILABLE && why->code != ERR_TIMEOUT)
        return why->code;
    screen_print(console->to, "%s.\n", why->text);
    const char *folder = config_text(console->config, "console", "engine_state");
    if (files_show_engine(console->to, folder, &own))
        screen_print(console->to, "Its state file tells nothing: %s\n", own.text);
    (void)err_set(err, why->code, "this is what was stored, not what is");
    return why->code;
}

/* --- status --- */

static const char *slots_or_none(const cJSON *swap, const char *name)
{
    const char *slots = screen_text(swap, name);
    return slots[0] ? slots : "-";
}

static void show_swap(FILE *to, const cJSON *swap)
{
    char since[SCREEN_SPAN_SIZE];
    const char *step = screen_text(swap, "step");
    if (strcmp(step, "idle") == 0) {
        screen_print(to, "swap        none under way\n");
        return;
    }
    screen_span((int64_t)screen_number(swap, "since_s"), since);
    screen_print_indented(
        to, 12,
        "swap        %s for %s, vehicle %s, user %s, %.0f battery %s, return bay "
        "%s, dispense bay %s%s%s\n",
        step, since, screen_text(swap, "vehicle"), screen_text(swap, "user"),
        screen_number(swap, "batteries"), screen_text(swap, "order"),
        slots_or_none(swap, "return_slots"), slots_or_none(swap, "dispense_slots"),
        screen_text(swap, "reason")[0] ? ", fails: " : "", screen_text(swap, "reason"));
}

static void show_counts(FILE *to, const cJSON *bays)
{
    static const char *const STATES[] = {
        "EMPTY",   "IDLE",     "CHARGING", "READY",       "RESERVED",   "OPEN",  "OPENING",
        "CLOSING", "IDENTIFY", "UNKNOWN",  "MAINTENANCE", "QUARANTINE", "FAULT", "ESTOP"};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        int count = 0;
        const cJSON *bay = NULL;
        cJSON_ArrayForEach(bay, bays) count += strcmp(screen_text(bay, "state"), STATES[i]) == 0;
        if (count)
            strbuf_printf(&text, "%s%d %s", text.length ? ", " : "", count, STATES[i]);
    }
    screen_print_indented(to, 12, "bays        %d: %s\n", cJSON_GetArraySize(bays),
                          strbuf_text(&text));
}

static void show_engine(FILE *to, const cJSON *data)
{
    char up[SCREEN_SPAN_SIZE];
    const struct {
        const char *field, *text;
    } FLAGS[] = {{"safe_mode", "safe mode: the monitor is gone, nothing charges or moves"},
                 {"storage_fault", "its state cannot be stored: nothing new begins"},
                 {"interrupted", "a swap stopped half way; the next one settles it"},
                 {"maintenance", "the station is in maintenance"},
                 {"stopping", "the engine is stopping"}};
    screen_span((int64_t)screen_number(data, "up_s"), up);
    screen_print(to, "engine      runs for %s, version %s, board %s\n", up, screen_text(data, "fw"),
                 screen_text(data, "board"));
    screen_print(to, "mode        %s, state %s, gate %s, %.0f faults\n", screen_text(data, "mode"),
                 screen_text(data, "state"), screen_text(data, "gate"),
                 screen_number(data, "faults"));
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
        if (screen_flag(data, FLAGS[i].field))
            screen_print_indented(to, 12, "            ! %s\n", FLAGS[i].text);
    show_swap(to, cJSON_GetObjectItemCaseSensitive(data, "swap"));
    show_counts(to, cJSON_GetObjectItemCaseSensitive(data, "bays"));
    screen_print(to, "hand-over   %.0f events wait for the monitor\n",
                 screen_number(data, "events_waiting"));
}

static void show_monitor(FILE *to, const cJSON *data)
{
    char up[SCREEN_SPAN_SIZE];
    screen_span((int64_t)screen_number(data, "up_s"), up);
    screen_print_indented(to, 12, "monitor     runs for %s, version %s, station %s, engine %s\n",
                          up, screen_text(data, "fw"), screen_text(data, "device"),
                          screen_text(cJSON_GetObjectItemCaseSensitive(data, "engine"), "state"));
    screen_print(to, "cloud       %s, clock %s\n",
                 screen_flag(data, "connected") ? "connected" : "NOT connected (see net)",
                 screen_flag(data, "clock_synced") ? "synchronised" : "NOT synchronised");
}

int verb_status(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *engine = NULL;
    SCOPE_JSON cJSON *monitor = NULL;
    struct err why = {0};
    int code = console_expect(words, 0, 0, err);
    if (code)
        return code;
    int engine_code =
        console_ask(console, &console->engine, "status", MESSAGE_ABSENT, &engine, &why);
    if (!engine_code)
        show_engine(console->to, engine);
    else if (engine_code == ERR_BUSY || engine_code == ERR_PERMISSION) {
        *err = why;
        return engine_code;
    } else
        (void)without_engine(console, &why, err);
    int monitor_code =
        console_ask(console, &console->monitor, "status", MESSAGE_ABSENT, &monitor, err);
    if (!monitor_code)
        show_monitor(console->to, monitor);
    else
        screen_print(console->to, "%s.\n", err->text);
    if (engine_code && monitor_code)
        return err_set(err, ERR_UNAVAILABLE, "neither engine nor monitor answers");
    return 0;
}

/* --- bays --- */

static void show_bay_row(FILE *to, const cJSON *bay)
{
    char soc[SCREEN_REAL_SIZE], temp[SCREEN_REAL_SIZE], power[SCREEN_REAL_SIZE];
    screen_real(screen_number(bay, "soc"), 1, soc);
    screen_real(screen_number(bay, "temp_c"), 1, temp);
    screen_real(screen_number(bay, "power_kw"), 1, power);
    const char *door = screen_text(bay, "door");
    screen_print(to, "%3.0f %-11s %-7s %-8s %-18.18s %5s %5s %5s %s\n", screen_number(bay, "slot"),
                 screen_text(bay, "state"), door[0] ? door : "-",
                 !door[0]                     ? "-"
                 : screen_flag(bay, "locked") ? "locked"
                                              : "unlocked",
                 screen_text(bay, "bid"), soc, temp, power, screen_text(bay, "fault"));
}

/* Asks the engine, or shows what its file says. */
static int ask_engine(struct console *console, const char *verb, int64_t bay, cJSON **data,
                      struct err *err)
{
    struct err why = {0};
    int code = console_ask(console, &console->engine, verb, bay, data, &why);
    return code ? without_engine(console, &why, err) : 0;
}

int verb_bays(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    int code = console_expect(words, 0, 0, err);
    if (!code)
        code = ask_engine(console, "status", MESSAGE_ABSENT, &data, err);
    if (code)
        return code;
    screen_print(console->to, "%3s %-11s %-7s %-8s %-18s %5s %5s %5s %s\n", "bay", "state", "door",
                 "lock", "pack", "SoC%", "C", "kW", "fault");
    const cJSON *bay = NULL;
    cJSON_ArrayForEach(bay, cJSON_GetObjectItemCaseSensitive(data, "bays"))
        show_bay_row(console->to, bay);
    return 0;
}

static void show_bay(FILE *to, const cJSON *bay)
{
    char since[SCREEN_SPAN_SIZE], energy[SCREEN_REAL_SIZE], target[SCREEN_REAL_SIZE];
    const char *session = screen_text(bay, "session"), *fault = screen_text(bay, "fault");
    const char *reserved = screen_text(bay, "reserved_for");
    screen_span((int64_t)screen_number(bay, "since_s"), since);
    screen_real(screen_number(bay, "energy_kwh"), 3, energy);
    screen_real(screen_number(bay, "target_soc"), 0, target);
    screen_print(to, "bay %.0f       %s for %s%s\n", screen_number(bay, "slot"),
                 screen_text(bay, "state"), since,
                 screen_flag(bay, "maintenance") ? ", in maintenance" : "");
    screen_print(to, "on record   %s\n",
                 screen_text(bay, "bid")[0] ? screen_text(bay, "bid") : "nothing");
    if (session[0])
        screen_print_indented(to, 12, "session     %s %s, target %s %%, %s kWh\n", session,
                              screen_text(bay, "session_status"), target, energy);
    if (reserved[0])
        screen_print_indented(to, 12, "reserved    for %s\n", reserved);
    if (fault[0])
        screen_print(to, "fault       %s (see faults)\n", fault);
}

int verb_bay(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *status = NULL;
    SCOPE_JSON cJSON *io = NULL;
    int64_t slot = 0;
    int code = console_expect(words, 1, 1, err);
    if (!code)
        code = console_slot(words->at[1], &slot, err);
    if (!code)
        code = ask_engine(console, "io", slot, &io, err);
    if (!code)
        code = console_ask(console, &console->engine, "status", MESSAGE_ABSENT, &status, err);
    if (code)
        return code;
    const cJSON *bay = NULL;
    cJSON_ArrayForEach(bay, cJSON_GetObjectItemCaseSensitive(
                                status, "bays")) if ((int64_t)screen_number(bay, "slot") == slot)
        show_bay(console->to, bay);
    show_io_bay(console->to, cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(io, "bays"), 0));
    return 0;
}

/* --- faults --- */

static void show_fault(FILE *to, const cJSON *fault)
{
    char since[SCREEN_SPAN_SIZE], where[16], times[32];
    double count = screen_number(fault, "count");
    double slot = screen_number(fault, "slot");
    screen_span((int64_t)screen_number(fault, "since_s"), since);
    (void)snprintf(where, sizeof where, slot > 0 ? "bay %.0f" : "station", slot);
    (void)snprintf(times, sizeof times, count > 1 ? "%.0f times" : "once", count);
    screen_print_indented(to, 8, "%-8s %-9s %-20s for %s, %s: %s%s\n", where,
                          screen_text(fault, "severity"), screen_text(fault, "code"), since, times,
                          screen_text(fault, "info"),
                          !screen_flag(fault, "latched") ? ""
                          : screen_flag(fault, "gone")   ? " (the cause is gone: reset confirms it)"
                                                         : " (latched)");
    screen_print_indented(to, 8, "        check: %s\n", screen_text(fault, "check"));
}

int verb_faults(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    int code = console_expect(words, 0, 0, err);
    if (!code)
        code = ask_engine(console, "faults", MESSAGE_ABSENT, &data, err);
    if (code)
        return code;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "faults"), *fault = NULL;
    if (cJSON_GetArraySize(list) == 0)
        screen_print(console->to, "No fault is active.\n");
    cJSON_ArrayForEach(fault, list) show_fault(console->to, fault);
    return 0;
}
