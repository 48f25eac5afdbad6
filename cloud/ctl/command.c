/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"

#include "base/clock.h"
#include "base/env.h"
#include "base/scope.h"
#include "ctl/output.h"
#include "ctl/wire.h"
#include <inttypes.h>
#include <string.h>

/* Until the broker has taken the session, and until it has acknowledged the command. */
#define CONNECT_TIMEOUT_MS 10000

static const char *const stage_names[] = {"sent", "accepted", "done", "failed", "refused"};

const char *command_stage_name(enum command_stage stage)
{
    return stage_names[stage];
}

bool command_stage_is_final(enum command_stage stage)
{
    return stage >= COMMAND_DONE;
}

static bool stage_from_name(const char *name, enum command_stage *stage)
{
    for (enum command_stage each = COMMAND_ACCEPTED; each <= COMMAND_REFUSED; each++) {
        if (strcmp(name, stage_names[each]) == 0) {
            *stage = each;
            return true;
        }
    }
    return false;
}

bool command_judge(const struct message *command, const void *payload, size_t length,
                   struct command_outcome *outcome)
{
    struct message message;
    enum message_quality quality;
    enum command_stage stage;
    bool forward = false;
    int rc = message_decode(payload, length, &message, &quality, NULL);
    if (rc == 0 && message.type == MESSAGE_COMMAND_RESULT &&
        strcmp(message.data.command_result.command, command->id) == 0 &&
        (strcmp(command->device, "*") == 0 || strcmp(message.device, command->device) == 0) &&
        stage_from_name(message.data.command_result.outcome, &stage) &&
        !command_stage_is_final(outcome->stage) && stage > outcome->stage) {
        outcome->stage = stage;
        memcpy(outcome->reason, message.data.command_result.reason, sizeof outcome->reason);
        forward = true;
    }
    message_free(&message);
    return forward;
}

/* 128 random bits, and the wall's time: freshness follows the wall (design/protocol.md). */
static void stamp(struct message *command)
{
    unsigned char random[16];
    struct env_real real = {.clock = CLOCK_REAL};
    struct env env;
    env_real_init(&env, &real);
    env.random_bytes(env.self, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(command->id + 2 * i, 3, "%02x", random[i]);
    command->time = (struct timestamp){clock_wall_us(), TIMESTAMP_EXACT};
    command->version = 1;
}

static void print_outcome(const struct ctl *ctl, const struct message *command,
                          const struct command_outcome *outcome, struct output_array *array)
{
    const char *name = command_stage_name(outcome->stage);
    if (!ctl->json) {
        fprintf(ctl->out, "%s %s %s: %s%s%s\n", command->device, message_type_name(command->type),
                command->id, name, outcome->reason[0] ? ", " : "", outcome->reason);
        fflush(ctl->out);
        return;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "device", command->device);
    cJSON_AddNumberToObject(object, "type", (double)command->type);
    cJSON_AddStringToObject(object, "message_id", command->id);
    cJSON_AddStringToObject(object, "outcome", name);
    cJSON_AddStringToObject(object, "reason", outcome->reason);
    output_array_add(array, object, NULL);
}

/* Reads results until the planned stage, an end, or the time-out. */
static int await(const struct ctl *ctl, const struct message *command,
                 const struct command_plan *plan, struct wire *wire, struct output_array *array,
                 struct err *err)
{
    struct command_outcome outcome = {.stage = COMMAND_SENT};
    int64_t deadline_us = clock_mono_us() + plan->timeout_ms * CLOCK_US_PER_MS;
    enum command_stage enough =
        plan->until == COMMAND_UNTIL_ACCEPTED ? COMMAND_ACCEPTED : COMMAND_DONE;
    print_outcome(ctl, command, &outcome, array);
    while (plan->until != COMMAND_UNTIL_SENT && outcome.stage < enough) {
        SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
        int rc = wire_receive(wire, deadline_us, &payload, err);
        if (rc == ERR_TIMEOUT)
            return err_set(
                err, ERR_TIMEOUT, "%s gave no result within %" PRId64 " s; the command was %s",
                command->device, plan->timeout_ms / 1000, command_stage_name(outcome.stage));
        if (rc < 0)
            return rc;
        if (command_judge(command, strbuf_text(&payload), payload.length, &outcome))
            print_outcome(ctl, command, &outcome, array);
    }
    if (outcome.stage == COMMAND_FAILED || outcome.stage == COMMAND_REFUSED)
        return err_set(err, ERR_REFUSED, "%s: %s%s%s", command->device,
                       command_stage_name(outcome.stage), outcome.reason[0] ? ": " : "",
                       outcome.reason);
    return 0;
}

int command_send(const struct ctl *ctl, struct message *command, const struct command_plan *plan,
                 struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    SCOPE(wire_free_scope) struct wire *wire = NULL;
    struct output_array array;
    int64_t connect_us = clock_mono_us() + CONNECT_TIMEOUT_MS * CLOCK_US_PER_MS;
    int rc = wire_open(&wire, ctl->config, command->device, connect_us, err);
    if (rc < 0)
        return rc;
    stamp(command); /* after the connection, so that waiting for it does not age the command */
    rc = message_encode(command, &payload, err);
    if (rc == 0)
        rc = wire_command(wire, strbuf_text(&payload), payload.length,
                          clock_mono_us() + CONNECT_TIMEOUT_MS * CLOCK_US_PER_MS, err);
    if (rc < 0)
        return rc;
    if (ctl->json)
        output_array_begin(&array, ctl->out);
    rc = await(ctl, command, plan, wire, &array, err);
    if (ctl->json)
        output_array_end(&array);
    return rc;
}
