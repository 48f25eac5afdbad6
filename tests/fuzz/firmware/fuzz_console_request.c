/* SPDX-License-Identifier: Apache-2.0 */
/* Any packets on the engine's socket for technicians' tools, one a line, from somebody who is
 * logged in: each is refused or answered by a packet that decodes, and the core's invariants hold.
 */
#include "base/log.h"
#include "engine/console.h"
#include "ipc/ipc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t now(void *self)
{
    return *(const int64_t *)self;
}

static void random_bytes(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 0x5a, length);
}

static int save(void *self, const char *name, const void *bytes, size_t length, struct err *err)
{
    (void)self, (void)name, (void)bytes, (void)length, (void)err;
    return 0;
}

static int load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    (void)self, (void)name, (void)to;
    return err_set(err, ERR_NOT_FOUND, "never saved");
}

static int send_nothing(void *self, const void *bytes, size_t length, struct err *err)
{
    (void)self, (void)bytes, (void)length;
    return err_set(err, ERR_UNAVAILABLE, "nobody is there");
}

static int record(void *self, const char *line, struct err *err)
{
    (void)self, (void)err;
    return line[0] ? 0 : ERR_STORAGE;
}

static void answer(struct engine_console *console, const char *line, size_t length)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct ipc_packet request, response;
    if (ipc_decode(line, length, &request, NULL))
        return;
    if (request.type == IPC_CONSOLE_REQUEST) {
        if (ipc_encode(engine_console_answer(console, 0, &request), &text, NULL) ||
            ipc_decode(strbuf_text(&text), text.length, &response, NULL) ||
            response.type != IPC_CONSOLE_RESPONSE)
            abort();
        ipc_packet_free(&response);
    }
    ipc_packet_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now_us = 1795258800000000;
    const struct env env = {&now_us, now, now, now, random_bytes, save, load};
    const struct engine_link link = {NULL, send_nothing};
    const struct engine_audit audit = {NULL, record};
    struct engine_options options;
    struct engine_console console = {.audit = &audit};
    struct login_key key = {.present = true};
    log_set_level(LOG_LEVEL_ERROR);
    engine_options_default(&options);
    options.env = &env;
    options.link = &link;
    options.bay_count = 6;
    if (engine_new(&console.engine, &options, NULL))
        abort();
    login_init(&console.login, &key, INT64_MAX / 2, 1);
    console.login.holder = 0; /* as if the challenge had been answered */
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        answer(&console, (const char *)data + at, length);
        at += length + 1;
        now_us += 100000;
        (void)engine_step(console.engine, 1);
    }
    engine_console_gone(&console, 0);
    engine_free(console.engine);
    return 0;
}
