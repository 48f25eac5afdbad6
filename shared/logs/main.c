/* SPDX-License-Identifier: Apache-2.0 */
/* swap-log: the logs of all programs in one order of time, for technicians. */
#include "base/daemon.h"
#include "base/scope.h"
#include "logs/logs.h"

int main(int argc, char **argv)
{
    struct err err = {0};
    SCOPE_CLOSE int signals = daemon_signals(&err);
    if (signals < 0)
        return args_fail(&LOGS_SPEC, &err);
    const struct logs_reader reader = {
        .out = stdout, .notes = stderr, .folder = LOGS_FOLDER, .stop_fd = signals};
    return logs_verb(argc, argv, &reader, &err) < 0 ? args_fail(&LOGS_SPEC, &err) : 0;
}
