/* SPDX-License-Identifier: Apache-2.0 */
/* Raising, clearing, acknowledging. */
#include "alerts/alerts_internal.h"

#include "base/scope.h"
#include "protocol/json.h"
#include "store/eventlog.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int alerts_new(struct alerts **to, struct store *store, struct err *err)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts)
        return err_set(err, ERR_NOMEM, "alerts: out of memory");
    alerts->store = store;
    static const struct threshold_default defaults[THRESHOLD_KINDS] = THRESHOLD_DEFAULTS;
    memcpy(alerts->defaults, defaults, sizeof alerts->defaults);
    *to = alerts;
    return 0;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    free(alerts->channels);
    free(alerts->rows);
    free(alerts);
}

struct store *alerts_store(const struct alerts *alerts)
{
    return alerts->store;
}

static void copy_text(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

static int find_open(struct alerts *alerts, const struct alert_subject *subject,
                     struct alert_row *row, struct err *err)
{
    return alert_find_open(alerts->store, subject->kind, subject->bid, subject->station_id,
                           subject->slot, row, err);
}

static int raise_new(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                     double value, double threshold, const char *text, struct err *err)
{
    assert(subject->kind && subject->severity && text);
    struct alert_row row = {.slot = subject->slot,
                            .raised_at_us = at_us,
                            .cleared_at_us = STORE_NULL,
                            .acknowledged_at_us = STORE_NULL,
                            .value = value,
                            .threshold = threshold};
    copy_text(row.kind, sizeof row.kind, subject->kind);
    copy_text(row.severity, sizeof row.severity, subject->severity);
    copy_text(row.bid, sizeof row.bid, subject->bid);
    copy_text(row.vid, sizeof row.vid, subject->vid);
    copy_text(row.station_id, sizeof row.station_id, subject->station_id);
    copy_text(row.text, sizeof row.text, text);
    int status = alert_insert(alerts->store, &row, err);
    return status < 0 ? status : alerts_tell(alerts, &row, "raised", err);
}

/* A late event may end a condition before the message that raised it: never before its beginning.
 */
static int clear_open(struct alerts *alerts, struct alert_row *row, int64_t at_us, struct err *err)
{
    row->cleared_at_us = at_us > row->raised_at_us ? at_us : row->raised_at_us;
    int status = alert_set_cleared(alerts->store, row->id, row->cleared_at_us, err);
    return status < 0 ? status : alerts_tell(alerts, row, "cleared", err);
}

int alerts_raise(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 double value, double threshold, const char *text, struct err *err)
{
    struct alert_row row;
    int found = find_open(alerts, subject, &row, err);
    if (found != 0)
        return found < 0 ? found : 0;
    return raise_new(alerts, subject, at_us, value, threshold, text, err);
}

int alerts_clear(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 struct err *err)
{
    struct alert_row row;
    int found = find_open(alerts, subject, &row, err);
    return found <= 0 ? found : clear_open(alerts, &row, at_us, err);
}

int alerts_is_open(struct alerts *alerts, const struct alert_subject *subject, struct err *err)
{
    struct alert_row row;
    return find_open(alerts, subject, &row, err);
}

int alerts_judge(struct alerts *alerts, const struct alert_subject *subject,
                 enum threshold_kind kind, const struct threshold_limits *limits, double value,
                 int64_t at_us, const char *text, bool *open, struct err *err)
{
    struct alert_row row;
    int found = find_open(alerts, subject, &row, err);
    if (found < 0)
        return found;
    *open = threshold_judge(kind, limits, found == 1, value);
    if (*open == (found == 1))
        return 0;
    return *open ? raise_new(alerts, subject, at_us, value, limits->raise, text, err)
                 : clear_open(alerts, &row, at_us, err);
}

static int log_acknowledgement(struct alerts *alerts, const struct alert_row *row, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    strbuf_printf(&payload, "{\"alert\":%" PRId64 ",\"kind\":", row->id);
    json_write_text(&payload, row->kind);
    strbuf_append_char(&payload, '}');
    if (strbuf_failed(&payload))
        return err_set(err, ERR_NOMEM, "alert %" PRId64 ": out of memory", row->id);
    struct eventlog_row log = {.received_at_us = row->acknowledged_at_us,
                               .event_time_us = row->acknowledged_at_us,
                               .actor = "operator",
                               .actor_id = row->acknowledged_by,
                               .station_id = row->station_id,
                               .kind = "alert.ack",
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(alerts->store, &log, err);
}

int alerts_acknowledge(struct alerts *alerts, int64_t id, const char *by, int64_t at_us,
                       bool *known, struct err *err)
{
    struct alert_row row;
    int found = alert_load(alerts->store, id, &row, err);
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "alert %" PRId64 ": there is none of this number", id);
    *known = found == 1 && row.acknowledged_at_us != STORE_NULL;
    if (found < 0 || *known)
        return found < 0 ? found : 0;
    row.acknowledged_at_us = at_us;
    copy_text(row.acknowledged_by, sizeof row.acknowledged_by, by);
    int status = alert_set_acknowledged(alerts->store, id, at_us, row.acknowledged_by, err);
    if (status == 0)
        status = log_acknowledgement(alerts, &row, err);
    return status < 0 ? status : alerts_tell(alerts, &row, "acknowledged", err);
}

void alerts_forget(struct alerts *alerts)
{
    alerts->rows_known = alerts->channels_known = false; /* a change of them may have been undone */
    alerts->own_stored = alerts->told = false;
    alerts->generation++;
}
