/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a battery: what an operator says, because no message does. */
#include "alerts/alerts.h"
#include "tracking/tracking_internal.h"

#include <stdio.h>
#include <string.h>

int tracking_set_battery_model(struct tracking *tracking, const char *bid, const char *model,
                               const struct tracking_source *source, bool *changed, struct err *err)
{
    struct tracked_battery *battery;
    bool low;
    int status = tracked_battery_find(tracking, bid, &battery, err);
    if (status < 0)
        return status;
    if (!battery)
        return err_set(err, ERR_NOT_FOUND, "battery %s: no message has named it yet", bid);
    struct battery_row *row = &battery->row;
    *changed = strcmp(row->model, model) != 0;
    if (!*changed)
        return 0;
    (void)snprintf(row->model, sizeof row->model, "%s", model);
    struct derived_fact fact = {
        .kind = "battery.model", .bid = bid, .slot = STORE_NULL, .name = "model", .text = model};
    alerts_renew(tracking->alerts);
    status = derived_log(tracking, &fact, source->received_at_us, source, err);
    if (status == 0)
        status = tracked_battery_save(tracking, battery, err);
    bool in_bay = strcmp(row->where_kind, "bay") == 0;
    if (status == 0)
        status = tracked_judge(tracking, battery, in_bay ? row->where_id : "",
                               source->received_at_us, &low, err);
    if (status < 0)
        tracking_forget(tracking); /* memory and database may differ now */
    return status;
}
