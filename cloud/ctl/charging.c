/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked about charging beyond lists: the samples of a process, and the figures of samples
 * that a file holds. `charging evaluate` reads what `charging samples` writes. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "charging/evaluation.h"
#include "ctl/output.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include "store/sample.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void samples_free_scope(struct samples *samples)
{
    samples_free(samples);
}

/* --rule: one of the rules, or 0 for both. */
static int read_rule(const struct ctl *ctl, int *rule, struct err *err)
{
    const char *word = args_value(ctl->args, "rule");
    *rule = EVALUATE_RULE_VERSION;
    if (!word || strcmp(word, "1") == 0)
        return 0;
    *rule = strcmp(word, "2") == 0 ? EVALUATE2_RULE_VERSION : 0;
    if (*rule == 0 && strcmp(word, "both") != 0)
        return err_set(err, ERR_USAGE, "--rule %s: which rule? 1, 2 or both", word);
    return 0;
}

/* An option's number above 0; `number` stays when it was not given. */
static int read_above_0(const struct ctl *ctl, const char *name, double *number, struct err *err)
{
    const char *word = args_value(ctl->args, name);
    char *end = NULL;
    if (!word)
        return 0;
    double read = strtod(word, &end);
    if (end == word || *end != '\0' || !(read > 0) || !(read <= 1e6))
        return err_set(err, ERR_USAGE, "--%s %s: a number above 0, at most 1000000", name, word);
    *number = read;
    return 0;
}

int ctl_rule_limits(const struct ctl *ctl, struct evaluate2_limits *limits, struct err *err)
{
    const double minute_us = 6e7;
    double gap_min = (double)EVALUATE2_GAP_DEFAULT_US / minute_us;
    *limits = (struct evaluate2_limits){.charger_rating_kw = NAN};
    int rc = read_above_0(ctl, "gap-limit", &gap_min, err);
    if (rc == 0)
        rc = read_above_0(ctl, "rating", &limits->charger_rating_kw, err);
    limits->gap_us = (int64_t)ceil(gap_min * minute_us);
    return rc;
}

/* By both rules: an array of two objects, or two blocks of lines. */
static void write_both(const struct evaluation *evaluation, bool json, struct strbuf *to)
{
    strbuf_append_text(to, json ? "[" : "");
    evaluation_write(evaluation, EVALUATE_RULE_VERSION, json, to);
    strbuf_append_text(to, json ? "," : "\n");
    evaluation_write(evaluation, EVALUATE2_RULE_VERSION, json, to);
    strbuf_append_text(to, json ? "]" : "");
}

int ctl_evaluate_charging(const struct ctl *ctl, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, answer = STRBUF_INIT;
    SCOPE(samples_free_scope) struct samples samples = {0};
    const char *path = strcmp(ctl->word, "-") == 0 ? "/dev/stdin" : ctl->word;
    struct evaluate2_limits limits;
    int rule, rc = read_rule(ctl, &rule, err);
    if (rc == 0)
        rc = ctl_rule_limits(ctl, &limits, err);
    if (rc == 0)
        rc = file_read(path, SAMPLES_MAX_BYTES, &text, err);
    if (rc < 0)
        return rc;
    rc = samples_parse(strbuf_text(&text), text.length, &samples, err);
    if (rc < 0)
        return err_prefix(err, "%s: ", ctl->word);
    struct evaluation evaluation;
    evaluation_make(&samples, clock_wall_us(), &limits, &evaluation);
    if (rule == 0)
        write_both(&evaluation, ctl->json, &answer);
    else
        evaluation_write(&evaluation, rule, ctl->json, &answer);
    strbuf_append_text(&answer, ctl->json ? "\n" : "");
    if (strbuf_failed(&answer))
        return err_set(err, ERR_NOMEM, "no memory for the answer");
    if (samples.refused > 0)
        fprintf(stderr, "%sswapctl: %zu samples of %s were left out\n",
                strbuf_text(&samples.refusals), samples.refused, ctl->word);
    fputs(strbuf_text(&answer), ctl->out);
    return 0;
}

int ctl_word_id(const struct ctl *ctl, const char *what, int64_t *id, struct err *err)
{
    char *end = NULL;
    errno = 0;
    *id = strtoll(ctl->word, &end, 10);
    if (end == ctl->word || *end != '\0' || errno != 0 || *id < 1)
        return err_set(err, ERR_USAGE, "%s %s: the id is a whole number from 1", what, ctl->word);
    return 0;
}

static int count_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    (void)report;
    (void)values;
    (void)err;
    ++*(int *)self;
    return 0;
}

static int print_csv(const struct ctl *ctl, struct store *store, const struct report_filter *filter,
                     struct err *err)
{
    const struct report *report = &REPORT_CHARGING_SAMPLES;
    struct report_filter all = *filter;
    if (!args_value(ctl->args, "limit"))
        all.limit = STORE_NULL; /* a file, not a screen */
    output_csv_head(report, ctl->out);
    return report_run(store, report, &all, output_csv_row, ctl->out, err);
}

static void stored_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

int ctl_check_samples(struct store *store, int64_t id, struct err *err)
{
    SCOPE(stored_free_scope) struct charge_samples samples;
    return charge_samples_read(store, id, &samples, err);
}

int ctl_charging_samples(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct report_filter filter, one = REPORT_ALL;
    int processes = 0;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc == 0)
        rc = ctl_word_id(ctl, "charging process", &filter.id, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    one.id = filter.id;
    if (rc == 0)
        rc = report_run(store, &REPORT_CHARGING, &one, count_row, &processes, err);
    if (rc < 0)
        return rc;
    if (processes == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no charging process %s", ctl->word);
    rc = ctl_check_samples(store, filter.id, err);
    if (rc < 0)
        return rc;
    if (args_value(ctl->args, "csv"))
        return print_csv(ctl, store, &filter, err);
    return ctl_print_list(ctl, &REPORT_CHARGING_SAMPLES, &filter, err);
}
