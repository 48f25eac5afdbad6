/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/console_serve.h"

#include "base/log.h"
#include "engine/audit_file.h"
#include "engine/console.h"
#include <string.h>

#define MODULE "console"

struct engine_serve {
    struct engine_console console;
    struct engine_audit audit;
    struct audit_file file;
    struct ipc_server *server;
};

static cJSON *answer(void *self, int client, const struct ipc_packet *request)
{
    return engine_console_answer(self, client, request);
}

static void gone(void *self, int client)
{
    engine_console_gone(self, client);
}

/* "engine.sock" → "engine-console.sock". */
static void derive_path(struct strbuf *to, const char *socket)
{
    static const char END[] = ".sock";
    size_t length = strlen(socket);
    bool ends = length > strlen(END) && strcmp(socket + length - strlen(END), END) == 0;
    strbuf_append(to, socket, ends ? length - strlen(END) : length);
    strbuf_printf(to, "-console%s", ends ? END : "");
}

static void read_key(struct login_key *key, const char *path)
{
    struct err err = {0};
    if (path[0] && login_key_read(path, true, key, &err)) {
        log_error(MODULE, "nobody can log in at this station: %s", err.text);
        *key = (struct login_key){0};
    }
}

struct engine_serve *engine_serve_open(struct engine *engine, const struct config *config,
                                       const char *state)
{
    SCOPE_STRBUF struct strbuf path = STRBUF_INIT;
    const char *wanted = config_text(config, "console", "engine_socket");
    struct login_key key = {0};
    struct err err = {0};
    if (strcmp(wanted, "none") == 0)
        return NULL;
    if (wanted[0])
        strbuf_append_text(&path, wanted);
    else
        derive_path(&path, config_text(config, "engine", "socket"));
    struct engine_serve *serve = calloc(1, sizeof *serve);
    if (!serve) {
        log_error(MODULE, "out of memory: technicians' tools are not served");
        return NULL;
    }
    audit_file_init(&serve->file, state, &serve->audit);
    serve->console.engine = engine;
    serve->console.audit = &serve->audit;
    read_key(&key, config_text(config, "console", "key_file"));
    login_init(&serve->console.login, &key,
               config_integer(config, "console", "idle_s") * CLOCK_US_PER_SECOND,
               config_integer(config, "console", "lockout_s") * CLOCK_US_PER_SECOND);
    explicit_bzero(&key, sizeof key);
    const struct ipc_service service = {&serve->console, answer, gone};
    if (ipc_server_open(&serve->server, strbuf_text(&path), &service, &err)) {
        log_error(MODULE, "technicians' tools are not served: %s", err.text);
        engine_serve_close(serve);
        return NULL;
    }
    return serve;
}

void engine_serve_close(struct engine_serve *serve)
{
    if (!serve)
        return;
    ipc_server_close(serve->server);
    explicit_bzero(&serve->console.login.key, sizeof serve->console.login.key);
    free(serve);
}

int engine_serve_fd(const struct engine_serve *serve)
{
    return serve ? ipc_server_fd(serve->server) : -1;
}

void engine_serve_step(struct engine_serve *serve)
{
    if (!serve)
        return;
    ipc_server_serve(serve->server);
    engine_console_tick(&serve->console);
}
