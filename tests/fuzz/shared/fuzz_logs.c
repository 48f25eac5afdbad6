/* SPDX-License-Identifier: Apache-2.0 */
/* Any segment, in pieces of any size: the same lines come whatever the pieces, each is one that the
 * writer can have written, and memory stays bounded. */
#include "logs/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Written again from its parts it is the same line: nothing in it was guessed. */
static void check_line(const struct log_line *line)
{
    char module[LOG_LINE_MAX], text[LOG_LINE_MAX], again[LOG_LINE_MAX];
    require(line->module_length < sizeof module && line->text_length < sizeof text);
    memcpy(module, line->module, line->module_length);
    module[line->module_length] = '\0';
    memcpy(text, line->text, line->text_length);
    text[line->text_length] = '\0';
    require(line->level >= LOG_LEVEL_DEBUG && line->level <= LOG_LEVEL_ERROR);
    size_t length = log_line_format(again, line->time_us, line->level, module, text);
    length = log_line_seal(again, length);
    struct log_line read;
    require(log_line_parse(again, length - 1, &read));
}

struct result {
    size_t lines, bytes;
    int64_t damaged;
};

static struct result scan_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    struct logs_scan scan = LOGS_SCAN_INIT;
    struct result result = {0};
    struct log_line line;
    for (size_t at = 0; at < size; at += piece) {
        logs_scan_feed(&scan, data + at, size - at < piece ? size - at : piece);
        while (logs_scan_next(&scan, &line)) {
            check_line(&line);
            result.lines++;
            result.bytes += line.module_length + line.text_length;
        }
        require(scan.pending.length - scan.at <= LOG_LINE_MAX);
    }
    logs_scan_end(&scan);
    result.damaged = scan.damaged;
    logs_scan_free(&scan);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece = size > 0 ? 1 + data[0] : 1;
    struct result whole = scan_in_pieces(data, size, size + 1);
    struct result pieces = scan_in_pieces(data, size, piece);
    require(whole.lines == pieces.lines && whole.bytes == pieces.bytes);
    require(whole.damaged == pieces.damaged);
    return 0;
}
