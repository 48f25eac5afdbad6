/* SPDX-License-Identifier: Apache-2.0 */
/* Going away by command: only after the command's `accepted` has reached the broker, or a few
 * seconds have passed. */
#include "monitor/state.h"

#include "base/log.h"

void goodbye_begin(struct monitor *monitor, enum goodbye_kind kind, int64_t seconds,
                   int64_t command)
{
    monitor->goodbye = (struct goodbye){.kind = kind,
                                        .seq = monitor->outbox.assigned[0],
                                        .deadline_us = now_us(monitor) + GOODBYE_US,
                                        .seconds = seconds,
                                        .command = command};
}

void goodbye_reached(struct monitor *monitor, int64_t seq)
{
    struct goodbye *goodbye = &monitor->goodbye;
    if (goodbye->kind != GOODBYE_NONE && seq >= goodbye->seq)
        goodbye->deadline_us = now_us(monitor);
}

void goodbye_tick(struct monitor *monitor)
{
    struct goodbye goodbye = monitor->goodbye;
    if (goodbye.kind == GOODBYE_NONE || now_us(monitor) < goodbye.deadline_us)
        return;
    monitor->goodbye = (struct goodbye){.kind = GOODBYE_NONE};
    if (goodbye.kind == GOODBYE_OFFLINE) {
        broker_leave(monitor, goodbye.seconds, goodbye.command);
        return;
    }
    log_info("monitor", "restarting, as commanded mode=%s",
             goodbye.kind == GOODBYE_REBOOT ? "reboot" : "service");
    cJSON *packet = watch_packet(monitor, IPC_RESTART_REQUEST);
    if (packet && monitor->engine.state == ENGINE_REGISTERED) {
        cJSON_AddStringToObject(packet, "mode",
                                goodbye.kind == GOODBYE_REBOOT ? "reboot" : "service");
        (void)watch_send(monitor, IPC_RESTART_REQUEST, packet, NULL);
    } else {
        cJSON_Delete(packet);
    }
    monitor->link->request_exit(monitor->link->self, goodbye.kind == GOODBYE_REBOOT
                                                         ? MONITOR_EXIT_REBOOT
                                                         : MONITOR_EXIT_SERVICE);
}
