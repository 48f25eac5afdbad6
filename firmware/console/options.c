/* SPDX-License-Identifier: Apache-2.0 */
#include "console/options.h"

#include "base/config_keys.h"
#include "base/scope.h"
#include "drivers/board.h"
#include "logs/logs.h"
#include <string.h>

const struct config_key CONSOLE_KEYS[] = {
    TEXT("console", "tty", "",
         "Serial line to serve, DEVICE or DEVICE@SPEED (115200), 8N1; board: what board.ini names "
         "as console; empty: standard input and output."),
    TEXT("console", "board", "/etc/swapstack/board", "Board folder, for tty = board."),
    TEXT("console", "engine_socket", "/run/swapstack/engine-console.sock",
         "The engine's socket for technicians' tools."),
    TEXT("console", "monitor_socket", "/run/swapstack-monitor/console.sock",
         "The monitor's socket for technicians' tools."),
    TEXT("console", "engine_state", "/var/lib/swapstack-engine",
         "The engine's state folder, read when the engine does not run."),
    TEXT("console", "logs", LOGS_FOLDER, "Folder of the log files, for log and export."),
    TEXT("console", "monitor_state", "/var/lib/swapstack-monitor",
         "Folder of the monitor's journal, read when the monitor does not run."),
};
const size_t CONSOLE_KEY_COUNT = sizeof CONSOLE_KEYS / sizeof *CONSOLE_KEYS;

static const struct args_option OPTIONS[] = {
    {"tty", "DEV[@SPEED]", "serial line to serve (115200 8N1); board: the board's console",
     "console", "tty"},
    {"command", "LINE", "run one line (also -c LINE) and exit", NULL, NULL},
    {"board", "DIR", "board folder, for --tty board", "console", "board"},
    {"engine", "PATH", "the engine's socket for technicians' tools", "console", "engine_socket"},
    {"monitor", "PATH", "the monitor's socket for technicians' tools", "console", "monitor_socket"},
    {"engine-state", "DIR", "the engine's state folder", "console", "engine_state"},
    {"monitor-state", "DIR", "folder of the journal", "console", "monitor_state"},
    {"logs", "DIR", "folder of the log files", "console", "logs"},
    {"answer", "CHALLENGE", "print the answer to a station's challenge and exit; needs --key", NULL,
     NULL},
    {"key", "FILE", "technician key of that station, for --answer", NULL, NULL},
    {"config", "FILE", "configuration (INI)", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

const struct args_spec CONSOLE_SPEC = {
    .program = "swap-console",
    .synopsis = "[--tty DEV] [-c \"VERB ...\"]\n"
                "       swap-console --answer CHALLENGE --key FILE",
    .summary = "The console of field technicians: what a station is and does, checks, and in\n"
               "maintenance single motions. Works with engine and monitor running or not, and\n"
               "without the cloud. `help` lists its verbs.",
    .options = OPTIONS,
};

int options_device(const struct config *config, char *device, size_t size, struct err *err)
{
    SCOPE(board_free_scope) struct board *board = NULL;
    const char *tty = config_text(config, "console", "tty");
    if (strcmp(tty, "board") == 0) {
        int code = board_load(config_text(config, "console", "board"), NULL, &board, NULL, err);
        if (code)
            return code;
        tty = board->console;
        if (strcmp(tty, "none") == 0)
            return err_set(err, ERR_CONFIG,
                           "%s: [board] console = none: this board has no serial console",
                           board->origin);
    }
    if ((size_t)snprintf(device, size, "%s", tty) >= size)
        return err_set(err, ERR_USAGE, "--tty %.40s...: longer than %zu bytes", tty, size - 1);
    return 0;
}
