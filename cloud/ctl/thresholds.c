/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl threshold list | set | unset, and battery model, by which they are chosen. */
#include "alerts/channels.h"
#include "alerts/threshold_json.h"
#include "base/clock.h"
#include "base/scope.h"
#include "ctl/ctl.h"
#include "ctl/operator.h"
#include "protocol/json.h"
#include "stations/control_client.h"
#include "tracking/tracking.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int ctl_list_thresholds(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    filter.kind = args_value(ctl->args, "kind");
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_THRESHOLDS, &filter, err);
}

static int copy_option(const struct ctl *ctl, const char *option, char to[65], struct err *err)
{
    const char *text = args_value(ctl->args, option);
    if (text && (!text[0] || strlen(text) > 64))
        return err_set(err, ERR_USAGE, "--%s: 1 to 64 bytes are right", option);
    (void)snprintf(to, 65, "%s", text ? text : "");
    return 0;
}

static int read_row(const struct ctl *ctl, bool key_only, struct threshold_row *row,
                    struct err *err)
{
    enum threshold_kind kind;
    int rc = threshold_kind_of(ctl->word, &kind, err);
    if (rc == 0)
        rc = copy_option(ctl, "model", row->model, err);
    if (rc == 0)
        rc = copy_option(ctl, "station", row->station_id, err);
    if (rc == 0)
        rc = ctl_number(ctl, "raise", &row->raise, err);
    if (rc == 0)
        rc = ctl_number(ctl, "clear-at", &row->clear, err);
    if (rc < 0 || key_only)
        return rc;
    (void)snprintf(row->kind, sizeof row->kind, "%s", ctl->word);
    row->enabled = !args_value(ctl->args, "disabled");
    if (isnan(row->raise) && !row->enabled)
        row->raise = row->clear = 0; /* of no meaning */
    if (isnan(row->raise))
        return err_set(err, ERR_USAGE, "from which value on? give --raise VALUE (%s)",
                       threshold_unit(kind));
    return threshold_check(kind, row->raise, isnan(row->clear) ? row->raise : row->clear, err);
}

static int order(const struct ctl *ctl, const char *command, bool key_only, struct err *err)
{
    struct threshold_row row = {.clear = NAN};
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT;
    struct operator_answer answer;
    int rc = read_row(ctl, key_only, &row, err);
    if (rc < 0)
        return rc;
    (void)snprintf(row.kind, sizeof row.kind, "%s", ctl->word);
    strbuf_printf(&request, "{\"command\":\"%s\",\"actor\":", command);
    json_write_text(&request, operator_name(ctl));
    strbuf_append_text(&request, ",\"threshold\":");
    threshold_to_json(&row, key_only, &request);
    strbuf_append_char(&request, '}');
    if (strbuf_failed(&request))
        return err_set(err, ERR_NOMEM, "out of memory");
    rc = operator_order(ctl, strbuf_text(&request), &answer, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "threshold %s for %s%s at %s%s is %s\n", row.kind,
                row.model[0] ? "model " : "any model", row.model,
                row.station_id[0] ? "station " : "any station", row.station_id,
                key_only ? "gone" : "set");
    return rc;
}

int ctl_set_threshold(const struct ctl *ctl, struct err *err)
{
    return order(ctl, "threshold_set", false, err);
}

int ctl_unset_threshold(const struct ctl *ctl, struct err *err)
{
    return order(ctl, "threshold_unset", true, err);
}

/* With the limits that the bridge last ran with, as exchange_sink.c does. */
static int store_model(struct store *store, const char *bid, const char *model,
                       const struct tracking_source *source, struct err *err)
{
    struct tracking_limits limits = TRACKING_LIMITS_DEFAULT;
    struct alerts *alerts = NULL;
    struct tracking *tracking = NULL;
    bool changed;
    int rc = tracking_logged_limits(store, &limits, err);
    if (rc >= 0)
        rc = alerts_new(&alerts, store, err);
    if (rc == 0)
        rc = tracking_new(&tracking, store, alerts, &limits, err);
    if (rc == 0)
        rc = store_begin(store, err);
    if (rc == 0)
        rc = alerts_begin(alerts, clock_wall_us(), err);
    if (rc == 0)
        rc = tracking_set_battery_model(tracking, bid, model, source, &changed, err);
    if (rc == 0)
        rc = store_commit(store, err);
    if (rc < 0)
        store_rollback(store);
    tracking_free(tracking);
    alerts_free(alerts);
    return rc;
}

static int without_bridge(const struct ctl *ctl, const char *bid, const char *model,
                          struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct tracking_source source = {.actor = "operator",
                                     .actor_id = ctl_actor(ctl),
                                     .received_at_us = clock_wall_us(),
                                     .journal = "",
                                     .boot = STORE_NULL,
                                     .up_ms = STORE_NULL};
    int rc = operator_open(ctl, &store, err);
    return rc < 0 ? rc : store_model(store, bid, model, &source, err);
}

int ctl_set_battery_model(const struct ctl *ctl, struct err *err)
{
    const char *path, *bid = ctl->word, *model = ctl->second_word;
    SCOPE_STRBUF struct strbuf request = STRBUF_INIT, reply = STRBUF_INIT;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc < 0)
        return rc;
    if (strlen(model) > 64)
        return err_set(err, ERR_USAGE, "model %.80s: at most 64 bytes are right", model);
    if (strcmp(model, "-") == 0)
        model = "";
    strbuf_append_text(&request, "{\"command\":\"battery_model\",\"bid\":");
    json_write_text(&request, bid);
    strbuf_append_text(&request, ",\"model\":");
    json_write_text(&request, model);
    strbuf_append_text(&request, ",\"actor\":");
    json_write_text(&request, ctl_actor(ctl));
    strbuf_append_char(&request, '}');
    if (strbuf_failed(&request))
        return err_set(err, ERR_NOMEM, "out of memory");
    rc = control_request(path, strbuf_text(&request), &reply, err);
    if (rc == ERR_UNAVAILABLE)
        rc = without_bridge(ctl, bid, model, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "battery %s is of %s%s\n", bid, model[0] ? "model " : "no known model",
                model);
    return rc;
}
