/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as packed samples, as they are and with the check sum put right: refused with a
 * sentence, or samples that come back the same when they are packed again. And what was packed,
 * with one of its bytes changed or its end cut off: refused. */
#include "store/chunk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void require_refusal(const char *bytes, size_t length)
{
    struct charge_samples back;
    struct err err = {0};
    require(chunk_decode(bytes, length, &back, &err) == ERR_INVALID && err.text[0] != '\0');
    charge_samples_free(&back);
}

/* `pick` says which byte, and what becomes of it. */
static void damage(struct strbuf *chunk, uint32_t pick)
{
    size_t at = pick % chunk->length;
    unsigned char change = (unsigned char)(pick >> 24 | 1);
    require_refusal(chunk->text, at);
    chunk->text[at] = (char)(chunk->text[at] ^ change);
    require_refusal(chunk->text, chunk->length);
    chunk->text[at] = (char)(chunk->text[at] ^ change);
}

static void pack_again(const struct charge_samples *samples, uint32_t pick)
{
    SCOPE_STRBUF struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
    struct charge_samples back;
    require(chunk_encode(samples->list, samples->count, &first, NULL) == 0);
    require(chunk_decode(strbuf_text(&first), first.length, &back, NULL) == 0);
    require(back.count == samples->count);
    require(chunk_encode(back.list, back.count, &second, NULL) == 0);
    require(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
    charge_samples_free(&back);
    damage(&first, pick);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct charge_samples samples;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    (void)chunk_decode(data, size, &samples, NULL);
    charge_samples_free(&samples);
    strbuf_append(&chunk, data, size);
    uint32_t crc = chunk_crc(data, size);
    for (int byte = 0; byte < 4; byte++)
        strbuf_append_char(&chunk, (char)(unsigned char)(crc >> (8 * byte)));
    struct chunk_flat flat = {0};
    int rc = chunk_decode_flat(strbuf_text(&chunk), chunk.length, &flat, NULL);
    size_t count = flat.count;
    chunk_flat_free(&flat);
    bool whole = chunk_decode(strbuf_text(&chunk), chunk.length, &samples, &err) == 0;
    require(!whole || (rc == 0 && count == samples.count));
    if (whole)
        pack_again(&samples, crc);
    else
        require(err.text[0] != '\0');
    charge_samples_free(&samples);
    return 0;
}
