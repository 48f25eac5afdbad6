/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/control_client.h"

#include "base/scope.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define ANSWER_TIMEOUT_S 15 /* wall; a bridge with a broken disk retries for longer than that */

int control_address(const char *db_path, struct sockaddr_un *address, int *directory_fd,
                    struct err *err)
{
    /* The real name, as for the lock: a symbolic link to the database must find the same bridge. */
    char folder[PATH_MAX], leaf[PATH_MAX], real[PATH_MAX];
    const char *path = realpath(db_path, real) ? real : db_path;
    (void)snprintf(folder, sizeof folder, "%s", path);
    (void)snprintf(leaf, sizeof leaf, "%s", path);
    int fd = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "folder of database %s: cannot be opened",
                             db_path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s.sock",
                          fd, basename(leaf));
    if (length < 0 || (size_t)length >= sizeof address->sun_path) {
        (void)close(fd);
        return err_set(err, ERR_IO, "database %s: its file name is too long for a socket beside it",
                       db_path);
    }
    *directory_fd = fd;
    return 0;
}

static int connect_bridge(const char *db_path, struct err *err)
{
    struct sockaddr_un address;
    SCOPE_CLOSE int folder = -1;
    int status = control_address(db_path, &address, &folder, err);
    if (status < 0)
        return status;
    SCOPE_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        bool absent = errno == ENOENT || errno == ECONNREFUSED;
        return err_set_errno(err, absent ? ERR_UNAVAILABLE : ERR_IO, errno,
                             "no bridge answers at %s.sock", db_path);
    }
    struct timeval patience = {.tv_sec = ANSWER_TIMEOUT_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int connected = fd;
    fd = -1;
    return connected;
}

static int send_line(int fd, const char *request, struct err *err)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    strbuf_append_text(&line, request);
    strbuf_append_char(&line, '\n');
    if (strbuf_failed(&line) || line.length > CONTROL_MAX_BYTES)
        return err_set(err, ERR_USAGE, "request to the bridge: longer than %d bytes",
                       CONTROL_MAX_BYTES);
    for (size_t sent = 0; sent < line.length;) {
        ssize_t n = send(fd, line.text + sent, line.length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return err_set_errno(err, ERR_IO, errno, "request to the bridge");
        sent += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int receive_line(int fd, struct strbuf *reply, struct err *err)
{
    size_t begin = reply->length;
    for (;;) {
        char chunk[512];
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return err_set(err, ERR_TIMEOUT, "the bridge did not answer within %d s",
                           ANSWER_TIMEOUT_S);
        if (n <= 0)
            return err_set(err, ERR_IO, "the bridge closed the connection without an answer");
        const char *end = memchr(chunk, '\n', (size_t)n);
        strbuf_append(reply, chunk, end ? (size_t)(end - chunk) : (size_t)n);
        if (end)
            return strbuf_failed(reply) ? err_set(err, ERR_NOMEM, "out of memory") : 0;
        if (reply->length - begin > CONTROL_MAX_BYTES)
            return err_set(err, ERR_PROTOCOL, "the bridge's answer is longer than %d bytes",
                           CONTROL_MAX_BYTES);
    }
}

static int code_of(const char *name)
{
#define ERR_BY_NAME(code_name, code, text, exit_code)                                              \
    if (strcmp(name, #code_name) == 0)                                                             \
        return code;
    ERR_TABLE(ERR_BY_NAME)
#undef ERR_BY_NAME
    return ERR_REFUSED;
}

static int judge(const char *answer, struct err *err)
{
    cJSON *object = cJSON_Parse(answer);
    if (!object)
        return err_set(err, ERR_PROTOCOL, "the bridge's answer is no JSON object: %.80s", answer);
    int status = 0;
    const char *sentence = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "error"));
    const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "code"));
    if (sentence)
        status = err_set(err, code_of(code ? code : ""), "%s", sentence);
    cJSON_Delete(object);
    return status;
}

int control_request(const char *db_path, const char *request, struct strbuf *reply, struct err *err)
{
    SCOPE_CLOSE int fd = connect_bridge(db_path, err);
    if (fd < 0)
        return fd;
    int status = send_line(fd, request, err);
    size_t begin = reply->length;
    if (status == 0)
        status = receive_line(fd, reply, err);
    return status < 0 ? status : judge(strbuf_text(reply) + begin, err);
}

int control_station_approve(const char *db_path, const char *station_id, const char *approval,
                            const char *actor, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    bool made = object && cJSON_AddStringToObject(object, "command", "station_approve") &&
                cJSON_AddStringToObject(object, "station", station_id) &&
                cJSON_AddStringToObject(object, "approval", approval) &&
                cJSON_AddStringToObject(object, "actor", actor ? actor : "");
    char *request = made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!request)
        return err_set(err, ERR_NOMEM, "out of memory");
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    int status = control_request(db_path, request, &reply, err);
    cJSON_free(request);
    return status;
}
