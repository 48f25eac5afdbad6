/* SPDX-License-Identifier: Apache-2.0 */
/* decode(encode(m)) == m for random messages of every type; and nothing breaks half a message. */
#include "shared/check.h"

#include "shared/random_message.h"

static const int64_t types[] = {0,  1,  2,  3,  4,  16, 17, 18, 19, 20,
                                21, 32, 33, 34, 35, 36, 37, 38, 39, 40};

enum { ROUNDS = 400 };

/* Owned arrays, compared apart from the struct that holds their addresses. */
static bool same_bytes(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

static bool same_arrays(const struct message *a, const struct message *b)
{
    if (a->type == MESSAGE_STATION_INFO) {
        const struct message_station_info *x = &a->data.station_info, *y = &b->data.station_info;
        return x->battery_count == y->battery_count &&
               x->station.bay_count == y->station.bay_count &&
               same_bytes(x->batteries, y->batteries, x->battery_count * sizeof *x->batteries) &&
               same_bytes(x->station.bays, y->station.bays,
                          x->station.bay_count * sizeof *x->station.bays);
    }
    if (a->type == MESSAGE_AUTH_LIST) {
        const struct message_auth_list *x = &a->data.auth_list, *y = &b->data.auth_list;
        return x->token_count == y->token_count &&
               same_bytes(x->tokens, y->tokens, x->token_count * sizeof *x->tokens);
    }
    return true;
}

/* The bytes behind a timestamp's precision are padding. */
static void clear_padding(struct timestamp *time)
{
    struct timestamp copy = *time;
    memset(time, 0, sizeof *time);
    time->us = copy.us;
    time->precision = copy.precision;
}

static void forget_addresses(struct message *message)
{
    clear_padding(&message->time);
    if (message->type == MESSAGE_STATION_INFO) {
        message->data.station_info.station.bays = NULL;
        message->data.station_info.batteries = NULL;
    } else if (message->type == MESSAGE_AUTH_LIST) {
        message->data.auth_list.tokens = NULL;
    } else if (message->type == MESSAGE_FAULT) {
        clear_padding(&message->data.fault.since);
    } else if (message->type == MESSAGE_REGISTER_RESULT) {
        clear_padding(&message->data.register_result.server_time);
    } else if (message->type == MESSAGE_SERVER_ASK_CHARGE || message->type == MESSAGE_RESERVE ||
               message->type == MESSAGE_CANCEL) {
        clear_padding(&message->data.ask_charge.until);
    }
}

static bool same_message(const struct message *a, const struct message *b)
{
    struct message x, y;
    memcpy(&x, a, sizeof x); /* with padding: both were zeroed by message_init */
    memcpy(&y, b, sizeof y);
    forget_addresses(&x);
    forget_addresses(&y);
    return same_arrays(a, b) && memcmp(&x, &y, sizeof x) == 0;
}

static void every_type_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHECK_COUNT(types); i++) {
        assert_string_not_equal(message_type_name(types[i]), "?");
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t seed = (uint64_t)types[i] * 1000003 + round;
            struct message sent, received;
            enum message_quality quality;
            struct err err = {0};
            SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
            random_message(&seed, types[i], &sent);
            if (message_encode(&sent, &payload, &err) != 0)
                fail_msg("type %d round %d: encode: %s", (int)types[i], (int)round, err.text);
            if (message_decode(payload.text, payload.length, &received, &quality, &err) != 0)
                fail_msg("type %d round %d: decode: %s\n%s", (int)types[i], (int)round, err.text,
                         payload.text);
            assert_int_equal(quality, MESSAGE_GOOD);
            if (!same_message(&sent, &received))
                fail_msg("type %d round %d came back different: %s", (int)types[i], (int)round,
                         payload.text);
            message_free(&sent);
            message_free(&received);
        }
    }
}

static void the_comparison_sees_each_byte(void **state)
{
    (void)state;
    struct message a, b;
    uint64_t seed_a = 7, seed_b = 7;
    random_message(&seed_a, MESSAGE_STATION_INFO, &a);
    random_message(&seed_b, MESSAGE_STATION_INFO, &b);
    assert_true(a.data.station_info.battery_count > 0);
    assert_true(same_message(&a, &b));
    b.data.station_info.batteries[0].soc_percent = 101;
    assert_false(same_message(&a, &b));
    message_free(&a);
    message_free(&b);
}

static void sealed_payload_has_its_prev(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t seed = round;
        struct message sent, received;
        enum message_quality quality;
        struct err err = {0};
        SCOPE_STRBUF struct strbuf kept = STRBUF_INIT, sealed = STRBUF_INIT;
        random_message(&seed, types[round % CHECK_COUNT(types)], &sent);
        if (sent.place.lane != LANE_ABSENT) {
            int64_t prev = sent.place.seq / 2;
            sent.place.prev = MESSAGE_ABSENT;
            assert_int_equal(message_encode(&sent, &kept, &err), 0);
            message_seal(kept.text, kept.length, prev, &sealed);
            assert_int_equal(message_decode(sealed.text, sealed.length, &received, &quality, &err),
                             0);
            assert_int_equal(received.place.prev, prev);
            sent.place.prev = prev;
            assert_true(same_message(&sent, &received));
            message_free(&received);
        }
        message_free(&sent);
    }
}

static void every_cut_message_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHECK_COUNT(types); i++) {
        uint64_t seed = 99 + i;
        struct message sent, received;
        enum message_quality quality;
        struct err err = {0};
        SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
        random_message(&seed, types[i], &sent);
        assert_int_equal(message_encode(&sent, &payload, &err), 0);
        message_free(&sent);
        size_t step = payload.length > 4000 ? 37 : 1;
        for (size_t length = 0; length < payload.length; length += step) {
            assert_int_equal(message_decode(payload.text, length, &received, &quality, &err),
                             ERR_INVALID);
            assert_int_equal(quality, MESSAGE_UNREADABLE);
            message_free(&received);
        }
    }
}

static void every_changed_byte_is_survived(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 20 * ROUNDS; round++) {
        uint64_t seed = round;
        struct message message;
        enum message_quality quality;
        struct err err = {0};
        SCOPE_STRBUF struct strbuf payload = STRBUF_INIT, again = STRBUF_INIT;
        random_message(&seed, types[round % CHECK_COUNT(types)], &message);
        assert_int_equal(message_encode(&message, &payload, &err), 0);
        message_free(&message);
        for (int change = 0; change < 3; change++)
            payload.text[random_next(&seed) % payload.length] = (char)(random_next(&seed) % 256);
        int result = message_decode(payload.text, payload.length, &message, &quality, &err);
        assert_int_equal(result == 0, quality == MESSAGE_GOOD);
        if (result == 0) /* what was read can be said again */
            assert_int_equal(message_encode(&message, &again, &err), 0);
        message_free(&message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was),
        cmocka_unit_test(the_comparison_sees_each_byte),
        cmocka_unit_test(sealed_payload_has_its_prev),
        cmocka_unit_test(every_cut_message_is_refused),
        cmocka_unit_test(every_changed_byte_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
