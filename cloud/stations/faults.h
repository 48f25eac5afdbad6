/* SPDX-License-Identifier: Apache-2.0 */
/* FAULT messages: rows in `fault`, and one alert station_fault per station and bay for as long as
 * anything of severity error or critical is open there. */
#ifndef SWAPSTACK_STATIONS_FAULTS_H
#define SWAPSTACK_STATIONS_FAULTS_H

#include "protocol/message.h"

struct store;
struct alerts;

/* `time_us`: when the message says it was observed (`since` of the fault comes before it). */
int faults_apply(struct store *store, struct alerts *alerts, const char *station_id,
                 const struct message_fault *said, int64_t time_us, struct err *err);

#endif
