/* SPDX-License-Identifier: Apache-2.0 */
/* Any line of journalctl: an entry of harmless text, or a sentence. */
#include "base/utf8.h"
#include "logs/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text)
{
    require(utf8_is_valid(text));
    for (; *text; text++)
        require((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct logs_journal_entry entry = {0};
    struct err err = {0};
    int code = logs_journal_parse((const char *)data, size, &entry, &err);
    require(code == 0 || (code == ERR_INVALID && err.text[0]));
    if (code == 0) {
        require(entry.entry.time_us >= 0 && entry.entry.program[0]);
        check_text(entry.entry.program);
        check_text(entry.entry.text);
        require(strlen(entry.cursor) < LOGS_CURSOR_SIZE);
    }
    logs_journal_entry_free(&entry);
    return 0;
}
