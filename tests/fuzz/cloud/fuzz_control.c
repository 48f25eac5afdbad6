/* SPDX-License-Identifier: Apache-2.0 */
/* Any line on the control socket: a call within its limits, or a sentence that can be sent back. */
#include "bridge/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control_call call;
    struct err err = {0};
    int status = control_parse((const char *)data, size, &call, &err);
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    control_format(&call, status, &err, &answer);
    control_call_free(&call);
    const char *end = memchr(answer.text, '\n', answer.length);
    if (!end || end != answer.text + answer.length - 1)
        abort(); /* one line, whatever was asked */
    if (status == 0 && call.command == CONTROL_STATION_APPROVE && !call.station[0])
        abort();
    return 0;
}
