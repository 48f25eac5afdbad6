/* SPDX-License-Identifier: Apache-2.0 */
#include "can/canframe.h"

#include <stdio.h>
#include <string.h>

bool canframe_equal(const struct canframe *a, const struct canframe *b)
{
    return a->id == b->id && a->extended == b->extended && a->remote == b->remote &&
           a->error == b->error && a->length == b->length &&
           (a->remote || memcmp(a->data, b->data, a->length) == 0);
}

void candump_format(const struct candump_line *line, char *text)
{
    const struct canframe *frame = &line->frame;
    uint64_t at_us = line->at_us < 0 ? 0 : (uint64_t)line->at_us;
    size_t used = (size_t)snprintf(text, CANDUMP_LINE_SIZE, "(%llu.%06llu) %s ",
                                   (unsigned long long)(at_us / 1000000),
                                   (unsigned long long)(at_us % 1000000), line->interface);
    uint32_t id = frame->id | (frame->error ? UINT32_C(0x20000000) : 0);
    used += (size_t)snprintf(text + used, CANDUMP_LINE_SIZE - used,
                             frame->extended || frame->error ? "%08X#" : "%03X#", (unsigned)id);
    if (frame->remote) {
        (void)snprintf(text + used, CANDUMP_LINE_SIZE - used, frame->length ? "R%u" : "R",
                       frame->length);
        return;
    }
    for (int i = 0; i < frame->length; i++)
        used += (size_t)snprintf(text + used, CANDUMP_LINE_SIZE - used, "%02X", frame->data[i]);
}
