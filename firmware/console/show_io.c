/* SPDX-License-Identifier: Apache-2.0 */
/* Every input and output, with its age. */
#include "console/console.h"
#include "console/screen.h"
#include "protocol/message.h"
#include <string.h>

static const char *yes(const cJSON *object, const char *name)
{
    return screen_flag(object, name) ? "yes" : "no";
}

static const char *on(const cJSON *object, const char *name)
{
    return screen_flag(object, name) ? "on" : "off";
}

/* A line "  name  value unit, …" of reals, with the decimals that matter. */
struct real_field {
    const char *name, *label, *unit;
    int decimals;
};

static void append_reals(struct strbuf *to, const cJSON *object, const struct real_field *fields,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[SCREEN_REAL_SIZE];
        screen_real(screen_number(object, fields[i].name), fields[i].decimals, text);
        strbuf_printf(to, ", %s %s %s", fields[i].label, text, fields[i].unit);
    }
}

static void show_charger(FILE *to, const cJSON *charger)
{
    static const struct real_field FIELDS[] = {
        {"dc_v", "DC", "V", 1}, {"dc_a", "DC", "A", 1}, {"ac_kw", "AC", "kW", 2},
        {"ac_v", "AC", "V", 0}, {"ac_a", "AC", "A", 1}, {"meter_wh", "meter", "Wh", 0}};
    char age[SCREEN_SPAN_SIZE];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    screen_age(screen_number(charger, "age_ms"), age);
    append_reals(&text, charger, FIELDS, sizeof FIELDS / sizeof *FIELDS);
    screen_print_indented(to, 12, "  charger   age %s, online %s, fault %s%s\n", age,
                          yes(charger, "online"), yes(charger, "fault"), strbuf_text(&text));
}

static void show_pack(FILE *to, const cJSON *pack)
{
    static const struct real_field FIELDS[] = {{"soc", "SoC", "%", 1},
                                               {"soh", "SoH", "%", 1},
                                               {"pack_v", "pack", "V", 1},
                                               {"pack_a", "pack", "A", 1},
                                               {"cell_min_v", "cells", "to", 3},
                                               {"cell_max_v", "", "V", 3},
                                               {"temp_min_c", "temperature", "to", 1},
                                               {"temp_max_c", "", "C", 1},
                                               {"request_v", "wants", "V", 1},
                                               {"request_a", "wants", "A", 1},
                                               {"cycles", "cycles", "", 0}};
    char age[SCREEN_SPAN_SIZE];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    screen_age(screen_number(pack, "age_ms"), age);
    if (!screen_text(pack, "bid")[0]) {
        screen_print(to, "  pack      age %s, no serial heard\n", age);
        return;
    }
    append_reals(&text, pack, FIELDS, sizeof FIELDS / sizeof *FIELDS);
    screen_print_indented(to, 12,
                          "  pack      age %s, serial %s, version %s, %s, permit %s, faults "
                          "%s%s\n",
                          age, screen_text(pack, "bid"), screen_text(pack, "version"),
                          screen_text(pack, "chemistry"), yes(pack, "permit"),
                          screen_text(pack, "faults"), strbuf_text(&text));
}

static void show_bay_outputs(FILE *to, const cJSON *out)
{
    char volts[SCREEN_REAL_SIZE], amps[SCREEN_REAL_SIZE];
    screen_real(screen_number(out, "charge_v"), 1, volts);
    screen_real(screen_number(out, "charge_a"), 1, amps);
    screen_print_indented(to, 12,
                          "  outputs   unlock %s, door %s, contactor %s, charger %s (%s V, "
                          "%s A), fan %s, light %s\n",
                          on(out, "unlock"), screen_text(out, "door"), on(out, "contactor"),
                          on(out, "charger_on"), volts, amps, on(out, "fan"), on(out, "light"));
}

void show_io_bay(FILE *to, const cJSON *bay)
{
    char age[SCREEN_SPAN_SIZE], temp[SCREEN_REAL_SIZE];
    screen_age(screen_number(bay, "age_ms"), age);
    screen_real(screen_number(bay, "temp_c"), 1, temp);
    screen_print_indented(to, 12,
                          "bay %-3.0f     age %s, door %s%s, %s, contactor %s, present %s, "
                          "smoke %s, %s C\n",
                          screen_number(bay, "slot"), age, screen_text(bay, "door"),
                          screen_flag(bay, "obstructed") ? " (obstructed)" : "",
                          screen_flag(bay, "locked") ? "locked" : "unlocked",
                          screen_flag(bay, "contactor") ? "closed" : "open", yes(bay, "present"),
                          yes(bay, "smoke"), temp);
    show_charger(to, cJSON_GetObjectItemCaseSensitive(bay, "charger"));
    show_pack(to, cJSON_GetObjectItemCaseSensitive(bay, "pack"));
    show_bay_outputs(to, cJSON_GetObjectItemCaseSensitive(bay, "out"));
}

static void show_station(FILE *to, const cJSON *in, const cJSON *out)
{
    char age[SCREEN_SPAN_SIZE], ambient[SCREEN_REAL_SIZE], meter[SCREEN_REAL_SIZE];
    screen_age(screen_number(in, "age_ms"), age);
    screen_real(screen_number(in, "ambient_c"), 1, ambient);
    screen_real(screen_number(in, "mains_import_wh"), 0, meter);
    screen_print_indented(
        to, 12,
        "station     age %s, gate %s%s, lane %s%s%s, guard %s, emergency "
        "stop %s, smoke %s, water %s, ambient %s C, mains %s Wh\n",
        age, screen_text(in, "gate"), screen_flag(in, "gate_obstructed") ? " (obstructed)" : "",
        screen_flag(in, "lane_occupied") ? "occupied" : "free",
        screen_text(in, "lane_vehicle")[0] ? " by " : "", screen_text(in, "lane_vehicle"),
        screen_flag(in, "guard_clear") ? "clear" : "NOT clear", yes(in, "emergency_stop"),
        yes(in, "smoke"), yes(in, "water"), ambient, meter);
    screen_print_indented(
        to, 12,
        "  outputs   gate %s, siren %s, exhaust %s, charge enable %s, "
        "announces %s\n",
        screen_text(out, "gate"), on(out, "siren"), on(out, "exhaust"), on(out, "charge_enable"),
        screen_text(out, "announce")[0] ? screen_text(out, "announce") : "nobody");
}

int verb_io(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    int64_t slot = MESSAGE_ABSENT;
    int code = console_expect(words, 0, 1, err);
    if (!code && words->count == 2)
        code = console_slot(words->at[1], &slot, err);
    if (!code)
        code = console_ask(console, &console->engine, "io", slot, &data, err);
    if (code)
        return code;
    if (slot == MESSAGE_ABSENT)
        show_station(console->to, cJSON_GetObjectItemCaseSensitive(data, "station"),
                     cJSON_GetObjectItemCaseSensitive(data, "out"));
    const cJSON *bay = NULL;
    cJSON_ArrayForEach(bay, cJSON_GetObjectItemCaseSensitive(data, "bays"))
        show_io_bay(console->to, bay);
    return 0;
}
