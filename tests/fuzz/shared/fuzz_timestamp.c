/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: a time within 1970..9999 that reads back from its own writing, or a refusal. */
#include "protocol/timestamp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct timestamp time, again;
    struct err err = {0};
    char text[TIMESTAMP_TEXT_SIZE];
    if (timestamp_parse((const char *)data, size, &time, &err) == 0) {
        require(time.us >= 0 && time.precision != TIMESTAMP_ABSENT);
        require(time.precision == TIMESTAMP_EXACT || time.us % INT64_C(86400000000) == 0);
        timestamp_format_us(time.us, text);
        require(timestamp_parse(text, strlen(text), &again, &err) == 0);
        require(again.us == time.us);
    } else {
        require(err.code == ERR_INVALID && time.precision == TIMESTAMP_ABSENT);
    }
    double ms;
    if (size == sizeof ms) {
        memcpy(&ms, data, sizeof ms);
        if (timestamp_from_ms(ms, &time, NULL) == 0)
            require((double)(time.us / 1000) == ms);
    }
    return 0;
}
