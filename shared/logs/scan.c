/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/scan.h"

#include <string.h>

void logs_scan_free(struct logs_scan *scan)
{
    strbuf_free(&scan->pending);
    *scan = LOGS_SCAN_INIT;
}

/* Drops what was given out, so that the buffer does not grow with the file. */
static void compact(struct logs_scan *scan)
{
    struct strbuf *pending = &scan->pending;
    if (scan->at == 0 || pending->text == NULL)
        return;
    memmove(pending->text, pending->text + scan->at, pending->length - scan->at + 1);
    pending->length -= scan->at;
    scan->at = 0;
}

void logs_scan_feed(struct logs_scan *scan, const void *bytes, size_t length)
{
    compact(scan);
    strbuf_append(&scan->pending, bytes, length);
}

/* No newline in sight: more than a line's bytes are none. */
static void skip_rest(struct logs_scan *scan)
{
    if (scan->pending.length - scan->at <= LOG_LINE_MAX)
        return;
    scan->skipping = true;
    scan->at = scan->pending.length;
}

bool logs_scan_next(struct logs_scan *scan, struct log_line *line)
{
    while (scan->at < scan->pending.length) {
        const char *from = scan->pending.text + scan->at;
        const char *stop = memchr(from, '\n', scan->pending.length - scan->at);
        if (stop == NULL) {
            if (scan->skipping)
                scan->at = scan->pending.length;
            else
                skip_rest(scan);
            return false;
        }
        size_t length = (size_t)(stop - from);
        scan->at += length + 1;
        bool good = !scan->skipping && log_line_parse(from, length, line);
        /* An empty one is the newline that ends a torn line before it. */
        if (!good && (length > 0 || scan->skipping))
            scan->damaged++;
        scan->skipping = false;
        if (good)
            return true;
    }
    return false;
}

void logs_scan_end(struct logs_scan *scan)
{
    if (scan->skipping || scan->at < scan->pending.length)
        scan->damaged++;
    scan->skipping = false;
    strbuf_clear(&scan->pending);
    scan->at = 0;
}
