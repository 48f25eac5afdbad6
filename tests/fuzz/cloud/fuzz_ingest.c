/* SPDX-License-Identifier: Apache-2.0 */
/* Any messages on any of our topics: each is taken, dropped or quarantined, and the batch can be
 * committed. Input: lines, the first byte of each chooses the topic, the rest is the payload. */
#include "base/log.h"
#include "ingest/ingest.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGES_MAX 64
/* The database grows with what is accepted: begin anew now and then. */
#define INPUTS_PER_DATABASE 500

static int64_t now_us = INT64_C(1795248000000000);

static int64_t tell_time(void *self)
{
    (void)self;
    return now_us;
}

static void ignore_ack(void *self, const char *device, const struct message_ack *ack)
{
    (void)self;
    if (!device_is_valid(device) || ack->event < 0 || ack->telemetry < 0)
        abort();
}

static void ignore_result(void *self, const char *device,
                          const struct message_register_result *result)
{
    (void)self;
    (void)result;
    if (!device_is_valid(device))
        abort();
}

static void ignore_told(void *self)
{
    (void)self;
}

static const struct env ENV = {.wall_us = tell_time, .mono_us = tell_time, .plant_us = tell_time};
static const struct ingest_out OUT = {
    .ack = ignore_ack, .register_result = ignore_result, .told = ignore_told};
static const struct ingest_options OPTIONS = {
    .report_interval_us = 10000000,
    .quarantine_rows = 100,
    .quarantine_bytes = 100,
    .commands = {.expire_us = 60000000, .accepted_expire_us = 900000000},
    .thresholds = THRESHOLD_DEFAULTS,
    .channels = {.mqtt = true},
    .tracking = {.capacity_min_kwh = 20,
                 .frequent_window_us = INT64_C(86400000000),
                 .frequent_swap_max = 3},
    .charging = {.sample_timeout_us = 900000000,
                 .gone_timeout_us = INT64_C(86400000000),
                 .rules = RULES_DEFAULT}};

static void require(int status, const struct err *err)
{
    if (status == 0)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    abort();
}

static size_t split(const uint8_t *data, size_t size, struct ingest_message *messages)
{
    static const char *const TOPICS[] = {"info", "info/1231", "control", "control/1231", "alert/x"};
    size_t count = 0;
    while (size > 0 && count < MESSAGES_MAX) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t line = end ? (size_t)(end - data) : size;
        if (line > 0)
            messages[count++] =
                (struct ingest_message){.topic = TOPICS[data[0] % (sizeof TOPICS / sizeof *TOPICS)],
                                        .payload = data + 1,
                                        .length = line - 1,
                                        .retained = (data[0] & 0x80) != 0,
                                        .plant_us = now_us,
                                        .mono_us = now_us};
        size -= end ? line + 1 : line;
        data += end ? line + 1 : line;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct store *store;
    static struct ingest *ingest;
    static int inputs;
    struct err err = {0};
    log_set_level(LOG_LEVEL_ERROR);
    if (inputs++ % INPUTS_PER_DATABASE == 0) {
        ingest_free(ingest);
        store_close(store);
        require(store_open(&store, STORE_MEMORY, STORE_WRITE, &err), &err);
        require(ingest_new(&ingest, store, &ENV, &OPTIONS, &OUT, &err), &err);
    }
    struct ingest_message messages[MESSAGES_MAX];
    size_t done, count = split(data, size, messages);
    require(ingest_batch(ingest, messages, count, &done, &err), &err);
    now_us += 700000; /* so that time brings something now and then */
    return 0;
}
