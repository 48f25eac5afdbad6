/* SPDX-License-Identifier: Apache-2.0 */
/* Faults that the monitor itself sees: EngineLost, StorageFault, JournalDamaged. */
#include "monitor/state.h"

#include <stdio.h>

int fault_record(struct monitor *monitor, const struct fault *fault, struct err *err)
{
    struct message message;
    envelope_init(monitor, &message, MESSAGE_FAULT);
    struct message_fault *data = &message.data.fault;
    (void)snprintf(data->code, sizeof(data->code), "%s", fault->code);
    (void)snprintf(data->severity, sizeof(data->severity), "%s", fault->severity);
    (void)snprintf(data->failure_info, sizeof(data->failure_info), "%s", fault->info);
    data->active = fault->active;
    data->since = (struct timestamp){.us = fault->since_plant_us, .precision = TIMESTAMP_EXACT};
    data->count = fault->count;
    return record_event(monitor, &message, err);
}
