/* SPDX-License-Identifier: Apache-2.0 */
/* Buses for years: the controller's health, queues, repair, captures that are played and made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "can/canlog.h"
#include "can/canport.h"
#include <linux/can/error.h>
#include <stdio.h>
#include <string.h>

static struct canframe error_frame(uint32_t class, uint8_t controller)
{
    return (struct canframe){
        .id = class, .error = true, .length = 8, .data = {0, controller, 0, 0, 0, 0, 0, 0}};
}

static const struct canframe PLAIN = {.id = 0x123, .length = 2, .data = {1, 2}};

static void error_frames_are_one_state(void **state)
{
    (void)state;
    static const struct {
        uint32_t class;
        uint8_t controller;
        enum canhealth_state state;
        bool changes;
    } STEPS[] = {
        {CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, CANHEALTH_WARNING, true},
        {CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING, CANHEALTH_WARNING, false},
        {CAN_ERR_CRTL, CAN_ERR_CRTL_TX_PASSIVE, CANHEALTH_PASSIVE, true},
        {CAN_ERR_CRTL, CAN_ERR_CRTL_RX_OVERFLOW, CANHEALTH_PASSIVE, false},
        {CAN_ERR_BUSOFF, 0, CANHEALTH_OFF, true},
        {CAN_ERR_BUSOFF, 0, CANHEALTH_OFF, false},
        {CAN_ERR_RESTARTED, 0, CANHEALTH_GOOD, true},
        {CAN_ERR_ACK, 0, CANHEALTH_PASSIVE, true},
        {CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, CANHEALTH_GOOD, true},
        {CAN_ERR_LOSTARB, 0, CANHEALTH_GOOD, false},
    };
    struct canhealth health = {0};
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        const struct canframe frame = error_frame(STEPS[i].class, STEPS[i].controller);
        assert_int_equal(canhealth_on_frame(&health, &frame), STEPS[i].changes);
        assert_int_equal(health.state, STEPS[i].state);
        assert_true(canhealth_text(health.state)[0]);
    }
    assert_int_equal(health.errors, sizeof STEPS / sizeof *STEPS);
    const struct canframe off = error_frame(CAN_ERR_BUSOFF, 0);
    assert_true(canhealth_on_frame(&health, &off));
    assert_true(canhealth_on_frame(&health, &PLAIN)); /* who hears is on the bus again */
    assert_true(canhealth_on_down(&health));
    assert_false(canhealth_on_down(&health));
    assert_true(canhealth_on_sent(&health));
}

/* --- a bus that a test bends --- */

struct fake {
    int code; /* of all calls; 0: works */
    int send_room;
    struct canframe sent[200], waiting[8];
    size_t sent_count, waiting_count;
    int opens, closes;
};

static int fake_send(void *self, const struct canframe *frame, struct err *err)
{
    struct fake *fake = self;
    if (fake->code)
        return err_set(err, fake->code, "fake: broken");
    if (fake->send_room-- <= 0)
        return err_set(err, ERR_BUSY, "fake: full");
    fake->sent[fake->sent_count++] = *frame;
    return 0;
}

static int fake_receive(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    struct fake *fake = self;
    (void)at_us;
    if (fake->code)
        return err_set(err, fake->code, "fake: broken");
    if (fake->waiting_count == 0)
        return 0;
    *frame = fake->waiting[--fake->waiting_count];
    return 1;
}

static void fake_close(void *self)
{
    ((struct fake *)self)->closes++;
}

static int fake_open(void *self, const char *name, struct canbus *bus, int *fd, struct err *err)
{
    struct fake *fake = self;
    (void)fd;
    fake->opens++;
    if (fake->code)
        return err_set(err, fake->code, "%s: not there", name);
    *bus = (struct canbus){fake, fake_send, fake_receive, fake_close};
    return 0;
}

static void frames_wait_in_order_and_the_oldest_go(void **state)
{
    (void)state;
    static struct fake fake;
    static struct canport port;
    const struct canopener opener = {&fake, fake_open};
    fake = (struct fake){.send_room = 3};
    assert_int_equal(canport_open(&port, "can0", &opener, -1, NULL), 0);
    for (uint32_t i = 0; i < CANPORT_QUEUE + 5; i++) {
        const struct canframe frame = {.id = i};
        canport_send(&port, &frame);
    }
    assert_int_equal(port.dropped, 5);
    canport_flush(&port, 0);
    assert_int_equal(fake.sent_count, 3);
    assert_int_equal(fake.sent[0].id, 5);
    assert_true(canport_due_us(&port, 0) > 0 && canport_due_us(&port, 0) < 10000);
    fake.send_room = 1000;
    canport_flush(&port, 0);
    assert_int_equal(fake.sent_count, CANPORT_QUEUE);
    for (uint32_t i = 0; i < CANPORT_QUEUE; i++)
        assert_int_equal(fake.sent[i].id, i + 5);
    assert_int_equal(canport_due_us(&port, 0), INT64_MAX);
    canport_close(&port);
    assert_int_equal(fake.closes, 1);
}

static void a_broken_interface_is_opened_every_second(void **state)
{
    (void)state;
    static struct fake fake;
    static struct canport port;
    struct canframe frame;
    const struct canopener opener = {&fake, fake_open};
    fake = (struct fake){.send_room = 100};
    assert_int_equal(canport_open(&port, "can0", &opener, -1, NULL), 0);
    fake.code = ERR_UNAVAILABLE;
    assert_false(canport_receive(&port, 0, &frame));
    assert_int_equal(port.health.state, CANHEALTH_DOWN);
    for (int64_t now_us = 0; now_us < 10000000; now_us += 100000)
        assert_false(canport_receive(&port, now_us, &frame));
    assert_in_range(fake.opens, 10, 11);
    assert_int_equal(canport_due_us(&port, 9900000), port.retry_us);
    fake.code = 0;
    fake.waiting[fake.waiting_count++] = PLAIN;
    assert_true(canport_receive(&port, 20000000, &frame));
    assert_int_equal(port.health.state, CANHEALTH_GOOD);
    canport_close(&port);
    assert_int_equal(fake.closes, 2);
}

static void error_frames_are_not_for_the_user(void **state)
{
    (void)state;
    static struct fake fake;
    static struct canport port;
    struct canframe frame;
    const struct canopener opener = {&fake, fake_open};
    fake = (struct fake){.send_room = 100, .waiting_count = 2};
    fake.waiting[1] = error_frame(CAN_ERR_BUSOFF, 0);
    fake.waiting[0] = PLAIN;
    assert_int_equal(canport_open(&port, "can0", &opener, -1, NULL), 0);
    assert_true(canport_receive(&port, 0, &frame));
    assert_true(canframe_equal(&frame, &PLAIN));
    assert_int_equal(port.health.errors, 1);
    canport_close(&port);
}

/* --- captures --- */

static int64_t virtual_us;

static int64_t virtual_clock(void *clock)
{
    (void)clock;
    return virtual_us;
}

static void write_text(const char *path, const char *text)
{
    SCOPE_FCLOSE FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static void a_capture_plays_in_its_own_time(void **state)
{
    (void)state;
    char path[] = "/tmp/swapstack-capture-XXXXXX";
    SCOPE_CLOSE int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct canbus bus;
    struct canframe frame;
    int64_t at_us;
    write_text(path, "# comment\n(10.000000) can0 123#01\n(10.500000) can1 124#02\nrubbish here\n"
                     "(11.000000) can0 125#03\n");
    virtual_us = 777;
    assert_int_equal(canlog_play(&bus, path, "", virtual_clock, NULL, NULL), 0);
    assert_int_equal(bus.receive(bus.self, &frame, &at_us, NULL), 1);
    assert_int_equal(frame.id, 0x123);
    assert_int_equal(at_us, 10000000);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0);
    virtual_us += 499999;
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0);
    virtual_us += 1;
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_int_equal(frame.id, 0x124);
    assert_int_equal(bus.send(bus.self, &PLAIN, NULL), 0);
    virtual_us += 10000000;
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_int_equal(frame.id, 0x125);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0); /* its end */
    bus.close(bus.self);
    /* only what was on one interface */
    assert_int_equal(canlog_play(&bus, path, "can1", virtual_clock, NULL, NULL), 0);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_int_equal(frame.id, 0x124);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0);
    bus.close(bus.self);
    (void)unlink(path);
    assert_int_equal(canlog_play(&bus, path, "", virtual_clock, NULL, NULL), ERR_NOT_FOUND);
}

static void a_recording_replays(void **state)
{
    (void)state;
    char path[] = "/tmp/swapstack-recording-XXXXXX";
    SCOPE_CLOSE int fd = mkstemp(path);
    assert_true(fd >= 0);
    static struct fake fake;
    struct canbus bus = {&fake, fake_send, fake_receive, fake_close};
    struct canframe frame;
    fake = (struct fake){.send_room = 1, .waiting_count = 1, .waiting = {PLAIN}};
    assert_int_equal(canlog_record(&bus, path, "can7", NULL), 0);
    const struct canframe mine = {.id = 0x1826F456, .extended = true, .length = 1, .data = {9}};
    assert_int_equal(bus.send(bus.self, &mine, NULL), 0);
    assert_int_equal(bus.send(bus.self, &mine, NULL), ERR_BUSY); /* did not go out: not kept */
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0);
    bus.close(bus.self);
    assert_int_equal(fake.closes, 1);
    virtual_us = 0;
    assert_int_equal(canlog_play(&bus, path, "can7", virtual_clock, NULL, NULL), 0);
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_true(canframe_equal(&frame, &mine));
    virtual_us += 60000000;
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 1);
    assert_true(canframe_equal(&frame, &PLAIN));
    assert_int_equal(bus.receive(bus.self, &frame, NULL, NULL), 0);
    bus.close(bus.self);
    (void)unlink(path);
    bus = (struct canbus){&fake, fake_send, fake_receive, fake_close};
    assert_int_equal(canlog_record(&bus, "/nowhere/at/all", "can7", NULL), ERR_STORAGE);
    assert_ptr_equal(bus.self, &fake); /* as it was */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_frames_are_one_state),
        cmocka_unit_test(frames_wait_in_order_and_the_oldest_go),
        cmocka_unit_test(a_broken_interface_is_opened_every_second),
        cmocka_unit_test(error_frames_are_not_for_the_user),
        cmocka_unit_test(a_capture_plays_in_its_own_time),
        cmocka_unit_test(a_recording_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
