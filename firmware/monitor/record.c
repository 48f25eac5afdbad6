/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Into the journal. A seq counts as assigned when its row is in a group; if the group fails, its
 * numbers are free again, because nothing of an open group is ever sent (send.c asks `stored`).
 */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MODULE "journal"

/* Room for `,"prev":9007199254740991` at sending. */
#define SEAL_BYTES 32

static const struct journal_ops *ops(const struct monitor *monitor)
{
    return monitor->journal->ops;
}

static void group_ended(struct monitor *monitor, bool stored)
{
    monitor->group_open = monitor->group_durable = false;
    for (int i = 0; i < JOURNAL_LANES; i++) {
        if (stored)
            monitor->stored[i] = monitor->outbox.assigned[i];
        else
            monitor->outbox.assigned[i] = monitor->stored[i];
    }
    if (!stored)
        sweep_later(monitor); /* deletions may have been among it */
}

void record_close_group(struct monitor *monitor)
{
    struct err err = {0};
    if (!monitor->group_open)
        return;
    int64_t telemetry = monitor->outbox.assigned[1] - monitor->stored[1];
    int rc = ops(monitor)->commit(monitor->journal->self, &err);
    group_ended(monitor, rc == 0);
    if (rc < 0) {
        monitor->counts.dropped_rows += telemetry;
        log_error(MODULE, "%" PRId64 " telemetry rows lost: %s", telemetry, err.text);
    }
}

int record_begin(struct monitor *monitor, struct err *err)
{
    record_close_group(monitor);
    int rc = ops(monitor)->begin(monitor->journal->self, true, err);
    if (rc == ERR_FULL || rc == ERR_STORAGE) /* the reserve was released: once more */
        rc = ops(monitor)->begin(monitor->journal->self, true, err);
    if (rc == 0)
        monitor->group_open = monitor->group_durable = true;
    return rc;
}

int record_commit(struct monitor *monitor, struct err *err)
{
    int rc = ops(monitor)->commit(monitor->journal->self, err);
    group_ended(monitor, rc == 0);
    return rc;
}

void record_rollback(struct monitor *monitor)
{
    ops(monitor)->rollback(monitor->journal->self);
    group_ended(monitor, false);
}

int record_group(struct monitor *monitor, struct err *err)
{
    if (monitor->group_open)
        return 0;
    int rc = ops(monitor)->begin(monitor->journal->self, false, err);
    if (rc == 0) {
        monitor->group_open = true;
        monitor->group_since_us = now_us(monitor);
    }
    return rc;
}

/* What is journaled must be readable at the other end: decoded by the same rules, and small enough
 * with its seal. */
static int prove(const struct strbuf *text, struct err *err)
{
    struct message back;
    enum message_quality quality = MESSAGE_UNREADABLE;
    if (text->length + SEAL_BYTES > MESSAGE_MAX_BYTES)
        return err_set(err, ERR_INVALID, "a message of %zu bytes, at most %u are allowed",
                       text->length, MESSAGE_MAX_BYTES - SEAL_BYTES);
    int rc = message_decode(strbuf_text(text), text->length, &back, &quality, err);
    message_free(&back);
    return rc;
}

int record_message(struct monitor *monitor, struct message *message, enum message_lane lane,
                   struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    message->place.lane = lane;
    message->place.boot = monitor->journal->boot;
    message->place.seq = outbox_next_seq(&monitor->outbox, lane);
    message->place.prev = MESSAGE_ABSENT;
    int rc = message_encode(message, &text, err);
    if (rc == 0)
        rc = prove(&text, err);
    if (rc < 0)
        return err_prefix(err, "%s: ", message_type_name(message->type));
    struct journal_row row = {.lane = lane,
                              .boot = message->place.boot,
                              .seq = message->place.seq,
                              .time_us = message->time.us,
                              .payload = strbuf_text(&text),
                              .length = text.length};
    rc = ops(monitor)->append(monitor->journal->self, &row, err);
    if (rc == 0)
        outbox_assigned(&monitor->outbox, lane, row.seq);
    return rc;
}

int record_event(struct monitor *monitor, struct message *message, struct err *err)
{
    int rc = ERR_STORAGE;
    for (int attempt = 0; attempt < 2; attempt++) { /* the second one on the reserve */
        rc = record_begin(monitor, err);
        if (rc < 0)
            return rc;
        rc = record_message(monitor, message, LANE_EVENT, err);
        if (rc == 0)
            rc = record_commit(monitor, err);
        else
            record_rollback(monitor);
        if (rc != ERR_FULL && rc != ERR_STORAGE)
            break;
    }
    return rc;
}

/* Keeps telemetry within its bytes: the oldest rows go first, but none that is on its way, whose
 * acknowledgement may be under way too. */
static int bound_telemetry(struct monitor *monitor, struct err *err)
{
    struct journal_totals totals;
    int64_t boot = 0, seq = 0, before = monitor->counts.dropped_rows;
    for (;;) {
        struct journal_row row;
        ops(monitor)->totals(monitor->journal->self, &totals);
        if (totals.telemetry_bytes <= monitor->settings->telemetry_max_bytes)
            break;
        int rc =
            ops(monitor)->next_row(monitor->journal->self, LANE_TELEMETRY, boot, seq, &row, err);
        if (rc == ERR_NOT_FOUND)
            break;
        if (rc < 0)
            return rc;
        if (outbox_in_flight(&monitor->outbox, LANE_TELEMETRY, row.boot, row.seq)) {
            boot = row.boot;
            seq = monitor->outbox.lanes[1].sent;
            continue;
        }
        rc = ops(monitor)->remove(monitor->journal->self, LANE_TELEMETRY, row.boot, row.seq, false,
                                  err);
        if (rc < 0)
            return rc;
        monitor->counts.dropped_rows++;
    }
    if (monitor->counts.dropped_rows == before)
        return 0;
    char text[32];
    (void)snprintf(text, sizeof(text), "%" PRId64, monitor->counts.dropped_rows);
    return ops(monitor)->put_value(monitor->journal->self, "dropped", text, err);
}

/* What space is left belongs to events. What cannot be kept is at least said: a station that is
 * short of storage is not silent, and whoever asked hears the refusal. */
static void say_unstored(struct monitor *monitor, struct message *message)
{
    monitor->counts.dropped_rows++;
    message->live = message->type == MESSAGE_STATION_INFO;
    if (monitor->connected)
        (void)send_now(monitor, message);
}

void record_telemetry(struct monitor *monitor, struct message *message)
{
    struct err err = {0};
    if (ops(monitor)->is_short(monitor->journal->self)) {
        say_unstored(monitor, message);
        return;
    }
    int rc = record_group(monitor, &err);
    if (rc == 0) {
        rc = record_message(monitor, message, LANE_TELEMETRY, &err);
        if (rc == 0)
            rc = bound_telemetry(monitor, &err);
        if (rc < 0 && rc != ERR_INVALID) {
            monitor->counts.dropped_rows += monitor->outbox.assigned[1] - monitor->stored[1];
            record_rollback(monitor);
        }
    }
    if (rc == ERR_INVALID) {
        monitor->counts.dead_rows++;
        log_error(MODULE, "a message cannot be sent and is left out: %s", err.text);
    } else if (rc < 0) {
        monitor->counts.dropped_rows++;
        log_error(MODULE, "telemetry lost: %s", err.text);
    } else if (monitor->settings->group_us == 0) {
        record_close_group(monitor);
    }
}

int64_t record_deadline(const struct monitor *monitor)
{
    int64_t deadline =
        monitor->group_open ? monitor->group_since_us + monitor->settings->group_us : NEVER;
    if (monitor->was_short && monitor->recover_us < deadline)
        deadline = monitor->recover_us;
    if (monitor->sweep_us < deadline)
        deadline = monitor->sweep_us;
    return deadline < monitor->purge_us ? deadline : monitor->purge_us;
}

static void report_shortage(struct monitor *monitor, bool active)
{
    struct err err = {0};
    struct fault fault = {.code = "StorageFault",
                          .severity = "critical",
                          .info = active ? "the monitor's journal has no space" : "",
                          .active = active,
                          .since_plant_us = monitor->short_since_plant_us,
                          .count = 1};
    if (fault_record(monitor, &fault, &err) < 0)
        log_error(MODULE, "the fault itself cannot be stored: %s", err.text);
}

/* Old commands go; then the reserve is tried again, if it is in use. */
static void maintain(struct monitor *monitor, int64_t now)
{
    struct err err = {0};
    if (now >= monitor->purge_us) {
        monitor->purge_us = now + PURGE_US;
        int64_t before = wall_now_us(monitor) - COMMAND_KEEP_US;
        if (record_group(monitor, &err) < 0 ||
            ops(monitor)->purge_commands(monitor->journal->self, before, COMMAND_KEEP, &err) < 0)
            log_warning(MODULE, "old commands stay: %s", err.text);
    }
    bool is_short = ops(monitor)->is_short(monitor->journal->self);
    if (is_short && !monitor->was_short) {
        monitor->was_short = true;
        monitor->short_since_plant_us = plant_now_us(monitor);
        monitor->recover_us = now + RECOVER_US;
        report_shortage(monitor, true);
        watch_check_health(monitor);
    } else if (monitor->was_short && now >= monitor->recover_us) {
        monitor->recover_us = now + RECOVER_US;
        ops(monitor)->recover(monitor->journal->self);
        monitor->was_short = ops(monitor)->is_short(monitor->journal->self);
        if (!monitor->was_short) {
            report_shortage(monitor, false);
            watch_check_health(monitor);
        }
    }
}

void record_tick(struct monitor *monitor)
{
    int64_t now = now_us(monitor);
    maintain(monitor, now);
    sweep_tick(monitor);
    if (monitor->group_open && now - monitor->group_since_us >= monitor->settings->group_us)
        record_close_group(monitor);
}
