/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/form_message.h"

#include "store/store.h"
#include <stdio.h>

struct tracking_exchange form_swap_event(const struct message *message, int64_t time_us,
                                         bool unsure, char comments[FORM_COMMENTS_SIZE])
{
    const struct message_swap_event *said = &message->data.swap_event;
    (void)snprintf(comments, FORM_COMMENTS_SIZE, "%s%s%s", said->comments,
                   said->comments[0] && unsure ? "; " : "",
                   unsure ? "time of arrival, the station's clock was not set" : "");
    return (struct tracking_exchange){.bid = said->battery.bid,
                                      .station_id = message->device,
                                      .vid = said->vehicle,
                                      .event = said->event,
                                      .event_time_us = time_us,
                                      .request_id = said->request_id,
                                      .user_id = said->user,
                                      .comments = comments,
                                      .slot = said->bay == MESSAGE_ABSENT ? STORE_NULL : said->bay,
                                      .soc_percent = said->battery.soc_percent,
                                      .soh_percent = said->battery.soh_percent,
                                      .capacity_kwh = said->battery.capacity_kwh,
                                      .battery_version = said->battery.version,
                                      .set_count =
                                          said->count == MESSAGE_ABSENT ? STORE_NULL : said->count};
}
