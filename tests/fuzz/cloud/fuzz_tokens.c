/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of tokens: refused with a sentence, or pages that are messages. */
#include "ctl/tokens.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokens tokens;
    struct err err = {0};
    if (tokens_parse((const char *)data, size, "tokens", &tokens, &err) < 0) {
        if (!err.text[0])
            abort();
        tokens_free(&tokens);
        return 0;
    }
    size_t total = 0;
    for (int64_t page = 1; page <= tokens_pages(&tokens); page++) {
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        struct message message;
        message_init(&message, MESSAGE_AUTH_LIST);
        memcpy(message.device, "self", sizeof "self");
        tokens_page(&tokens, 1, page, &message.data.auth_list);
        total += message.data.auth_list.token_count;
        if (message_encode(&message, &text, &err) < 0)
            abort();
    }
    if (total != tokens.count)
        abort();
    tokens_free(&tokens);
    return 0;
}
