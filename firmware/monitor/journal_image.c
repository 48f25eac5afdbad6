/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/journal_image.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static char *copy_bytes(const char *bytes, size_t length)
{
    char *copy = must(malloc(length + 1));
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static bool is_after(const struct image_row *row, int64_t boot, int64_t seq)
{
    return row->boot > boot || (row->boot == boot && row->seq > seq);
}

/* Index of the first row after (boot, seq), `count` when there is none. */
static size_t find_after(const struct image_lane *lane, int64_t boot, int64_t seq)
{
    size_t low = 0, high = lane->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(&lane->rows[lane->first + middle], boot, seq))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void count_bytes(struct image *image, const struct image_lane *lane,
                        const struct image_row *row, int sign)
{
    if (lane == &image->lanes[lane_index(LANE_TELEMETRY)])
        image->telemetry_bytes += sign * (int64_t)(row->length + JOURNAL_ROW_OVERHEAD);
}

static void append(struct image *image, const struct change *change)
{
    struct image_lane *lane = &image->lanes[lane_index(change->lane)];
    if (lane->first > 64 && lane->first > lane->count) { /* give back what was acknowledged */
        memmove(lane->rows, lane->rows + lane->first, lane->count * sizeof(*lane->rows));
        lane->first = 0;
    }
    if (lane->first + lane->count == lane->capacity) {
        lane->capacity = lane->capacity ? lane->capacity * 2 : 64;
        lane->rows = must(realloc(lane->rows, lane->capacity * sizeof(*lane->rows)));
    }
    struct image_row row = {change->boot, change->seq, change->time_us,
                            copy_bytes(change->bytes, change->length), change->length};
    assert(find_after(lane, change->boot, change->seq - 1) == lane->count);
    lane->rows[lane->first + lane->count++] = row;
    count_bytes(image, lane, &row, 1);
}

static void take_out(struct image *image, struct image_lane *lane, size_t index)
{
    struct image_row *row = &lane->rows[lane->first + index];
    count_bytes(image, lane, row, -1);
    free(row->bytes);
    if (index == 0)
        lane->first++;
    else
        memmove(row, row + 1, (lane->count - index - 1) * sizeof(*row));
    lane->count--;
}

static void acknowledge(struct image *image, const struct change *change)
{
    struct image_lane *lane = &image->lanes[lane_index(change->lane)];
    size_t from = find_after(lane, change->boot, 0);
    size_t to = find_after(lane, change->boot, change->seq);
    while (to > from)
        take_out(image, lane, --to);
}

static void remove_row(struct image *image, const struct change *change)
{
    struct image_lane *lane = &image->lanes[lane_index(change->lane)];
    size_t index = find_after(lane, change->boot, change->seq - 1);
    if (index < lane->count && lane->rows[lane->first + index].boot == change->boot &&
        lane->rows[lane->first + index].seq == change->seq)
        take_out(image, lane, index);
}

static void put_value(struct image *image, const struct change *change)
{
    char *text = copy_bytes(change->bytes, change->length);
    for (size_t i = 0; i < image->value_count; i++) {
        if (strcmp(image->values[i].name, change->name) == 0) {
            free(image->values[i].text);
            image->values[i].text = text;
            return;
        }
    }
    image->values = must(realloc(image->values, (image->value_count + 1) * sizeof(*image->values)));
    struct image_value *value = &image->values[image->value_count++];
    memcpy(value->name, change->name, sizeof(value->name));
    value->text = text;
}

static void put_command(struct image *image, const struct change *change)
{
    for (size_t i = 0; i < image->command_count; i++) {
        if (image->commands[i].number == change->command.number) {
            image->commands[i] = change->command;
            return;
        }
    }
    image->commands =
        must(realloc(image->commands, (image->command_count + 1) * sizeof(*image->commands)));
    image->commands[image->command_count++] = change->command;
}

static bool is_closed(const struct journal_command *command)
{
    return command->outcome[0] != '\0' && strcmp(command->outcome, "accepted") != 0;
}

static void purge(struct image *image, const struct change *change)
{
    size_t kept = 0, count = image->command_count;
    for (size_t i = 0; i < count; i++) {
        const struct journal_command *command = &image->commands[i];
        bool newest = (int64_t)(count - i) <= change->keep;
        if (newest || !is_closed(command) || command->seen_wall_us >= change->before_us)
            image->commands[kept++] = *command;
    }
    image->command_count = kept;
}

void image_apply(struct image *image, const struct change *change)
{
    switch (change->kind) {
    case CHANGE_APPEND:
        append(image, change);
        break;
    case CHANGE_ACKNOWLEDGE:
        acknowledge(image, change);
        break;
    case CHANGE_REMOVE:
        remove_row(image, change);
        break;
    case CHANGE_VALUE:
        put_value(image, change);
        break;
    case CHANGE_COMMAND:
        put_command(image, change);
        break;
    case CHANGE_PURGE:
        purge(image, change);
        break;
    }
}

void image_free(struct image *image)
{
    for (int i = 0; i < JOURNAL_LANES; i++) {
        struct image_lane *lane = &image->lanes[i];
        for (size_t k = 0; k < lane->count; k++)
            free(lane->rows[lane->first + k].bytes);
        free(lane->rows);
    }
    for (size_t i = 0; i < image->value_count; i++)
        free(image->values[i].text);
    free(image->values);
    free(image->commands);
    *image = (struct image){0};
}

void image_copy(struct image *to, const struct image *from)
{
    image_free(to);
    to->telemetry_bytes = from->telemetry_bytes;
    for (int i = 0; i < JOURNAL_LANES; i++) {
        const struct image_lane *lane = &from->lanes[i];
        if (lane->count == 0)
            continue;
        struct image_lane *copy = &to->lanes[i];
        copy->rows = must(calloc(lane->count, sizeof(*copy->rows)));
        copy->count = copy->capacity = lane->count;
        for (size_t k = 0; k < lane->count; k++) {
            copy->rows[k] = lane->rows[lane->first + k];
            copy->rows[k].bytes = copy_bytes(copy->rows[k].bytes, copy->rows[k].length);
        }
    }
    if (from->value_count > 0)
        to->values = must(calloc(from->value_count, sizeof(*to->values)));
    for (; to->value_count < from->value_count; to->value_count++) {
        struct image_value *value = &to->values[to->value_count];
        *value = from->values[to->value_count];
        value->text = copy_bytes(value->text, strlen(value->text));
    }
    if (from->command_count > 0) {
        size_t bytes = from->command_count * sizeof(*to->commands);
        to->commands = must(malloc(bytes));
        memcpy(to->commands, from->commands, bytes);
        to->command_count = from->command_count;
    }
}

const struct image_row *image_next(const struct image *image, enum message_lane lane, int64_t boot,
                                   int64_t seq)
{
    const struct image_lane *rows = &image->lanes[lane_index(lane)];
    size_t index = find_after(rows, boot, seq);
    return index < rows->count ? &rows->rows[rows->first + index] : NULL;
}

const char *image_value(const struct image *image, const char *name)
{
    for (size_t i = 0; i < image->value_count; i++) {
        if (strcmp(image->values[i].name, name) == 0)
            return image->values[i].text;
    }
    return "";
}
