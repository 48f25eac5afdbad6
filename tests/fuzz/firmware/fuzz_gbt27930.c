/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message of GB/T 27930: refused, or understood, printed, and when nothing is out of
 * its range written and read again to the same bytes. The first byte chooses the message. */
#include "gbt27930/print.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gbt_message message, second;
    struct gbt_notes notes, again;
    uint8_t once[GBT_SIZE_MAX], twice[GBT_SIZE_MAX];
    size_t once_length, twice_length;
    if (size < 1)
        return 0;
    const struct gbt_spec *spec = gbt_spec((enum gbt_kind)(data[0] % GBT_KIND_COUNT));
    if (gbt_decode(spec, data + 1, size - 1, &message, &notes, NULL))
        return 0;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    gbt_print(&message, &notes, &text);
    cJSON *json = gbt_json(&message);
    if (text.length == 0 || json == NULL)
        abort();
    cJSON_Delete(json);
    if (notes.invalid)
        return 0;
    if (gbt_encode(&message, once, &once_length, NULL)) /* a field that cannot say "absent" */
        return 0;
    if (gbt_decode(spec, once, once_length, &second, &again, NULL) || again.invalid ||
        gbt_encode(&second, twice, &twice_length, NULL) || once_length != twice_length ||
        memcmp(once, twice, once_length) != 0)
        abort();
    return 0;
}
