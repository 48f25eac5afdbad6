/* SPDX-License-Identifier: Apache-2.0 */
/* The socket for technicians' tools: several clients, bounded, never blocking. */
#include "ipc/ipc_server.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct rig {
    char folder[64], path[96];
    struct ipc_server *server;
    int asked[IPC_CLIENTS_MAX], gone[IPC_CLIENTS_MAX];
    size_t padding; /* bytes of each answer */
};

static cJSON *answer(void *self, int client, const struct ipc_packet *request)
{
    struct rig *rig = self;
    rig->asked[client]++;
    if (strcmp(ipc_text(request, "verb"), "no") == 0)
        return ipc_console_refuse(request, "Busy", "bay %d is busy", 3);
    char *padding = calloc(rig->padding + 1, 1);
    assert_non_null(padding);
    memset(padding, 'x', rig->padding);
    cJSON *data = cJSON_CreateObject();
    assert_non_null(cJSON_AddStringToObject(data, "padding", padding));
    free(padding);
    return ipc_console_accept(request, data);
}

static void gone(void *self, int client)
{
    ((struct rig *)self)->gone[client]++;
}

static void begin(struct rig *rig)
{
    struct err err = {0};
    *rig = (struct rig){.folder = "/tmp/swapstack-server-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    (void)snprintf(rig->path, sizeof rig->path, "%s/sock", rig->folder);
    const struct ipc_service service = {rig, answer, gone};
    if (ipc_server_open(&rig->server, rig->path, &service, &err))
        fail_msg("%s", err.text);
}

static void end(struct rig *rig)
{
    struct stat status;
    ipc_server_close(rig->server);
    assert_int_equal(lstat(rig->path, &status), -1); /* it took its socket away */
    assert_int_equal(rmdir(rig->folder), 0);
}

/* Serves until nothing is to be done. */
static void serve(struct rig *rig)
{
    struct pollfd fd = {ipc_server_fd(rig->server), POLLIN, 0};
    for (int i = 0; i < 1000 && poll(&fd, 1, 0) > 0; i++)
        ipc_server_serve(rig->server);
}

static int connect_to(const struct rig *rig)
{
    int fd = ipc_connect(rig->path, NULL);
    assert_true(fd >= 0);
    return fd;
}

static int ask(int fd, const char *verb)
{
    char text[128];
    int length =
        snprintf(text, sizeof text,
                 "{\"type\":\"console_request\",\"message_id\":\"1\",\"verb\":\"%s\"}", verb);
    return ipc_send(fd, text, (size_t)length, NULL);
}

static int hear(int fd, struct ipc_packet *packet)
{
    SCOPE_STRBUF struct strbuf bytes = STRBUF_INIT;
    int code = ipc_receive(fd, &bytes, NULL);
    if (!code)
        assert_int_equal(ipc_decode(strbuf_text(&bytes), bytes.length, packet, NULL), 0);
    return code;
}

static void clients_are_answered(void **state)
{
    (void)state;
    struct rig rig;
    struct ipc_packet packet;
    begin(&rig);
    int a = connect_to(&rig), b = connect_to(&rig);
    serve(&rig);
    assert_int_equal(ask(a, "yes"), 0);
    assert_int_equal(ask(b, "no"), 0);
    serve(&rig);
    assert_int_equal(hear(a, &packet), 0);
    assert_string_equal(ipc_text(&packet, "status"), "accepted");
    ipc_packet_free(&packet);
    assert_int_equal(hear(b, &packet), 0);
    assert_string_equal(ipc_text(&packet, "reason"), "Busy");
    assert_string_equal(ipc_text(&packet, "text"), "bay 3 is busy");
    ipc_packet_free(&packet);
    (void)close(a);
    serve(&rig);
    assert_int_equal(rig.gone[0], 1);
    assert_int_equal(rig.gone[1], 0);
    a = connect_to(&rig); /* takes the free place */
    serve(&rig);
    assert_int_equal(ask(a, "yes"), 0);
    serve(&rig);
    assert_int_equal(rig.asked[0], 2);
    (void)close(a);
    (void)close(b);
    end(&rig);
}

static void a_fifth_client_is_told(void **state)
{
    (void)state;
    struct rig rig;
    struct ipc_packet packet;
    int fds[IPC_CLIENTS_MAX + 1];
    begin(&rig);
    for (size_t i = 0; i < IPC_CLIENTS_MAX + 1; i++)
        fds[i] = connect_to(&rig);
    serve(&rig);
    assert_int_equal(hear(fds[IPC_CLIENTS_MAX], &packet), 0);
    assert_string_equal(ipc_text(&packet, "reason"), "Busy");
    ipc_packet_free(&packet);
    assert_int_equal(hear(fds[IPC_CLIENTS_MAX], &packet), ERR_UNAVAILABLE);
    for (size_t i = 0; i < IPC_CLIENTS_MAX + 1; i++)
        (void)close(fds[i]);
    serve(&rig);
    end(&rig);
}

static void who_breaks_the_protocol_is_dropped(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{", "{\"type\":\"status_request\",\"message_id\":\"1\"}",
                                      "{\"type\":\"console_request\",\"message_id\":\"1\"}"};
    struct rig rig;
    struct ipc_packet packet;
    begin(&rig);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        int fd = connect_to(&rig);
        assert_int_equal(ipc_send(fd, BAD[i], strlen(BAD[i]), NULL), 0);
        serve(&rig);
        assert_int_equal(hear(fd, &packet), ERR_UNAVAILABLE);
        (void)close(fd);
    }
    assert_int_equal(rig.gone[0], 3);
    end(&rig);
}

/* Its socket fills up; the server keeps one answer and stops reading, others are served. */
static void who_does_not_read_is_not_read(void **state)
{
    (void)state;
    struct rig rig;
    struct ipc_packet packet;
    begin(&rig);
    rig.padding = 100000;
    int slow = connect_to(&rig), quick = connect_to(&rig);
    serve(&rig);
    int sent = 0, heard = 0;
    while (sent < 1000 && ask(slow, "yes") == 0) {
        sent++;
        serve(&rig);
    }
    int answered = rig.asked[0];
    assert_true(answered > 0 && answered < sent);
    rig.padding = 1;
    assert_int_equal(ask(quick, "yes"), 0);
    serve(&rig);
    assert_int_equal(hear(quick, &packet), 0);
    ipc_packet_free(&packet);
    while (heard < sent) { /* nothing was lost */
        assert_int_equal(hear(slow, &packet), 0);
        ipc_packet_free(&packet);
        heard++;
        serve(&rig);
    }
    assert_int_equal(rig.asked[0], sent);
    (void)close(slow);
    (void)close(quick);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_answered),
        cmocka_unit_test(a_fifth_client_is_told),
        cmocka_unit_test(who_breaks_the_protocol_is_dropped),
        cmocka_unit_test(who_does_not_read_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
