/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a packet between engine and monitor: refused with a sentence or read and written
 * back to something that is read as the same type. */
#include "ipc/ipc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ipc_packet packet, again;
    struct err err = {0};
    if (ipc_decode(data, size, &packet, &err) < 0) {
        if (err.text[0] == '\0' || packet.json)
            abort();
        return 0;
    }
    (void)ipc_text(&packet, "reason");
    (void)ipc_integer(&packet, "seq");
    (void)ipc_real(&packet, "mark.boot");
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    cJSON *json = packet.json;
    packet.json = NULL;
    if (ipc_encode(json, &text, NULL) == 0) {
        if (ipc_decode(strbuf_text(&text), text.length, &again, NULL) < 0 ||
            again.type != packet.type)
            abort();
        ipc_packet_free(&again);
    }
    return 0;
}
