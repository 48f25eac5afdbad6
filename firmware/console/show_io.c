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

/* A real with its decimals, in a buffer that lives as long as the statement's block. */
struct real {
    char text[SCREEN_REAL_SIZE];
};

static struct real real(const cJSON *object, const char *name, int decimals)
{
    struct real real;
    screen_real(screen_number(object, name), decimals, real.text);
    return real;
}

static struct real age(const cJSON *object)
{
    struct real age;
    char text[SCREEN_SPAN_SIZE];
    screen_age(screen_number(object, "age_ms"), text);
    (void)snprintf(age.text, sizeof age.text, "%.23s", text);
    return age;
}

static void show_charger(FILE *to, const cJSON *charger)
{
    screen_print_indented(to, 12, "  charger   age %s: %s%s, meter %s Wh\n", age(charger).text,
                          screen_flag(charger, "online") ? "online" : "OFFLINE",
                          screen_flag(charger, "fault") ? ", FAULT" : "",
                          real(charger, "meter_wh", 0).text);
    screen_print(to, "            DC %s V %s A, AC %s kW, per phase %s V %s A\n",
                 real(charger, "dc_v", 1).text, real(charger, "dc_a", 1).text,
                 real(charger, "ac_kw", 2).text, real(charger, "ac_v", 0).text,
                 real(charger, "ac_a", 1).text);
}

static void show_pack(FILE *to, const cJSON *pack)
{
    if (!screen_text(pack, "bid")[0]) {
        screen_print(to, "  pack      age %s: no serial heard\n", age(pack).text);
        return;
    }
    screen_print_indented(to, 12, "  pack      age %s: %s, %s, version %s, %s cycles\n",
                          age(pack).text, screen_text(pack, "bid"), screen_text(pack, "chemistry"),
                          screen_text(pack, "version"), real(pack, "cycles", 0).text);
    screen_print(to, "            SoC %s %%, SoH %s %%, permit %s, faults %s\n",
                 real(pack, "soc", 1).text, real(pack, "soh", 1).text, yes(pack, "permit"),
                 screen_text(pack, "faults"));
    screen_print(to, "            %s V %s A, wants %s V %s A\n", real(pack, "pack_v", 1).text,
                 real(pack, "pack_a", 1).text, real(pack, "request_v", 1).text,
                 real(pack, "request_a", 1).text);
    screen_print(to, "            cells %s to %s V, %s to %s C\n", real(pack, "cell_min_v", 3).text,
                 real(pack, "cell_max_v", 3).text, real(pack, "temp_min_c", 1).text,
                 real(pack, "temp_max_c", 1).text);
}

static void show_bay_outputs(FILE *to, const cJSON *out)
{
    screen_print(to, "  outputs   unlock %s, door %s, contactor %s, fan %s, light %s\n",
                 on(out, "unlock"), screen_text(out, "door"), on(out, "contactor"), on(out, "fan"),
                 on(out, "light"));
    screen_print(to, "            charger %s, %s V %s A\n", on(out, "charger_on"),
                 real(out, "charge_v", 1).text, real(out, "charge_a", 1).text);
}

void show_io_bay(FILE *to, const cJSON *bay)
{
    screen_print_indented(to, 12,
                          "bay %-3.0f     age %s: door %s%s, %s, contactor %s, present %s\n",
                          screen_number(bay, "slot"), age(bay).text, screen_text(bay, "door"),
                          screen_flag(bay, "obstructed") ? " (OBSTRUCTED)" : "",
                          screen_flag(bay, "locked") ? "locked" : "unlocked",
                          screen_flag(bay, "contactor") ? "closed" : "open", yes(bay, "present"));
    screen_print(to, "            smoke %s, %s C\n", screen_flag(bay, "smoke") ? "YES" : "no",
                 real(bay, "temp_c", 1).text);
    show_charger(to, cJSON_GetObjectItemCaseSensitive(bay, "charger"));
    show_pack(to, cJSON_GetObjectItemCaseSensitive(bay, "pack"));
    show_bay_outputs(to, cJSON_GetObjectItemCaseSensitive(bay, "out"));
}

static void show_station(FILE *to, const cJSON *in, const cJSON *out)
{
    const char *vehicle = screen_text(in, "lane_vehicle"), *called = screen_text(out, "announce");
    screen_print_indented(
        to, 12, "station     age %s: gate %s%s, lane %s%s%s, guard %s\n", age(in).text,
        screen_text(in, "gate"), screen_flag(in, "gate_obstructed") ? " (OBSTRUCTED)" : "",
        screen_flag(in, "lane_occupied") ? "occupied" : "free", vehicle[0] ? " by " : "", vehicle,
        screen_flag(in, "guard_clear") ? "clear" : "NOT clear");
    screen_print(to, "            emergency stop %s, smoke %s, water %s\n",
                 yes(in, "emergency_stop"), yes(in, "smoke"), yes(in, "water"));
    screen_print(to, "            ambient %s C, mains %s Wh\n", real(in, "ambient_c", 1).text,
                 real(in, "mains_import_wh", 0).text);
    screen_print_indented(to, 12,
                          "  outputs   gate %s, siren %s, exhaust %s, charge enable %s, "
                          "announces %s\n",
                          screen_text(out, "gate"), on(out, "siren"), on(out, "exhaust"),
                          on(out, "charge_enable"), called[0] ? called : "nobody");
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
