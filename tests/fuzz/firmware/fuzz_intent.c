/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's state file behind its checksum: whatever it says, it is refused or it can be written
 * and read again. */
#include "crypto/digest.h"
#include "engine/intent.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(const char *text, size_t length, struct station *station,
                  struct handover *handover, struct intent_config *config)
{
    struct intent intent = {station, handover, config, 0};
    station_init(station, 6, "00000000");
    *handover = (struct handover){0};
    *config = (struct intent_config){0};
    return intent_decode(text, length, &intent, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct station station;
    static struct intent_config config;
    struct handover handover;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char digest[DIGEST_HEX_SIZE];
    digest_sha256_hex(data, size, digest);
    strbuf_printf(&text, "swap-engine %d %s\n", INTENT_VERSION, digest);
    strbuf_append(&text, data, size);
    int code = decode(text.text, text.length, &station, &handover, &config);
    if (!code) {
        SCOPE_STRBUF struct strbuf again = STRBUF_INIT;
        struct intent intent = {&station, &handover, &config, 0};
        if (intent_encode(&intent, &again, NULL))
            abort();
        handover_free(&handover);
        if (decode(again.text, again.length, &station, &handover, &config))
            abort();
    }
    handover_free(&handover);
    return 0;
}
