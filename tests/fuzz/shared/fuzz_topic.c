/* SPDX-License-Identifier: Apache-2.0 */
/* "PREFIX\nTOPIC" in any bytes: what is one of our topics is written the same again. */
#include "protocol/topic.h"

#include <stdint.h>
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
    char prefix[TOPIC_SIZE] = "", text[TOPIC_SIZE];
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t prefix_size = end != NULL ? (size_t)(end - data) : 0;
    if (prefix_size >= sizeof prefix)
        return 0;
    if (prefix_size > 0)
        memcpy(prefix, data, prefix_size);
    const char *topic = (const char *)data + (end != NULL ? prefix_size + 1 : 0);
    size_t length = size - (size_t)(topic - (const char *)data);

    struct topic parsed;
    struct err err = {0};
    if (topic_parse(topic, length, prefix, &parsed, &err) != 0) {
        require(err.code == ERR_INVALID);
        return 0;
    }
    require(parsed.leaf[0] == '\0' || device_is_valid(parsed.leaf));
    if (topic_format(text, prefix, parsed.kind, parsed.leaf, &err) == 0) {
        require(strlen(text) == length);
        require(memcmp(text, topic, length) == 0);
    } /* else the prefix itself is one that cannot be configured */
    return 0;
}
