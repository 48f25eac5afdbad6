/* SPDX-License-Identifier: Apache-2.0 */
/* What STATION_INFO says of the station at one moment (design/protocol.md, battery and station
 * objects). */
#ifndef SWAPSTACK_CORE_SNAPSHOT_H
#define SWAPSTACK_CORE_SNAPSHOT_H

#include "core/station.h"

/* Fills `message` (message_init'ed as STATION_INFO; release with message_free): its time and data,
 * but for what others know (fw, board, position, journal, config).
 *
 * Taken after station_step of the same readings, it shows each transition from both sides: in the
 * step that decides a switch-off `charge` is still true, with the power that flows; in the step
 * that ends a session its battery still carries the session.
 *
 * chargeEnergyAdded is the pack's coulomb counter since this session began: 0 at first, never
 * falls. ERR_NOMEM. */
int station_snapshot(const struct station *station, const struct io_readings *in,
                     struct message *message, struct err *err);

#endif
