/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl alert channels | deliveries | test, webhook set | unset. */
#include "base/clock.h"
#include "base/scope.h"
#include "ctl/ctl.h"
#include "ctl/operator.h"
#include "protocol/json.h"

#include <string.h>
#include <time.h>

#define TEST_WAIT_S 15
#define LOOK_MS     100

int ctl_list_channels(const struct ctl *ctl, struct err *err)
{
    return ctl_print_list(ctl, &REPORT_CHANNELS, &REPORT_ALL, err);
}

int ctl_list_deliveries(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    filter.kind = args_value(ctl->args, "kind");
    filter.state = args_value(ctl->args, "failed") ? "failed" : NULL;
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_DELIVERIES, &filter, err);
}

static void add_text(struct strbuf *to, const char *name, const char *text)
{
    if (!text)
        return;
    strbuf_printf(to, ",\"%s\":", name);
    json_write_text(to, text);
}

static int order(const struct ctl *ctl, const char *command, bool webhook,
                 struct operator_answer *answer, struct err *err)
{
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT;
    strbuf_printf(&request, "{\"command\":\"%s\"", command);
    add_text(&request, "actor", operator_name(ctl));
    if (webhook) {
        add_text(&request, "name", ctl->word);
        add_text(&request, "url", args_value(ctl->args, "url"));
        add_text(&request, "kinds", args_value(ctl->args, "kinds"));
        add_text(&request, "secret_file", args_value(ctl->args, "secret-file"));
    }
    strbuf_append_char(&request, '}');
    if (strbuf_failed(&request))
        return err_set(err, ERR_NOMEM, "out of memory");
    return operator_order(ctl, strbuf_text(&request), answer, err);
}

int ctl_set_webhook(const struct ctl *ctl, struct err *err)
{
    struct operator_answer answer;
    const char *secret = args_value(ctl->args, "secret-file");
    if (!args_value(ctl->args, "url"))
        return err_set(err, ERR_USAGE, "where to? give --url URL");
    /* The bridge reads it, and runs in a folder of its own. */
    if (secret && secret[0] != '/')
        return err_set(err, ERR_USAGE, "--secret-file %s: a whole path, from / on, is needed",
                       secret);
    int rc = order(ctl, "webhook_set", true, &answer, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "webhook %s is set\n", ctl->word);
    return rc;
}

int ctl_unset_webhook(const struct ctl *ctl, struct err *err)
{
    struct operator_answer answer;
    int rc = order(ctl, "webhook_unset", true, &answer, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "webhook %s is gone\n", ctl->word);
    return rc;
}

struct tally {
    int waiting, failed;
};

static int count_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    struct tally *tally = self;
    (void)err;
    for (size_t i = 0; report->columns[i].name; i++) {
        if (strcmp(report->columns[i].name, "state") != 0 || !values[i].present)
            continue;
        tally->waiting += strcmp(values[i].text, "waiting") == 0;
        tally->failed += strcmp(values[i].text, "failed") == 0;
    }
    return 0;
}

/* Until no channel is waited for any more, or time is over. */
static int await(const struct ctl *ctl, const struct report_filter *filter, int64_t wait_s,
                 struct tally *tally, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    int64_t until_us = clock_mono_us() + wait_s * CLOCK_US_PER_SECOND;
    int rc = ctl_open(ctl, &store, err);
    while (rc == 0) {
        *tally = (struct tally){0};
        rc = report_run(store, &REPORT_DELIVERIES, filter, count_row, tally, err);
        if (tally->waiting == 0 || clock_mono_us() >= until_us)
            break;
        struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    return rc;
}

int ctl_test_alerts(const struct ctl *ctl, struct err *err)
{
    struct operator_answer answer = {0};
    struct report_filter filter = REPORT_ALL;
    struct tally tally;
    int64_t wait_s;
    int rc = ctl_integer(ctl, "wait", 0, 3600, TEST_WAIT_S, &wait_s, err);
    if (rc == 0)
        rc = order(ctl, "alert_test", false, &answer, err);
    filter.id = answer.alert;
    if (rc == 0)
        rc = await(ctl, &filter, wait_s, &tally, err);
    if (rc == 0)
        rc = ctl_print_list(ctl, &REPORT_DELIVERIES, &filter, err);
    if (rc == 0 && tally.waiting > 0)
        return err_set(err, ERR_TIMEOUT, "%d of the channels have not taken it in %lld s",
                       tally.waiting, (long long)wait_s);
    if (rc == 0 && tally.failed > 0)
        return err_set(err, ERR_UNAVAILABLE, "%d of the channels have not taken it", tally.failed);
    return rc;
}
