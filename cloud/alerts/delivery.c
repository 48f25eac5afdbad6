/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/delivery.h"

#include "crypto/hmac.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t delivery_backoff_us(const struct delivery_policy *policy, int64_t attempts, uint32_t random)
{
    int64_t wait_us = policy->retry_min_us;
    for (int64_t i = 1; i < attempts && wait_us < policy->retry_max_us; i++)
        wait_us *= 2;
    if (wait_us > policy->retry_max_us)
        wait_us = policy->retry_max_us;
    int64_t half_us = wait_us / 2;
    return half_us + (int64_t)((double)half_us * ((double)random / (double)UINT32_MAX));
}

static void close_row(struct delivery_row *row, const char *state, int64_t now_us)
{
    (void)snprintf(row->state, sizeof row->state, "%s", state);
    row->closed_at_us = now_us;
}

void delivery_settle(const struct delivery_policy *policy, struct delivery_row *row,
                     enum delivery_outcome outcome, const char *reason, int64_t now_us,
                     uint32_t random)
{
    row->attempts++;
    if (outcome == DELIVERY_DONE) {
        close_row(row, "delivered", now_us);
        return;
    }
    (void)snprintf(row->last_error, sizeof row->last_error, "%s", reason);
    row->next_at_us = now_us + delivery_backoff_us(policy, row->attempts, random);
    if (now_us - row->created_at_us >= policy->give_up_us)
        close_row(row, "failed", now_us);
}

bool delivery_is_wanted(const char *kinds, const char *kind)
{
    size_t length = strlen(kind);
    if (!kinds[0])
        return true;
    for (const char *at = kinds; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, kind, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static bool consists_of(const char *text, const char *letters)
{
    return text[strspn(text, letters)] == '\0';
}

int channel_check(const struct channel_row *row, struct err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (!row->name[0] || !consists_of(row->name, letters))
        return err_set(err, ERR_USAGE, "webhook %s: 1 to 32 of a-z0-9_- are right", row->name);
    if (strcmp(row->name, "mqtt") == 0 || strcmp(row->name, "command") == 0)
        return err_set(err, ERR_USAGE,
                       "webhook %s: that channel is a matter of the bridge's configuration",
                       row->name);
    if (strncmp(row->url, "https://", 8) != 0 && strncmp(row->url, "http://", 7) != 0)
        return err_set(err, ERR_USAGE, "webhook %s: %s is no http:// or https:// URL", row->name,
                       row->url[0] ? row->url : "(nothing)");
    if (!consists_of(row->kinds, "abcdefghijklmnopqrstuvwxyz_,"))
        return err_set(err, ERR_USAGE,
                       "webhook %s: kinds must be names of alerts with commas between them",
                       row->name);
    return 0;
}

int delivery_sign(const char *secret, int64_t unix_s, const char *body, struct strbuf *header,
                  struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char hex[HMAC_HEX_SIZE];
    strbuf_printf(&text, "%" PRId64 ".%s", unix_s, body);
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "signature: out of memory");
    int status = hmac_sha256_hex(secret, strlen(secret), strbuf_text(&text), text.length, hex);
    if (status < 0)
        return err_set(err, ERR_INVALID, "signature: the secret cannot be used as a key");
    strbuf_printf(header, "sha256=%s", hex);
    return strbuf_failed(header) ? err_set(err, ERR_NOMEM, "signature: out of memory") : 0;
}
