/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl alert list | ack. */
#include "base/strbuf.h"
#include "ctl/ctl.h"
#include "ctl/operator.h"
#include "protocol/json.h"

#include <inttypes.h>
#include <stdlib.h>

int ctl_list_alerts(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    if (args_value(ctl->args, "open") && args_value(ctl->args, "all"))
        return err_set(err, ERR_USAGE, "--open and --all exclude each other");
    int rc = ctl_filter(ctl, &filter, err);
    filter.kind = args_value(ctl->args, "kind");
    filter.open = args_value(ctl->args, "open") != NULL;
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_ALERTS, &filter, err);
}

static int append_ids(const struct ctl *ctl, struct strbuf *to, struct err *err)
{
    for (int i = ctl->first_word; i < args_word_count(ctl->args); i++) {
        const char *text = args_word(ctl->args, i);
        char *end = NULL;
        long long id = strtoll(text, &end, 10);
        if (end == text || *end != '\0' || id < 1 || id > (INT64_C(1) << 53))
            return err_set(err, ERR_USAGE, "alert %s: not the number of an alert", text);
        strbuf_printf(to, "%s%lld", i > ctl->first_word ? "," : "", id);
    }
    return 0;
}

int ctl_acknowledge_alerts(const struct ctl *ctl, struct err *err)
{
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT;
    struct operator_answer answer;
    strbuf_append_text(&request, "{\"command\":\"alert_ack\",\"actor\":");
    json_write_text(&request, operator_name(ctl));
    strbuf_append_text(&request, ",\"ids\":[");
    int rc = append_ids(ctl, &request, err);
    strbuf_append_text(&request, "]}");
    if (rc == 0 && strbuf_failed(&request))
        rc = err_set(err, ERR_NOMEM, "out of memory");
    if (rc == 0)
        rc = operator_order(ctl, strbuf_text(&request), &answer, err);
    if (rc < 0)
        return rc;
    if (ctl->json)
        fprintf(ctl->out, "{\"acknowledged\":%" PRId64 ",\"known\":%" PRId64 "}\n", answer.done,
                answer.known);
    else
        fprintf(ctl->out, "%" PRId64 " acknowledged, %" PRId64 " had been before\n", answer.done,
                answer.known);
    return 0;
}
