/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked about charging beyond lists: the figures of samples that a file holds. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "charging/evaluation.h"
#include <string.h>

static void samples_free_scope(struct samples *samples)
{
    samples_free(samples);
}

int ctl_evaluate_charging(const struct ctl *ctl, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, answer = STRBUF_INIT;
    SCOPE(samples_free_scope) struct samples samples = {0};
    const char *path = strcmp(ctl->word, "-") == 0 ? "/dev/stdin" : ctl->word;
    int rc = file_read(path, SAMPLES_MAX_BYTES, &text, err);
    if (rc < 0)
        return rc;
    rc = samples_parse(strbuf_text(&text), text.length, &samples, err);
    if (rc < 0)
        return err_prefix(err, "%s: ", ctl->word);
    struct evaluation evaluation;
    evaluation_make(&samples, clock_wall_us(), &evaluation);
    evaluation_write(&evaluation, ctl->json, &answer);
    if (strbuf_failed(&answer))
        return err_set(err, ERR_NOMEM, "no memory for the answer");
    if (samples.refused > 0)
        fprintf(stderr, "%sswapctl: %zu samples of %s were left out\n",
                strbuf_text(&samples.refusals), samples.refused, ctl->word);
    fputs(strbuf_text(&answer), ctl->out);
    return 0;
}
