/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as packed samples, with the check sum put right: refused with a sentence, or samples
 * that come back the same when they are packed again. */
#include "store/chunk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void pack_again(const struct charge_samples *samples)
{
    SCOPE_STRBUF struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
    struct charge_samples back;
    require(chunk_encode(samples->list, samples->count, &first, NULL) == 0);
    require(chunk_decode(strbuf_text(&first), first.length, &back, NULL) == 0);
    require(back.count == samples->count);
    require(chunk_encode(back.list, back.count, &second, NULL) == 0);
    require(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
    charge_samples_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct charge_samples samples;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    strbuf_append(&chunk, data, size);
    uint32_t crc = chunk_crc(data, size);
    for (int byte = 0; byte < 4; byte++)
        strbuf_append_char(&chunk, (char)(unsigned char)(crc >> (8 * byte)));
    if (chunk_decode(strbuf_text(&chunk), chunk.length, &samples, &err) == 0)
        pack_again(&samples);
    else
        require(err.text[0] != '\0');
    charge_samples_free(&samples);
    return 0;
}
