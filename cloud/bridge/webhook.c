/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/webhook.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX_BYTES 4096
#define ANSWER_KEPT      120 /* of its body, for the reason of a refusal */

struct webhook {
    CURL *curl; /* owned; keeps the connection to whom it spoke to last */
    const atomic_bool *stop;
};

/* The first line of the secret's file. */
static int read_secret(const char *path, struct strbuf *to, struct err *err)
{
    int status = file_read(path, SECRET_MAX_BYTES, to, err);
    if (status < 0)
        return err_prefix(err, "secret file: ");
    to->text[strcspn(to->text, "\r\n")] = '\0';
    return to->text[0] ? 0
                       : err_set(err, ERR_INVALID, "secret file %s: its first line is empty", path);
}

/* Adds "NAME: value" to the list; false when out of memory. */
static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    strbuf_printf(&line, "%s: %s", name, value);
    struct curl_slist *longer =
        strbuf_failed(&line) ? NULL : curl_slist_append(*list, strbuf_text(&line));
    if (longer)
        *list = longer;
    return longer != NULL;
}

static int make_headers(const struct channel_row *channel, const struct delivery_row *row,
                        struct curl_slist **list, struct err *err)
{
    char number[32];
    int64_t unix_s = clock_wall_us() / CLOCK_US_PER_SECOND;
    bool added = add_header(list, "Content-Type", "application/json");
    (void)snprintf(number, sizeof number, "%" PRId64, row->id);
    added = added && add_header(list, "X-Swapstack-Delivery", number) &&
            add_header(list, "X-Swapstack-Event", row->event);
    (void)snprintf(number, sizeof number, "%" PRId64, unix_s);
    added = added && add_header(list, "X-Swapstack-Timestamp", number);
    if (!added)
        return err_set(err, ERR_NOMEM, "out of memory");
    if (!channel->secret_file[0])
        return 0;
    SCOPE_STRBUF struct strbuf secret = STRBUF_INIT, signature = STRBUF_INIT;
    int status = read_secret(channel->secret_file, &secret, err);
    if (status == 0)
        status = delivery_sign(secret.text, unix_s, row->payload, &signature, err);
    if (status == 0 && !add_header(list, "X-Swapstack-Signature", strbuf_text(&signature)))
        status = err_set(err, ERR_NOMEM, "out of memory");
    return status;
}

static size_t keep_answer(char *bytes, size_t size, size_t count, void *self)
{
    struct strbuf *answer = self;
    size_t length = size * count;
    for (size_t i = 0; i < length && answer->length < ANSWER_KEPT; i++)
        strbuf_append_char(answer, bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : ' ');
    return length;
}

static int look_for_stop(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct webhook *webhook = self;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(webhook->stop);
}

static enum delivery_outcome judge(long code, const struct strbuf *answer, struct err *err)
{
    if (code >= 200 && code < 300)
        return DELIVERY_DONE;
    err_set(err, ERR_UNAVAILABLE, "HTTP %ld%s%s", code, answer->length ? ": " : "",
            strbuf_text(answer));
    bool later = code == 408 || code == 429 || code >= 500;
    return later ? DELIVERY_DOWN : DELIVERY_REFUSED;
}

static enum delivery_outcome post(struct webhook *webhook, const struct channel_row *channel,
                                  const struct delivery_row *row, const struct curl_slist *headers,
                                  int timeout_ms, struct err *err)
{
    CURL *curl = webhook->curl;
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    char reason[CURL_ERROR_SIZE] = "";
    long code = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, channel->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "swap-bridge/" SWAPSTACK_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, row->payload);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(row->payload));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, webhook);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    if (result != CURLE_OK) {
        err_set(err, ERR_UNAVAILABLE, "%s", reason[0] ? reason : curl_easy_strerror(result));
        return DELIVERY_DOWN;
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    return judge(code, &answer, err);
}

int webhook_new(struct webhook **webhook, const atomic_bool *stop, struct err *err)
{
    struct webhook *made = calloc(1, sizeof *made);
    if (made)
        made->curl = curl_easy_init();
    if (!made || !made->curl) {
        free(made);
        return err_set(err, ERR_NOMEM, "webhook: out of memory");
    }
    made->stop = stop;
    *webhook = made;
    return 0;
}

void webhook_free(struct webhook *webhook)
{
    if (!webhook)
        return;
    curl_easy_cleanup(webhook->curl);
    free(webhook);
}

enum delivery_outcome webhook_deliver(struct webhook *webhook, const struct channel_row *channel,
                                      const struct delivery_row *row, int timeout_ms,
                                      struct err *err)
{
    struct curl_slist *headers = NULL;
    enum delivery_outcome outcome = DELIVERY_DOWN;
    if (make_headers(channel, row, &headers, err) == 0)
        outcome = post(webhook, channel, row, headers, timeout_ms, err);
    curl_slist_free_all(headers);
    return outcome;
}
