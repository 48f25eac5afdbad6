/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <string.h>

/* Longer words are not compared: names of keys and options are short. */
enum { WORD_MAX = 64 };

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, row by row; both words are shorter than WORD_MAX. */
static size_t count_edits(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *before2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = min2(replaced, min2(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = min2(now[j], before2[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

struct nearest nearest_to(const char *word)
{
    return (struct nearest){.word = word};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t length = strlen(nearest->word), other = strlen(candidate);
    if (length >= WORD_MAX || other >= WORD_MAX)
        return;
    size_t edits = count_edits(nearest->word, length, candidate, other);
    if (nearest->best == NULL || edits < nearest->edits) {
        nearest->best = candidate;
        nearest->edits = edits;
    }
}

const char *nearest_word(const struct nearest *nearest)
{
    if (nearest->best == NULL)
        return NULL;
    size_t length = strlen(nearest->word);
    size_t allowed = length < 6 ? 2 : length / 3;
    return nearest->edits <= allowed && nearest->edits < length ? nearest->best : NULL;
}
