/* SPDX-License-Identifier: Apache-2.0 */
#include "core/actions.h"
#include <stdlib.h>
#include <string.h>

struct station_event *actions_add(struct station_actions *actions, enum station_event_kind kind,
                                  int64_t at_us)
{
    actions->intent_changed = true;
    if (actions->count == actions->capacity) {
        size_t capacity = actions->capacity ? actions->capacity * 2 : 8;
        struct station_event *events = realloc(actions->events, capacity * sizeof *events);
        if (!events) {
            actions->failed = true;
            return NULL;
        }
        actions->events = events;
        actions->capacity = capacity;
    }
    struct station_event *event = &actions->events[actions->count++];
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->at_us = at_us;
    return event;
}

void actions_clear(struct station_actions *actions)
{
    actions->intent_changed = actions->transition = actions->failed = false;
    actions->count = 0;
}

void actions_free(struct station_actions *actions)
{
    free(actions->events);
    *actions = (struct station_actions){0};
}
