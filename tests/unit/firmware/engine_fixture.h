/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine in virtual time: the scripted plant of station_fixture.h as its driver, a store in
 * memory that can fail or stop the engine at the k-th save, and a monitor that keeps what it gets
 * by the rule of the hand-over (exactly once, in order).
 */
#ifndef TEST_ENGINE_FIXTURE_H
#define TEST_ENGINE_FIXTURE_H

#include "station_fixture.h"

#include "base/strbuf.h"
#include "engine/engine.h"
#include "engine/intent.h"
#include "ipc/ipc.h"

struct rig_event { /* an event packet as the monitor holds it durably */
    int64_t boot, seq;
    cJSON *json; /* owned */
};

struct rig {
    struct fixture plant;
    struct env env;
    struct engine_link link;
    struct engine_plant driver;
    struct engine_options options;
    struct engine *engine;
    int64_t wall_us;      /* never steps */
    int64_t clock_set_us; /* what somebody has set the clock by */
    /* store */
    struct strbuf stored;
    int saves;
    int fail_from, fail_count; /* saves that fail; from 1, 0: none */
    int crash_at;              /* after this save the process is gone; 0: never */
    bool crashed;
    /* monitor */
    bool connected, busy, journal_short;
    bool acknowledges; /* true at first */
    size_t event_count;
    struct rig_event events[256];
    int repeats;
    cJSON *answer; /* newest packet that is no event and no status */
    int statuses, transitions, notifications, charge_answers;
    struct driver_record record;
    bool has_record;
    int pumped;
    int64_t pump_after_us;
    bool urgent;
};

static inline int64_t rig_wall(void *self)
{
    return ((struct rig *)self)->wall_us;
}

static inline int64_t rig_plant(void *self)
{
    const struct rig *rig = self;
    return rig->wall_us + rig->clock_set_us;
}

static inline void rig_random(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 0x5a, length);
}

static inline int rig_save(void *self, const char *name, const void *bytes, size_t length,
                           struct err *err)
{
    struct rig *rig = self;
    assert_string_equal(name, INTENT_NAME);
    int number = ++rig->saves;
    if (rig->crashed)
        return err_set(err, ERR_STORAGE, "the process is gone");
    if (rig->fail_from && number >= rig->fail_from && number < rig->fail_from + rig->fail_count)
        return err_set(err, ERR_FULL, "no space left");
    strbuf_clear(&rig->stored);
    strbuf_append(&rig->stored, bytes, length);
    rig->crashed = rig->crash_at && number == rig->crash_at;
    return 0;
}

static inline int rig_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    struct rig *rig = self;
    assert_string_equal(name, INTENT_NAME);
    if (rig->stored.length == 0)
        return err_set(err, ERR_NOT_FOUND, "never saved");
    strbuf_append(to, rig->stored.text, rig->stored.length);
    return 0;
}

static inline int rig_read(void *self, int64_t now_us, struct io_readings *readings,
                           struct err *err)
{
    struct rig *rig = self;
    (void)err;
    while (rig->plant.now_us + FIXTURE_STEP_US <= now_us)
        fixture_plant_step(&rig->plant);
    *readings = rig->plant.in;
    readings->now_us = now_us;
    return 0;
}

/* What a process that was killed writes does not arrive. */
static inline int rig_write(void *self, int64_t now_us, const struct io_requests *requests,
                            const struct io_readings *readings, struct err *err)
{
    struct rig *rig = self;
    (void)now_us;
    (void)readings;
    (void)err;
    if (!rig->crashed)
        rig->plant.out = *requests;
    return 0;
}

static inline bool rig_pump(void *self, int64_t now_us, int64_t *next_us)
{
    struct rig *rig = self;
    rig->pumped++;
    *next_us = now_us + rig->pump_after_us;
    return rig->urgent;
}

static inline bool rig_take_record(void *self, struct driver_record *record)
{
    struct rig *rig = self;
    *record = rig->record;
    bool had = rig->has_record;
    rig->has_record = false;
    return had;
}

static inline void rig_close(void *self)
{
    (void)self;
}

static const struct driver_ops RIG_DRIVER = {
    .name = "rig",
    .read = rig_read,
    .write = rig_write,
    .pump = rig_pump,
    .take_record = rig_take_record,
    .steppable = true,
    .close = rig_close,
};

/* --- the monitor --- */

static inline void rig_tell(struct rig *rig, cJSON *packet)
{
    struct strbuf text = STRBUF_INIT;
    assert_int_equal(ipc_encode(packet, &text, NULL), 0);
    engine_on_packet(rig->engine, text.text, text.length);
    strbuf_free(&text);
}

static inline void rig_keep_event(struct rig *rig, const struct ipc_packet *packet)
{
    int64_t boot = ipc_integer(packet, "boot"), seq = ipc_integer(packet, "seq");
    const struct rig_event *last =
        rig->event_count ? &rig->events[rig->event_count - 1] : &(struct rig_event){0};
    bool old = boot < last->boot || (boot == last->boot && seq <= last->seq);
    if (old) {
        rig->repeats++;
        return;
    }
    /* no gap within a boot, each boot begins with 1, each names the one before it */
    assert_int_equal(seq, boot == last->boot ? last->seq + 1 : 1);
    int64_t prev_boot = ipc_integer(packet, "prev_boot"), prev = ipc_integer(packet, "prev_seq");
    assert_true((prev_boot == last->boot && prev == last->seq) || (prev_boot == 0 && prev == 0));
    assert_true(rig->event_count < 256);
    rig->events[rig->event_count++] =
        (struct rig_event){boot, seq, cJSON_Duplicate(packet->json, true)};
}

static inline int rig_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct rig *rig = self;
    struct ipc_packet packet;
    if (!rig->connected || rig->crashed)
        return err_set(err, ERR_UNAVAILABLE, "nobody is there");
    if (rig->busy)
        return err_set(err, ERR_BUSY, "not now");
    assert_int_equal(ipc_decode(bytes, length, &packet, NULL), 0);
    switch (packet.type) {
    case IPC_EVENT:
    case IPC_CHARGE_COMPLETION:
        rig_keep_event(rig, &packet);
        break;
    case IPC_STATUS:
        rig->statuses++;
        rig->transitions += cJSON_IsTrue(cJSON_GetObjectItem(packet.json, "transition"));
        break;
    case IPC_FAULT_NOTIFICATION:
        rig->notifications++;
        break;
    default:
        rig->charge_answers += packet.type == IPC_CHARGE_RESPONSE;
        cJSON_Delete(rig->answer);
        rig->answer = cJSON_Duplicate(packet.json, true);
        break;
    }
    ipc_packet_free(&packet);
    return 0;
}

static inline const char *rig_answer(const struct rig *rig, const char *field)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(rig->answer, field));
    return text ? text : "";
}

static inline void rig_acknowledge(struct rig *rig)
{
    if (!rig->event_count)
        return;
    const struct rig_event *last = &rig->events[rig->event_count - 1];
    cJSON *packet = ipc_begin(IPC_EVENT_ACK, "ack");
    cJSON_AddNumberToObject(packet, "boot", (double)last->boot);
    cJSON_AddNumberToObject(packet, "seq", (double)last->seq);
    rig_tell(rig, packet);
}

static inline void rig_health(struct rig *rig)
{
    cJSON *packet = ipc_begin(IPC_HEALTH_CHECK_REQUEST, "health");
    cJSON_AddStringToObject(packet, "id", "1231");
    cJSON_AddNumberToObject(packet, "timestamp", 1);
    cJSON_AddStringToObject(packet, "storage", rig->journal_short ? "short" : "ok");
    rig_tell(rig, packet);
}

static inline void rig_connect(struct rig *rig)
{
    const struct rig_event *last =
        rig->event_count ? &rig->events[rig->event_count - 1] : &(struct rig_event){0};
    rig->connected = true;
    engine_on_monitor_connected(rig->engine);
    cJSON *packet = ipc_begin(IPC_REGISTER_REQUEST, "register");
    cJSON_AddStringToObject(packet, "id", "1231");
    cJSON *mark = cJSON_AddObjectToObject(packet, "mark");
    cJSON_AddNumberToObject(mark, "boot", (double)last->boot);
    cJSON_AddNumberToObject(mark, "seq", (double)last->seq);
    rig_tell(rig, packet);
}

static inline void rig_disconnect(struct rig *rig)
{
    rig->connected = false;
    engine_on_monitor_lost(rig->engine);
}

/* --- life --- */

static inline void rig_open(struct rig *rig)
{
    struct err err = {0};
    rig->crashed = false;
    if (engine_new(&rig->engine, &rig->options, &err))
        fail_msg("the engine does not start: %s", err.text);
}

static inline void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    fixture_init(&rig->plant, 6);
    const struct io_pack packs[] = {fixture_pack("P-1", 96), fixture_pack("P-2", 97),
                                    fixture_pack("P-3", 98), fixture_pack("P-4", 50)};
    for (int i = 0; i < 4; i++)
        fixture_put(&rig->plant, i + 1, &packs[i]);
    rig->wall_us = rig->plant.now_us;
    rig->env = (struct env){rig, rig_wall, rig_wall, rig_plant, rig_random, rig_save, rig_load};
    rig->link = (struct engine_link){rig, rig_send};
    rig->driver = (struct engine_plant){&RIG_DRIVER, rig, NULL};
    rig->acknowledges = true;
    engine_options_default(&rig->options);
    rig->options.env = &rig->env;
    rig->options.link = &rig->link;
    rig->options.plants = &rig->driver;
    rig->options.plant_count = 1;
    rig->options.bay_count = 6;
    rig->options.board = "rig";
    rig->options.fw = "1";
    rig_open(rig);
}

/* The process is gone: outputs fall to their safe level, nothing is saved. */
static inline void rig_kill(struct rig *rig)
{
    engine_free(rig->engine);
    rig->engine = NULL;
    rig->connected = false;
    memset(&rig->plant.out, 0, sizeof rig->plant.out);
}

static inline void rig_free(struct rig *rig)
{
    engine_free(rig->engine);
    for (size_t i = 0; i < rig->event_count; i++)
        cJSON_Delete(rig->events[i].json);
    cJSON_Delete(rig->answer);
    strbuf_free(&rig->stored);
    fixture_free(&rig->plant);
}

/* Ticks of 100 ms with a monitor that does its duty. Stops early when the process is gone. */
static inline void rig_run(struct rig *rig, double seconds)
{
    for (double t = 0; t < seconds && !rig->crashed; t += 0.1) {
        rig->wall_us += FIXTURE_STEP_US;
        (void)engine_step(rig->engine, 100);
        if (rig->crashed)
            return;
        if (rig->connected && rig->acknowledges)
            rig_acknowledge(rig);
        if (rig->connected && (rig->wall_us / FIXTURE_STEP_US) % 300 == 0)
            rig_health(rig);
    }
}

/* `count` 0: it is not said. */
static inline void rig_charge_set(struct rig *rig, const char *command, int count)
{
    cJSON *packet = ipc_begin(IPC_CHARGE_REQUEST, "charge");
    cJSON_AddStringToObject(packet, "cp_id", "1231");
    cJSON_AddStringToObject(packet, "driver_id", "anna");
    cJSON_AddStringToObject(packet, "vehicle_id", "CAR-1");
    cJSON_AddStringToObject(packet, "request_id", command);
    cJSON_AddStringToObject(packet, "command", command);
    if (count)
        cJSON_AddNumberToObject(packet, "count", count);
    rig_tell(rig, packet);
}

static inline void rig_charge(struct rig *rig, const char *command)
{
    rig_charge_set(rig, command, 0);
}

/* Swap events of that name; of all requests. */
static inline int rig_count_swaps(const struct rig *rig, const char *name)
{
    int count = 0;
    for (size_t i = 0; i < rig->event_count; i++) {
        const cJSON *data = cJSON_GetObjectItem(rig->events[i].json, "data");
        const char *event = cJSON_GetStringValue(cJSON_GetObjectItem(data, "event"));
        count += event && text_equal(event, name);
    }
    return count;
}

/* "done", "failed", "" none yet; fails when there are two for the command. */
static inline const char *rig_outcome(const struct rig *rig, const char *command,
                                      const char **reason)
{
    const char *outcome = "";
    for (size_t i = 0; i < rig->event_count; i++) {
        const cJSON *json = rig->events[i].json;
        const char *of = cJSON_GetStringValue(cJSON_GetObjectItem(json, "command"));
        if (!of || !text_equal(of, command))
            continue;
        assert_string_equal(outcome, "");
        outcome = cJSON_GetStringValue(cJSON_GetObjectItem(json, "outcome"));
        if (reason)
            *reason = cJSON_GetStringValue(cJSON_GetObjectItem(json, "reason"));
    }
    return outcome;
}

static inline void rig_until_outcome(struct rig *rig, const char *command, double seconds)
{
    for (double t = 0; t < seconds && !rig_outcome(rig, command, NULL)[0] && !rig->crashed; t += 1)
        rig_run(rig, 1);
}

#endif
