/* SPDX-License-Identifier: Apache-2.0 */
/* `log` and `export`: what swap-log and swap-export do, on the technician's line. */
#include "console/console.h"
#include "export/export.h"
#include "logs/logs.h"

int verb_log(struct console *console, const struct words *words, struct err *err)
{
    struct words copy = *words; /* its words point into the original, which is not written to */
    const struct terminal *terminal = console->terminal;
    const struct logs_reader reader = {
        .out = console->to,
        .notes = console->to,
        .folder = config_text(console->config, "console", "logs"),
        .is_verb = true,
        .stop_fd = terminal->is_terminal ? terminal->fd : -1, /* any key ends -f */
    };
    return logs_verb(copy.count, (char **)(uintptr_t)copy.at, &reader, err);
}

int verb_export(struct console *console, const struct words *words, struct err *err)
{
    struct words copy = *words;
    const struct collect_places places = {
        .config = EXPORT_PLACES.config,
        .board = config_text(console->config, "console", "board"),
        .logs = config_text(console->config, "console", "logs"),
        .monitor_state = config_text(console->config, "console", "monitor_state"),
        .engine_state = config_text(console->config, "console", "engine_state"),
    };
    const struct export_caller caller = {.notes = console->to,
                                         .places = &places,
                                         .is_verb = true,
                                         .in_fd = console->terminal->fd,
                                         .out_fd = fileno(console->to)};
    return export_verb(copy.count, (char **)(uintptr_t)copy.at, &caller, err);
}
