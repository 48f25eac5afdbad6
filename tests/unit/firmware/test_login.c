/* SPDX-License-Identifier: Apache-2.0 */
/* Logins of technicians: key files, challenge and response, wrong answers, ends of sessions. */
#include "base/scope.h"
#include "crypto/hmac.h"
#include "engine/login.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define KEY    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static const unsigned char RANDOM[LOGIN_NONCE_BYTES] = {0xde, 0xad, 0xbe, 0xef, 5,  6,  7,  8,
                                                        9,    10,   11,   12,   13, 14, 15, 16};

static void init(struct login *login)
{
    struct login_key key = {0};
    assert_int_equal(login_key_parse(KEY "\n", strlen(KEY) + 1, &key, NULL), 0);
    login_init(login, &key, 600 * SECOND, 300 * SECOND);
}

static void answer_of(struct login *login, int client, char response[LOGIN_TEXT_SIZE])
{
    assert_int_equal(login_response(&login->key, login->challenges[client].nonce, response), 0);
}

static void the_right_answer_opens_once(void **state)
{
    (void)state;
    struct login login;
    char response[LOGIN_TEXT_SIZE], mac[HMAC_HEX_SIZE], typed[64];
    init(&login);
    assert_int_equal(login_answer(&login, 0, "00", 1), LOGIN_NO_CHALLENGE);
    assert_int_equal(login_challenge(&login, 0, RANDOM, SECOND), LOGIN_OK);
    assert_string_equal(login.challenges[0].nonce, "deadbeef05060708090a0b0c0d0e0f10");
    answer_of(&login, 0, response);
    /* the documented formula, by hand */
    const char *message = "swapstack technician deadbeef05060708090a0b0c0d0e0f10";
    assert_int_equal(
        hmac_sha256_hex(login.key.bytes, LOGIN_KEY_BYTES, message, strlen(message), mac), 0);
    assert_memory_equal(mac, response, 32);
    assert_false(login_holds(&login, 0, SECOND));
    (void)snprintf(typed, sizeof typed, "%.8s-%.8s %s", response, response + 8, response + 16);
    assert_int_equal(login_answer(&login, 0, typed, 2 * SECOND), LOGIN_OK);
    assert_true(login_holds(&login, 0, 3 * SECOND));
    assert_false(login_holds(&login, 1, 3 * SECOND));
    assert_int_equal(login_challenge(&login, 1, RANDOM, 3 * SECOND), LOGIN_TAKEN);
    /* heard once, good for nothing more */
    assert_true(login_end(&login, 0));
    assert_false(login_end(&login, 0));
    assert_int_equal(login_answer(&login, 0, response, 4 * SECOND), LOGIN_NO_CHALLENGE);
    /* and not for another client's challenge that is too old */
    assert_int_equal(login_challenge(&login, 1, RANDOM, 4 * SECOND), LOGIN_OK);
    assert_int_equal(login_answer(&login, 1, response, 125 * SECOND), LOGIN_NO_CHALLENGE);
}

static void three_wrong_answers_lock(void **state)
{
    (void)state;
    struct login login;
    char response[LOGIN_TEXT_SIZE];
    init(&login);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(login_challenge(&login, i, RANDOM, SECOND), LOGIN_OK);
        answer_of(&login, i, response);
        response[31] = response[31] == '0' ? '1' : '0';
        assert_int_equal(login_answer(&login, i, i == 1 ? "no hex" : response, SECOND),
                         LOGIN_WRONG);
    }
    assert_int_equal(login_challenge(&login, 0, RANDOM, 300 * SECOND), LOGIN_LOCKED);
    assert_int_equal(login_answer(&login, 0, response, 300 * SECOND), LOGIN_LOCKED);
    assert_int_equal(login_challenge(&login, 0, RANDOM, 301 * SECOND), LOGIN_OK);
    assert_int_equal(login_answer(&login, 0, "", 301 * SECOND), LOGIN_WRONG); /* counts anew */
    assert_int_equal(login_challenge(&login, 0, RANDOM, 301 * SECOND), LOGIN_OK);
    answer_of(&login, 0, response);
    assert_int_equal(login_answer(&login, 0, response, 301 * SECOND), LOGIN_OK);
}

static void a_session_ends_when_it_is_idle(void **state)
{
    (void)state;
    struct login login;
    char response[LOGIN_TEXT_SIZE];
    init(&login);
    assert_false(login_expire(&login, 0));
    assert_int_equal(login_challenge(&login, 2, RANDOM, SECOND), LOGIN_OK);
    answer_of(&login, 2, response);
    assert_int_equal(login_answer(&login, 2, response, SECOND), LOGIN_OK);
    assert_true(login_holds(&login, 2, 600 * SECOND)); /* use begins the time anew */
    assert_false(login_expire(&login, 1200 * SECOND));
    assert_true(login_expire(&login, 1201 * SECOND));
    assert_false(login_expire(&login, 1202 * SECOND));
    assert_false(login_holds(&login, 2, 1202 * SECOND));
}

static void without_a_key_nobody_logs_in(void **state)
{
    (void)state;
    struct login login;
    const struct login_key none = {0};
    login_init(&login, &none, 1, 1);
    assert_int_equal(login_challenge(&login, 0, RANDOM, 5), LOGIN_NO_KEY);
    assert_int_equal(login_answer(&login, 0, "", 5), LOGIN_NO_KEY);
}

static void write_key(const char *path, const char *text, mode_t mode)
{
    SCOPE_FCLOSE FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void key_files_are_guarded(void **state)
{
    (void)state;
    struct login_key key = {0};
    struct err err = {0};
    char path[] = "/tmp/swapstack-login-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    write_key(path, KEY "\r\n", 0600);
    assert_int_equal(login_key_read(path, true, &key, &err), 0);
    assert_true(key.present && key.bytes[31] == 0x1f);
    write_key(path, KEY "\n", 0640);
    assert_int_equal(login_key_read(path, true, &key, &err), ERR_PERMISSION);
    assert_int_equal(login_key_read(path, false, &key, &err), 0); /* on the technician's laptop */
    static const char *const BAD[] = {"", "00", KEY "0", "g" KEY, KEY "\n" KEY};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        write_key(path, BAD[i], 0600);
        assert_int_equal(login_key_read(path, true, &key, &err), ERR_INVALID);
        assert_non_null(strstr(err.text, "64 hex digits"));
    }
    (void)unlink(path);
    assert_int_equal(login_key_read(path, true, &key, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_answer_opens_once),
        cmocka_unit_test(three_wrong_answers_lock),
        cmocka_unit_test(a_session_ends_when_it_is_idle),
        cmocka_unit_test(without_a_key_nobody_logs_in),
        cmocka_unit_test(key_files_are_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
