/* SPDX-License-Identifier: Apache-2.0 */
/* Where changes of costs go (charging/cost_change.h): through the bridge's control socket when a
 * bridge runs on the database, else into it under the writer's lock. Decided at the first request.
 */
#ifndef SWAPSTACK_CTL_COST_CHANNEL_H
#define SWAPSTACK_CTL_COST_CHANNEL_H

#include "ctl/ctl.h"
#include <cjson/cJSON.h>

struct cost_channel {
    const char *db_path;
    bool dry; /* tariff_apply only: nothing is written, no bridge is asked */
    bool decided;
    struct store *store; /* owned; NULL when a bridge runs */
};

/* The request, checked before anybody is asked; *answer is owned by the caller (cJSON_Delete). */
int cost_channel_send(struct cost_channel *channel, const cJSON *request, cJSON **answer,
                      struct err *err);
void cost_channel_close(struct cost_channel *channel);

#endif
