/* SPDX-License-Identifier: Apache-2.0 */
/* A threshold as JSON: in requests of swapctl and in event_log, from which audit makes them again.
 */
#ifndef SWAPSTACK_ALERTS_THRESHOLD_JSON_H
#define SWAPSTACK_ALERTS_THRESHOLD_JSON_H

#include "alerts/threshold.h"
#include "base/strbuf.h"
#include <cjson/cJSON.h>

#define EVENTLOG_THRESHOLD_SET   "threshold.set"
#define EVENTLOG_THRESHOLD_UNSET "threshold.unset"

/* Reads {kind, model?, station?, raise, clear?, enabled?} (`key_only`: the first three), checked by
 * threshold_kind_of and threshold_check. A clear that is absent is NAN. set_at and set_by stay.
 * Pure. ERR_USAGE. */
int threshold_from_json(const cJSON *object, bool key_only, struct threshold_row *row,
                        struct err *err);
/* Appends the same. */
void threshold_to_json(const struct threshold_row *row, bool key_only, struct strbuf *to);

#endif
