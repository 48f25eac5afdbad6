/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl auth push | status: who may swap while the cloud is gone. */
#include "ctl/ask.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "ctl/tokens.h"
#include <cjson/cJSON.h>
#include <inttypes.h>

#define WAIT_PAGE_S 15 /* for a page's result, when --wait does not say */

/* Pages one after the other: a station has stored one before the next leaves. Run again with the
 * same version it goes on where it was interrupted. */
static int push(const struct ctl *ctl, const struct tokens *tokens, int64_t version,
                struct err *err)
{
    struct command_plan plan;
    struct message message;
    SCOPE_FCLOSE FILE *nowhere = fopen("/dev/null", "w"); /* one line at the end says it all */
    struct ctl quiet = *ctl;
    int rc = ask_plan(ctl, COMMAND_UNTIL_END, WAIT_PAGE_S, &plan, err);
    if (!nowhere)
        return err_set(err, ERR_SYSTEM, "/dev/null cannot be opened");
    quiet.out = nowhere;
    quiet.json = false;
    for (int64_t page = 1; rc == 0 && page <= tokens_pages(tokens); page++) {
        rc = ask_begin(ctl, MESSAGE_AUTH_LIST, &message, err);
        if (rc < 0)
            break;
        tokens_page(tokens, version, page, &message.data.auth_list);
        rc = command_send(&quiet, &message, &plan, err);
        if (rc < 0)
            err_prefix(err, "page %" PRId64 " of %" PRId64 ": ", page, tokens_pages(tokens));
        message.data.auth_list = (struct message_auth_list){0}; /* the tokens are the caller's */
        message_free(&message);
    }
    return rc;
}

static void print(const struct ctl *ctl, const struct tokens *tokens, int64_t version)
{
    const char *device = args_value(ctl->args, "device");
    bool waited = !args_value(ctl->args, "no-wait");
    if (!ctl->json) {
        fprintf(ctl->out, "%s: list %" PRId64 " with %zu tokens is %s\n", device, version,
                tokens->count, waited ? "in force" : "sent");
        return;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "device", device);
    cJSON_AddNumberToObject(object, "version", (double)version);
    cJSON_AddNumberToObject(object, "tokens", (double)tokens->count);
    cJSON_AddBoolToObject(object, "in_force", waited);
    char *text = cJSON_PrintUnformatted(object);
    fprintf(ctl->out, "[%s]\n", text ? text : "");
    cJSON_free(text);
    cJSON_Delete(object);
}

int ctl_push_auth(const struct ctl *ctl, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    SCOPE(tokens_free) struct tokens tokens = {0};
    int64_t version;
    int rc = ctl_integer(ctl, "list-version", 0, INT64_C(9007199254740991),
                         clock_wall_us() / CLOCK_US_PER_SECOND, &version, err);
    if (rc == 0)
        rc = file_read(ctl->word, TOKENS_FILE_BYTES, &text, err);
    if (rc == 0)
        rc = tokens_parse(strbuf_text(&text), text.length, ctl->word, &tokens, err);
    if (rc == 0)
        rc = push(ctl, &tokens, version, err);
    if (rc == 0)
        print(ctl, &tokens, version);
    return rc;
}

int ctl_auth_status(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_AUTH_LISTS, &filter, err);
}
