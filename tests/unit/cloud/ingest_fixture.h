/* SPDX-License-Identifier: Apache-2.0 */
/* An ingest in virtual time, with what it answers on record. For the tests test_ingest*.c. */
#ifndef SWAPSTACK_TEST_CLOUD_INGEST_FIXTURE_H
#define SWAPSTACK_TEST_CLOUD_INGEST_FIXTURE_H

#include "cloud/support.h"

#include "base/clock.h"
#include "base/log.h"
#include "ingest/ingest.h"

#include <inttypes.h>

#define SECOND_US CLOCK_US_PER_SECOND
/* 2026-11-21T08:00:00Z: where the plant clock of every test begins. */
#define EIGHT_US INT64_C(1795248000000000)

#define SAID_MAX 64

struct said_ack {
    char device[DEVICE_SIZE];
    struct message_ack ack;
};

struct fixture {
    struct store *store;
    struct env env;
    struct ingest_out out;
    struct ingest_options options;
    struct ingest *ingest;
    int64_t plant_us, mono_us;
    /* What was said since the last forget_said. */
    struct said_ack acks[SAID_MAX];
    size_t ack_count;
    char register_status[16];
    size_t register_mark_count;
    struct message_ack register_mark; /* the first */
    size_t config_count;              /* SET_CONFIGs */
    char config_device[DEVICE_SIZE];  /* of the last one */
    struct message_config config;     /* of it, or of the last REGISTER_RESULT */
    char alerts[1024];                /* kinds of those told, each with a blank behind it */
    int64_t told;                     /* alert_delivery.id up to which they are in there */
};

SUPPORT int64_t fixture_plant(void *self)
{
    return ((struct fixture *)self)->plant_us;
}

SUPPORT int64_t fixture_mono(void *self)
{
    return ((struct fixture *)self)->mono_us;
}

SUPPORT void fixture_ack(void *self, const char *device, const struct message_ack *ack)
{
    struct fixture *fixture = self;
    assert_true(fixture->ack_count < SAID_MAX);
    struct said_ack *said = &fixture->acks[fixture->ack_count++];
    (void)snprintf(said->device, sizeof said->device, "%s", device);
    said->ack = *ack;
}

SUPPORT void fixture_register_result(void *self, const char *device,
                                     const struct message_register_result *result)
{
    struct fixture *fixture = self;
    (void)device;
    memcpy(fixture->register_status, result->status, sizeof fixture->register_status);
    fixture->register_mark_count = result->mark_count;
    fixture->register_mark = result->marks[0];
    fixture->config = result->config;
}

SUPPORT void fixture_set_config(void *self, const char *device, const struct message_config *config)
{
    struct fixture *fixture = self;
    fixture->config_count++;
    (void)snprintf(fixture->config_device, sizeof fixture->config_device, "%s", device);
    fixture->config = *config;
}

/* Deliveries were committed: the kinds of their alerts. */
SUPPORT void fixture_told(void *self)
{
    struct fixture *fixture = self;
    char sql[160];
    size_t used = strlen(fixture->alerts);
    (void)snprintf(sql, sizeof sql,
                   "SELECT group_concat(kind, ' ') || ' ' FROM alert_delivery WHERE id > %" PRId64,
                   fixture->told);
    query_text(fixture->store, sql, fixture->alerts + used, sizeof fixture->alerts - used);
    fixture->told = query_integer(fixture->store, "SELECT max(id) FROM alert_delivery");
}

SUPPORT void forget_said(struct fixture *fixture)
{
    fixture->ack_count = 0;
    fixture->config_count = 0;
    fixture->config.count = 0;
    fixture->alerts[0] = '\0';
    fixture->register_status[0] = '\0';
}

SUPPORT void fixture_open_ingest(struct fixture *fixture)
{
    struct err err = {0};
    if (ingest_new(&fixture->ingest, fixture->store, &fixture->env, &fixture->options,
                   &fixture->out, &err) < 0)
        fail_msg("%s", err.text);
}

SUPPORT void fixture_begin(struct fixture *fixture, const char *path)
{
    log_set_level(LOG_LEVEL_ERROR);
    memset(fixture, 0, sizeof *fixture);
    fixture->plant_us = EIGHT_US;
    fixture->mono_us = 1000 * SECOND_US;
    fixture->store = must_open(path, STORE_WRITE);
    fixture->env = (struct env){.self = fixture,
                                .wall_us = fixture_plant,
                                .mono_us = fixture_mono,
                                .plant_us = fixture_plant};
    fixture->out = (struct ingest_out){.self = fixture,
                                       .ack = fixture_ack,
                                       .register_result = fixture_register_result,
                                       .set_config = fixture_set_config,
                                       .told = fixture_told};
    fixture->options = (struct ingest_options){
        .unknown = UNKNOWN_ACCEPT,
        .report_interval_us = 10 * SECOND_US,
        .quarantine_rows = 100,
        .quarantine_bytes = 64,
        .days = {.temp_high_c = 45,
                 .temp_low_c = 0,
                 .cell_spread_high_v = 0.1,
                 .gap_us = 300 * SECOND_US},
        .commands = {.expire_us = 60 * SECOND_US, .accepted_expire_us = 900 * SECOND_US},
        .thresholds = THRESHOLD_DEFAULTS,
        .channels = {.mqtt = true},
        .tracking = {.capacity_min_kwh = 20,
                     .frequent_window_us = 24 * 3600 * SECOND_US,
                     .frequent_swap_max = 3},
        .charging = {.sample_timeout_us = 15 * 60 * SECOND_US,
                     .gone_timeout_us = 24 * 3600 * SECOND_US,
                     .rules = RULES_DEFAULT}};
    fixture_open_ingest(fixture);
}

SUPPORT void fixture_end(struct fixture *fixture)
{
    ingest_free(fixture->ingest);
    store_close(fixture->store);
}

/* The process ends without a commit and begins again on the same database. */
SUPPORT void fixture_restart(struct fixture *fixture)
{
    ingest_free(fixture->ingest);
    fixture_open_ingest(fixture);
}

SUPPORT void fixture_pass(struct fixture *fixture, int64_t span_us)
{
    fixture->plant_us += span_us;
    fixture->mono_us += span_us;
}

SUPPORT struct ingest_message fixture_message(const struct fixture *fixture, const char *topic,
                                              const char *payload)
{
    return (struct ingest_message){.topic = topic,
                                   .payload = payload,
                                   .length = strlen(payload),
                                   .plant_us = fixture->plant_us,
                                   .mono_us = fixture->mono_us};
}

SUPPORT void must_batch(struct fixture *fixture, const struct ingest_message *messages,
                        size_t count)
{
    struct err err = {0};
    size_t done = 0;
    if (ingest_batch(fixture->ingest, messages, count, &done, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(done, count);
}

/* One message, one batch. */
SUPPORT void give(struct fixture *fixture, const char *topic, const char *payload)
{
    struct ingest_message message = fixture_message(fixture, topic, payload);
    must_batch(fixture, &message, 1);
}

SUPPORT void __attribute__((format(printf, 3, 4)))
givef(struct fixture *fixture, const char *topic, const char *format, ...)
{
    char payload[4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(payload, sizeof payload, format, arguments);
    va_end(arguments);
    give(fixture, topic, payload);
}

SUPPORT void tick(struct fixture *fixture)
{
    must_batch(fixture, NULL, 0);
}

SUPPORT void assert_count(struct fixture *fixture, const char *table, int64_t expected)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    if (query_integer(fixture->store, sql) != expected)
        fail_msg("%s: %" PRId64 " rows, expected %" PRId64, table,
                 query_integer(fixture->store, sql), expected);
}

#define assert_sql(fixture, sql, expected) assert_query_text((fixture)->store, sql, expected)

#endif
