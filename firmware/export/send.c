/* SPDX-License-Identifier: Apache-2.0 */
#include "export/send.h"

#include "base/child.h"
#include "base/scope.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>

#define START_MS        120000 /* until somebody has started to receive, and for the end */
#define SLOWEST_BYTES_S 100    /* a transfer slower than 1200 baud is none */
#define SAID_MAX        4096

static int64_t timeout_ms(const char *path)
{
    struct stat status;
    int64_t bytes = stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
    int64_t ms = START_MS + bytes * 1000 / SLOWEST_BYTES_S;
    return ms > INT32_MAX ? INT32_MAX : ms;
}

/* lrzsz ends its sentences with \r or \n, as the mood takes it; the last one is the reason. */
static const char *last_words(struct strbuf *said)
{
    while (said->length > 0 && (unsigned char)said->text[said->length - 1] <= ' ')
        said->text[--said->length] = '\0';
    const char *text = strbuf_text(said), *from = text;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ')
            from = at + 1;
    return from;
}

static int run(const char *const *words, int64_t limit_ms, int in_fd, int out_fd, struct err *err)
{
    struct child child;
    SCOPE_STRBUF struct strbuf said = STRBUF_INIT;
    int code = child_start(&child, words, in_fd, out_fd, err);
    if (code == ERR_UNAVAILABLE)
        return err_set(err, ERR_UNAVAILABLE, "%s is not there: the Debian package lrzsz has it",
                       words[0]);
    if (code < 0)
        return code;
    code = child_collect(&child, (int)limit_ms, SAID_MAX, NULL, &said, NULL, err);
    int status = code < 0 ? child_end(&child) : child_wait(&child, 1000);
    if (code < 0)
        return err_prefix(err, "%s: ", words[0]);
    if (status == 0)
        return 0;
    const char *why = last_words(&said);
    return err_set(err, ERR_IO, "%s ended with status %d%s%s", words[0], status, why[0] ? ": " : "",
                   why);
}

int send_file(const char *path, enum send_protocol protocol, int in_fd, int out_fd, struct err *err)
{
    const char *const zmodem[] = {"sz", "--binary", "--quiet", path, NULL};
    const char *const xmodem[] = {"sx", "--binary", "--1k", "--quiet", path, NULL};
    struct termios before;
    bool is_tty = tcgetattr(in_fd, &before) == 0;
    int code = run(protocol == SEND_ZMODEM ? zmodem : xmodem, timeout_ms(path), in_fd, out_fd, err);
    if (is_tty) {
        (void)tcflush(in_fd, TCIFLUSH); /* what a receiver that gave up still sent */
        (void)tcsetattr(in_fd, TCSADRAIN, &before);
    }
    return code;
}
