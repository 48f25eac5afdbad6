/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/pairing.h"

#include "crypto/digest.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool pairing_is_on_load(const struct exchange_row *row)
{
    return strcmp(row->event, EXCHANGE_ON_LOAD) == 0;
}

struct pairing pairing_of(const struct exchange_row *before, const struct exchange_row *row,
                          const struct exchange_row *after)
{
    assert(!before || strcmp(before->bid, row->bid) == 0);
    assert(!after || strcmp(after->vid, row->vid) == 0);
    if (pairing_is_on_load(row)) {
        bool closed = after && !pairing_is_on_load(after);
        return (struct pairing){.start_time_us = row->event_time_us,
                                .end_time_us = closed ? after->event_time_us : STORE_NULL};
    }
    bool opened = before && pairing_is_on_load(before);
    return (struct pairing){.start_time_us = opened ? before->event_time_us : STORE_NULL,
                            .end_time_us = row->event_time_us,
                            .failed = !opened};
}

void pairing_task_id(const char *bid, const char *event, int64_t event_time_us,
                     const char *station_id, const char *request_id, char task_id[33])
{
    char time[24];
    (void)snprintf(time, sizeof time, "%" PRId64, event_time_us);
    const char *parts[] = {bid, event, time, station_id, request_id ? request_id : ""};
    /* Each part with its length before it: no two identities give the same bytes. */
    char text[5 * 72];
    int length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%zu:%s,", strlen(parts[i]),
                           parts[i]);
    assert((size_t)length < sizeof text); /* names have at most 64 bytes */
    char hex[DIGEST_HEX_SIZE];
    digest_sha256_hex(text, (size_t)length, hex);
    (void)snprintf(task_id, 33, "%.32s", hex);
}
