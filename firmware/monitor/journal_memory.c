/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal in memory, for tests and simulations. Three states, each a prefix of the next:
 * `durable` (survives a power cut), `stored` (survives a kill), `now` (with the open group).
 * `log` holds the changes from durable to stored, `group` those from stored to now.
 */
#include "monitor/journal_image.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct changes {
    struct change *items;
    size_t count, capacity;
};

struct journal_memory {
    char id[JOURNAL_ID_SIZE];
    struct image durable, now;
    struct changes log, group;
    bool open_group, durable_group, full, is_short;
    int64_t last_number;
};

static void changes_push(struct changes *changes, struct change change)
{
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity ? changes->capacity * 2 : 16;
        changes->items = realloc(changes->items, changes->capacity * sizeof(*changes->items));
        if (!changes->items)
            abort();
    }
    changes->items[changes->count++] = change;
}

static void changes_clear(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].bytes);
    changes->count = 0;
}

static void changes_apply(const struct changes *changes, struct image *image)
{
    for (size_t i = 0; i < changes->count; i++)
        image_apply(image, &changes->items[i]);
}

/* Back to what survives. */
static void rebuild(struct journal_memory *store)
{
    image_copy(&store->now, &store->durable);
    changes_apply(&store->log, &store->now);
}

static int change(struct journal_memory *store, struct change change, struct err *err)
{
    assert(store->open_group);
    if (store->full) {
        free(change.bytes);
        store->is_short = true;
        return err_set(err, ERR_FULL, "journal: no space left");
    }
    image_apply(&store->now, &change);
    changes_push(&store->group, change);
    return 0;
}

static char *copy_text(const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static int memory_begin(void *self, bool durable, struct err *err)
{
    struct journal_memory *store = self;
    (void)err;
    assert(!store->open_group);
    store->open_group = true;
    store->durable_group = durable;
    return 0;
}

static void memory_rollback(void *self)
{
    struct journal_memory *store = self;
    store->open_group = false;
    if (store->group.count == 0)
        return;
    changes_clear(&store->group);
    rebuild(store);
}

static int memory_commit(void *self, struct err *err)
{
    struct journal_memory *store = self;
    assert(store->open_group);
    if (store->full && store->group.count > 0) {
        memory_rollback(store);
        store->is_short = true;
        return err_set(err, ERR_FULL, "journal: no space left");
    }
    store->open_group = false;
    for (size_t i = 0; i < store->group.count; i++)
        changes_push(&store->log, store->group.items[i]);
    store->group.count = 0; /* handed on */
    if (store->durable_group) {
        changes_apply(&store->log, &store->durable);
        changes_clear(&store->log);
    }
    return 0;
}

static int memory_append(void *self, const struct journal_row *row, struct err *err)
{
    return change(self,
                  (struct change){.kind = CHANGE_APPEND,
                                  .lane = row->lane,
                                  .boot = row->boot,
                                  .seq = row->seq,
                                  .time_us = row->time_us,
                                  .bytes = copy_text(row->payload, row->length),
                                  .length = row->length},
                  err);
}

static int memory_acknowledge(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                              struct err *err)
{
    struct change acknowledged = {
        .kind = CHANGE_ACKNOWLEDGE, .lane = lane, .boot = boot, .seq = seq};
    return change(self, acknowledged, err);
}

static int memory_remove(void *self, enum message_lane lane, int64_t boot, int64_t seq, bool dead,
                         struct err *err)
{
    (void)dead; /* nobody looks at dead rows of a test */
    struct change removed = {.kind = CHANGE_REMOVE, .lane = lane, .boot = boot, .seq = seq};
    return change(self, removed, err);
}

static int memory_put_value(void *self, const char *name, const char *value, struct err *err)
{
    struct change put = {
        .kind = CHANGE_VALUE, .bytes = copy_text(value, strlen(value)), .length = strlen(value)};
    assert(strlen(name) < sizeof(put.name));
    (void)snprintf(put.name, sizeof(put.name), "%s", name);
    return change(self, put, err);
}

static int memory_put_command(void *self, struct journal_command *command, struct err *err)
{
    struct journal_memory *store = self;
    struct change put = {.kind = CHANGE_COMMAND, .command = *command};
    if (command->number == 0)
        put.command.number = store->last_number + 1;
    int rc = change(store, put, err);
    if (rc == 0 && command->number == 0)
        command->number = ++store->last_number;
    return rc;
}

static int memory_purge_commands(void *self, int64_t before_wall_us, int64_t keep, struct err *err)
{
    struct change purge = {.kind = CHANGE_PURGE, .before_us = before_wall_us, .keep = keep};
    return change(self, purge, err);
}

static int memory_next_row(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                           struct journal_row *row, struct err *err)
{
    const struct journal_memory *store = self;
    const struct image_row *found = image_next(&store->now, lane, boot, seq);
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "journal: no more rows");
    *row = (struct journal_row){.lane = lane,
                                .boot = found->boot,
                                .seq = found->seq,
                                .time_us = found->time_us,
                                .payload = found->bytes,
                                .length = found->length};
    return 0;
}

static int memory_get_value(void *self, const char *name, char *value, size_t size, struct err *err)
{
    const struct journal_memory *store = self;
    const char *text = image_value(&store->now, name);
    if (strlen(text) >= size)
        return err_set(err, ERR_INVALID, "journal: value %s is too long", name);
    memcpy(value, text, strlen(text) + 1);
    return 0;
}

static int memory_find_command(void *self, const char *identity, struct journal_command *command,
                               struct err *err)
{
    const struct journal_memory *store = self;
    for (size_t i = store->now.command_count; i > 0; i--) {
        if (strcmp(store->now.commands[i - 1].identity, identity) == 0) {
            *command = store->now.commands[i - 1];
            return 0;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "journal: command %s is unknown", identity);
}

static int memory_next_open(void *self, int64_t number, struct journal_command *command,
                            struct err *err)
{
    const struct journal_memory *store = self;
    for (size_t i = 0; i < store->now.command_count; i++) {
        const struct journal_command *at = &store->now.commands[i];
        bool open = at->outcome[0] == '\0' || strcmp(at->outcome, "accepted") == 0;
        if (at->number > number && open) {
            *command = *at;
            return 0;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "journal: no open command");
}

static void memory_totals(void *self, struct journal_totals *totals)
{
    const struct journal_memory *store = self;
    *totals = (struct journal_totals){.telemetry_bytes = store->now.telemetry_bytes,
                                      .oldest_us = MESSAGE_ABSENT};
    for (int i = 0; i < JOURNAL_LANES; i++) {
        const struct image_lane *lane = &store->now.lanes[i];
        totals->rows[i] = (int64_t)lane->count;
        if (lane->count == 0)
            continue;
        int64_t oldest = lane->rows[lane->first].time_us;
        if (totals->oldest_us == MESSAGE_ABSENT || oldest < totals->oldest_us)
            totals->oldest_us = oldest;
    }
}

static bool memory_is_short(void *self)
{
    const struct journal_memory *store = self;
    return store->is_short;
}

static void memory_recover(void *self)
{
    struct journal_memory *store = self;
    store->is_short = store->full;
}

static void memory_close(void *self)
{
    struct journal_memory *store = self;
    if (store->open_group)
        (void)memory_commit(store, NULL);
}

static const struct journal_ops MEMORY_OPS = {
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .append = memory_append,
    .acknowledge = memory_acknowledge,
    .remove = memory_remove,
    .put_value = memory_put_value,
    .put_command = memory_put_command,
    .purge_commands = memory_purge_commands,
    .next_row = memory_next_row,
    .get_value = memory_get_value,
    .find_command = memory_find_command,
    .next_open_command = memory_next_open,
    .totals = memory_totals,
    .is_short = memory_is_short,
    .recover = memory_recover,
    .close = memory_close,
};

int journal_memory_new(struct journal_memory **store, const char *id, struct err *err)
{
    struct journal_memory *made = calloc(1, sizeof(*made));
    if (!made)
        return err_set(err, ERR_NOMEM, "out of memory");
    (void)snprintf(made->id, sizeof(made->id), "%s", id);
    *store = made;
    return 0;
}

void journal_memory_free(struct journal_memory *store)
{
    if (!store)
        return;
    image_free(&store->durable);
    image_free(&store->now);
    changes_clear(&store->log);
    changes_clear(&store->group);
    free(store->log.items);
    free(store->group.items);
    free(store);
}

int journal_memory_open(struct journal *journal, struct journal_memory *store, struct err *err)
{
    char text[32];
    int64_t boot = strtoll(image_value(&store->now, "boot"), NULL, 10) + 1;
    (void)snprintf(text, sizeof(text), "%" PRId64, boot);
    int rc = memory_begin(store, true, err);
    if (rc == 0)
        rc = memory_put_value(store, "boot", text, err);
    if (rc < 0) {
        memory_rollback(store);
        return rc;
    }
    rc = memory_commit(store, err);
    if (rc < 0)
        return rc;
    *journal = (struct journal){.ops = &MEMORY_OPS, .self = store, .boot = boot};
    (void)snprintf(journal->id, sizeof(journal->id), "%s", store->id);
    return 0;
}

void journal_memory_crash(struct journal_memory *store, bool power)
{
    store->open_group = false;
    changes_clear(&store->group);
    if (power)
        changes_clear(&store->log);
    rebuild(store);
}

void journal_memory_set_full(struct journal_memory *store, bool full)
{
    store->full = full;
}
