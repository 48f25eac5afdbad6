/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: no crash; what is good can be written, read again, and is written the same again. */
#include "protocol/message.h"

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
    struct message message, again;
    enum message_quality quality;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
    int result = message_decode(data, size, &message, &quality, &err);
    require((result == 0) == (quality == MESSAGE_GOOD));
    require((result == 0) == (err.code == 0));
    if (quality == MESSAGE_ENVELOPE_ONLY) /* enough to move a mark on */
        require(device_is_valid(message.device) || strcmp(message.device, "*") == 0);
    /* Escapes and full names can make the second form longer than the first: that is the only
     * reason not to be able to write what was read. */
    if (result == 0 && message_encode(&message, &first, &err) == 0) {
        require(message_decode(first.text, first.length, &again, &quality, &err) == 0);
        require(message_encode(&again, &second, &err) == 0);
        require(first.length == second.length);
        require(memcmp(first.text, second.text, first.length) == 0);
        message_free(&again);
    } else if (result == 0) {
        require(size > MESSAGE_MAX_BYTES / 8);
    }
    message_free(&message);
    return 0;
}
