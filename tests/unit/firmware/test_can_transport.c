/* SPDX-License-Identifier: Apache-2.0 */
/* The transport protocol of J1939-21: two nodes over a pipe that loses, repeats and turns round
 * frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "can/transport.h"
#include <string.h>

#define MS INT64_C(1000)

struct pair {
    struct transport charger, pack; /* 0x56 and 0xF4 */
    int64_t now_us;
    unsigned frames;                             /* that were put on the bus */
    bool (*lose)(unsigned index, uint8_t data0); /* NULL: nothing is lost */
    enum transport_event charger_last, pack_last;
    unsigned received;
};

static void pair_init(struct pair *pair, uint8_t window)
{
    struct transport_settings settings = {
        .own = 0x56, .peer = 0xF4, .window = window, .retries = 2, .times = TRANSPORT_TIMES};
    *pair = (struct pair){.now_us = 1};
    transport_init(&pair->charger, &settings);
    settings.own = 0xF4;
    settings.peer = 0x56;
    transport_init(&pair->pack, &settings);
}

static void note(struct pair *pair, enum transport_event event, bool charger)
{
    if (event == TRANSPORT_NOTHING)
        return;
    *(charger ? &pair->charger_last : &pair->pack_last) = event;
    pair->received += event == TRANSPORT_RECEIVED;
}

static void carry(struct pair *pair)
{
    struct canframe frame;
    bool any = true;
    while (any) {
        any = false;
        if (transport_next(&pair->pack, pair->now_us, &frame)) {
            any = true;
            if (!pair->lose || !pair->lose(pair->frames++, frame.data[0]))
                note(pair, transport_on_frame(&pair->charger, &frame, pair->now_us), true);
        }
        if (transport_next(&pair->charger, pair->now_us, &frame)) {
            any = true;
            if (!pair->lose || !pair->lose(pair->frames++, frame.data[0]))
                note(pair, transport_on_frame(&pair->pack, &frame, pair->now_us), false);
        }
    }
}

static void run_ms(struct pair *pair, int ms)
{
    for (; ms > 0; ms -= 10) {
        carry(pair);
        pair->now_us += 10 * MS;
        note(pair, transport_on_time(&pair->charger, pair->now_us), true);
        note(pair, transport_on_time(&pair->pack, pair->now_us), false);
    }
}

static uint8_t bytes[TRANSPORT_SIZE_MAX];

static void fill(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256);
}

static void any_size_arrives_both_ways(void **state)
{
    (void)state;
    static const size_t SIZES[] = {9, 13, 14, 15, 49, 512, 1784, 1785};
    static const uint8_t WINDOWS[] = {1, 3, 255};
    static struct pair pair;
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        for (size_t w = 0; w < sizeof WINDOWS; w++) {
            pair_init(&pair, WINDOWS[w]);
            assert_int_equal(transport_send(&pair.pack, 0x200, bytes, SIZES[i], pair.now_us, NULL),
                             0);
            assert_int_equal(
                transport_send(&pair.charger, 0x123, bytes, SIZES[i], pair.now_us, NULL), 0);
            run_ms(&pair, 100);
            assert_int_equal(pair.received, 2);
            assert_int_equal(pair.charger.in.pgn, 0x200);
            assert_int_equal(pair.pack.in.pgn, 0x123);
            assert_int_equal(pair.charger.in.size, SIZES[i]);
            assert_memory_equal(pair.charger.in.bytes, bytes, SIZES[i]);
            assert_memory_equal(pair.pack.in.bytes, bytes, SIZES[i]);
            assert_false(pair.pack.out.active || pair.charger.out.active);
        }
    }
}

static void the_frames_are_those_of_the_standard(void **state)
{
    (void)state;
    static struct pair pair;
    struct canframe frame;
    pair_init(&pair, 255);
    assert_int_equal(transport_send(&pair.pack, 0x600, bytes, 13, 1, NULL), 0);
    assert_true(transport_next(&pair.pack, 1, &frame));
    assert_int_equal(frame.id, 0x1CEC56F4);
    assert_memory_equal(frame.data, "\x10\x0D\x00\x02\xFF\x00\x06\x00", 8);
    assert_false(transport_next(&pair.pack, 1, &(struct canframe){0})); /* waits for CTS */
    assert_int_equal(transport_on_frame(&pair.charger, &frame, 1), TRANSPORT_NOTHING);
    assert_true(transport_next(&pair.charger, 1, &frame));
    assert_int_equal(frame.id, 0x1CECF456);
    assert_memory_equal(frame.data, "\x11\x02\x01\xFF\xFF\x00\x06\x00", 8);
    (void)transport_on_frame(&pair.pack, &frame, 1);
    assert_true(transport_next(&pair.pack, 1, &frame));
    assert_int_equal(frame.id, 0x1CEB56F4);
    assert_int_equal(frame.data[0], 1);
    (void)transport_on_frame(&pair.charger, &frame, 1);
    assert_true(transport_next(&pair.pack, 1, &frame));
    assert_int_equal(frame.data[7], 0xFF); /* behind the end */
    assert_int_equal(transport_on_frame(&pair.charger, &frame, 1), TRANSPORT_RECEIVED);
    assert_true(transport_next(&pair.charger, 1, &frame));
    assert_memory_equal(frame.data, "\x13\x0D\x00\x02\xFF\x00\x06\x00", 8);
    assert_int_equal(transport_on_frame(&pair.pack, &frame, 1), TRANSPORT_SENT);
}

static bool lose_fifth(unsigned index, uint8_t data0)
{
    (void)data0;
    return index == 4;
}

static bool lose_seventh(unsigned index, uint8_t data0)
{
    (void)data0;
    return index == 8; /* RTS, CTS, then seven DT: the last one */
}

static bool lose_third_packet(unsigned index, uint8_t data0)
{
    (void)index;
    return data0 == 3;
}

static void lost_packets_are_asked_for_again(void **state)
{
    (void)state;
    static struct pair pair;
    bool (*const losses[])(unsigned, uint8_t) = {lose_fifth, lose_seventh};
    for (size_t i = 0; i < 2; i++) {
        pair_init(&pair, 255);
        pair.lose = losses[i];
        assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, pair.now_us, NULL), 0);
        run_ms(&pair, 2000);
        assert_int_equal(pair.received, 1);
        assert_memory_equal(pair.charger.in.bytes, bytes, 49);
        assert_int_equal(pair.pack_last, TRANSPORT_SENT);
    }
}

static void a_packet_that_never_comes_ends_it(void **state)
{
    (void)state;
    static struct pair pair;
    pair_init(&pair, 255);
    pair.lose = lose_third_packet;
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, pair.now_us, NULL), 0);
    run_ms(&pair, 100);
    assert_int_equal(pair.charger_last, TRANSPORT_LOST);
    assert_int_equal(pair.charger.reason, TRANSPORT_RESENT_TOO_OFTEN);
    assert_int_equal(pair.pack_last, TRANSPORT_FAILED); /* it was told */
    assert_int_equal(pair.pack.reason, TRANSPORT_RESENT_TOO_OFTEN);
}

static void silence_times_out_on_both_sides(void **state)
{
    (void)state;
    static struct pair pair;
    struct canframe frame;
    pair_init(&pair, 255); /* sender: no CTS within T3 */
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, pair.now_us, NULL), 0);
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, pair.now_us, NULL), ERR_BUSY);
    assert_true(transport_next(&pair.pack, 1, &frame));
    assert_int_equal(transport_on_time(&pair.pack, 1 + 1249 * MS), TRANSPORT_NOTHING);
    assert_int_equal(transport_on_time(&pair.pack, 1 + 1250 * MS), TRANSPORT_FAILED);
    assert_int_equal(pair.pack.reason, TRANSPORT_TIMEOUT);

    (void)transport_on_frame(&pair.charger, &frame, 1); /* receiver: no DT within T2 after CTS */
    assert_int_equal(transport_on_time(&pair.charger, 1 + 1249 * MS), TRANSPORT_NOTHING);
    assert_int_equal(transport_on_time(&pair.charger, 1 + 1250 * MS), TRANSPORT_LOST);
    assert_int_equal(pair.charger.reason, TRANSPORT_TIMEOUT);
    assert_int_equal(pair.charger.lost_pgn, 0x200);

    pair_init(&pair, 255); /* receiver: T1 between packets, two repetitions, then the end */
    (void)transport_on_frame(&pair.charger, &frame, 1);
    frame.id = 0x1CEB56F4;
    frame.data[0] = 1;
    (void)transport_on_frame(&pair.charger, &frame, 1);
    assert_int_equal(transport_on_time(&pair.charger, 1 + 750 * MS), TRANSPORT_NOTHING);
    assert_int_equal(pair.charger.in.retries, 1);
    assert_int_equal(transport_on_time(&pair.charger, 1 + 2000 * MS), TRANSPORT_NOTHING);
    assert_int_equal(transport_on_time(&pair.charger, 1 + 3250 * MS), TRANSPORT_LOST);
}

static struct canframe control(const char *data)
{
    struct canframe frame = {.id = 0x1CEC56F4, .extended = true, .length = 8};
    memcpy(frame.data, data, 8);
    return frame;
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static struct pair pair;
    static const char *const REQUESTS[] = {
        "\x10\x08\x00\x02\xFF\x00\x02\x00",  /* too short */
        "\x10\xFA\x06\xFF\xFF\x00\x02\x00",  /* 1786 bytes */
        "\x10\x31\x00\x06\xFF\x00\x02\x00"}; /* 49 bytes are 7 packets */
    struct canframe frame, answer;
    for (size_t i = 0; i < 3; i++) {
        pair_init(&pair, 255);
        frame = control(REQUESTS[i]);
        assert_int_equal(transport_on_frame(&pair.charger, &frame, 1), TRANSPORT_LOST);
        assert_true(transport_next(&pair.charger, 1, &answer));
        assert_int_equal(answer.data[0], 0xFF);
        assert_false(pair.charger.in.active);
    }
    pair_init(&pair, 255); /* a second message while one is under way */
    frame = control("\x10\x31\x00\x07\xFF\x00\x02\x00");
    (void)transport_on_frame(&pair.charger, &frame, 1);
    (void)transport_next(&pair.charger, 1, &answer);
    frame = control("\x10\x0D\x00\x02\xFF\x00\x06\x00");
    (void)transport_on_frame(&pair.charger, &frame, 1);
    assert_true(transport_next(&pair.charger, 1, &answer));
    assert_memory_equal(answer.data, "\xFF\x01\xFF\xFF\xFF\x00\x06\x00", 8);
    assert_int_equal(pair.charger.in.pgn, 0x200);
    frame = control("\x10\x31\x00\x07\xFF\x00\x02\x00"); /* the same anew: begins anew */
    assert_int_equal(transport_on_frame(&pair.charger, &frame, 1), TRANSPORT_LOST);
    assert_true(pair.charger.in.active);
    frame = control("\xFF\x03\xFF\xFF\xFF\x00\x02\x00"); /* the sender gives up */
    assert_int_equal(transport_on_frame(&pair.charger, &frame, 1), TRANSPORT_LOST);
    assert_int_equal(pair.charger.reason, TRANSPORT_TIMEOUT);
    assert_false(pair.charger.in.active);
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 8, 1, NULL), ERR_INVALID);
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 1786, 1, NULL), ERR_INVALID);
}

static void a_cts_that_cannot_be_ends_the_sending(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        enum transport_reason reason; /* 0: goes on */
    } CASES[] = {{"\x11\x08\x01\xFF\xFF\x00\x02\x00", TRANSPORT_BAD_SEQUENCE},
                 {"\x11\x01\x00\xFF\xFF\x00\x02\x00", TRANSPORT_BAD_SEQUENCE},
                 {"\x11\x01\x08\xFF\xFF\x00\x02\x00", TRANSPORT_BAD_SEQUENCE},
                 {"\x11\x00\xFF\xFF\xFF\x00\x02\x00", 0},  /* wait */
                 {"\x11\x08\x01\xFF\xFF\x00\x06\x00", 0}}; /* about another message */
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        static struct pair pair;
        struct canframe frame;
        pair_init(&pair, 255);
        assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, 1, NULL), 0);
        assert_true(transport_next(&pair.pack, 1, &frame));
        frame = control(CASES[i].data);
        frame.id = 0x1CECF456;
        assert_int_equal(transport_on_frame(&pair.pack, &frame, 1),
                         CASES[i].reason ? TRANSPORT_FAILED : TRANSPORT_NOTHING);
        assert_int_equal(pair.pack.reason, CASES[i].reason);
        assert_int_equal(pair.pack.out.active, !CASES[i].reason);
    }
    /* a CTS while the packets of the last one are still going out */
    static struct pair pair;
    struct canframe frame;
    pair_init(&pair, 255);
    assert_int_equal(transport_send(&pair.pack, 0x200, bytes, 49, 1, NULL), 0);
    assert_true(transport_next(&pair.pack, 1, &frame));
    frame = control("\x11\x07\x01\xFF\xFF\x00\x02\x00");
    frame.id = 0x1CECF456;
    assert_int_equal(transport_on_frame(&pair.pack, &frame, 1), TRANSPORT_NOTHING);
    assert_int_equal(transport_on_frame(&pair.pack, &frame, 1), TRANSPORT_FAILED);
    assert_int_equal(pair.pack.reason, TRANSPORT_CTS_TOO_EARLY);
}

int main(void)
{
    fill();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_size_arrives_both_ways),
        cmocka_unit_test(the_frames_are_those_of_the_standard),
        cmocka_unit_test(lost_packets_are_asked_for_again),
        cmocka_unit_test(a_packet_that_never_comes_ends_it),
        cmocka_unit_test(silence_times_out_on_both_sides),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_cts_that_cannot_be_ends_the_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
