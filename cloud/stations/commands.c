/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/commands.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "store/command.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_US (10 * CLOCK_US_PER_SECOND) /* protocol.md, Commands: same payload within 10 s */

/* An open command and how long it may stay open. */
struct waiting {
    int64_t id;
    int64_t seen_mono_us;
    int64_t deadline_mono_us;
};

struct commands {
    struct store *store;
    struct commands_limits limits;
    struct waiting *waiting; /* owned, in order of id */
    size_t count, size;
    int64_t mono_us; /* now, while loading */
};

bool commands_may_move(const char *from, const char *to)
{
    static const struct {
        const char *from, *to;
    } moves[] = {
        {"sent", "accepted"},
        {"sent", "refused"},
        {"sent", "done"},
        {"sent", "failed"},
        {"sent", "expired"},
        {"accepted", "done"},
        {"accepted", "failed"},
        {"accepted", "expired"},
        /* The bridge only guessed; the station knows. */
        {"expired", "refused"},
        {"expired", "done"},
        {"expired", "failed"},
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (strcmp(moves[i].from, from) == 0 && strcmp(moves[i].to, to) == 0)
            return true;
    return false;
}

static bool is_open(const char *outcome)
{
    return strcmp(outcome, "sent") == 0 || strcmp(outcome, "accepted") == 0;
}

static int64_t limit_of(const struct commands *commands, const char *outcome)
{
    return strcmp(outcome, "accepted") == 0 ? commands->limits.accepted_expire_us
                                            : commands->limits.expire_us;
}

static struct waiting *find_waiting(struct commands *commands, int64_t id)
{
    for (size_t i = 0; i < commands->count; i++)
        if (commands->waiting[i].id == id)
            return &commands->waiting[i];
    return NULL;
}

static int wait_for(struct commands *commands, int64_t id, const char *outcome, int64_t mono_us)
{
    struct waiting *waiting = find_waiting(commands, id);
    if (!waiting) {
        if (commands->count == commands->size) {
            size_t size = commands->size ? commands->size * 2 : 32;
            struct waiting *grown = realloc(commands->waiting, size * sizeof *grown);
            if (!grown)
                return ERR_NOMEM;
            commands->waiting = grown;
            commands->size = size;
        }
        waiting = &commands->waiting[commands->count++];
        *waiting = (struct waiting){.id = id, .seen_mono_us = mono_us};
    }
    waiting->deadline_mono_us = mono_us + limit_of(commands, outcome);
    return 0;
}

static void stop_waiting(struct commands *commands, int64_t id)
{
    struct waiting *waiting = find_waiting(commands, id);
    if (!waiting)
        return;
    struct waiting *end = commands->waiting + --commands->count;
    memmove(waiting, waiting + 1, (size_t)(end - waiting) * sizeof *waiting);
}

static int load_one(void *self, const struct command_row *row)
{
    struct commands *commands = self;
    return wait_for(commands, row->id, row->outcome, commands->mono_us);
}

int commands_new(struct commands **commands, struct store *store,
                 const struct commands_limits *limits, int64_t mono_us, struct err *err)
{
    *commands = calloc(1, sizeof **commands);
    if (!*commands)
        return err_set(err, ERR_NOMEM, "commands: out of memory");
    (*commands)->store = store;
    (*commands)->limits = *limits;
    (*commands)->mono_us = mono_us;
    int status = command_list_open(store, load_one, *commands, err);
    if (status < 0) {
        commands_free(*commands);
        *commands = NULL;
    }
    return status;
}

void commands_free(struct commands *commands)
{
    if (!commands)
        return;
    free(commands->waiting);
    free(commands);
}

void commands_set_limits(struct commands *commands, const struct commands_limits *limits)
{
    commands->limits = *limits;
}

int commands_forget(struct commands *commands, int64_t mono_us, struct err *err)
{
    struct commands *fresh;
    int status = commands_new(&fresh, commands->store, &commands->limits, mono_us, err);
    if (status < 0)
        return status;
    for (size_t i = 0; i < fresh->count; i++) {
        const struct waiting *known = find_waiting(commands, fresh->waiting[i].id);
        if (known)
            fresh->waiting[i] = *known;
    }
    struct commands old = *commands;
    *commands = *fresh;
    *fresh = old;
    commands_free(fresh);
    return 0;
}

/* Is this the command of `row` once more (delivered twice, or sent again)? */
static bool is_repeat(struct commands *commands, const struct message *message, const char *digest,
                      const struct command_row *row, int64_t mono_us)
{
    if (strcmp(row->device, message->device) != 0 || strcmp(row->digest, digest) != 0)
        return false;
    if (message->id[0])
        return true;
    const struct waiting *waiting = find_waiting(commands, row->id);
    return waiting && mono_us - waiting->seen_mono_us < REPEAT_US;
}

static const char *issuer(const struct message *message)
{
    bool tells = message->type == MESSAGE_SERVER_ASK_CHARGE || message->type == MESSAGE_RESERVE ||
                 message->type == MESSAGE_CANCEL;
    return tells ? message->data.ask_charge.user : "";
}

int commands_seen(struct commands *commands, const struct message *message, const void *payload,
                  size_t length, int64_t plant_us, int64_t mono_us, struct err *err)
{
    struct command_row row, known;
    memset(&row, 0, sizeof row);
    digest_short(payload, length, row.digest);
    int status =
        command_find(commands->store, message->device, message->id, row.digest, &known, err);
    if (status < 0)
        return status;
    if (status == 1 && is_repeat(commands, message, row.digest, &known, mono_us)) {
        log_debug("commands", "repeat device=%s digest=%s", message->device, row.digest);
        return 0;
    }
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_append(&text, payload, length);
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "command for %s: out of memory", message->device);
    row.payload = strbuf_text(&text);
    row.type = message->type;
    row.issued_at = plant_us;
    row.closed_at = STORE_NULL;
    (void)snprintf(row.message_id, sizeof row.message_id, "%s", message->id);
    (void)snprintf(row.device, sizeof row.device, "%s", message->device);
    (void)snprintf(row.issued_by, sizeof row.issued_by, "%s", issuer(message));
    (void)snprintf(row.outcome, sizeof row.outcome, "sent");
    status = command_insert(commands->store, &row, err);
    if (status == 0 && wait_for(commands, row.id, row.outcome, mono_us) < 0)
        status = err_set(err, ERR_NOMEM, "command for %s: out of memory", message->device);
    return status;
}

/* data.requestId of the recorded payload, else the command's id, else its digest. */
static int find_request_id(struct commands *commands, const struct command_row *row, char *to,
                           size_t size, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    int status = command_payload(commands->store, row->id, &payload, err);
    if (status < 0)
        return status;
    struct message message;
    enum message_quality quality;
    const char *said = "";
    if (message_decode(strbuf_text(&payload), payload.length, &message, &quality, NULL) == 0 &&
        message.type == MESSAGE_SERVER_ASK_CHARGE)
        said = message.data.ask_charge.request_id;
    const char *fallback = row->message_id[0] ? row->message_id : row->digest;
    (void)snprintf(to, size, "%s", said[0] ? said : fallback);
    message_free(&message);
    return 0;
}

/* A result of a command that we never saw (sent while the bridge was away). */
static int insert_unseen(struct commands *commands, const char *device,
                         const struct message_command_result *result, int64_t time_us,
                         struct command_row *row, struct err *err)
{
    memset(row, 0, sizeof *row);
    row->type = result->type == MESSAGE_ABSENT ? -1 : result->type;
    row->payload = "{}";
    row->issued_at = time_us;
    row->closed_at = STORE_NULL;
    (void)snprintf(row->message_id, sizeof row->message_id, "%s", result->command);
    (void)snprintf(row->digest, sizeof row->digest, "%s", result->digest[0] ? result->digest : "?");
    (void)snprintf(row->device, sizeof row->device, "%s", device);
    (void)snprintf(row->outcome, sizeof row->outcome, "sent");
    return command_insert(commands->store, row, err);
}

int commands_result(struct commands *commands, const char *device,
                    const struct message_command_result *result, int64_t time_us, int64_t mono_us,
                    struct commands_outcome *outcome, struct err *err)
{
    memset(outcome, 0, sizeof *outcome);
    struct command_row row;
    int status = command_find(commands->store, device, result->command, result->digest, &row, err);
    if (status == 0)
        status = insert_unseen(commands, device, result, time_us, &row, err);
    if (status < 0)
        return status;
    outcome->type = row.type;
    outcome->changed = commands_may_move(row.outcome, result->outcome);
    if (!outcome->changed)
        return 0;
    bool open = is_open(result->outcome);
    status = command_set_outcome(commands->store, row.id, result->outcome, result->reason,
                                 open ? STORE_NULL : time_us, err);
    if (status < 0)
        return status;
    if (!open)
        stop_waiting(commands, row.id);
    else if (wait_for(commands, row.id, result->outcome, mono_us) < 0)
        return err_set(err, ERR_NOMEM, "command of %s: out of memory", device);
    return find_request_id(commands, &row, outcome->request_id, sizeof outcome->request_id, err);
}

int commands_tick(struct commands *commands, int64_t plant_us, int64_t mono_us, struct err *err)
{
    for (size_t i = 0; i < commands->count;) {
        const struct waiting *waiting = &commands->waiting[i];
        if (mono_us < waiting->deadline_mono_us) {
            i++;
            continue;
        }
        int64_t id = waiting->id;
        int status = command_set_outcome(commands->store, id, "expired", "no result came in time",
                                         plant_us, err);
        if (status < 0)
            return status;
        log_info("commands", "expired command=%" PRId64, id);
        stop_waiting(commands, id);
    }
    return 0;
}
