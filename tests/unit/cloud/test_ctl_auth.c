/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tokens and what stations say they have; pushing: tests/e2e/test_local_start.py. */
#include "cloud/ctl_support.h"

#include "ctl/tokens.h"

static void tokens_are_lines(void **state)
{
    static const char text[] = "# drivers\nCARD-8\r\n\n  \nCARD-7\nCARD-8";
    struct tokens tokens;
    (void)state;
    assert_int_equal(tokens_parse(text, strlen(text), "f", &tokens, NULL), 0);
    assert_int_equal(tokens.count, 2);
    assert_string_equal(tokens.list[0], "CARD-7");
    assert_string_equal(tokens.list[1], "CARD-8");
    struct message_auth_list page;
    tokens_page(&tokens, 9, 1, &page);
    assert_int_equal(page.pages, 1);
    assert_int_equal(page.token_count, 2);
    tokens_free(&tokens);
    assert_int_equal(tokens_parse("", 0, "f", &tokens, NULL), 0); /* nobody is a list too */
    tokens_page(&tokens, 9, 1, &page);
    assert_int_equal(page.pages, 1);
    assert_int_equal(page.token_count, 0);
    tokens_free(&tokens);
}

static void wrong_lines_are_named(void **state)
{
    struct tokens tokens;
    struct err err = {0};
    char longer[70];
    (void)state;
    memset(longer, 'A', sizeof longer);
    assert_int_equal(tokens_parse("A\nB C\n", 6, "f", &tokens, &err), ERR_INVALID);
    assert_string_equal(err.text, "f:2: a token has no blanks and only printable ASCII characters");
    tokens_free(&tokens);
    assert_int_equal(tokens_parse(longer, 65, "f", &tokens, &err), ERR_INVALID);
    assert_string_equal(err.text, "f:1: a token of 65 bytes, at most 64 are right");
    tokens_free(&tokens);
}

/* Whatever is in the pages is in the list, once, and each page is a message. */
static void the_largest_list_fits(void **state)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct tokens tokens;
    struct err err = {0};
    (void)state;
    for (int i = 0; i < TOKENS_MAX; i++)
        strbuf_printf(&text, "%064d\n", i);
    assert_int_equal(tokens_parse(strbuf_text(&text), text.length, "f", &tokens, &err), 0);
    assert_int_equal(tokens.count, TOKENS_MAX);
    int number = 0;
    for (int64_t page = 1; page <= tokens_pages(&tokens); page++) {
        SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
        struct message message, back;
        enum message_quality quality;
        message_init(&message, MESSAGE_AUTH_LIST);
        memcpy(message.device, "1231", sizeof "1231");
        tokens_page(&tokens, 9, page, &message.data.auth_list);
        assert_int_equal(message_encode(&message, &payload, &err), 0);
        assert_int_equal(
            message_decode(strbuf_text(&payload), payload.length, &back, &quality, &err), 0);
        assert_int_equal(back.data.auth_list.page, page);
        for (size_t i = 0; i < back.data.auth_list.token_count; i++)
            assert_int_equal(atoi(back.data.auth_list.tokens[i]), number++);
        message_free(&back);
    }
    assert_int_equal(number, TOKENS_MAX);
    tokens_free(&tokens);
    strbuf_append_text(&text, "one-more\n");
    assert_int_equal(tokens_parse(strbuf_text(&text), text.length, "f", &tokens, &err),
                     ERR_INVALID);
    assert_string_equal(err.text, "f: 100001 tokens, a station keeps at most 100000");
    tokens_free(&tokens);
}

static void status_is_what_stations_say(void **state)
{
    const struct workdir *dir = *state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    struct err err = {0};
    struct store *store = must_open(dir->db, STORE_WRITE);
    must_execute(store, "INSERT INTO station (station_id, first_seen_at, config) VALUES"
                        " ('s1', 1, '{\"auth_list\":{\"version\":7,\"value\":42}}'),"
                        " ('s2', 1, NULL)");
    store_close(store);
    assert_int_equal(RUN(&out, &err, "auth", "status", "--json", "--db", dir->db), 0);
    assert_non_null(strstr(strbuf_text(&out), "\"station_id\":\"s1\",\"version\":7,\"tokens\":42"));
    assert_non_null(strstr(strbuf_text(&out), "\"station_id\":\"s2\",\"version\":null"));
    assert_int_equal(RUN(&out, &err, "auth", "push", "/nowhere", "--device", "s1"), ERR_NOT_FOUND);
    assert_true(RUN(&out, &err, "auth", "push", dir->db, "--device", "s1") < 0); /* no text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_lines),
        cmocka_unit_test(wrong_lines_are_named),
        cmocka_unit_test(the_largest_list_fits),
        workdir_test(status_is_what_stations_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
