/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_tap.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tap_change *push(struct tap_changes *changes)
{
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity ? 2 * changes->capacity : 32;
        changes->items = realloc(changes->items, changes->capacity * sizeof *changes->items);
        assert(changes->items);
    }
    changes->items[changes->count] = (struct tap_change){0};
    return &changes->items[changes->count++];
}

static struct ledger_stream *stream_of(struct journal_tap *tap, enum message_lane lane,
                                       int64_t boot)
{
    return ledger_stream(&tap->station->sim->ledger, tap->station->device, tap->inner.id, boot,
                         lane);
}

static void set_flag(struct journal_tap *tap, const struct tap_change *change, int flag)
{
    struct ledger_row *row = ledger_row(stream_of(tap, change->lane, change->boot), change->seq);
    row->flags = (unsigned char)(row->flags | flag);
}

/* --- what a commit means --- */

static void note_known(struct journal_tap *tap, const char *identity)
{
    if (tap->known_count == tap->known_capacity) {
        tap->known_capacity = tap->known_capacity ? 2 * tap->known_capacity : 32;
        tap->known = realloc(tap->known, tap->known_capacity * sizeof *tap->known);
        assert(tap->known);
    }
    (void)snprintf(tap->known[tap->known_count++], sizeof *tap->known, "%s", identity);
}

static void note_appended(struct journal_tap *tap, const struct tap_change *change)
{
    struct sim *sim = tap->station->sim;
    struct ledger_row *row = ledger_row(stream_of(tap, change->lane, change->boot), change->seq);
    if ((row->flags & LEDGER_MADE) && row->hash != change->hash)
        sim_violate(sim, "%s: seq %lld of boot %lld, %s lane, was used twice", tap->station->device,
                    (long long)change->seq, (long long)change->boot,
                    message_lane_name(change->lane));
    row->flags = (unsigned char)((row->flags | LEDGER_MADE) & ~LEDGER_LOST);
    row->hash = change->hash;
    sim->ledger.events_made += change->lane == LANE_EVENT;
    sim->ledger.telemetry_made += change->lane == LANE_TELEMETRY;
}

static void settle_durable(struct journal_tap *tap)
{
    for (size_t i = 0; i < tap->undurable.count; i++) {
        const struct tap_change *change = &tap->undurable.items[i];
        if (change->kind == TAP_APPEND)
            set_flag(tap, change, LEDGER_DURABLE);
        else if (change->kind == TAP_COMMAND)
            note_known(tap, change->identity);
    }
    tap->undurable.count = 0;
}

static void settle(struct journal_tap *tap)
{
    for (size_t i = 0; i < tap->group.count; i++) {
        const struct tap_change *change = &tap->group.items[i];
        if (change->kind == TAP_APPEND)
            note_appended(tap, change);
        *push(&tap->undurable) = *change;
    }
    tap->group.count = 0;
    if (tap->durable)
        settle_durable(tap);
}

/* --- the journal's functions --- */

static bool works(struct journal_tap *tap)
{
    return process_call(&tap->station->monitor_process) == CALL_WORKS;
}

static bool is_dead(const struct journal_tap *tap)
{
    return tap->station->monitor_process.dead || !tap->station->monitor_process.running;
}

static int dead(struct err *err)
{
    return err_set(err, ERR_STORAGE, "this process is dead");
}

static int tap_begin(void *self, bool durable, struct err *err)
{
    struct journal_tap *tap = self;
    if (!works(tap))
        return dead(err);
    tap->durable = durable;
    tap->group.count = 0;
    int code = tap->inner.ops->begin(tap->inner.self, durable, err);
    tap->open_group = code == 0;
    return code;
}

static int tap_commit(void *self, struct err *err)
{
    struct journal_tap *tap = self;
    enum process_call call = process_call(&tap->station->monitor_process);
    if (call == CALL_DEAD || (call == CALL_LAST && random_chance(&tap->station->sim->random, 50)))
        return dead(err);
    int code = tap->inner.ops->commit(tap->inner.self, err);
    tap->open_group = false;
    bool unsure = sim_power_is_off(tap->station->sim); /* the commit may be on the disk or not */
    tap->durable &= !unsure;
    if (code == 0 || unsure)
        settle(tap);
    tap->group.count = 0;
    return call == CALL_LAST ? dead(err) : code;
}

static void tap_rollback(void *self)
{
    struct journal_tap *tap = self;
    tap->group.count = 0;
    if (is_dead(tap))
        return;
    tap->open_group = false;
    tap->inner.ops->rollback(tap->inner.self);
}

static int tap_append(void *self, const struct journal_row *row, struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    int code = tap->inner.ops->append(tap->inner.self, row, err);
    if (code == 0)
        *push(&tap->group) =
            (struct tap_change){.kind = TAP_APPEND,
                                .lane = row->lane,
                                .boot = row->boot,
                                .seq = row->seq,
                                .hash = ledger_hash(row->payload, row->length - 1)};
    return code;
}

static int tap_acknowledge(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                           struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    struct ledger_stream *stream = stream_of(tap, lane, boot);
    for (size_t at = 1; at < stream->size && (int64_t)at <= seq; at++) {
        unsigned flags = stream->rows[at].flags;
        if ((flags & LEDGER_MADE) && !(flags & (LEDGER_LOST | LEDGER_DROPPED | LEDGER_EVER)))
            sim_violate(tap->station->sim,
                        "%s: row %zu of boot %lld, %s lane, is deleted and was never committed",
                        tap->station->device, at, (long long)boot, message_lane_name(lane));
        stream->rows[at].flags |= LEDGER_DELETED;
    }
    tap->station->sim->counts->checks++;
    *push(&tap->group) =
        (struct tap_change){.kind = TAP_ACKNOWLEDGE, .lane = lane, .boot = boot, .seq = seq};
    return tap->inner.ops->acknowledge(tap->inner.self, lane, boot, seq, err);
}

static int tap_remove(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                      bool is_dead_row, struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    if (is_dead_row)
        sim_violate(tap->station->sim, "%s: row %lld of boot %lld, %s lane, is given up as dead",
                    tap->station->device, (long long)seq, (long long)boot, message_lane_name(lane));
    else if (tap->in_flight(tap->in_flight_self, lane, boot, seq))
        sim_violate(tap->station->sim, "%s: row %lld of boot %lld is dropped while in flight",
                    tap->station->device, (long long)seq, (long long)boot);
    /* At once, not with the commit: rows behind it may be sent now, which tells the bridge. */
    struct tap_change removed = {.lane = lane, .boot = boot, .seq = seq};
    set_flag(tap, &removed, LEDGER_DROPPED);
    return tap->inner.ops->remove(tap->inner.self, lane, boot, seq, is_dead_row, err);
}

static int tap_put_value(void *self, const char *name, const char *value, struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    return tap->inner.ops->put_value(tap->inner.self, name, value, err);
}

static int tap_put_command(void *self, struct journal_command *command, struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    int code = tap->inner.ops->put_command(tap->inner.self, command, err);
    if (code == 0) {
        struct tap_change *change = push(&tap->group);
        change->kind = TAP_COMMAND;
        (void)snprintf(change->identity, sizeof change->identity, "%s", command->identity);
    }
    return code;
}

static int tap_purge_commands(void *self, int64_t before_wall_us, int64_t keep, struct err *err)
{
    struct journal_tap *tap = self;
    if (is_dead(tap))
        return dead(err);
    return tap->inner.ops->purge_commands(tap->inner.self, before_wall_us, keep, err);
}

static int tap_next_row(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                        struct journal_row *row, struct err *err)
{
    struct journal_tap *tap = self;
    return tap->inner.ops->next_row(tap->inner.self, lane, boot, seq, row, err);
}

static int tap_get_value(void *self, const char *name, char *value, size_t size, struct err *err)
{
    struct journal_tap *tap = self;
    return tap->inner.ops->get_value(tap->inner.self, name, value, size, err);
}

static int tap_find_command(void *self, const char *identity, struct journal_command *command,
                            struct err *err)
{
    struct journal_tap *tap = self;
    return tap->inner.ops->find_command(tap->inner.self, identity, command, err);
}

static int tap_next_open_command(void *self, int64_t number, struct journal_command *command,
                                 struct err *err)
{
    struct journal_tap *tap = self;
    return tap->inner.ops->next_open_command(tap->inner.self, number, command, err);
}

static void tap_totals(void *self, struct journal_totals *totals)
{
    struct journal_tap *tap = self;
    tap->inner.ops->totals(tap->inner.self, totals);
}

static bool tap_is_short(void *self)
{
    struct journal_tap *tap = self;
    return tap->inner.ops->is_short(tap->inner.self);
}

static void tap_recover(void *self)
{
    struct journal_tap *tap = self;
    if (!is_dead(tap))
        tap->inner.ops->recover(tap->inner.self);
}

static void tap_close(void *self)
{
    (void)self; /* the process's owner closes the inner one */
}

static const struct journal_ops OPS = {
    .begin = tap_begin,
    .commit = tap_commit,
    .rollback = tap_rollback,
    .append = tap_append,
    .acknowledge = tap_acknowledge,
    .remove = tap_remove,
    .put_value = tap_put_value,
    .put_command = tap_put_command,
    .purge_commands = tap_purge_commands,
    .next_row = tap_next_row,
    .get_value = tap_get_value,
    .find_command = tap_find_command,
    .next_open_command = tap_next_open_command,
    .totals = tap_totals,
    .is_short = tap_is_short,
    .recover = tap_recover,
    .close = tap_close,
};

void journal_tap_open(struct journal_tap *tap, const struct journal *inner, struct journal *outer)
{
    tap->inner = *inner;
    tap->group.count = 0;
    *outer = *inner;
    outer->ops = &OPS;
    outer->self = tap;
}

void journal_tap_close(struct journal_tap *tap)
{
    if (tap->open_group)
        tap->inner.ops->rollback(tap->inner.self);
    tap->open_group = false;
    tap->inner.ops->close(tap->inner.self);
}

void journal_tap_reconcile(struct journal_tap *tap)
{
    for (size_t i = 0; i < tap->undurable.count; i++) {
        const struct tap_change *change = &tap->undurable.items[i];
        struct journal_row row;
        if (change->kind != TAP_APPEND)
            continue;
        int code = tap->inner.ops->next_row(tap->inner.self, change->lane, change->boot,
                                            change->seq - 1, &row, NULL);
        bool there = code == 0 && row.boot == change->boot && row.seq == change->seq;
        set_flag(tap, change, there ? LEDGER_DURABLE : LEDGER_LOST);
    }
    tap->undurable.count = 0;
}

void journal_tap_crash(struct journal_tap *tap, bool power_lost)
{
    tap->group.count = 0;
    if (!power_lost)
        return;
    /* A drop that is undone stays a drop: the bridge may have been told already, by prev. */
    for (size_t i = 0; i < tap->undurable.count; i++)
        if (tap->undurable.items[i].kind == TAP_APPEND)
            set_flag(tap, &tap->undurable.items[i], LEDGER_LOST);
    tap->undurable.count = 0;
}

void journal_tap_free(struct journal_tap *tap)
{
    free(tap->group.items);
    free(tap->undurable.items);
    free(tap->known);
}

bool journal_tap_knows(const struct journal_tap *tap, const char *identity)
{
    for (size_t i = tap->known_count; i > 0; i--)
        if (strcmp(tap->known[i - 1], identity) == 0)
            return true;
    return false;
}
