/* SPDX-License-Identifier: Apache-2.0 */
/* Out of the journal: publishing rows as the outbox allows, and what the bridge's marks delete. */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODULE "send"

static const enum message_lane LANES[JOURNAL_LANES] = {LANE_EVENT, LANE_TELEMETRY};

static void keep_token(struct monitor *monitor, int64_t token, const struct journal_row *row)
{
    monitor->tokens[token & (TOKENS - 1)] = (struct token){token, row->lane, row->boot, row->seq};
}

/* The next row of the lane; false when there is none that may go now. */
static bool find_next(struct monitor *monitor, enum message_lane lane, struct journal_row *row,
                      int64_t *prev)
{
    const struct journal *journal = monitor->journal;
    struct err err = {0};
    int64_t boot, seq;
    if (!outbox_wants(&monitor->outbox, lane, &boot, &seq))
        return false;
    int rc = journal->ops->next_row(journal->self, lane, boot, seq, row, &err);
    if (rc < 0) {
        if (rc != ERR_NOT_FOUND)
            log_error(MODULE, "the journal cannot be read: %s", err.text);
        return false;
    }
    if (row->boot == journal->boot && row->seq > monitor->stored[lane_index(lane)])
        return false; /* in the open group: a crash would give its number to another row */
    return outbox_may_send(&monitor->outbox, lane, row->boot, prev);
}

static bool send_row(struct monitor *monitor, const struct journal_row *row, int64_t prev)
{
    SCOPE_STRBUF struct strbuf sealed = STRBUF_INIT;
    struct err err = {0};
    int64_t token = 0;
    message_seal(row->payload, row->length, prev, &sealed);
    if (strbuf_failed(&sealed))
        return false;
    int rc = monitor->link->publish(monitor->link->self, monitor->info_topic, strbuf_text(&sealed),
                                    sealed.length, 1, &token, &err);
    if (rc < 0) {
        if (rc != ERR_BUSY && rc != ERR_UNAVAILABLE)
            log_warning(MODULE, "a row is not sent: %s", err.text);
        return false;
    }
    keep_token(monitor, token, row);
    outbox_sent(&monitor->outbox, row->lane, row->boot, row->seq, now_us(monitor));
    monitor->counts.published++;
    return true;
}

void send_pump(struct monitor *monitor)
{
    if (!monitor->connected || monitor->group_durable)
        return;
    for (int i = 0; i < JOURNAL_LANES; i++) {
        struct journal_row row;
        int64_t prev;
        while (find_next(monitor, LANES[i], &row, &prev) && send_row(monitor, &row, prev))
            continue;
    }
}

int send_now(struct monitor *monitor, struct message *message)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err err = {0};
    int64_t token = 0;
    int rc = message_encode(message, &text, &err);
    if (rc == 0)
        rc = monitor->link->publish(monitor->link->self, monitor->info_topic, strbuf_text(&text),
                                    text.length, 1, &token, &err);
    if (rc < 0)
        log_warning(MODULE, "%s is not sent: %s", message_type_name(message->type), err.text);
    return rc;
}

/* Marks ---------------------------------------------------------------------------------------- */

static void delete_rows(struct monitor *monitor, enum message_lane lane, int64_t boot, int64_t mark)
{
    struct err err = {0};
    int rc = record_group(monitor, &err);
    if (rc == 0)
        rc = monitor->journal->ops->acknowledge(monitor->journal->self, lane, boot, mark, &err);
    if (rc < 0) {
        log_warning(MODULE, "acknowledged rows stay in the journal: %s", err.text);
        sweep_later(monitor);
    }
}

static void take_mark(struct monitor *monitor, enum message_lane lane,
                      const struct message_ack *ack)
{
    int64_t mark = lane == LANE_EVENT ? ack->event : ack->telemetry;
    bool resend = lane == LANE_EVENT ? ack->resend_event : ack->resend_telemetry;
    if (mark == MESSAGE_ABSENT)
        return;
    if (ack->boot == monitor->journal->boot && mark > monitor->stored[lane_index(lane)])
        mark = INT64_MAX; /* of rows that were never sent: as foreign as above assigned */
    switch (outbox_acknowledge(&monitor->outbox, lane, ack->boot, mark, resend, now_us(monitor))) {
    case OUTBOX_ACK_NOTHING:
        break;
    case OUTBOX_ACK_DELETE:
        delete_rows(monitor, lane, ack->boot, mark);
        /* Only progress in what is being sent now proves that the bridge has come so far: it may
         * have spoken of older rows, and still be busy with what waited for it in the broker. */
        if (ack->boot == monitor->outbox.lanes[lane_index(lane)].boot)
            outbox_heard(&monitor->outbox);
        break;
    case OUTBOX_ACK_FOREIGN:
        monitor->counts.foreign_marks++;
        log_warning(MODULE,
                    "a mark above anything this journal assigned is ignored lane=%s boot=%" PRId64
                    " event=%" PRId64 " telemetry=%" PRId64,
                    message_lane_name(lane), ack->boot, ack->event, ack->telemetry);
        break;
    }
    if (lane == LANE_EVENT && ack->boot == monitor->journal->boot && mark != INT64_MAX)
        goodbye_reached(monitor, mark);
}

void send_acknowledge(struct monitor *monitor, const struct message_ack *ack)
{
    if (strcmp(ack->journal, monitor->journal->id) != 0)
        return; /* of a journal that was here before */
    for (int i = 0; i < JOURNAL_LANES; i++)
        take_mark(monitor, LANES[i], ack);
}

void monitor_on_published(struct monitor *monitor, int64_t token, bool ok)
{
    struct token *kept = &monitor->tokens[token & (TOKENS - 1)];
    if (!ok || kept->token != token)
        return;
    outbox_taken(&monitor->outbox, kept->lane, kept->boot, kept->seq);
    if (kept->lane == LANE_EVENT && kept->boot == monitor->journal->boot)
        goodbye_reached(monitor, kept->seq);
    kept->token = 0;
}

/* A row that the bridge never takes: kept aside, so that the stream goes on. */
static void bury(struct monitor *monitor, enum message_lane lane)
{
    const struct outbox_lane *state = &monitor->outbox.lanes[lane_index(lane)];
    int64_t boot = state->alone_boot, seq = state->alone_seq;
    struct err err = {0};
    char text[32];
    (void)snprintf(text, sizeof(text), "%" PRId64, monitor->counts.dead_rows + 1);
    int rc = record_begin(monitor, &err);
    if (rc == 0) {
        const struct journal_ops *ops = monitor->journal->ops;
        rc = ops->remove(monitor->journal->self, lane, boot, seq, true, &err);
        if (rc == 0)
            rc = ops->put_value(monitor->journal->self, "dead", text, &err);
        if (rc == 0)
            rc = record_commit(monitor, &err);
        else
            record_rollback(monitor);
    }
    if (rc < 0) {
        log_error(MODULE, "a dead row cannot be set aside: %s", err.text);
        return;
    }
    monitor->counts.dead_rows++;
    outbox_removed(&monitor->outbox, lane, boot, seq);
    log_error(MODULE,
              "a row is dead: the bridge does not take it lane=%s boot=%" PRId64 " seq=%" PRId64,
              message_lane_name(lane), boot, seq);
}

void send_tick(struct monitor *monitor)
{
    for (int i = 0; i < JOURNAL_LANES; i++) {
        switch (outbox_tick(&monitor->outbox, LANES[i], now_us(monitor))) {
        case OUTBOX_DUE_NOTHING:
            break;
        case OUTBOX_DUE_ASK: /* REGISTER_RESULT has the marks of every boot */
            broker_register(monitor);
            break;
        case OUTBOX_DUE_BACK:
            log_info(MODULE, "no acknowledgement, sending again lane=%s mark=%" PRId64,
                     message_lane_name(LANES[i]), monitor->outbox.lanes[i].mark);
            break;
        case OUTBOX_DUE_DEAD:
            bury(monitor, LANES[i]);
            break;
        }
    }
    send_pump(monitor);
}
