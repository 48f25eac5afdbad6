/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real engine on the simulated plant, scheduled as swap-engine's main loop does (a tick of
 * 100 ms, pump, urgent steps), in virtual time, with a monitor that does its duty. Needs cmocka.h
 * before it.
 *
 * Plant: four bays; 1 and 2 hold ready packs, 3 one that charges by itself, 4 is free.
 */
#ifndef SWAPSTACK_TESTS_RULE_RIG_H
#define SWAPSTACK_TESTS_RULE_RIG_H

#include "base/log.h"
#include "drivers/board.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/world.h"
#include "engine/engine.h"
#include "engine/plants.h"
#include "ipc/ipc.h"
#include <stdlib.h>
#include <string.h>

#define RIG_TICK_US (100 * CLOCK_US_PER_MS)

struct rule_rig {
    int64_t now_us, tick_us;
    struct strbuf stored[2]; /* engine.state, the plant's world */
    bool disk_full;
    struct env env;
    struct engine_link link;
    struct board *board;
    struct plants plants;
    struct engine_options options;
    struct engine *engine;
    struct sim_world *world; /* the plant's truth */
    /* monitor */
    bool silent; /* it hangs: no health checks, no acknowledgements */
    int64_t boot, seq, told_us;
    int events;
    char outcome[16], reason[256], answer[64], swap_event[32];
};

static inline int64_t rig_now(void *self)
{
    return ((struct rule_rig *)self)->now_us;
}

static inline void rig_random(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 7, length);
}

static inline struct strbuf *rig_file(struct rule_rig *rig, const char *name)
{
    return &rig->stored[strcmp(name, "engine.state") == 0 ? 0 : 1];
}

static inline int rig_save(void *self, const char *name, const void *bytes, size_t length,
                           struct err *err)
{
    struct rule_rig *rig = self;
    if (rig->disk_full)
        return err_set(err, ERR_FULL, "no space left");
    strbuf_clear(rig_file(rig, name));
    strbuf_append(rig_file(rig, name), bytes, length);
    return 0;
}

static inline int rig_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    const struct strbuf *from = rig_file(self, name);
    if (from->length == 0)
        return err_set(err, ERR_NOT_FOUND, "never saved");
    strbuf_append(to, from->text, from->length);
    return 0;
}

static inline void rig_copy(char *to, size_t size, const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
    if (text)
        snprintf(to, size, "%s", text);
}

static inline int rig_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct rule_rig *rig = self;
    struct ipc_packet packet;
    assert_int_equal(ipc_decode(bytes, length, &packet, err), 0);
    int64_t boot = ipc_integer(&packet, "boot"), seq = ipc_integer(&packet, "seq");
    bool event = packet.type == IPC_EVENT || packet.type == IPC_CHARGE_COMPLETION;
    if (event && (boot > rig->boot || seq > rig->seq)) {
        rig->boot = boot;
        rig->seq = seq;
        rig->events++;
        rig_copy(rig->outcome, sizeof rig->outcome, packet.json, "outcome");
        rig_copy(rig->swap_event, sizeof rig->swap_event, cJSON_GetObjectItem(packet.json, "data"),
                 "event");
        if (packet.type == IPC_CHARGE_COMPLETION)
            rig_copy(rig->reason, sizeof rig->reason, packet.json, "reason");
    }
    if (packet.type == IPC_CHARGE_RESPONSE || packet.type == IPC_SESSION_RESPONSE)
        rig_copy(rig->answer, sizeof rig->answer, packet.json, "reason");
    ipc_packet_free(&packet);
    return 0;
}

static inline void rig_tell(struct rule_rig *rig, cJSON *packet)
{
    struct strbuf text = STRBUF_INIT;
    assert_int_equal(ipc_encode(packet, &text, NULL), 0);
    engine_on_packet(rig->engine, text.text, text.length);
    strbuf_free(&text);
}

static inline cJSON *rig_mark(cJSON *to, const struct rule_rig *rig)
{
    cJSON_AddNumberToObject(to, "boot", (double)rig->boot);
    cJSON_AddNumberToObject(to, "seq", (double)rig->seq);
    return to;
}

static inline void rig_connect(struct rule_rig *rig)
{
    engine_on_monitor_connected(rig->engine);
    cJSON *packet = ipc_begin(IPC_REGISTER_REQUEST, "register");
    cJSON_AddStringToObject(packet, "id", "1231");
    rig_mark(cJSON_AddObjectToObject(packet, "mark"), rig);
    rig_tell(rig, packet);
}

/* Once a second: a sign of life, and what was heard is stored. */
static inline void rig_monitor(struct rule_rig *rig)
{
    if (rig->silent || rig->now_us - rig->told_us < CLOCK_US_PER_SECOND)
        return;
    rig->told_us = rig->now_us;
    cJSON *health = ipc_begin(IPC_HEALTH_CHECK_REQUEST, "h");
    cJSON_AddStringToObject(health, "id", "1231");
    cJSON_AddNumberToObject(health, "timestamp", 0);
    rig_tell(rig, health);
    rig_tell(rig, rig_mark(ipc_begin(IPC_EVENT_ACK, "a"), rig));
}

/* A new engine on the same plant. */
static inline void rig_start(struct rule_rig *rig)
{
    struct err err = {0};
    if (engine_new(&rig->engine, &rig->options, &err))
        fail_msg("%s", err.text);
    rig_connect(rig);
}

static inline void rig_open(struct rule_rig *rig, const char *packs, const char *script)
{
    char text[2048];
    struct err err = {0};
    memset(rig, 0, sizeof *rig);
    snprintf(text, sizeof text,
             "[board]\ncompatible = sim\nname = Test\n[gate]\ndriver = sim\n[lane]\ndriver = sim\n"
             "[guard]\ndriver = sim\n[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"
             "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"
             "[residual_current]\ndriver = sim\n[mains]\ndriver = sim\n[siren]\ndriver = sim\n"
             "[exhaust]\ndriver = sim\n[charge_enable]\ndriver = sim\n"
             "[bays]\ncount = 4\ndriver = sim\n[sim]\nseed = 5\nsessions = none\npacks = %s\n",
             packs ? packs : "nmc:97 lfp:98 nmc:50 empty");
    if (board_parse(text, strlen(text), "test", &rig->board, NULL, &err))
        fail_msg("%s", err.text);
    rig->board->sim.faults = script ? strdup(script) : NULL;
    /* Ticks and the plant's steps are out of phase. */
    rig->now_us = INT64_C(1790161200037000);
    rig->tick_us = rig->now_us + 41000;
    rig->env = (struct env){rig, rig_now, rig_now, rig_now, rig_random, rig_save, rig_load};
    rig->link = (struct engine_link){rig, rig_send};
    if (plants_open(&rig->plants, rig->board, &rig->env, &err))
        fail_msg("%s", err.text);
    rig->world = sim_world_of(rig->plants.list[0].self);
    engine_options_default(&rig->options);
    for (int i = 0; i < 4; i++)
        rig->options.ratings[i] = (struct bay_rating){40, 150, 500};
    rig->options.env = &rig->env;
    rig->options.link = &rig->link;
    rig->options.plants = rig->plants.list;
    rig->options.plant_count = rig->plants.count;
    rig->options.bay_count = 4;
    rig->options.board = rig->options.fw = "test";
}

static inline void rig_close(struct rule_rig *rig)
{
    engine_free(rig->engine);
    plants_close(&rig->plants);
    board_free(rig->board);
    strbuf_free(&rig->stored[0]);
    strbuf_free(&rig->stored[1]);
}

/* Once around the main loop (firmware/engine/main.c, serve). */
static inline void rig_loop(struct rule_rig *rig)
{
    int wait_ms = -1;
    bool urgent = engine_pump(rig->engine, &wait_ms);
    if (!urgent) {
        int64_t wake_us = rig->tick_us;
        if (wait_ms >= 0 && rig->now_us + wait_ms * CLOCK_US_PER_MS < wake_us)
            wake_us = rig->now_us + wait_ms * CLOCK_US_PER_MS;
        if (wake_us > rig->now_us)
            rig->now_us = wake_us;
    }
    bool tick = rig->now_us >= rig->tick_us;
    if (tick)
        rig->tick_us += RIG_TICK_US;
    if (tick || urgent)
        (void)engine_step(rig->engine, 100);
    rig_monitor(rig);
}

static inline void rig_run(struct rule_rig *rig, double seconds)
{
    for (int64_t end_us = rig->now_us + limits_us(seconds); rig->now_us < end_us;)
        rig_loop(rig);
}

static inline const struct bay *rig_bay(const struct rule_rig *rig, int slot)
{
    return &engine_station(rig->engine)->bays[slot - 1];
}

static inline bool rig_has(const struct rule_rig *rig, enum fault_code code, int slot)
{
    return fault_active(&engine_station(rig->engine)->faults, code, slot);
}

/* Asks for a swap; the refusal is in rig->answer, "" accepted. */
static inline void rig_swap(struct rule_rig *rig, const char *command, const char *vehicle,
                            const char *battery)
{
    cJSON *packet = ipc_begin(IPC_CHARGE_REQUEST, "charge");
    cJSON_AddStringToObject(packet, "cp_id", "1231");
    cJSON_AddStringToObject(packet, "driver_id", "anna");
    cJSON_AddStringToObject(packet, "vehicle_id", vehicle);
    cJSON_AddStringToObject(packet, "request_id", command);
    cJSON_AddStringToObject(packet, "command", command);
    if (battery[0])
        cJSON_AddStringToObject(packet, "battery_id", battery);
    snprintf(rig->answer, sizeof rig->answer, "none");
    rig->outcome[0] = rig->reason[0] = '\0';
    rig_tell(rig, packet);
}

/* --- what the plant shows --- */

static inline bool plant_outputs_safe(const struct rule_rig *rig)
{
    const struct io_requests *asked = &rig->world->requests;
    bool safe = asked->gate == IO_MOTION_HOLD && !asked->charge_enable;
    for (int i = 0; i < 4; i++)
        safe = safe && !asked->bays[i].unlock && asked->bays[i].door == IO_MOTION_HOLD &&
               !asked->bays[i].contactor && !asked->bays[i].charger_on;
    return safe;
}

/* GB/T 18487.1: at most 5 A, anywhere. */
static inline bool plant_no_current(const struct rule_rig *rig)
{
    for (int i = 0; i < 4; i++)
        if (rig->world->bays[i].charger.dc_a > 5)
            return false;
    return true;
}

static inline bool plant_charges(const struct rule_rig *rig)
{
    return rig->world->bays[2].charger.dc_a > 20;
}

static inline bool plant_moves(const struct rule_rig *rig)
{
    bool moves = rig->world->requests.gate != IO_MOTION_HOLD;
    for (int i = 0; i < 4; i++)
        moves |= rig->world->requests.bays[i].door != IO_MOTION_HOLD ||
                 rig->world->requests.bays[i].unlock;
    return moves;
}

#endif
