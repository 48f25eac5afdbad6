/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/faults.h"

#include "alerts/alerts.h"
#include "store/fault.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_severe(const char *severity)
{
    return strcmp(severity, "error") == 0 || strcmp(severity, "critical") == 0;
}

static int raise_alert(struct alerts *alerts, const struct alert_subject *subject,
                       const struct message_fault *said, int64_t at_us, struct err *err)
{
    char where[32] = "", text[512];
    if (subject->slot != STORE_NULL)
        (void)snprintf(where, sizeof where, " bay %lld", (long long)subject->slot);
    (void)snprintf(text, sizeof text, "station %s%s: %s%s%s", subject->station_id, where,
                   said->code, said->failure_info[0] ? ": " : "", said->failure_info);
    return alerts_raise(alerts, subject, at_us, (double)NAN, (double)NAN, text, err);
}

int faults_apply(struct store *store, struct alerts *alerts, const char *station_id,
                 const struct message_fault *said, int64_t time_us, struct err *err)
{
    bool dated = said->since.precision == TIMESTAMP_EXACT && said->since.us <= time_us;
    struct fault_row row = {.station_id = station_id,
                            .code = said->code,
                            .severity = said->severity,
                            .failure_info = said->failure_info,
                            .slot = said->bay == MESSAGE_ABSENT ? STORE_NULL : said->bay,
                            .raised_at = dated ? said->since.us : time_us,
                            .count = said->count == MESSAGE_ABSENT ? STORE_NULL : said->count};
    struct alert_subject subject = {.kind = "station_fault",
                                    .severity = said->severity,
                                    .station_id = station_id,
                                    .slot = row.slot};
    if (said->active) {
        int status = fault_raise(store, &row, err);
        if (status < 0 || !is_severe(said->severity))
            return status;
        return raise_alert(alerts, &subject, said, time_us, err);
    }
    int64_t severe = 0;
    int status = fault_clear(store, &row, time_us, err);
    if (status == 0)
        status = fault_count_severe(store, station_id, row.slot, &severe, err);
    if (status == 0 && severe == 0)
        status = alerts_clear(alerts, &subject, time_us, err);
    return status;
}
