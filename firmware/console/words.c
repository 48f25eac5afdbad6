/* SPDX-License-Identifier: Apache-2.0 */
#include "console/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copies one word that begins at *at to *to (both move on), without its quotation marks. */
static int take_word(const char **at, const char *end, char **to, struct err *err)
{
    bool quoted = false;
    for (; *at < end && (quoted || !is_blank(**at)); (*at)++) {
        if (**at == '"')
            quoted = !quoted;
        else if (**at < 0x20 || **at > 0x7e)
            return err_set(err, ERR_USAGE,
                           "byte 0x%02x in the line: only printable ASCII is understood",
                           (unsigned)(unsigned char)**at);
        else
            *(*to)++ = **at;
    }
    if (quoted)
        return err_set(err, ERR_USAGE, "a quotation mark is not closed");
    *(*to)++ = '\0';
    return 0;
}

/* Takes all words; on an error the count is what was taken until then. */
static int take_words(const char *at, const char *end, struct words *words, struct err *err)
{
    char *to = words->text;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return 0;
        if (words->count == WORDS_MAX)
            return err_set(err, ERR_USAGE, "more than %d words", WORDS_MAX);
        const char *word = to;
        int code = take_word(&at, end, &to, err);
        if (code)
            return code;
        words->at[words->count++] = word;
    }
}

int words_parse(const char *line, size_t length, struct words *words, struct err *err)
{
    words->count = 0;
    int code =
        length > WORDS_LINE_MAX
            ? err_set(err, ERR_USAGE, "the line has %zu bytes, most is %d", length, WORDS_LINE_MAX)
            : take_words(line, line + length, words, err);
    if (code)
        words->count = 0;
    words->at[words->count] = NULL;
    return code;
}

int words_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *value,
                 struct err *err)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9';
    if (!digits || *end || errno || number < min || number > max)
        return err_set(err, ERR_USAGE,
                       "%s: a number from %" PRId64 " to %" PRId64 " is expected, not '%.40s'",
                       what, min, max, text);
    *value = number;
    return 0;
}

/* --- completion --- */

static void offer(struct completions *to, const char *prefix, const char *word, size_t length)
{
    if (length < to->typed || length >= sizeof to->words[0] || to->count == COMPLETIONS_MAX ||
        memcmp(word, prefix, to->typed) != 0)
        return;
    for (size_t i = 0; i < to->count; i++)
        if (strlen(to->words[i]) == length && memcmp(to->words[i], word, length) == 0)
            return;
    memcpy(to->words[to->count], word, length);
    to->words[to->count][length] = '\0';
    if (to->count++ == 0) {
        to->common = length;
        return;
    }
    size_t same = 0;
    while (same < to->common && same < length && to->words[0][same] == word[same])
        same++;
    to->common = same;
}

/* The literal words of a synopsis: what is neither punctuation nor a name in capitals. */
static void offer_synopsis(struct completions *to, const char *prefix, const char *synopsis)
{
    const char *at = synopsis + strcspn(synopsis, " "); /* not the verb itself */
    while (*at) {
        at += strspn(at, " []|");
        size_t length = strcspn(at, " []|");
        bool literal = length > 0 && ((at[0] >= 'a' && at[0] <= 'z') || at[0] == '-');
        if (literal)
            offer(to, prefix, at, length);
        at += length;
    }
}

void words_complete(const char *line, size_t cursor, const struct words_verb *verbs,
                    struct completions *completions)
{
    size_t begin = cursor;
    while (begin > 0 && !is_blank(line[begin - 1]))
        begin--;
    size_t first = 0;
    while (first < begin && is_blank(line[first]))
        first++;
    size_t verb_length = 0;
    while (first + verb_length < begin && !is_blank(line[first + verb_length]))
        verb_length++;
    const char *prefix = line + begin;
    *completions = (struct completions){.typed = cursor - begin};
    bool wants_verb =
        verb_length == 0 || (verb_length == 4 && memcmp(line + first, "help", 4) == 0);
    for (const struct words_verb *verb = verbs; verb->name; verb++) {
        if (wants_verb)
            offer(completions, prefix, verb->name, strlen(verb->name));
        else if (strlen(verb->name) == verb_length &&
                 memcmp(verb->name, line + first, verb_length) == 0)
            offer_synopsis(completions, prefix, verb->synopsis);
    }
    if (completions->count == 0)
        completions->common = completions->typed;
}
