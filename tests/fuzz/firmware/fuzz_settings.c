/* SPDX-License-Identifier: Apache-2.0 */
/* Any key and value of a SET_CONFIG: refused with a sentence and nothing changed, or values in
 * their ranges and windows that can be asked at any time. */
#include "core/limits.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char text[512];
    struct station_settings settings, before;
    const char *why = NULL;
    if (length >= sizeof text)
        return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    char *value = strchr(text, '\n'); /* KEY\nVALUE */
    if (!value)
        return 0;
    *value++ = '\0';
    settings_default(&settings);
    before = settings;
    int code = settings_set(&settings, text, value, &why);
    if (code != 0 && memcmp(&settings, &before, sizeof settings) != 0)
        abort();
    if (code < 0 && !why)
        abort();
    if (!(settings.target_soc_percent >= 10 && settings.target_soc_percent <= 100) ||
        !(settings.min_ready >= 0 && settings.min_ready <= IO_BAYS_MAX) ||
        settings.windows.count > WINDOWS_MAX)
        abort();
    for (int64_t hour = 0; hour < 24 * 8; hour++)
        (void)windows_open(&settings.windows, INT64_C(1795392000000000) + hour * 3600000000);
    return 0;
}
