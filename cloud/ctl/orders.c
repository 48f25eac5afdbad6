/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/orders.h"

#include "alerts/alerts.h"
#include "base/clock.h"
#include "base/scope.h"
#include "stations/control_client.h"
#include <string.h>
#include <unistd.h>

static int put(const char *what, const char *text, char *to, size_t size, struct err *err)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return err_set(err, ERR_USAGE, "%s: 1 to %zu bytes are right", what, size - 1);
    memcpy(to, text, length + 1);
    return 0;
}

int order_begin(const struct ctl *ctl, enum battery_order_kind kind, struct battery_order *order,
                struct err *err)
{
    *order = (struct battery_order){.kind = kind};
    int rc = put("the battery", ctl->word, order->bid, sizeof order->bid, err);
    return rc < 0 ? rc : put("--actor", ctl_actor(ctl), order->actor, sizeof order->actor, err);
}

static int run_here(const char *path, const struct battery_order *order, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct alerts *alerts = NULL;
    /* STORE_WRITE would create a database that a mistyped --db names. */
    if (access(path, F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no database %s", path);
    int rc = store_open(&store, path, STORE_WRITE, err);
    if (rc == 0)
        rc = alerts_new(&alerts, store, err);
    if (rc == 0)
        rc = store_begin(store, err);
    if (rc == 0)
        rc = battery_order_run(store, alerts, order, clock_wall_us(), err);
    if (rc == 0)
        rc = store_commit(store, err);
    alerts_free(alerts);
    return rc;
}

int order_send(const struct ctl *ctl, const struct battery_order *order, struct err *err)
{
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc < 0)
        return rc;
    cJSON *object = battery_order_to_json(order);
    char *request = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!request)
        return err_set(err, ERR_NOMEM, "out of memory");
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    rc = control_request(path, request, &reply, err);
    cJSON_free(request);
    return rc == ERR_UNAVAILABLE ? run_here(path, order, err) : rc;
}

int ctl_lock_battery(const struct ctl *ctl, struct err *err)
{
    struct battery_order order;
    const char *reason = args_value(ctl->args, "reason");
    if (!reason)
        return err_set(err, ERR_USAGE, "why? give --reason TEXT");
    int rc = order_begin(ctl, BATTERY_ORDER_LOCK, &order, err);
    if (rc == 0)
        rc = put("--reason", reason, order.reason, sizeof order.reason, err);
    if (rc == 0)
        rc = order_send(ctl, &order, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "battery %s is locked\n", order.bid);
    return rc;
}

int ctl_unlock_battery(const struct ctl *ctl, struct err *err)
{
    struct battery_order order;
    int rc = order_begin(ctl, BATTERY_ORDER_UNLOCK, &order, err);
    if (rc == 0)
        rc = order_send(ctl, &order, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "battery %s is not locked any more\n", order.bid);
    return rc;
}

int ctl_list_locks(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_BATTERY_LOCKS, &filter, err);
}
