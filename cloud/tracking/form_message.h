/* SPDX-License-Identifier: Apache-2.0 */
/* A station's SWAP_EVENT as tracking takes it. Pure. */
#ifndef SWAPSTACK_TRACKING_FORM_MESSAGE_H
#define SWAPSTACK_TRACKING_FORM_MESSAGE_H

#include "protocol/message.h"
#include "tracking/tracking.h"

#define FORM_COMMENTS_SIZE (MESSAGE_TEXT_SIZE + 64)

/* `time_us`: of the event. `unsure`: it is only that of its arrival, which the comments then say to
 * whoever reads them later. The result points into `message` and `comments`. */
struct tracking_exchange form_swap_event(const struct message *message, int64_t time_us,
                                         bool unsure, char comments[FORM_COMMENTS_SIZE]);

#endif
