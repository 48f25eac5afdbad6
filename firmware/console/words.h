/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line of the console as words, and what may complete a word. Pure. No variables, no
 * patterns, no substitution: a line is a verb and its words, nothing in it reaches a shell.
 */
#ifndef SWAPSTACK_CONSOLE_WORDS_H
#define SWAPSTACK_CONSOLE_WORDS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX      16
#define WORDS_LINE_MAX 255 /* bytes of a line */

struct words {
    int count;
    const char *at[WORDS_MAX + 1]; /* into `text`; NULL behind the last */
    char text[WORDS_LINE_MAX + 1];
};

/* Words are divided by blanks; "two words" in quotation marks are one. ERR_USAGE with a sentence:
 * too long, too many words, a quotation mark that is not closed, bytes that are no printable ASCII.
 */
int words_parse(const char *line, size_t length, struct words *words, struct err *err);

/* A whole decimal number within min..max; `what` names it in the sentence. ERR_USAGE. */
int words_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *value,
                 struct err *err);

#define COMPLETIONS_MAX 64

struct completions {
    size_t typed;                    /* bytes of the word in front of the cursor */
    size_t count;                    /* what it may become, in the order offered */
    char words[COMPLETIONS_MAX][24]; /* each begins with what is typed */
    size_t common;                   /* bytes that all of them begin with, at least `typed` */
};

/* What the console knows of one verb. */
struct words_verb {
    const char *name, *synopsis; /* "gate", "gate open|close" */
};

/* What may complete the word that ends at the cursor: the first word is a verb, the others are the
 * lower-case words of that verb's synopsis; behind `help` a verb. `verbs` ends with name NULL. */
void words_complete(const char *line, size_t cursor, const struct words_verb *verbs,
                    struct completions *completions);

#endif
