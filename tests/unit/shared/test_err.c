/* SPDX-License-Identifier: Apache-2.0 */
/* base/err, base/strbuf, base/nearest and base/clock: what everything else stands on. */
#include "shared/check.h"

#include "base/clock.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include <errno.h>

static void sets_code_and_sentence(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_BUSY, "bay %d is busy", 3), ERR_BUSY);
    assert_int_equal(err.code, ERR_BUSY);
    assert_string_equal(err.text, "bay 3 is busy");
    assert_int_equal(err_prefix(&err, "%s: ", "station"), ERR_BUSY);
    assert_string_equal(err.text, "station: bay 3 is busy");
    assert_int_equal(err_set(NULL, ERR_IO, "nobody reads this"), ERR_IO);
    assert_int_equal(err_prefix(NULL, "x"), ERR_INVALID);
    struct err empty = {0};
    assert_int_equal(err_prefix(&empty, "x"), ERR_INVALID);
    assert_int_equal(empty.code, 0);
}

static void takes_its_own_text_as_argument(void **state)
{
    (void)state;
    struct err err = {0};
    (void)err_set(&err, ERR_IO, "inner");
    (void)err_set(&err, ERR_STORAGE, "outer: %s", err.text);
    assert_string_equal(err.text, "outer: inner");
}

static void keeps_the_reason_of_a_long_sentence(void **state)
{
    (void)state;
    char path[1000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    struct err err = {0};
    (void)err_set_errno(&err, ERR_IO, ENOENT, "%s", path);
    assert_true(strlen(err.text) < sizeof err.text);
    check_sentence(&err, ": No such file or directory");
}

static void cuts_between_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) { /* every position of the cut within "µµµ…" */
        char text[600] = "aaaa";
        text[lead] = '\0';
        while (strlen(text) < 590)
            strcat(text, "\xc2\xb5");
        struct err err = {0};
        (void)err_set(&err, ERR_IO, "%s", text);
        size_t length = strlen(err.text);
        assert_true(length >= sizeof err.text - 3 && length < sizeof err.text);
        assert_int_equal((unsigned char)err.text[length - 1], 0xb5);
    }
}

static void names_every_code(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_IO), "ERR_IO");
    assert_string_equal(err_text(ERR_NOT_FOUND), "not found");
    assert_int_equal(err_exit_code(ERR_USAGE), 64);
    assert_int_equal(err_exit_code(ERR_CONFIG), 78);
    assert_string_equal(err_name(0), "ERR_OK");
    assert_int_equal(err_exit_code(0), 0);
    assert_string_equal(err_name(-999), "ERR_UNKNOWN");
    assert_int_equal(err_exit_code(-999), 70);
    for (int code = ERR_REFUSED; code < 0; code++) {
        assert_string_not_equal(err_name(code), "ERR_UNKNOWN");
        assert_int_not_equal(err_exit_code(code), 70);
    }
}

static void strbuf_grows_and_clears(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf buf = STRBUF_INIT;
    assert_string_equal(strbuf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&buf, "%03d", i);
    strbuf_append_char(&buf, '!');
    strbuf_append(&buf, "a\0b", 3);
    assert_int_equal(buf.length, 3004);
    assert_memory_equal(buf.text + 2994, "998999!a\0b", 11);
    assert_false(strbuf_failed(&buf));
    strbuf_clear(&buf);
    assert_string_equal(strbuf_text(&buf), "");
    strbuf_append_text(&buf, "again");
    assert_string_equal(strbuf_text(&buf), "again");
}

static void strbuf_failure_is_sticky(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf buf = STRBUF_INIT;
    strbuf_append_text(&buf, "kept");
    strbuf_append(&buf, "", SIZE_MAX / 2); /* refused before a byte is read */
    assert_true(strbuf_failed(&buf));
    strbuf_append_text(&buf, "lost");
    assert_string_equal(strbuf_text(&buf), "kept");
}

static const char *nearest_of(const char *word)
{
    struct nearest nearest = nearest_to(word);
    static const char *const words[] = {"broker", "config", "device", "keep_alive_s"};
    for (size_t i = 0; i < CHECK_COUNT(words); i++)
        nearest_offer(&nearest, words[i]);
    return nearest_word(&nearest);
}

static void finds_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("brokr"), "broker");   /* removed */
    assert_string_equal(nearest_of("brroker"), "broker"); /* inserted */
    assert_string_equal(nearest_of("devise"), "device");  /* replaced */
    assert_string_equal(nearest_of("cofnig"), "config");  /* swapped */
    assert_string_equal(nearest_of("keepalive"), "keep_alive_s");
    assert_null(nearest_of("price"));
    assert_null(nearest_of("x"));
    assert_null(nearest_of(""));
}

static void plant_clock_follows_origin_and_speed(void **state)
{
    (void)state;
    struct clock clock = {.origin_wall_us = 1000000, .origin_plant_us = 50000000, .speed = 60};
    assert_int_equal(clock_plant_from_wall_us(&clock, 1000000), 50000000);
    assert_int_equal(clock_plant_from_wall_us(&clock, 2000000), 110000000);
    assert_int_equal(clock_plant_from_wall_us(&clock, 500000), 20000000); /* before the origin */
    assert_int_equal(clock_plant_span_us(&clock, 1000), 60000);
    assert_int_equal(clock_wall_span_us(&clock, 60000000), 1000000);
    /* The wall itself, exactly, also where a double has no more microseconds. */
    assert_int_equal(clock_plant_from_wall_us(&CLOCK_REAL, INT64_C(9007199254740993)),
                     INT64_C(9007199254740993));
}

static void plant_clock_never_overflows(void **state)
{
    (void)state;
    struct clock clock = {.origin_wall_us = 0, .origin_plant_us = INT64_MAX, .speed = 10000};
    assert_int_equal(clock_plant_from_wall_us(&clock, INT64_MAX), INT64_MAX);
    clock.origin_plant_us = INT64_MIN;
    assert_int_equal(clock_plant_from_wall_us(&clock, INT64_MIN), INT64_MIN);
}

static void clocks_run(void **state)
{
    (void)state;
    int64_t wall = clock_wall_us(), mono = clock_mono_us();
    assert_true(wall > INT64_C(1577836800000000)); /* 2020 */
    assert_true(clock_mono_us() >= mono);
    int64_t plant = clock_plant_us(&CLOCK_REAL);
    assert_true(plant >= wall && plant < wall + 60 * CLOCK_US_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_code_and_sentence),
        cmocka_unit_test(takes_its_own_text_as_argument),
        cmocka_unit_test(keeps_the_reason_of_a_long_sentence),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(names_every_code),
        cmocka_unit_test(strbuf_grows_and_clears),
        cmocka_unit_test(strbuf_failure_is_sticky),
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(plant_clock_follows_origin_and_speed),
        cmocka_unit_test(plant_clock_never_overflows),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
