/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/payload.h"
#include "core/text.h"

int payload_data(const struct message *message, cJSON **data, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int code = message_encode_data(message, &text, err);
    if (code)
        return code;
    *data = cJSON_CreateRaw(strbuf_text(&text));
    if (!*data)
        return err_set(err, ERR_NOMEM, "out of memory for the data of a %s",
                       message_type_name(message->type));
    return 0;
}

static int completion_body(const struct station_completion *completion, char **body,
                           struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "command", completion->command);
    cJSON_AddStringToObject(object, "request_id", completion->request_id);
    cJSON_AddStringToObject(object, "outcome", completion->outcome);
    cJSON_AddStringToObject(object, "reason", completion->reason);
    *body = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return *body ? 0 : err_set(err, ERR_NOMEM, "out of memory for a completion");
}

int payload_event(const struct station_event *event, char **body, struct err *err)
{
    if (event->kind == STATION_EVENT_COMPLETION)
        return completion_body(&event->data.completion, body, err);
    struct message message;
    message_init(&message, (int64_t)event->kind);
    message.time = (struct timestamp){event->at_us, TIMESTAMP_EXACT};
    if (event->kind == STATION_EVENT_SWAP)
        message.data.swap_event = event->data.swap;
    else if (event->kind == STATION_EVENT_FAULT)
        message.data.fault = event->data.fault;
    else
        message.data.charge_session = event->data.session;
    cJSON *data = NULL;
    int code = payload_data(&message, &data, err);
    message_free(&message);
    if (code)
        return code;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "kind", (double)event->kind);
    cJSON_AddItemToObject(object, "data", data);
    *body = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return *body ? 0 : err_set(err, ERR_NOMEM, "out of memory for an event");
}
