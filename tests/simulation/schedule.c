/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool earlier(const struct schedule_event *a, const struct schedule_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void drop(const struct schedule_event *event)
{
    if (event->discard)
        event->discard(event->what);
}

void schedule_free(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->count; i++)
        drop(&schedule->heap[i]);
    free(schedule->heap);
    *schedule = (struct schedule){0};
}

static void swap(struct schedule *schedule, size_t a, size_t b)
{
    struct schedule_event kept = schedule->heap[a];
    schedule->heap[a] = schedule->heap[b];
    schedule->heap[b] = kept;
}

void schedule_add(struct schedule *schedule, int64_t after_us, const struct schedule_event *event)
{
    if (schedule->count == schedule->capacity) {
        schedule->capacity = schedule->capacity ? 2 * schedule->capacity : 64;
        schedule->heap = realloc(schedule->heap, schedule->capacity * sizeof *schedule->heap);
        assert(schedule->heap);
    }
    size_t at = schedule->count++;
    struct schedule_event *added = &schedule->heap[at];
    *added = *event;
    added->at_us = schedule->now_us + (after_us > 0 ? after_us : 0);
    added->order = ++schedule->order;
    if (added->life)
        added->life_then = *added->life;
    while (at > 0 && earlier(&schedule->heap[at], &schedule->heap[(at - 1) / 2])) {
        swap(schedule, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static struct schedule_event take(struct schedule *schedule)
{
    struct schedule_event first = schedule->heap[0];
    schedule->heap[0] = schedule->heap[--schedule->count];
    for (size_t at = 0;;) {
        size_t least = at, left = 2 * at + 1, right = left + 1;
        if (left < schedule->count && earlier(&schedule->heap[left], &schedule->heap[least]))
            least = left;
        if (right < schedule->count && earlier(&schedule->heap[right], &schedule->heap[least]))
            least = right;
        if (least == at)
            return first;
        swap(schedule, at, least);
        at = least;
    }
}

void schedule_run(struct schedule *schedule, int64_t until_us)
{
    while (schedule->count > 0 && schedule->heap[0].at_us <= until_us) {
        struct schedule_event event = take(schedule);
        assert(event.at_us >= schedule->now_us);
        schedule->now_us = event.at_us;
        if (event.life && *event.life != event.life_then) {
            drop(&event);
            continue;
        }
        schedule->happened++;
        event.happen(event.self, event.what);
    }
    schedule->now_us = until_us;
}
