/* SPDX-License-Identifier: Apache-2.0 */
/* Costs after a change of tariffs, some processes at a time. */
#include "charging/cost_change.h"

#include "base/scope.h"
#include "charging/billing.h"
#include "charging/money.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include "store/eventlog.h"
#include <inttypes.h>
#include <string.h>

struct page {
    struct bill_row *rows; /* owned */
    size_t count;
};

static void page_free(struct page *page)
{
    free(page->rows);
}

static int take_row(void *self, const struct bill_row *row)
{
    struct page *page = self;
    page->rows[page->count++] = *row;
    return 0;
}

static int read_page(struct store *store, const struct cost_change *change, struct page *page,
                     struct err *err)
{
    page->rows = calloc(COST_CHANGE_APPLY_ROWS, sizeof *page->rows);
    if (!page->rows)
        return err_set(err, ERR_NOMEM, "tariff apply: out of memory");
    struct bill_filter filter = {.station_id = change->station_id[0] ? change->station_id : NULL,
                                 .from_us = change->from_us,
                                 .to_us = change->to_us,
                                 .after = change->id,
                                 .limit = COST_CHANGE_APPLY_ROWS};
    return bill_each(store, &filter, take_row, page, err);
}

static void write_amount(struct strbuf *to, const char *name, int64_t cost)
{
    char text[MONEY_TEXT_SIZE];
    money_format(cost == COST_NONE ? 0 : cost, text);
    strbuf_printf(to, cost == COST_NONE ? ",\"%s\":null" : ",\"%s\":\"%s\"", name, text);
}

static void write_change(struct strbuf *to, const struct bill_row *row, int64_t cost)
{
    char start[TIMESTAMP_TEXT_SIZE];
    timestamp_format(row->start_date_us, start);
    strbuf_printf(to, "%s{\"id\":%" PRId64 ",\"station_id\":", to->length ? "," : "", row->process);
    json_write_text(to, row->station_id);
    strbuf_printf(to, ",\"start_date\":\"%s\"", start);
    write_amount(to, "before", row->cost);
    write_amount(to, "after", cost);
    strbuf_append_char(to, '}');
}

static int apply_row(struct store *store, const struct bill_row *row, bool dry, int64_t now_us,
                     struct strbuf *changes, struct err *err)
{
    struct billing_verdict verdict;
    int status = billing_retroactive(store, row, &verdict, err);
    if (status < 0)
        return status;
    bool same = verdict.cost == row->cost, none = verdict.cost == COST_NONE;
    if (!same)
        write_change(changes, row, verdict.cost);
    /* The same amount by another tariff: the record shall name the right one. */
    if (dry || (same && (none || (verdict.tariff_id == row->tariff_id &&
                                  strcmp(verdict.basis, row->basis) == 0))))
        return 0;
    struct bill bill = {.cost = verdict.cost,
                        .source = none ? "" : "tariff",
                        .basis = verdict.basis,
                        .tariff_id = verdict.tariff_id,
                        .at_us = now_us};
    return bill_save(store, row, &bill, err);
}

static int log_changes(struct store *store, const struct cost_change *change,
                       const struct strbuf *changes, int64_t now_us, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    strbuf_printf(&payload, "{\"request\":%s,\"changes\":[%s]}", change->request,
                  strbuf_text(changes));
    if (strbuf_failed(&payload) || strbuf_failed(changes))
        return err_set(err, ERR_NOMEM, "tariff apply: out of memory");
    struct eventlog_row row = {.received_at_us = now_us,
                               .event_time_us = now_us,
                               .actor = "operator",
                               .actor_id = change->actor,
                               .station_id = change->station_id[0] ? change->station_id : NULL,
                               .kind = "tariff.apply",
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(store, &row, err);
}

int cost_change_apply(struct store *store, const struct cost_change *change, bool dry,
                      int64_t now_us, struct strbuf *answer, struct err *err)
{
    SCOPE(page_free) struct page page = {0};
    SCOPE_STRBUF struct strbuf changes = STRBUF_INIT;
    int status = read_page(store, change, &page, err);
    for (size_t i = 0; i < page.count && status == 0; i++)
        status = apply_row(store, &page.rows[i], dry, now_us, &changes, err);
    if (status == 0 && changes.length > 0 && !dry)
        status = log_changes(store, change, &changes, now_us, err);
    strbuf_printf(answer, "\"looked_at\":%zu,\"last\":", page.count);
    if (page.count == COST_CHANGE_APPLY_ROWS)
        strbuf_printf(answer, "%" PRId64, page.rows[page.count - 1].process);
    else
        strbuf_append_text(answer, "null");
    strbuf_printf(answer, ",\"changes\":[%s]", strbuf_text(&changes));
    return status;
}
