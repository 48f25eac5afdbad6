/* SPDX-License-Identifier: Apache-2.0 */
/* What a parsed board answers: names, drivers, whether it fits the machine; and the list of
 * mistakes. Reading is in board_parse.c and board_load.c. */
#include "drivers/board.h"

#include "base/scope.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BOARD_NAME(role, need) #role,
static const char *const station_roles[] = {BOARD_STATION_ROLES(BOARD_NAME)};
static const char *const bay_roles[] = {BOARD_BAY_ROLES(BOARD_NAME)};
#undef BOARD_NAME

const char *board_station_role_name(enum board_station_role role)
{
    return role < BOARD_STATION_ROLE_COUNT ? station_roles[role] : "?";
}

const char *board_bay_role_name(enum board_bay_role role)
{
    return role < BOARD_BAY_ROLE_COUNT ? bay_roles[role] : "?";
}

void board_free(struct board *board)
{
    if (board == NULL)
        return;
    free(board->sim.faults);
    free(board);
}

void board_free_scope(struct board **board)
{
    board_free(*board);
}

void board_report_add(struct board_report *report, const char *origin, int line, const char *role,
                      const char *format, ...)
{
    if (report->count++ >= BOARD_MISTAKES_MAX)
        return;
    struct board_mistake *mistake = &report->mistakes[report->count - 1];
    mistake->line = line;
    (void)snprintf(mistake->role, sizeof mistake->role, "%s", role);
    char place[BOARD_TEXT_SIZE + 64];
    if (line > 0)
        (void)snprintf(place, sizeof place, "%s:%d", origin, line);
    else
        (void)snprintf(place, sizeof place, "%s", origin);
    char sentence[384];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    (void)snprintf(mistake->text, sizeof mistake->text, "%.*s: %s%s%s", 96, place, role,
                   *role != '\0' ? ": " : "", sentence);
}

void board_report_print(const struct board_report *report, FILE *to)
{
    size_t kept = report->count < BOARD_MISTAKES_MAX ? report->count : BOARD_MISTAKES_MAX;
    for (size_t i = 0; i < kept; i++)
        (void)fprintf(to, "%s\n", report->mistakes[i].text);
    if (report->count > kept)
        (void)fprintf(to, "and %zu more\n", report->count - kept);
}

/* Binding number `index` of the board: the station's roles, then each bay's. */
static const struct board_binding *binding_at(const struct board *board, size_t index)
{
    if (index < BOARD_STATION_ROLE_COUNT)
        return &board->station[index];
    index -= BOARD_STATION_ROLE_COUNT;
    size_t bay = index / BOARD_BAY_ROLE_COUNT;
    return bay < (size_t)board->bay_count ? &board->bays[bay].roles[index % BOARD_BAY_ROLE_COUNT]
                                          : NULL;
}

/* True when no binding before `index` names the same driver. */
static bool is_first(const struct board *board, size_t index, const char *driver)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(binding_at(board, i)->driver, driver) == 0)
            return false;
    }
    return true;
}

const char *board_driver(const struct board *board, size_t index)
{
    const struct board_binding *binding;
    for (size_t i = 0; (binding = binding_at(board, i)) != NULL; i++) {
        if (strcmp(binding->driver, "none") == 0 || !is_first(board, i, binding->driver))
            continue;
        if (index-- == 0)
            return binding->driver;
    }
    return NULL;
}

int board_matches(const struct board *board, const char *names, size_t length, struct err *err)
{
    if (strcmp(board->compatible, "sim") == 0)
        return 0;
    char known[256] = "";
    for (size_t at = 0; at < length;) {
        size_t size = strnlen(names + at, length - at);
        if (size == strlen(board->compatible) && memcmp(names + at, board->compatible, size) == 0)
            return 0;
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%.*s", used > 0 ? ", " : "", (int)size,
                       names + at);
        at += size + 1;
    }
    return err_set(err, ERR_CONFIG,
                   "%s: the board is for \"%s\", but this machine's device tree says %s",
                   board->origin, board->compatible, *known != '\0' ? known : "nothing");
}

int board_match_machine(const struct board *board, struct err *err)
{
    /* /proc/device-tree is a link to the first; a service that sees only processes in /proc
     * (ProcSubset=pid) has it there only. */
    static const char *const PATHS[] = {"/sys/firmware/devicetree/base/compatible",
                                        "/proc/device-tree/compatible"};
    char names[1024] = "";
    ssize_t length = 0;
    for (size_t i = 0; length <= 0 && i < sizeof PATHS / sizeof *PATHS; i++) {
        SCOPE_CLOSE int fd = open(PATHS[i], O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            length = read(fd, names, sizeof names);
    }
    /* PCs have no device tree; their board describes plug-in cards and is the user's choice. */
    if (length <= 0 && strcmp(board->compatible, "generic-x86") == 0)
        return 0;
    return board_matches(board, names, length > 0 ? (size_t)length : 0, err);
}
