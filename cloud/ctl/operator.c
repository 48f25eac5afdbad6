/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/operator.h"

#include "alerts/order.h"
#include "base/clock.h"
#include "base/scope.h"
#include "protocol/json.h"
#include "stations/control_client.h"
#include <string.h>
#include <unistd.h>

const char *operator_name(const struct ctl *ctl)
{
    const char *by = args_value(ctl->args, "by");
    return by ? by : ctl_actor(ctl);
}

int operator_open(const struct ctl *ctl, struct store **store, struct err *err)
{
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc < 0)
        return rc;
    /* STORE_WRITE would create a database that a mistyped --db names. */
    if (access(path, F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no database %s", path);
    return store_open(store, path, STORE_WRITE, err);
}

static int64_t number(const cJSON *answer, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

static void read_answer(const char *reply, struct operator_answer *answer)
{
    cJSON *object = cJSON_Parse(reply);
    *answer = (struct operator_answer){number(object, "done"), number(object, "known"),
                                       number(object, "alert")};
    cJSON_Delete(object);
}

static int apply(struct store *store, struct alert_order *order, struct err *err)
{
    struct alerts *alerts;
    int rc = alerts_new(&alerts, store, err);
    if (rc < 0)
        return rc;
    rc = store_begin(store, err);
    if (rc == 0)
        rc = alerts_begin(alerts, clock_wall_us(), err);
    if (rc == 0)
        rc = alert_order_apply(alerts, order, clock_wall_us(), err);
    if (rc == 0)
        rc = store_commit(store, err);
    if (rc < 0)
        store_rollback(store);
    alerts_free(alerts);
    return rc;
}

static int without_bridge(const struct ctl *ctl, const char *request,
                          struct operator_answer *answer, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    SCOPE_JSON cJSON *object = NULL;
    SCOPE_FREE struct alert_order *order = NULL;
    int rc = json_parse(request, strlen(request), &object, err);
    if (rc == 0)
        rc = alert_order_parse(object, &order, err);
    if (rc == 0)
        rc = operator_open(ctl, &store, err);
    if (rc == 0)
        rc = apply(store, order, err);
    if (rc == 0)
        *answer = (struct operator_answer){order->done, order->known, order->alert_id};
    return rc;
}

int operator_order(const struct ctl *ctl, const char *request, struct operator_answer *answer,
                   struct err *err)
{
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc < 0)
        return rc;
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    rc = control_request(path, request, &reply, err);
    if (rc == ERR_UNAVAILABLE)
        return without_bridge(ctl, request, answer, err);
    if (rc == 0)
        read_answer(strbuf_text(&reply), answer);
    return rc;
}
