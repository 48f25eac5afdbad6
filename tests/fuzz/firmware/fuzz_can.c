/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a capture: every line is refused or read, written and read again; its frames through
 * the transport protocol, taking part and listening, never overrun it. */
#include "can/transport.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const struct transport *transport)
{
    const struct transport_receiver *in = &transport->in;
    const struct transport_sender *out = &transport->out;
    if (in->size > TRANSPORT_SIZE_MAX || (in->active && in->next > in->packets) ||
        in->retries > transport->settings.retries || out->next > 256)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct transport node, listener;
    static uint8_t message[TRANSPORT_SIZE_MAX];
    const char *at = (const char *)data, *end = at + size;
    struct transport_settings settings = {
        .own = 0x56, .peer = 0xF4, .window = 3, .retries = 2, .times = TRANSPORT_TIMES};
    transport_init(&node, &settings);
    settings.listen = true;
    transport_init(&listener, &settings);
    int64_t now_us = 1;
    while (at < end) {
        struct candump_line line, again;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        char text[CANDUMP_LINE_SIZE];
        if (candump_parse(at, length, &line, NULL) == 1) {
            candump_format(&line, text);
            if (candump_parse(text, strlen(text), &again, NULL) != 1 ||
                !canframe_equal(&line.frame, &again.frame))
                abort();
            if (!node.out.active)
                (void)transport_send(&node, 0x800, message, sizeof message, now_us, NULL);
            (void)transport_on_frame(&node, &line.frame, now_us);
            (void)transport_on_frame(&listener, &line.frame, now_us);
            for (int i = 0; i < 300 && transport_next(&node, now_us, &again.frame); i++)
                (void)transport_abort_from(&listener, &again.frame);
            now_us += 100000;
            (void)transport_on_time(&node, now_us);
            check_bounds(&node);
            check_bounds(&listener);
        }
        at += length + 1;
    }
    return 0;
}
