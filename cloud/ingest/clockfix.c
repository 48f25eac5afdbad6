/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/clockfix.h"

#include "base/clock.h"
#include "store/store.h"
#include <stdlib.h>

/* Below it a difference is the jitter of taking two clocks one after the other, or slow drift;
 * above it the station's clock was stepped, and the newest word counts. */
#define OFFSET_NOISE_US (100 * CLOCK_US_PER_MS)

#define LAST_TIME_US INT64_C(253402300799999999) /* the end of the year 9999, as timestamp.h */

static bool learn(int64_t *offset_us, int64_t offset_now_us)
{
    if (*offset_us != STORE_NULL && llabs(offset_now_us - *offset_us) <= OFFSET_NOISE_US)
        return false;
    *offset_us = offset_now_us;
    return true;
}

struct clockfix clockfix_time(const struct message *message, int64_t *offset_us, int64_t arrived_us)
{
    bool exact = message->time.precision == TIMESTAMP_EXACT;
    bool counts = message->up_ms != MESSAGE_ABSENT && offset_us;
    int64_t up_us = counts ? message->up_ms * CLOCK_US_PER_MS : 0;
    if (message->clock != CLOCK_QUALITY_UNSYNCED && exact) {
        struct clockfix fix = {.time_us = message->time.us, .source = CLOCKFIX_SAID};
        if (message->clock == CLOCK_QUALITY_SYNCED && counts)
            fix.learned = learn(offset_us, message->time.us - up_us);
        return fix;
    }
    if (message->clock == CLOCK_QUALITY_UNSYNCED && counts && *offset_us != STORE_NULL) {
        int64_t time_us = up_us + *offset_us;
        if (time_us >= 0 && time_us <= LAST_TIME_US)
            return (struct clockfix){.time_us = time_us, .source = CLOCKFIX_OFFSET};
    }
    return (struct clockfix){.time_us = arrived_us, .source = CLOCKFIX_ARRIVAL};
}
