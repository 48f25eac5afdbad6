/* SPDX-License-Identifier: Apache-2.0 */
/* Samples in memory, and the texts that they own. */
#include "store/sample.h"

#include <stdlib.h>
#include <string.h>

void charge_samples_free(struct charge_samples *samples)
{
    for (size_t i = 0; i < samples->text_count; i++)
        free(samples->texts[i]);
    free(samples->texts);
    free(samples->list);
    *samples = (struct charge_samples){0};
}

const char *charge_samples_text(struct charge_samples *samples, const char *text, size_t length)
{
    /* Newest first: a process has few of them, and neighbours are alike. */
    for (size_t i = samples->text_count; i-- > 0;)
        if (strlen(samples->texts[i]) == length && memcmp(samples->texts[i], text, length) == 0)
            return samples->texts[i];
    char **more = realloc(samples->texts, (samples->text_count + 1) * sizeof *more);
    if (!more)
        return NULL;
    samples->texts = more;
    char *copy = strndup(text, length);
    if (copy)
        samples->texts[samples->text_count++] = copy;
    return copy;
}
