/* SPDX-License-Identifier: Apache-2.0 */
/* The core's facts as JSON: bodies of event packets and the data of status packets. The data of
 * kinds 0, 17, 18 and 20 is that of the MQTT message of the type, by the same encoder. */
#ifndef SWAPSTACK_ENGINE_PAYLOAD_H
#define SWAPSTACK_ENGINE_PAYLOAD_H

#include "core/actions.h"
#include <cjson/cJSON.h>

/* {"kind":…,"data":{…}} or, for a completion, {"command":…,"request_id":…,"outcome":…,"reason":…}.
 * The caller releases *body with cJSON_free. */
int payload_event(const struct station_event *event, char **body, struct err *err);

/* The `data` object of a message as message_encode writes it, as raw JSON (cJSON_IsRaw): nothing on
 * this side reads it. The caller owns it. */
int payload_data(const struct message *message, cJSON **data, struct err *err);

#endif
