/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes that could not be stored when they came (a full disk), of commands that are in the
 * journal as asked: kept in memory and stored when it is possible. A restart before that ends such
 * a command as any other that is open then.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODULE "command"

void owed_add(struct monitor *monitor, int64_t number, const char *outcome, const char *reason)
{
    struct owed_outcome *owed = NULL;
    for (int i = 0; i < OWED_MAX && !owed; i++)
        if (monitor->owed[i].number == 0 || monitor->owed[i].number == number)
            owed = &monitor->owed[i];
    if (!owed) {
        log_error(MODULE, "command number %" PRId64 " stays open until a restart", number);
        return;
    }
    owed->number = number;
    (void)snprintf(owed->outcome, sizeof(owed->outcome), "%s", outcome);
    (void)snprintf(owed->reason, sizeof(owed->reason), "%s", reason);
    monitor->owed_us = now_us(monitor) + CLOSE_AGAIN_US;
}

/* True: it is stored, or another outcome is and goes further. */
static bool pay(struct monitor *monitor, const struct owed_outcome *owed)
{
    struct journal_command command;
    struct err err = {0};
    int rc = monitor->journal->ops->next_open_command(monitor->journal->self, owed->number - 1,
                                                      &command, &err);
    if (rc == ERR_NOT_FOUND || (rc == 0 && command.number != owed->number))
        return true;
    if (rc == 0 && strcmp(command.outcome, owed->outcome) == 0)
        return true;
    if (rc == 0)
        rc = outcome_record(monitor, &command, owed->outcome, owed->reason, &err);
    if (rc < 0)
        log_error(MODULE, "an outcome is still not stored: %s", err.text);
    return rc == 0;
}

void owed_tick(struct monitor *monitor)
{
    int64_t now = now_us(monitor);
    if (now < monitor->owed_us)
        return;
    monitor->owed_us = NEVER;
    for (int i = 0; i < OWED_MAX; i++) {
        if (monitor->owed[i].number == 0)
            continue;
        if (pay(monitor, &monitor->owed[i]))
            monitor->owed[i].number = 0;
        else
            monitor->owed_us = now + CLOSE_AGAIN_US;
    }
}
