/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of the daily export (tracking/daily.h): reads on a connection of its own, so that the
 * writer never waits for it, and lets the writer raise the alert export_failed when it fails, and
 * clear it when it worked.
 */
#ifndef SWAPSTACK_BRIDGE_EXPORTER_H
#define SWAPSTACK_BRIDGE_EXPORTER_H

#include "base/clock.h"
#include "base/config.h"
#include "bridge/ring.h"

struct exporter;

/* Starts the thread; *exporter NULL when [export] names no folder. ERR_CONFIG for a folder or time
 * of day that is none. `ring` and `clock` must outlive it. */
int exporter_start(struct exporter **exporter, const struct config *config, const char *db_path,
                   const struct clock *clock, struct ring *ring, struct err *err);
/* Ends the thread behind the file that it is writing. The ring must be closed, or its writer
 * alive. */
void exporter_stop(struct exporter *exporter);

#endif
