/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, settings file or JSON: what was scrubbed once has no secret left to scrub, and none of
 * the names that stand before a secret is followed by anything else. */
#include "export/secrets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

typedef int64_t scrub(const char *text, size_t length, struct strbuf *to);

static void check(scrub *scrub_it, const char *text, size_t length)
{
    SCOPE_STRBUF struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;
    int64_t removed = scrub_it(text, length, &once);
    (void)scrub_it(strbuf_text(&once), once.length, &twice);
    require(removed >= 0 && once.length == twice.length);
    require(memcmp(strbuf_text(&once), strbuf_text(&twice), once.length) == 0);
    if (removed == 0)
        require(once.length == length && memcmp(strbuf_text(&once), text, length) == 0);
}

/* A secret in the middle of anything that has no quotes and is one line: it is gone. */
static void check_planted(const char *text, size_t length)
{
    static const char secret[] = "Xq7-planted-Zw9";
    if (memchr(text, '\n', length) || memchr(text, '"', length) || memchr(text, '\'', length) ||
        memmem(text, length, secret, sizeof secret - 1))
        return;
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT, clean = STRBUF_INIT;
    strbuf_append(&line, text, length);
    strbuf_printf(&line, " mqtt_password=%s rest", secret);
    require(secrets_scrub_text(line.text, line.length, &clean) >= 1);
    require(memmem(clean.text, clean.length, secret, sizeof secret - 1) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    check(secrets_scrub_text, text, size);
    check(secrets_scrub_settings, text, size);
    check(secrets_scrub_json, text, size);
    check_planted(text, size);
    return 0;
}
