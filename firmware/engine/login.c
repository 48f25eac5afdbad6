/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/login.h"

#include "base/file.h"
#include "crypto/hmac.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_FILE_MAX 256

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int login_key_parse(const char *text, size_t length, struct login_key *key, struct err *err)
{
    const size_t digits = 2 * (size_t)LOGIN_KEY_BYTES;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    bool good = length == digits;
    for (size_t i = 0; good && i < digits; i++)
        good = digit(text[i]) >= 0;
    if (!good)
        return err_set(
            err, ERR_INVALID,
            "a technician key is a line of %zu hex digits, as openssl rand -hex %d makes "
            "it",
            digits, LOGIN_KEY_BYTES);
    for (size_t i = 0; i < LOGIN_KEY_BYTES; i++)
        key->bytes[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    key->present = true;
    return 0;
}

static int check_owner(const char *path, struct err *err)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return 0; /* opening it says why */
    if ((status.st_uid != geteuid() && status.st_uid != 0) || (status.st_mode & 077) != 0)
        return err_set(err, ERR_PERMISSION,
                       "technician key %s: others can read it; it must belong to the engine's user "
                       "with mode 0400",
                       path);
    return 0;
}

int login_key_read(const char *path, bool guarded, struct login_key *key, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int code = guarded ? check_owner(path, err) : 0;
    if (!code)
        code = file_read(path, KEY_FILE_MAX, &text, err);
    if (!code) {
        code = login_key_parse(strbuf_text(&text), text.length, key, err);
        if (code)
            (void)err_prefix(err, "%s: ", path);
    }
    if (text.text)
        explicit_bzero(text.text, text.capacity);
    return code;
}

int login_text(const char *typed, char text[LOGIN_TEXT_SIZE], struct err *err)
{
    size_t length = 0;
    for (const char *at = typed; *at; at++) {
        if (*at == ' ' || *at == '-' || *at == '\t')
            continue;
        if (digit(*at) < 0 || length == LOGIN_TEXT_SIZE - 1) {
            length = 0;
            break;
        }
        text[length++] = (char)tolower((unsigned char)*at);
    }
    text[length] = '\0';
    if (length != LOGIN_TEXT_SIZE - 1)
        return err_set(err, ERR_INVALID,
                       "%d hex digits are expected; blanks and dashes may be "
                       "between them",
                       LOGIN_TEXT_SIZE - 1);
    return 0;
}

int login_response(const struct login_key *key, const char *challenge,
                   char response[LOGIN_TEXT_SIZE])
{
    char message[64], mac[HMAC_HEX_SIZE];
    int length = snprintf(message, sizeof message, "swapstack technician %.32s", challenge);
    int code = hmac_sha256_hex(key->bytes, sizeof key->bytes, message, (size_t)length, mac);
    if (code)
        return code;
    memcpy(response, mac, LOGIN_TEXT_SIZE - 1);
    response[LOGIN_TEXT_SIZE - 1] = '\0';
    explicit_bzero(mac, sizeof mac);
    return 0;
}

void login_init(struct login *login, const struct login_key *key, int64_t idle_us,
                int64_t lockout_us)
{
    *login =
        (struct login){.key = *key, .idle_us = idle_us, .lockout_us = lockout_us, .holder = -1};
}

static enum login_result may_log_in(const struct login *login, int client, int64_t now_us)
{
    if (!login->key.present)
        return LOGIN_NO_KEY;
    if (now_us < login->locked_until_us)
        return LOGIN_LOCKED;
    return login->holder >= 0 && login->holder != client ? LOGIN_TAKEN : LOGIN_OK;
}

enum login_result login_challenge(struct login *login, int client,
                                  const unsigned char random[LOGIN_NONCE_BYTES], int64_t now_us)
{
    static const char digits[] = "0123456789abcdef";
    enum login_result result = may_log_in(login, client, now_us);
    char *nonce = login->challenges[client].nonce;
    nonce[0] = '\0';
    if (result != LOGIN_OK)
        return result;
    for (size_t i = 0; i < LOGIN_NONCE_BYTES; i++) {
        nonce[2 * i] = digits[random[i] >> 4];
        nonce[2 * i + 1] = digits[random[i] & 15];
    }
    nonce[LOGIN_TEXT_SIZE - 1] = '\0';
    login->challenges[client].since_us = now_us;
    return LOGIN_OK;
}

/* Takes the same time wherever the first difference is. */
static bool same(const char *a, const char *b)
{
    unsigned difference = 0;
    for (size_t i = 0; i < LOGIN_TEXT_SIZE - 1; i++)
        difference |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
    return difference == 0;
}

enum login_result login_answer(struct login *login, int client, const char *answer, int64_t now_us)
{
    char given[LOGIN_TEXT_SIZE], right[LOGIN_TEXT_SIZE];
    char *nonce = login->challenges[client].nonce;
    enum login_result result = may_log_in(login, client, now_us);
    bool asked = nonce[0] && now_us - login->challenges[client].since_us <= LOGIN_NONCE_US;
    if (result == LOGIN_OK && !asked)
        result = LOGIN_NO_CHALLENGE;
    if (result == LOGIN_OK && (login_response(&login->key, nonce, right) ||
                               login_text(answer, given, NULL) || !same(given, right)))
        result = LOGIN_WRONG;
    nonce[0] = '\0';
    if (result == LOGIN_WRONG && ++login->wrong >= LOGIN_WRONG_MAX) {
        login->wrong = 0;
        login->locked_until_us = now_us + login->lockout_us;
    }
    if (result != LOGIN_OK)
        return result;
    login->wrong = 0;
    login->holder = client;
    login->used_us = now_us;
    return LOGIN_OK;
}

bool login_holds(struct login *login, int client, int64_t now_us)
{
    if (login->holder != client || now_us - login->used_us > login->idle_us)
        return false;
    login->used_us = now_us;
    return true;
}

bool login_end(struct login *login, int client)
{
    bool held = login->holder == client;
    login->challenges[client].nonce[0] = '\0';
    if (held)
        login->holder = -1;
    return held;
}

bool login_expire(struct login *login, int64_t now_us)
{
    if (login->holder < 0 || now_us - login->used_us <= login->idle_us)
        return false;
    login->holder = -1;
    return true;
}
