/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes of a reader at the station: a token is 1 to 64 printable characters, and how the bytes
 * are cut into reads changes nothing. */
#include "drivers/reader/lines.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct reader_lines whole = {0}, cut = {0};
    reader_lines_feed(&whole, bytes, length, 1000);
    for (size_t i = 0; i < length; i++)
        reader_lines_feed(&cut, bytes + i, 1, 1000);
    size_t size = strlen(whole.token);
    if (memcmp(&whole, &cut, sizeof whole) != 0 || (whole.number > 0) != (size > 0) ||
        size >= IO_ID_SIZE)
        abort();
    for (size_t i = 0; i < size; i++)
        if (whole.token[i] <= ' ' || whole.token[i] > '~')
            abort();
    return 0;
}
