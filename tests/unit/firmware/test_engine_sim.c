/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with the simulated plant and the board and configuration that are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/log.h"
#include "engine/options.h"
#include "engine/plants.h"
#include "firmware/near.h"
#include "ipc/ipc.h"
#include <string.h>

#define SAMPLES_MAX 20000

struct sample {
    char session[65];
    double at_s, added_kwh, power_kw;
    bool charge;
};

struct run {
    int64_t now_us;
    struct strbuf stored[2]; /* engine.state, sim-world.json */
    struct env env;
    struct engine_link link;
    struct board *board;
    struct plants plants;
    struct engine *engine;
    struct engine_options options;
    int64_t boot, seq;
    int done, failed, off_loads, on_loads, commissioned, completed, faults;
    size_t sample_count;
    struct sample samples[SAMPLES_MAX];
};

static int64_t run_now(void *self)
{
    return ((struct run *)self)->now_us;
}

static void run_random(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 7, length);
}

static struct strbuf *file(struct run *run, const char *name)
{
    return &run->stored[strcmp(name, "engine.state") == 0 ? 0 : 1];
}

static int run_save(void *self, const char *name, const void *bytes, size_t length, struct err *err)
{
    struct strbuf *to = file(self, name);
    (void)err;
    strbuf_clear(to);
    strbuf_append(to, bytes, length);
    return 0;
}

static int run_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    const struct strbuf *from = file(self, name);
    if (from->length == 0)
        return err_set(err, ERR_NOT_FOUND, "never saved");
    strbuf_append(to, from->text, from->length);
    return 0;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
    return text ? text : "";
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void keep_samples(struct run *run, const cJSON *json)
{
    const cJSON *battery = NULL;
    cJSON_ArrayForEach(battery, cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "battery"))
    {
        if (!text_of(battery, "session")[0] || run->sample_count == SAMPLES_MAX)
            continue;
        struct sample *sample = &run->samples[run->sample_count++];
        snprintf(sample->session, sizeof sample->session, "%s", text_of(battery, "session"));
        sample->at_s = number_of(json, "time") / 1e6;
        sample->added_kwh = number_of(battery, "chargeEnergyAdded");
        sample->power_kw = number_of(battery, "chargerPower");
        sample->charge = cJSON_IsTrue(cJSON_GetObjectItem(battery, "charge"));
    }
}

static void keep_event(struct run *run, const struct ipc_packet *packet)
{
    const cJSON *data = cJSON_GetObjectItem(packet->json, "data");
    const char *event = text_of(data, "event");
    int64_t seq = ipc_integer(packet, "seq"), boot = ipc_integer(packet, "boot");
    if (boot < run->boot || (boot == run->boot && seq <= run->seq))
        return;
    run->boot = boot;
    run->seq = seq;
    run->done += strcmp(text_of(packet->json, "outcome"), "done") == 0;
    run->failed += strcmp(text_of(packet->json, "outcome"), "failed") == 0;
    bool earlier = strcmp(text_of(data, "requestId"), "commissioning") == 0;
    run->commissioned += earlier;
    run->off_loads += strcmp(event, "Off-Load") == 0;
    run->on_loads += strcmp(event, "On-Load") == 0 && !earlier;
    run->completed += strcmp(text_of(data, "status"), "completed") == 0;
    run->faults += text_of(data, "severity")[0] != '\0';
}

static int run_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct run *run = self;
    struct ipc_packet packet;
    assert_int_equal(ipc_decode(bytes, length, &packet, err), 0);
    if (packet.type == IPC_STATUS)
        keep_samples(run, packet.json);
    if (packet.type == IPC_EVENT || packet.type == IPC_CHARGE_COMPLETION)
        keep_event(run, &packet);
    ipc_packet_free(&packet);
    return 0;
}

static void tell(struct run *run, cJSON *packet)
{
    struct strbuf text = STRBUF_INIT;
    assert_int_equal(ipc_encode(packet, &text, NULL), 0);
    engine_on_packet(run->engine, text.text, text.length);
    strbuf_free(&text);
}

static void start(struct run *run)
{
    struct err err = {0};
    struct config *config = NULL;
    assert_int_equal(config_new(&config, ENGINE_KEYS, ENGINE_KEY_COUNT, &err), 0);
    assert_int_equal(options_read(&run->options, config, run->board, &err), 0);
    config_free(config);
    if (plants_open(&run->plants, run->board, &run->env, &err))
        fail_msg("%s", err.text);
    run->options.env = &run->env;
    run->options.link = &run->link;
    run->options.plants = run->plants.list;
    run->options.plant_count = run->plants.count;
    if (engine_new(&run->engine, &run->options, &err))
        fail_msg("%s", err.text);
    engine_on_monitor_connected(run->engine);
    cJSON *packet = ipc_begin(IPC_REGISTER_REQUEST, "register");
    cJSON_AddStringToObject(packet, "id", "1231");
    cJSON *mark = cJSON_AddObjectToObject(packet, "mark");
    cJSON_AddNumberToObject(mark, "boot", (double)run->boot);
    cJSON_AddNumberToObject(mark, "seq", (double)run->seq);
    tell(run, packet);
}

static void init(struct run *run)
{
    struct err err = {0};
    memset(run, 0, sizeof *run);
    run->now_us = INT64_C(1795258680000000);
    run->env = (struct env){run, run_now, run_now, run_now, run_random, run_save, run_load};
    run->link = (struct engine_link){run, run_send};
    if (board_load(SOURCE_DIR "/boards/sim", NULL, &run->board, NULL, &err))
        fail_msg("%s", err.text);
    start(run);
}

static void run_for(struct run *run, double seconds)
{
    for (int64_t end_us = run->now_us + (int64_t)(seconds * 1e6); run->now_us < end_us;) {
        run->now_us += 1000000; /* a second a tick: the engine advances in steps of its own */
        while (engine_step(run->engine, 3))
            continue;
        cJSON *health = ipc_begin(IPC_HEALTH_CHECK_REQUEST, "h");
        cJSON_AddStringToObject(health, "id", "1231");
        cJSON_AddNumberToObject(health, "timestamp", 0);
        tell(run, health);
        cJSON *ack = ipc_begin(IPC_EVENT_ACK, "a");
        cJSON_AddNumberToObject(ack, "boot", (double)run->boot);
        cJSON_AddNumberToObject(ack, "seq", (double)run->seq);
        tell(run, ack);
    }
}

static void charge(struct run *run, const char *vehicle, const char *command)
{
    cJSON *packet = ipc_begin(IPC_CHARGE_REQUEST, "charge");
    cJSON_AddStringToObject(packet, "cp_id", "1231");
    cJSON_AddStringToObject(packet, "driver_id", "anna");
    cJSON_AddStringToObject(packet, "vehicle_id", vehicle);
    cJSON_AddStringToObject(packet, "request_id", command);
    cJSON_AddStringToObject(packet, "command", command);
    tell(run, packet);
}

static void stop(struct run *run)
{
    assert_int_equal(engine_stop(run->engine, NULL), 0);
    engine_free(run->engine);
    plants_close(&run->plants);
}

static void release(struct run *run)
{
    stop(run);
    board_free(run->board);
    strbuf_free(&run->stored[0]);
    strbuf_free(&run->stored[1]);
}

/* Sum of power of the later sample times the interval, as the cloud integrates it. */
static void check_energies(const struct run *run)
{
    for (size_t i = 0; i < run->sample_count; i++) {
        const struct sample *end = &run->samples[i];
        double used = 0;
        const struct sample *last = NULL;
        if (end->charge)
            continue;
        for (size_t k = 0; k <= i; k++) {
            const struct sample *sample = &run->samples[k];
            if (strcmp(sample->session, end->session) != 0)
                continue;
            if (last) {
                used += sample->power_kw * (sample->at_s - last->at_s) / 3600;
                assert_true(sample->added_kwh >= last->added_kwh);
            } else {
                assert_near(sample->added_kwh, 0, 0);
            }
            last = sample;
        }
        double ratio = used > 0 ? end->added_kwh / used : 1;
        if (end->added_kwh > 1 && !(ratio > 0.88 && ratio < 0.97))
            fail_msg("session %s: added %g kWh of %g kWh used", end->session, end->added_kwh, used);
    }
}

static void five_vehicles_are_served(void **state)
{
    (void)state;
    static struct run run;
    init(&run);
    run_for(&run, 10);
    static const char *const VEHICLES[] = {"VEH-1", "VEH-2", "VEH-3", "VEH-1", "VEH-2"};
    for (int i = 0; i < 5; i++) {
        char command[] = "c0";
        command[1] = (char)('0' + i);
        charge(&run, VEHICLES[i], command);
        run_for(&run, 900);
    }
    assert_int_equal(run.done, 5);
    assert_int_equal(run.failed, 0);
    assert_int_equal(run.off_loads, 5);
    assert_int_equal(run.on_loads, 5);
    assert_int_equal(run.commissioned, 3);
    assert_int_equal(run.faults, 0);
    assert_true(run.completed >= 5);
    check_energies(&run);
    release(&run);
}

/* Engine and plant stop in the middle of everything and come back from what they saved. */
static void a_restart_in_the_middle_keeps_the_books(void **state)
{
    (void)state;
    static struct run run;
    init(&run);
    run_for(&run, 10);
    charge(&run, "VEH-1", "c1");
    run_for(&run, 75);
    stop(&run);
    run.now_us += 20000000;
    start(&run);
    run_for(&run, 10);
    assert_int_equal(run.failed + run.done, 1);
    charge(&run, "VEH-1", "c2");
    run_for(&run, 900);
    assert_int_equal(run.failed + run.done, 2);
    assert_int_equal(run.off_loads, run.on_loads);
    assert_int_equal(run.commissioned, 1);
    charge(&run, "VEH-1", "c3");
    run_for(&run, 900);
    assert_true(run.done >= 1);
    assert_int_equal(run.off_loads, run.on_loads);
    release(&run);
}

static void the_example_file_is_the_key_table(void **state)
{
    (void)state;
    char *generated = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&generated, &size);
    config_write_example(ENGINE_KEYS, ENGINE_KEY_COUNT, "swap-engine", memory);
    (void)fclose(memory);
    struct strbuf shipped = STRBUF_INIT;
    FILE *in = fopen(SOURCE_DIR "/firmware/engine/swap-engine.example.ini", "r");
    assert_non_null(in);
    char part[4096];
    for (size_t got = 0; (got = fread(part, 1, sizeof part, in)) > 0;)
        strbuf_append(&shipped, part, got);
    (void)fclose(in);
    assert_string_equal(strbuf_text(&shipped), generated);
    free(generated);
    strbuf_free(&shipped);
}

static void configuration_becomes_options(void **state)
{
    (void)state;
    static struct run run;
    struct err err = {0};
    struct config *config = NULL;
    init(&run);
    assert_int_equal(config_new(&config, ENGINE_KEYS, ENGINE_KEY_COUNT, &err), 0);
    const char *text = "[limits]\ndoor_s = 7\n[charging]\ntarget_soc = 90\nresume = confirm\n"
                       "chemistries = LFP\n";
    assert_int_equal(config_read_text(config, text, strlen(text), "test.ini", &err), 0);
    assert_int_equal(options_read(&run.options, config, run.board, &err), 0);
    assert_near(run.options.limits.door_s, 7, 0);
    assert_near(run.options.limits.gate_s, 15, 0);
    assert_near(run.options.settings.target_soc_percent, 90, 0);
    assert_false(run.options.settings.resume_auto);
    assert_int_equal(run.options.chemistries, 1u << IO_CHEMISTRY_LFP);
    assert_int_equal(run.options.bay_count, 8);
    assert_int_equal(config_set(config, "charging", "chemistries", "LFP NMX", "--x", &err), 0);
    assert_int_equal(options_read(&run.options, config, run.board, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "'NMX' is none of LFP, NMC, LTO"));
    config_free(config);
    release(&run);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_vehicles_are_served),
        cmocka_unit_test(a_restart_in_the_middle_keeps_the_books),
        cmocka_unit_test(the_example_file_is_the_key_table),
        cmocka_unit_test(configuration_becomes_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
