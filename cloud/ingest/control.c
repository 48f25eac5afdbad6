/* SPDX-License-Identifier: Apache-2.0 */
/* A message on `control` that somebody else published: every command is on record. */
#include "ingest/ingest_internal.h"

#include <stdio.h>
#include <string.h>

static const char *find_fault(const struct arrival *arrival, char *text, size_t size)
{
    const struct message *message = &arrival->message;
    if (arrival->refuse)
        return arrival->refuse;
    if (!message_type_is_command(message->type))
        return arrival->quality == MESSAGE_GOOD ? "this type does not belong on `control`"
                                                : arrival->bad.text;
    if (arrival->topic.leaf[0] && strcmp(arrival->topic.leaf, message->device) != 0) {
        (void)snprintf(text, size, "a command for %s on the topic of %s", message->device,
                       arrival->topic.leaf);
        return text;
    }
    return NULL;
}

int ingest_receive_control(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message *message = &arrival->message;
    /* Another bridge's answers (a second one on the same prefix): not a command. */
    if (message->type == MESSAGE_ACK || message->type == MESSAGE_REGISTER_RESULT)
        return 0;
    char text[256];
    const char *fault = find_fault(arrival, text, sizeof text);
    if (fault)
        return ingest_quarantine(ingest, arrival->raw, fault, err);
    /* A command with bad data is one too: the station will refuse it, and that is its outcome. */
    return commands_seen(ingest->commands, message, arrival->raw->payload, arrival->raw->length,
                         arrival->raw->plant_us, arrival->raw->mono_us, err);
}
