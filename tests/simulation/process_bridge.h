/* SPDX-License-Identifier: Apache-2.0 */
/* What the files process_bridge*.c share. */
#ifndef SWAPSTACK_TESTS_SIMULATION_PROCESS_BRIDGE_H
#define SWAPSTACK_TESTS_SIMULATION_PROCESS_BRIDGE_H

#include "sim.h"

#include "bridge/postbox.h"
#include "store/store.h"

int64_t bridge_process_mono_us(const struct sim *sim);

/* process_bridge_say.c: the ingest's answers; nothing is believed before the batch is committed. */
void bridge_process_wire_out(struct sim *sim);
void bridge_process_take_pending(struct sim *sim); /* judges the acks of the batch, sends them */
void bridge_process_pump_at(struct sim *sim, int64_t after_us);

/* process_bridge_disk.c: the database beyond its use. */
bool bridge_process_open_store(struct sim *sim); /* false: the power failed, or it cannot be */
void bridge_process_close_store(struct sim *sim);
void bridge_process_keep_unsure(struct sim *sim);

/* process_bridge.c */
int bridge_process_commit_hook(void *self);

#endif
