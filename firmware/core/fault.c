/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fault.h"
#include "core/limits.h"
#include "core/text.h"

static const struct fault_kind KINDS[FAULT_COUNT] = {
#define FAULT_AS_KIND(name, ...) [FAULT_##name] = {#name, __VA_ARGS__},
    FAULT_TABLE(FAULT_AS_KIND)
#undef FAULT_AS_KIND
};

const struct fault_kind *fault_kind(enum fault_code code)
{
    return &KINDS[code];
}

const char *fault_effect_text(enum fault_effect effect)
{
    static const char *const TEXTS[] = {[FAULT_REPORTS] = "reports only",
                                        [FAULT_STOPS] = "stops charging",
                                        [FAULT_BLOCKS] = "out of service",
                                        [FAULT_QUARANTINES] = "quarantine",
                                        [FAULT_EMERGENCY] = "all outputs safe"};
    return TEXTS[effect];
}

const char *fault_name(enum fault_code code)
{
    return KINDS[code].name;
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

/* It went by itself and may come back. */
static void remember(struct faults *faults, const struct fault *fault, int64_t now_us)
{
    struct fault *ended = &faults->ended[faults->ended_next];
    faults->ended_next = (faults->ended_next + 1) % FAULTS_ENDED_MAX;
    *ended = *fault;
    ended->since_us = now_us;
}

static void end(struct faults *faults, int index, int64_t now_us, struct station_actions *actions)
{
    emit(&faults->list[index], false, now_us, actions);
    faults->count--;
    memmove(&faults->list[index], &faults->list[index + 1],
            (size_t)(faults->count - index) * sizeof *faults->list);
}

/* How often it came before, when it ended not long ago. */
static int64_t returns(struct faults *faults, enum fault_code code, int slot, int64_t now_us,
                       const struct station_limits *limits)
{
    int64_t count = 0;
    for (int i = 0; i < FAULTS_ENDED_MAX; i++) {
        struct fault *ended = &faults->ended[i];
        if (ended->count == 0 || ended->code != code || ended->slot != slot)
            continue;
        if (now_us - ended->since_us < limits_us(limits->fault_flap_s))
            count = ended->count;
        ended->count = 0; /* forgotten: it counts on, or begins anew */
    }
    return count;
}

static void begin(struct faults *faults, const struct fault *fault, struct station_actions *actions)
{
    if (faults->count == FAULTS_MAX)
        return; /* 64 bays × 8 faults: the station is out of service long before */
    faults->list[faults->count++] = *fault;
    emit(fault, true, fault->since_us, actions);
}

/* How long its cause must be gone: longer with each return. */
static int64_t hold_us(const struct fault *fault, const struct station_limits *limits)
{
    int64_t hold = limits_us(limits->fault_hold_s), most = limits_us(limits->fault_flap_s);
    for (int64_t i = 1; i < fault->count && hold < most; i++)
        hold *= 2;
    return hold < most ? hold : most > 0 ? most : hold;
}

void fault_set(struct faults *faults, enum fault_code code, int slot, bool cause, int64_t now_us,
               const struct station_limits *limits, struct station_actions *actions)
{
    int index = find(faults, code, slot);
    if (index < 0) {
        if (!cause)
            return;
        int64_t count = 1 + returns(faults, code, slot, now_us, limits);
        struct fault fault = {.code = code, .slot = slot, .since_us = now_us, .count = count};
        begin(faults, &fault, actions);
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
    if (!KINDS[code].latched && now_us - fault->gone_us >= hold_us(fault, limits)) {
        remember(faults, fault, now_us);
        end(faults, index, now_us, actions);
    }
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
        if (ours && fault->gone_us)
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
