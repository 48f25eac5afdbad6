/* SPDX-License-Identifier: Apache-2.0 */
/* Raising, clearing, and the queue of what is to be published once it is committed. */
#include "alerts/alerts.h"

#include "alerts/alert_json.h"
#include "base/scope.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct outgoing {
    char kind[65];
    struct strbuf payload;
};

struct alerts {
    struct store *store;
    struct outgoing *queue; /* first .. count-1 wait */
    size_t first, count, capacity;
};

int alerts_new(struct alerts **to, struct store *store, struct err *err)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts)
        return err_set(err, ERR_NOMEM, "alerts: out of memory");
    alerts->store = store;
    *to = alerts;
    return 0;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    alerts_forget(alerts);
    free(alerts->queue);
    free(alerts);
}

static int publish(struct alerts *alerts, const struct alert_row *row, struct err *err)
{
    if (alerts->count == alerts->capacity) {
        size_t capacity = alerts->capacity ? alerts->capacity * 2 : 16;
        struct outgoing *bigger = realloc(alerts->queue, capacity * sizeof *bigger);
        if (!bigger)
            return err_set(err, ERR_NOMEM, "alerts: out of memory");
        alerts->queue = bigger;
        alerts->capacity = capacity;
    }
    struct outgoing *last = &alerts->queue[alerts->count];
    *last = (struct outgoing){.payload = STRBUF_INIT};
    (void)snprintf(last->kind, sizeof last->kind, "%s", row->kind);
    int status = alert_json(row, &last->payload, err);
    if (status < 0)
        strbuf_free(&last->payload);
    else
        alerts->count++;
    return status;
}

static void copy_text(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

int alerts_raise(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 double value, double threshold, const char *text, struct err *err)
{
    assert(subject->kind && subject->severity && text);
    struct alert_row row;
    int found = alert_find_open(alerts->store, subject->kind, subject->bid, subject->station_id,
                                subject->slot, &row, err);
    if (found != 0)
        return found < 0 ? found : 0;
    row = (struct alert_row){.slot = subject->slot,
                             .raised_at_us = at_us,
                             .cleared_at_us = STORE_NULL,
                             .value = value,
                             .threshold = threshold};
    copy_text(row.kind, sizeof row.kind, subject->kind);
    copy_text(row.severity, sizeof row.severity, subject->severity);
    copy_text(row.bid, sizeof row.bid, subject->bid);
    copy_text(row.vid, sizeof row.vid, subject->vid);
    copy_text(row.station_id, sizeof row.station_id, subject->station_id);
    copy_text(row.text, sizeof row.text, text);
    int status = alert_insert(alerts->store, &row, err);
    return status < 0 ? status : publish(alerts, &row, err);
}

int alerts_clear(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 struct err *err)
{
    struct alert_row row;
    int found = alert_find_open(alerts->store, subject->kind, subject->bid, subject->station_id,
                                subject->slot, &row, err);
    if (found <= 0)
        return found;
    /* A late event may end a condition before the message that raised it: never before its
     * beginning. */
    row.cleared_at_us = at_us > row.raised_at_us ? at_us : row.raised_at_us;
    int status = alert_set_cleared(alerts->store, row.id, row.cleared_at_us, err);
    return status < 0 ? status : publish(alerts, &row, err);
}

bool alerts_take(struct alerts *alerts, char kind[65], struct strbuf *payload)
{
    if (alerts->first == alerts->count) {
        alerts->first = alerts->count = 0;
        return false;
    }
    struct outgoing *next = &alerts->queue[alerts->first++];
    copy_text(kind, 65, next->kind);
    strbuf_append(payload, next->payload.text, next->payload.length);
    strbuf_free(&next->payload);
    return true;
}

void alerts_forget(struct alerts *alerts)
{
    while (alerts->first < alerts->count)
        strbuf_free(&alerts->queue[alerts->first++].payload);
    alerts->first = alerts->count = 0;
}
