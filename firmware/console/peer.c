/* SPDX-License-Identifier: Apache-2.0 */
#include "console/peer.h"

#include "base/clock.h"
#include "protocol/message.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 10000

void peer_close(struct peer *peer)
{
    if (peer->fd < 0)
        return;
    (void)close(peer->fd);
    peer->fd = -1;
    peer->lost = true;
}

static int open_peer(struct peer *peer, struct err *err)
{
    struct err own = {0};
    if (peer->fd >= 0)
        return 0;
    if (access(peer->path, F_OK) == 0 && access(peer->path, W_OK) < 0)
        return err_set(err, ERR_PERMISSION,
                       "this user may not talk to the %s: socket %s is for the group swapstack",
                       peer->name, peer->path);
    int fd = ipc_connect(peer->path, &own);
    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "the %s is not running (%s)", peer->name, own.text);
    peer->fd = fd;
    return 0;
}

static int send_request(struct peer *peer, const struct peer_request *request, const char *id,
                        struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    cJSON *packet = ipc_begin(IPC_CONSOLE_REQUEST, id);
    cJSON_AddStringToObject(packet, "verb", request->verb);
    if (request->bay != MESSAGE_ABSENT)
        cJSON_AddNumberToObject(packet, "bay", (double)request->bay);
    if (request->on != PEER_NEITHER)
        cJSON_AddBoolToObject(packet, "on", request->on == PEER_ON);
    if (request->answer)
        cJSON_AddStringToObject(packet, "answer", request->answer);
    int code = ipc_encode(packet, &text, err);
    return code ? code : ipc_send(peer->fd, strbuf_text(&text), text.length, err);
}

static int wait_answer(struct peer *peer, struct terminal *terminal, bool patient,
                       struct ipc_packet *answer, struct err *err)
{
    SCOPE_STRBUF struct strbuf bytes = STRBUF_INIT;
    enum terminal_event event;
    do {
        event = terminal_wait(terminal, peer->fd, ANSWER_MS);
    } while (event == TERMINAL_INTERRUPT && patient && !terminal->gone);
    switch (event) {
    case TERMINAL_TIME:
        return err_set(err, ERR_TIMEOUT, "the %s does not answer: it hangs, or is very busy",
                       peer->name);
    case TERMINAL_INTERRUPT:
        return err_set(err, ERR_BUSY, "interrupted");
    case TERMINAL_READY:
        break;
    }
    int code = ipc_receive(peer->fd, &bytes, err);
    return code ? code : ipc_decode(strbuf_text(&bytes), bytes.length, answer, err);
}

/* The refusal's code as one of ours, for the exit status. */
static int refusal(const struct peer *peer, const struct ipc_packet *answer, struct err *err)
{
    static const struct {
        const char *reason;
        int code;
    } CODES[] = {{"Unauthorized", ERR_PERMISSION},
                 {"Busy", ERR_BUSY},
                 {"Malformed", ERR_USAGE},
                 {"StorageFault", ERR_STORAGE},
                 {"Unsupported", ERR_USAGE}};
    const char *reason = ipc_text(answer, "reason");
    int code = ERR_REFUSED;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (strcmp(CODES[i].reason, reason) == 0)
            code = CODES[i].code;
    return err_set(err, code, "refused by the %s (%s): %s", peer->name, reason,
                   ipc_text(answer, "text"));
}

static int take_answer(struct peer *peer, const char *id, struct ipc_packet *answer, cJSON **data,
                       struct err *err)
{
    if (strcmp(answer->message_id, "full") != 0 && strcmp(answer->message_id, id) != 0)
        return err_set(err, ERR_PROTOCOL, "the %s answered something else", peer->name);
    if (strcmp(ipc_text(answer, "status"), "accepted") != 0)
        return refusal(peer, answer, err);
    *data = cJSON_DetachItemFromObjectCaseSensitive(answer->json, "data");
    return 0;
}

static int ask_once(struct peer *peer, struct terminal *terminal,
                    const struct peer_request *request, cJSON **data, struct err *err)
{
    struct ipc_packet answer = {.type = IPC_TYPE_COUNT};
    char id[32];
    (void)snprintf(id, sizeof id, "console-%" PRId64, ++peer->counter);
    int code = send_request(peer, request, id, err);
    if (!code)
        code = wait_answer(peer, terminal, request->patient, &answer, err);
    if (code) { /* an answer that comes late must not be taken for the next one */
        ipc_packet_free(&answer);
        peer_close(peer);
        return code;
    }
    code = take_answer(peer, id, &answer, data, err);
    ipc_packet_free(&answer);
    return code;
}

int peer_ask(struct peer *peer, struct terminal *terminal, const struct peer_request *request,
             cJSON **data, struct err *err)
{
    bool connected = peer->fd >= 0;
    *data = NULL;
    int code = open_peer(peer, err);
    if (!code)
        code = ask_once(peer, terminal, request, data, err);
    /* A daemon that was restarted since: once more, on a new connection. */
    if (code == ERR_UNAVAILABLE && connected) {
        code = open_peer(peer, err);
        if (!code)
            code = ask_once(peer, terminal, request, data, err);
    }
    if (code == ERR_UNAVAILABLE && !strstr(err->text, "not running"))
        return err_set(err, code, "the %s is not running (it closed the connection)", peer->name);
    return code;
}
