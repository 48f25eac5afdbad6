/* SPDX-License-Identifier: Apache-2.0 */
/* The alerts of custody.h, and that of an event which has not happened yet. */
#include "alerts/alerts.h"
#include "protocol/timestamp.h"
#include "tracking/pairing.h"
#include "tracking/remarks.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <stdio.h>

/* By so much may a station's clock be ahead of ours before its word is doubted. */
#define FUTURE_US (INT64_C(15) * 60 * 1000000)

int custody_alert(struct tracking *tracking, const struct exchange_row *row, const char *sentence,
                  bool healed, struct err *err)
{
    struct alert_subject subject = {
        .kind = "custody", .severity = "error", .bid = row->bid, .slot = STORE_NULL};
    if (sentence[0])
        return alerts_raise(tracking->alerts, &subject, row->event_time_us, NAN, NAN, sentence,
                            err);
    if (!healed)
        return 0;
    int left = exchange_any_custody(tracking->store, row->bid, err);
    return left != 0 ? (left < 0 ? left : 0)
                     : alerts_clear(tracking->alerts, &subject, row->event_time_us, err);
}

int custody_alert_future(struct tracking *tracking, const struct exchange_row *row,
                         int64_t received_at_us, struct err *err)
{
    struct alert_subject subject = {.kind = "custody",
                                    .severity = "warning",
                                    .bid = row->bid,
                                    .station_id = row->station_id,
                                    .slot = STORE_NULL};
    if (row->event_time_us <= received_at_us + FUTURE_US)
        return alerts_clear(tracking->alerts, &subject, received_at_us, err);
    char time[TIMESTAMP_TEXT_SIZE], text[REMARK_SIZE];
    timestamp_format(row->event_time_us, time);
    (void)snprintf(text, sizeof text, EXCHANGE_CUSTODY "%s was %s vehicle %s in the future, at %s",
                   row->bid, pairing_is_on_load(row) ? "put into" : "taken out of",
                   row->vid[0] ? row->vid : "(not said)", time);
    return alerts_raise(tracking->alerts, &subject, received_at_us, NAN, NAN, text, err);
}
