/* SPDX-License-Identifier: Apache-2.0 */
/* The three couriers of the bridge, one per kind of channel, and their ports. */
#ifndef SWAPSTACK_BRIDGE_COURIERS_H
#define SWAPSTACK_BRIDGE_COURIERS_H

#include "bridge/announcer.h"

struct couriers;

int couriers_new(struct couriers **couriers, const char *db_path, struct ring *ring,
                 const char *prefix, announcer_publish *publish, void *publish_self,
                 const struct courier_settings *settings, struct err *err);
/* The writer must be alive until couriers_stop. */
int couriers_start(struct couriers *couriers, struct err *err);
/* Gives up what is under way (it is tried again after the next start) and ends the threads; the
 * functions below may still be called. */
void couriers_stop(struct couriers *couriers);
void couriers_free(struct couriers *couriers);

/* Alerts were committed. */
void couriers_wake(struct couriers *couriers);
void couriers_configure(struct couriers *couriers, const struct courier_settings *settings);
/* From paho's threads. */
void couriers_set_link(struct couriers *couriers, bool up);
void couriers_published(struct couriers *couriers, int64_t token, bool ok);

#endif
