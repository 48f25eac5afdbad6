/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cost_channel.h"

#include "base/clock.h"
#include "charging/cost_change.h"
#include "protocol/json.h"
#include "stations/control_client.h"

static int ask_bridge(const struct cost_channel *channel, const cJSON *request,
                      struct strbuf *reply, struct err *err)
{
    char *text = cJSON_PrintUnformatted(request);
    if (!text)
        return err_set(err, ERR_NOMEM, "out of memory");
    int status = control_request(channel->db_path, text, reply, err);
    cJSON_free(text);
    return status;
}

static int open_database(struct cost_channel *channel, struct err *err)
{
    /* STORE_WRITE would create a database that a mistyped --db names. */
    if (!channel->dry && access(channel->db_path, F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no database %s", channel->db_path);
    return store_open(&channel->store, channel->db_path, channel->dry ? STORE_READ : STORE_WRITE,
                      err);
}

static int change_database(struct cost_channel *channel, const struct cost_change *change,
                           struct strbuf *answer, struct err *err)
{
    if (channel->dry)
        return cost_change_apply(channel->store, change, true, clock_wall_us(), answer, err);
    int status = store_begin(channel->store, err);
    if (status == 0)
        status = cost_change_run(channel->store, change, clock_wall_us(), answer, err);
    if (status == 0)
        status = store_commit(channel->store, err);
    if (status < 0)
        store_rollback(channel->store);
    return status;
}

static int send(struct cost_channel *channel, const cJSON *request,
                const struct cost_change *change, struct strbuf *answer, struct err *err)
{
    if (!channel->store && !channel->dry) {
        int status = ask_bridge(channel, request, answer, err);
        bool absent = status == ERR_UNAVAILABLE && !channel->decided;
        channel->decided = true;
        if (!absent)
            return status;
    }
    int status = channel->store ? 0 : open_database(channel, err);
    strbuf_clear(answer);
    strbuf_append_char(answer, '{');
    if (status == 0)
        status = change_database(channel, change, answer, err);
    strbuf_append_char(answer, '}');
    return status;
}

int cost_channel_send(struct cost_channel *channel, const cJSON *request, cJSON **answer,
                      struct err *err)
{
    struct cost_change *change;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    *answer = NULL;
    int status = cost_change_parse(request, &change, err);
    if (status == 0)
        status = send(channel, request, change, &text, err);
    cost_change_free(change);
    if (status < 0)
        return status;
    *answer = cJSON_Parse(strbuf_text(&text));
    return *answer ? 0 : err_set(err, ERR_PROTOCOL, "the bridge's answer is not JSON");
}

void cost_channel_close(struct cost_channel *channel)
{
    store_close(channel->store);
    channel->store = NULL;
}
