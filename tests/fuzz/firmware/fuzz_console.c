/* SPDX-License-Identifier: Apache-2.0 */
/* What is typed at a serial line, or put into a key file or a challenge: words or a sentence, and
 * completions that begin with what was typed. What is shown stays within its columns. */
#include "console/console.h"
#include "console/screen.h"
#include "console/words.h"
#include "engine/login.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *line, size_t length)
{
    struct words words;
    struct err err = {0};
    if (words_parse(line, length, &words, &err)) {
        if (err.text[0] == '\0' || words.count != 0)
            abort();
        return;
    }
    size_t total = 0;
    for (int i = 0; i < words.count; i++) {
        int64_t number;
        total += strlen(words.at[i]);
        (void)words_number(words.at[i], "bay", 1, 64, &number, NULL);
    }
    if (words.count > WORDS_MAX || words.at[words.count] || total > length)
        abort();
}

static void check_completions(const char *line, size_t cursor)
{
    struct words_verb verbs[64];
    struct completions found;
    int count = 0;
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name; verb++)
        verbs[count++] = (struct words_verb){verb->name, verb->synopsis};
    verbs[count] = (struct words_verb){NULL, NULL};
    words_complete(line, cursor, verbs, &found);
    if (found.typed > cursor || found.common < found.typed || found.count > COMPLETIONS_MAX)
        abort();
    for (size_t i = 0; i < found.count; i++)
        if (strlen(found.words[i]) < found.common ||
            memcmp(found.words[i], line + cursor - found.typed, found.typed) != 0 ||
            memcmp(found.words[i], found.words[0], found.common) != 0)
            abort();
}

static void check_screen(const char *text)
{
    SCOPE_STRBUF struct strbuf wrapped = STRBUF_INIT;
    screen_wrap(&wrapped, text, 12);
    for (const char *at = strbuf_text(&wrapped); *at;) {
        size_t length = strcspn(at, "\n");
        if (length > SCREEN_COLUMNS || at[length] != '\n')
            abort();
        for (size_t i = 0; i < length; i++)
            if (at[i] < 0x20 || at[i] > 0x7e)
                abort();
        at += length + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPE_FREE char *text = malloc(size + 1);
    struct login_key key = {0};
    char challenge[LOGIN_TEXT_SIZE], path[64];
    speed_t speed;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_words(text, size);
    for (size_t cursor = 0; cursor <= size && cursor < 64; cursor++)
        check_completions(text, cursor);
    check_screen(text);
    if (login_text(text, challenge, NULL) == 0 && strlen(challenge) != LOGIN_TEXT_SIZE - 1)
        abort();
    if (login_key_parse(text, size, &key, NULL) == 0 && !key.present)
        abort();
    if (terminal_parse(text, path, sizeof path, &speed, NULL) == 0 && path[0] != '/')
        abort();
    return 0;
}
