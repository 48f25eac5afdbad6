/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fault.h"
#include "core/limits.h"
#include "core/text.h"

struct fault_kind {
    const char *name, *severity;
    bool latched;
    enum fault_effect effect;
    const char *info;
};

static const struct fault_kind KINDS[FAULT_COUNT] = {
#define FAULT_AS_KIND(name, severity, latched, effect, info)                                       \
    [FAULT_##name] = {#name, severity, latched, effect, info},
    FAULT_TABLE(FAULT_AS_KIND)
#undef FAULT_AS_KIND
};

const char *fault_name(enum fault_code code)
{
    return KINDS[code].name;
}

const char *fault_severity(enum fault_code code)
{
    return KINDS[code].severity;
}

const char *fault_info(enum fault_code code)
{
    return KINDS[code].info;
}

enum fault_effect fault_effect(enum fault_code code)
{
    return KINDS[code].effect;
}

bool fault_is_latched(enum fault_code code)
{
    return KINDS[code].latched;
}

enum fault_code fault_find(const char *name)
{
    for (int code = 0; code < FAULT_COUNT; code++)
        if (text_equal(KINDS[code].name, name))
            return (enum fault_code)code;
    return FAULT_COUNT;
}

static int find(const struct faults *faults, enum fault_code code, int slot)
{
    for (int i = 0; i < faults->count; i++)
        if (faults->list[i].code == code && faults->list[i].slot == slot)
            return i;
    return -1;
}

static void emit(const struct fault *fault, bool active, int64_t now_us,
                 struct station_actions *actions)
{
    struct station_event *event = actions_add(actions, STATION_EVENT_FAULT, now_us);
    actions->transition = true;
    if (!event)
        return;
    struct message_fault *to = &event->data.fault;
    TEXT_SET(to->code, KINDS[fault->code].name);
    TEXT_SET(to->severity, KINDS[fault->code].severity);
    TEXT_SET(to->failure_info, KINDS[fault->code].info);
    to->active = active;
    to->bay = fault->slot ? fault->slot : MESSAGE_ABSENT;
    to->since = (struct timestamp){fault->since_us, TIMESTAMP_EXACT};
    to->count = fault->count;
}

static void end(struct faults *faults, int index, int64_t now_us, struct station_actions *actions)
{
    emit(&faults->list[index], false, now_us, actions);
    faults->count--;
    memmove(&faults->list[index], &faults->list[index + 1],
            (size_t)(faults->count - index) * sizeof *faults->list);
}

static void begin(struct faults *faults, enum fault_code code, int slot, int64_t now_us,
                  struct station_actions *actions)
{
    if (faults->count == FAULTS_MAX)
        return; /* 64 bays × 8 faults: the station is out of service long before */
    struct fault *fault = &faults->list[faults->count++];
    *fault = (struct fault){.code = code, .slot = slot, .since_us = now_us, .count = 1};
    emit(fault, true, now_us, actions);
}

void fault_set(struct faults *faults, enum fault_code code, int slot, bool cause, int64_t now_us,
               double hold_s, struct station_actions *actions)
{
    int index = find(faults, code, slot);
    if (index < 0) {
        if (cause)
            begin(faults, code, slot, now_us, actions);
        return;
    }
    struct fault *fault = &faults->list[index];
    if (cause) {
        if (fault->gone_us)
            fault->count++;
        fault->gone_us = 0;
        return;
    }
    if (!fault->gone_us)
        fault->gone_us = now_us;
    if (!KINDS[code].latched && now_us - fault->gone_us >= limits_us(hold_s))
        end(faults, index, now_us, actions);
}

bool fault_active(const struct faults *faults, enum fault_code code, int slot)
{
    return find(faults, code, slot) >= 0;
}

int fault_worst(const struct faults *faults, int slot)
{
    int worst = -1;
    for (int i = 0; i < faults->count; i++)
        if (faults->list[i].slot == slot && (int)KINDS[faults->list[i].code].effect > worst)
            worst = (int)KINDS[faults->list[i].code].effect;
    return worst;
}

const struct fault *fault_with_effect(const struct faults *faults, int slot,
                                      enum fault_effect effect)
{
    for (int i = 0; i < faults->count; i++)
        if (faults->list[i].slot == slot && KINDS[faults->list[i].code].effect >= effect)
            return &faults->list[i];
    return NULL;
}

void fault_reset(struct faults *faults, int slot, int64_t now_us, struct station_actions *actions)
{
    for (int i = faults->count - 1; i >= 0; i--) {
        const struct fault *fault = &faults->list[i];
        bool ours = slot < 0 || fault->slot == slot;
        if (ours && KINDS[fault->code].latched && fault->gone_us)
            end(faults, i, now_us, actions);
    }
}

void fault_end(struct faults *faults, enum fault_code code, int slot, int64_t now_us,
               struct station_actions *actions)
{
    int index = find(faults, code, slot);
    if (index >= 0)
        end(faults, index, now_us, actions);
}

void fault_restore(struct faults *faults, const struct fault *fault)
{
    if (faults->count < FAULTS_MAX && find(faults, fault->code, fault->slot) < 0)
        faults->list[faults->count++] = *fault;
}
