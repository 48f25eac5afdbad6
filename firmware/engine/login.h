/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may move things by hand: challenge and response with the station's technician key, so that
 * what goes over the serial line opens nothing the next time. Pure; times are of the wall's pace.
 *
 *     challenge  16 random bytes as 32 hex digits, of one client, good for one answer and 2 minutes
 *     response   the first 32 hex digits of
 *                HMAC-SHA256(key, "swapstack technician " + the 32 digits in lower case)
 *
 * (RFC 2104 allows a truncation to half of the hash.) Three wrong answers, whoever gave them, lock
 * every login for a while. One client at a time is logged in; its session ends when it is idle for
 * too long or its connection is gone.
 */
#ifndef SWAPSTACK_ENGINE_LOGIN_H
#define SWAPSTACK_ENGINE_LOGIN_H

#include "base/err.h"
#include "ipc/ipc_server.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGIN_KEY_BYTES   32
#define LOGIN_NONCE_BYTES 16
#define LOGIN_TEXT_SIZE   33 /* challenge or response: 32 hex digits and NUL */
#define LOGIN_WRONG_MAX   3
#define LOGIN_NONCE_US    INT64_C(120000000)

struct login_key {
    bool present;
    unsigned char bytes[LOGIN_KEY_BYTES];
};

/* A key file: 64 hex digits, then at most white space (`openssl rand -hex 32`). Pure. ERR_INVALID
 * with a sentence that does not show the key. */
int login_key_parse(const char *text, size_t length, struct login_key *key, struct err *err);
/* Reads a key file. `guarded`: it must belong to this user or root and be nobody else's to read
 * (ERR_PERMISSION). */
int login_key_read(const char *path, bool guarded, struct login_key *key, struct err *err);

/* The challenge or response in `typed` without blanks and dashes, in lower case. ERR_INVALID when
 * that is not 32 hex digits. Pure. */
int login_text(const char *typed, char text[LOGIN_TEXT_SIZE], struct err *err);
/* The response to a challenge. ERR_SYSTEM when PSA refuses. */
int login_response(const struct login_key *key, const char *challenge,
                   char response[LOGIN_TEXT_SIZE]);

struct login {
    struct login_key key;
    int64_t idle_us, lockout_us;
    struct {
        char nonce[LOGIN_TEXT_SIZE]; /* "": none was asked for */
        int64_t since_us;
    } challenges[IPC_CLIENTS_MAX];
    int holder;      /* client, -1: nobody is logged in */
    int64_t used_us; /* the holder's last request */
    int wrong;       /* answers in a row */
    int64_t locked_until_us;
};

void login_init(struct login *login, const struct login_key *key, int64_t idle_us,
                int64_t lockout_us);

enum login_result {
    LOGIN_OK,
    LOGIN_NO_KEY,       /* the station has no technician key */
    LOGIN_LOCKED,       /* too many wrong answers; until locked_until_us */
    LOGIN_TAKEN,        /* somebody else is logged in */
    LOGIN_NO_CHALLENGE, /* none was asked for, or it is too old */
    LOGIN_WRONG,
};

/* A new challenge for a client from 16 random bytes; an earlier one of it is void. */
enum login_result login_challenge(struct login *login, int client,
                                  const unsigned char random[LOGIN_NONCE_BYTES], int64_t now_us);
/* Uses up the client's challenge. LOGIN_OK: it is logged in. */
enum login_result login_answer(struct login *login, int client, const char *answer, int64_t now_us);
/* Is it logged in? Counts as use. */
bool login_holds(struct login *login, int client, int64_t now_us);
/* The client logs out or is gone. True when it was the one logged in. */
bool login_end(struct login *login, int client);
/* True when the session ends now because it was idle for too long. */
bool login_expire(struct login *login, int64_t now_us);

#endif
