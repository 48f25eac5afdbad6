/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks want to know of a monitor and its journal. */
#include "process_monitor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sim_monitor_is_drained(struct sim_station *station)
{
    const struct journal *journal = &station->monitor->tap.inner;
    struct journal_command open;
    struct journal_totals totals;
    journal->ops->totals(journal->self, &totals);
    return totals.rows[0] == 0 && totals.rows[1] == 0 &&
           journal->ops->next_open_command(journal->self, 0, &open, NULL) == ERR_NOT_FOUND;
}

bool sim_monitor_knows(struct sim_station *station, const char *identity)
{
    return journal_tap_knows(&station->monitor->tap, identity);
}

bool sim_monitor_raises(const char *code)
{
    static const char *const CODES[] = {"EngineLost", "StorageFault", "JournalDamaged"};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (strcmp(code, CODES[i]) == 0)
            return true;
    return false;
}

const char *sim_monitor_describe(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    const struct journal *journal = &monitor->tap.inner;
    struct journal_totals totals = {.oldest_us = 0};
    struct journal_command open = {.number = 0};
    if (!station->monitor_process.running)
        return "the monitor does not run";
    journal->ops->totals(journal->self, &totals);
    int code = journal->ops->next_open_command(journal->self, 0, &open, NULL);
    struct journal_row oldest[JOURNAL_LANES] = {{.boot = 0}, {.boot = 0}};
    (void)journal->ops->next_row(journal->self, LANE_EVENT, 0, 0, &oldest[0], NULL);
    (void)journal->ops->next_row(journal->self, LANE_TELEMETRY, 0, 0, &oldest[1], NULL);
    (void)snprintf(monitor->text, sizeof monitor->text,
                   "journal: %" PRId64 " events (from %" PRId64 ".%" PRId64 "), %" PRId64
                   " telemetry rows (from %" PRId64 ".%" PRId64 "); open command: %s; "
                   "engine: %zu events wait, swap \"%s\"",
                   totals.rows[0], oldest[0].boot, oldest[0].seq, totals.rows[1], oldest[1].boot,
                   oldest[1].seq, code == 0 ? open.identity : "none",
                   station->engine ? engine_events_waiting(station->engine) : 0,
                   station->swap_command);
    return monitor->text;
}
