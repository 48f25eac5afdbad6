/* SPDX-License-Identifier: Apache-2.0 */
/* From the values of a board.ini to the board: which driver serves which role, limits, and all that
 * must fit together. */
#include "drivers/board_parse.h"

#include "base/nearest.h"
#include "drivers/driver.h"
#include "drivers/sim/stock.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void mistake(const struct board_source *source, const char *section, const char *name,
                    const char *role, const char *text)
{
    board_report_add(source->report, source->origin, board_source_line(source, section, name), role,
                     "%s", text);
}

/* Copies a text that must fit. */
static void take_text(const struct board_source *source, const char *section, const char *name,
                      char *to, size_t size)
{
    const char *value = config_text(source->config, section, name);
    if ((size_t)snprintf(to, size, "%s", value) < size)
        return;
    char text[96];
    (void)snprintf(text, sizeof text, "%s has %zu bytes, at most %zu fit", name, strlen(value),
                   size - 1);
    mistake(source, section, name, section, text);
}

static void require_text(const struct board_source *source, const char *section, const char *name,
                         char *to, size_t size)
{
    take_text(source, section, name, to, size);
    if (*to == '\0') {
        char text[96];
        (void)snprintf(text, sizeof text, "[%s] %s is missing", section, name);
        mistake(source, section, name, section, text);
    }
}

/* Reports a driver that is not there. */
static void check_driver(const struct board_source *source, const char *role, enum board_need need,
                         const struct board_binding *binding)
{
    if (*binding->driver == '\0') {
        board_report_add(source->report, source->origin, binding->line, role,
                         "no driver serves this role: driver = sim%s",
                         need == BOARD_NEEDED ? "" : ", or none");
        return;
    }
    if (strcmp(binding->driver, "none") == 0) {
        if (need == BOARD_NEEDED)
            board_report_add(source->report, source->origin, binding->line, role,
                             "driver = none: a station cannot work without this role");
        return;
    }
    if (driver_find(binding->driver) != NULL)
        return;
    char built_in[128] = "";
    struct nearest nearest = nearest_to(binding->driver);
    const struct driver_ops *driver;
    for (size_t i = 0; (driver = driver_at(i)) != NULL; i++) {
        size_t used = strlen(built_in);
        (void)snprintf(built_in + used, sizeof built_in - used, "%s%s", i > 0 ? ", " : "",
                       driver->name);
        nearest_offer(&nearest, driver->name);
    }
    const char *meant = nearest_word(&nearest);
    board_report_add(source->report, source->origin, binding->line, role,
                     "driver = %s: there is no driver of this name (built in: %s)%s%s%s",
                     binding->driver, built_in, meant ? "; did you mean " : "", meant ? meant : "",
                     meant ? "?" : "");
}

static void bind(const struct board_source *source, struct board_binding *binding,
                 const char *section, const char *role, const char *driver, const char *address)
{
    if ((size_t)snprintf(binding->driver, sizeof binding->driver, "%s", driver) >=
        sizeof binding->driver)
        board_report_add(source->report, source->origin, binding->line, role,
                         "the driver's name is longer than %zu bytes", sizeof binding->driver - 1);
    if ((size_t)snprintf(binding->address, sizeof binding->address, "%s", address) >=
        sizeof binding->address)
        board_report_add(source->report, source->origin, binding->line, role,
                         "the address is longer than %zu bytes", sizeof binding->address - 1);
    if (binding->line == 0)
        binding->line = board_source_line(source, section, "");
    if (binding->address_line == 0)
        binding->address_line = binding->line;
}

/* An address that holds for several bays names each by {slot}. False: it does not fit. */
static bool expand_slot(const char *address, int slot, char *to, size_t size)
{
    size_t used = 0;
    for (const char *at = address; *at != '\0';) {
        int length;
        if (strncmp(at, "{slot}", 6) == 0) {
            length = snprintf(to + used, size - used, "%d", slot);
            at += 6;
        } else {
            length = snprintf(to + used, size - used, "%c", *at++);
        }
        used += (size_t)length;
        if (used >= size)
            return false;
    }
    to[used] = '\0';
    return true;
}

static void build_station(const struct board_source *source, struct board *board)
{
#define NEED(role, need) need,
    static const enum board_need needs[] = {BOARD_STATION_ROLES(NEED)};
    for (int i = 0; i < BOARD_STATION_ROLE_COUNT; i++) {
        const char *role = board_station_role_name((enum board_station_role)i);
        struct board_binding *binding = &board->station[i];
        binding->line = board_source_line(source, role, "driver");
        binding->address_line = board_source_line(source, role, "address");
        const char *driver = config_text(source->config, role, "driver");
        if (*driver == '\0' && needs[i] == BOARD_IF_ANY)
            driver = "none";
        bind(source, binding, role, role, driver, config_text(source->config, role, "address"));
        check_driver(source, role, needs[i], binding);
    }
}

/* Where a bay's key is said: its own section, else [bays]. NULL: nowhere. */
struct bay_value {
    const struct config *config;
    const char *section; /* in the configuration */
    char heading[16];    /* in the file */
};

static bool find_value(const struct board_source *source, int bay, const char *key, bool own,
                       struct bay_value *to)
{
    if (own) {
        *to = (struct bay_value){.config = source->bays[bay], .section = "bay"};
        (void)snprintf(to->heading, sizeof to->heading, "bay %d", bay + 1);
    } else {
        *to = (struct bay_value){.config = source->config, .section = "bays", .heading = "bays"};
    }
    return to->config != NULL && config_is_set(to->config, to->section, key);
}

/* Nearest wins: [bay N] role, [bay N] all, [bays] role, [bays] all. */
static void bind_bay_role(const struct board_source *source, int bay, const char *word,
                          const char *role, struct board_binding *binding)
{
    char driver_key[48], address_key[48];
    (void)snprintf(driver_key, sizeof driver_key, "%s_driver", word);
    (void)snprintf(address_key, sizeof address_key, "%s_address", word);
    struct bay_value found;
    const char *driver = "", *address = "";
    for (int step = 0; step < 4 && *driver == '\0'; step++) {
        const char *key = step % 2 == 0 ? driver_key : "driver";
        if (!find_value(source, bay, key, step < 2, &found))
            continue;
        driver = config_text(found.config, found.section, key);
        binding->line = board_source_line(source, found.heading, key);
    }
    if (find_value(source, bay, address_key, true, &found) ||
        find_value(source, bay, address_key, false, &found)) {
        address = config_text(found.config, found.section, address_key);
        binding->address_line = board_source_line(source, found.heading, address_key);
    }
    char expanded[BOARD_TEXT_SIZE + 1] = "";
    bind(source, binding, "bays", role, driver,
         expand_slot(address, bay + 1, expanded, sizeof expanded) ? expanded : address);
}

static double bay_real(const struct board_source *source, int bay, const char *key)
{
    struct bay_value found;
    if (!find_value(source, bay, key, true, &found))
        (void)find_value(source, bay, key, false, &found);
    return config_real(found.config, found.section, key);
}

static void build_bay(const struct board_source *source, int index, struct board_bay *bay)
{
    static const enum board_need needs[] = {BOARD_BAY_ROLES(NEED)};
#undef NEED
    char role[48];
    for (int i = 0; i < BOARD_BAY_ROLE_COUNT; i++) {
        const char *word = board_bay_role_name((enum board_bay_role)i);
        (void)snprintf(role, sizeof role, "bay %d %s", index + 1, word);
        bind_bay_role(source, index, word, role, &bay->roles[i]);
        check_driver(source, role, needs[i], &bay->roles[i]);
    }
    bay->power_max_kw = bay_real(source, index, "power_max_kw");
    bay->current_max_a = bay_real(source, index, "current_max_a");
    bay->voltage_min_v = bay_real(source, index, "voltage_min_v");
    bay->voltage_max_v = bay_real(source, index, "voltage_max_v");
    if (bay->voltage_min_v >= bay->voltage_max_v) {
        struct bay_value found;
        if (!find_value(source, index, "voltage_max_v", true, &found))
            (void)find_value(source, index, "voltage_max_v", false, &found);
        (void)snprintf(role, sizeof role, "bay %d charger", index + 1);
        board_report_add(source->report, source->origin,
                         board_source_line(source, found.heading, "voltage_max_v"), role,
                         "voltage_min_v = %g is not below voltage_max_v = %g", bay->voltage_min_v,
                         bay->voltage_max_v);
    }
}

/* A [bay 9] on a board of 8 bays. */
static void check_bay_numbers(const struct board_source *source, int bay_count)
{
    for (int bay = bay_count + 1; bay <= IO_BAYS_MAX; bay++) {
        char heading[16];
        (void)snprintf(heading, sizeof heading, "bay %d", bay);
        int line = board_source_line(source, heading, "");
        if (line != 0)
            board_report_add(source->report, source->origin, line, heading,
                             "the board has %d bays: raise [bays] count or remove the section",
                             bay_count);
    }
}

static void check_order(const struct board_source *source, const char *least, const char *most)
{
    double low = config_real(source->config, "sim", least);
    double high = config_real(source->config, "sim", most);
    if (low > high)
        board_report_add(source->report, source->origin, board_source_line(source, "sim", most),
                         "sim", "%s = %g is above %s = %g", least, low, most, high);
}

static void check_sim(const struct board_source *source, const struct board *board)
{
    static const char *const pairs[][2] = {{"soh_min_percent", "soh_max_percent"},
                                           {"arrival_min_s", "arrival_max_s"},
                                           {"handling_min_s", "handling_max_s"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        check_order(source, pairs[i][0], pairs[i][1]);
    for (const char *at = board->sim.serial_prefix; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL) {
            mistake(source, "sim", "serial_prefix", "sim",
                    "serial_prefix: only A-Z, a-z, 0-9, '.', '_' and '-' may stand in a serial");
            break;
        }
    }
    struct stock stock;
    struct err reason = {0};
    if (stock_parse(board->sim.packs, board->bay_count, &stock, &reason) != 0)
        mistake(source, "sim", "packs", "sim", reason.text);
    if (*board->sessions == '\0')
        mistake(source, "sim", "sessions", "sim",
                "sessions is missing: the file that scripts/derive-quantiles writes");
}

static void build_sim(const struct board_source *source, struct board *board)
{
    struct board_sim *sim = &board->sim;
    take_text(source, "sim", "serial_prefix", sim->serial_prefix, sizeof sim->serial_prefix);
    take_text(source, "sim", "packs", sim->packs, sizeof sim->packs);
    take_text(source, "sim", "sessions", board->sessions, sizeof board->sessions);
    take_text(source, "sim", "faults", board->faults, sizeof board->faults);
    sim->seed = config_integer(source->config, "sim", "seed");
#define SIM_REAL(field) sim->field = config_real(source->config, "sim", #field)
    SIM_REAL(two_pack_share_percent);
    SIM_REAL(nmc_share_percent);
    SIM_REAL(soh_min_percent);
    SIM_REAL(soh_max_percent);
    SIM_REAL(counter_error_percent);
    SIM_REAL(ambient_mean_c);
    SIM_REAL(ambient_swing_c);
    SIM_REAL(door_travel_s);
    SIM_REAL(gate_travel_s);
    SIM_REAL(lock_travel_s);
    SIM_REAL(arrival_min_s);
    SIM_REAL(arrival_max_s);
    SIM_REAL(handling_min_s);
    SIM_REAL(handling_max_s);
    SIM_REAL(patience_s);
    SIM_REAL(tow_after_s);
#undef SIM_REAL
    for (int i = 0; i < BOARD_QUANTILES; i++)
        sim->soc_arrival_percent[i] = 35;
}

void board_build(const struct board_source *source, struct board *board)
{
    (void)snprintf(board->origin, sizeof board->origin, "%s", source->origin);
    require_text(source, "board", "compatible", board->compatible, sizeof board->compatible);
    require_text(source, "board", "name", board->name, sizeof board->name);
    take_text(source, "board", "location", board->location, sizeof board->location);
    take_text(source, "board", "console", board->console, sizeof board->console);
    take_text(source, "watchdog", "device", board->watchdog, sizeof board->watchdog);
    take_text(source, "storage", "state", board->state_folder, sizeof board->state_folder);
    board->watchdog_timeout_s = config_integer(source->config, "watchdog", "timeout_s");
    bool placed = config_is_set(source->config, "board", "latitude") &&
                  config_is_set(source->config, "board", "longitude");
    board->latitude = placed ? config_real(source->config, "board", "latitude") : NAN;
    board->longitude = placed ? config_real(source->config, "board", "longitude") : NAN;
    if (*board->state_folder != '/')
        mistake(source, "storage", "state", "storage", "state: an absolute path is needed");
    if (strcmp(board->console, "none") != 0 && strncmp(board->console, "/dev/", 5) != 0)
        mistake(source, "board", "console", "board", "console: /dev/NAME@SPEED or none");
    if (strcmp(board->watchdog, "none") != 0 && strncmp(board->watchdog, "/dev/", 5) != 0)
        mistake(source, "watchdog", "device", "watchdog", "device: /dev/NAME or none");

    build_station(source, board);
    if (board_source_line(source, "bays", "count") == 0)
        mistake(source, "bays", "", "bays", "[bays] count is missing: how many bays there are");
    board->bay_count = (int)config_integer(source->config, "bays", "count");
    for (int i = 0; i < board->bay_count; i++)
        build_bay(source, i, &board->bays[i]);
    check_bay_numbers(source, board->bay_count);
    build_sim(source, board);
    const char *driver;
    for (size_t i = 0; (driver = board_driver(board, i)) != NULL; i++)
        board->uses_sim = board->uses_sim || strcmp(driver, "sim") == 0;
    if (board->uses_sim)
        check_sim(source, board);
    for (size_t i = 0; (driver = board_driver(board, i)) != NULL; i++) {
        const struct driver_ops *ops = driver_find(driver);
        if (ops != NULL && ops->check != NULL)
            ops->check(board, source->report);
    }
}
