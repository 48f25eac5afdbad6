/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl export exchanges | exchange add | import exchanges. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/exchange_sink.h"
#include "protocol/timestamp.h"
#include "tracking/export.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Export -----------------------------------------------------------------------------------------
 */

static void show_percent(void *self, int64_t done, int64_t all)
{
    (void)self;
    fprintf(stderr, "\rexport: %" PRId64 " of %" PRId64 " exchanges", done, all);
}

int ctl_export_exchanges(const struct ctl *ctl, struct err *err)
{
    struct report_filter asked;
    SCOPE(store_close_scope) struct store *store = NULL;
    int rc = ctl_filter(ctl, &asked, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    struct exchange_filter filter = {.bid = asked.bid,
                                     .vid = asked.vid,
                                     .station_id = asked.station,
                                     .from_us = asked.from_us,
                                     .to_us = asked.to_us};
    bool terminal = isatty(STDERR_FILENO), to_stdout = strcmp(ctl->word, "-") == 0;
    struct export_progress progress = {.show = terminal ? show_percent : NULL};
    int64_t count;
    rc = tracking_export_battery_assignments_to_csv(store, &filter, ctl->word, ctl->out, &progress,
                                                    &count, err);
    if (terminal)
        fputc('\n', stderr);
    if (rc == 0 && !to_stdout && !ctl->json)
        fprintf(ctl->out, "%s has %" PRId64 " exchanges\n", ctl->word, count);
    return rc;
}

/* Add --------------------------------------------------------------------------------------------
 */

static int put(const struct ctl *ctl, const char *option, char *to, size_t size, struct err *err)
{
    const char *text = args_value(ctl->args, option);
    if (text && strlen(text) >= size)
        return err_set(err, ERR_USAGE, "--%s: at most %zu bytes are right", option, size - 1);
    if (text)
        memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int put_time(const struct ctl *ctl, int64_t *to, struct err *err)
{
    const char *text = args_value(ctl->args, "time");
    struct timestamp time;
    if (!text)
        return err_set(err, ERR_USAGE, "when was it? give --time (2026-11-21T08:15:30Z)");
    if (timestamp_parse(text, strlen(text), &time, err) < 0)
        return err_prefix(err, "--time: ");
    *to = time.us;
    return time.precision == TIMESTAMP_EXACT
               ? 0
               : err_set(err, ERR_USAGE, "--time %s: a date alone does not order events", text);
}

static int read_form(const struct ctl *ctl, struct exchange_form *form, struct err *err)
{
    form_init(form);
    const struct {
        const char *option;
        char *to;
        size_t size;
    } texts[] = {
        {"battery", form->bid, sizeof form->bid},
        {"vehicle", form->vid, sizeof form->vid},
        {"station", form->station_id, sizeof form->station_id},
        {"event", form->event, sizeof form->event},
        {"request-id", form->request_id, sizeof form->request_id},
        {"user", form->user_id, sizeof form->user_id},
        {"battery-version", form->battery_version, sizeof form->battery_version},
        {"comments", form->comments, sizeof form->comments},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && rc == 0; i++)
        rc = put(ctl, texts[i].option, texts[i].to, texts[i].size, err);
    if (rc == 0)
        rc = put_time(ctl, &form->event_time_us, err);
    if (rc == 0)
        rc = ctl_number(ctl, "soc", &form->soc, err);
    if (rc == 0)
        rc = ctl_number(ctl, "soh", &form->soh, err);
    if (rc == 0)
        rc = ctl_integer(ctl, "bay", 1, 1000, STORE_NULL, &form->slot, err);
    if (rc == 0 && form_check(form, err) < 0) {
        err->code = ERR_USAGE;
        rc = ERR_USAGE;
    }
    return rc;
}

static char *as_text(const struct exchange_form *form)
{
    cJSON *object = form_to_json(form);
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

int ctl_add_exchange(const struct ctl *ctl, struct err *err)
{
    struct exchange_form form;
    SCOPE(exchange_sink_close)
    struct exchange_sink sink = {.actor = "operator", .actor_id = ctl_actor(ctl)};
    int rc = ctl_db_path(ctl, &sink.db_path, err);
    if (rc == 0)
        rc = read_form(ctl, &form, err);
    if (rc < 0)
        return rc;
    SCOPE_FREE char *object = as_text(&form);
    if (!object)
        return err_set(err, ERR_NOMEM, "out of memory");
    rc = exchange_sink_send(&sink, &form, 1, object, err);
    if (rc == 0 && sink.known)
        return err_set(err, ERR_EXISTS, "this %s of battery %s is on record already", form.event,
                       form.bid);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "%s of battery %s is on record\n", form.event, form.bid);
    return rc;
}

/* Import -----------------------------------------------------------------------------------------
 */

#define BATCH_MAX 4096 /* forms of one transaction; a running bridge takes fewer at a time */

struct import {
    const struct ctl *ctl;
    bool dry, terminal;
    struct exchange_sink sink;
    struct exchange_form *forms; /* owned, BATCH_MAX of them */
    int64_t *lines;              /* owned: where each stands in the file */
    size_t count;
    struct strbuf objects; /* owned, as exchange_sink_send takes them */
    int64_t good, bad;
};

static void tell_bad(void *self, int64_t line, const char *reason)
{
    struct import *import = self;
    import->bad++;
    fprintf(stderr, "%s%s:%" PRId64 ": %s\n", import->terminal ? "\r" : "", import->ctl->word, line,
            reason);
}

/* The batch was refused as a whole: one by one, to know which line it is. */
static int send_singly(struct import *import, struct err *err)
{
    for (size_t i = 0; i < import->count; i++) {
        struct err why = {0};
        SCOPE_FREE char *object = as_text(&import->forms[i]);
        if (!object)
            return err_set(err, ERR_NOMEM, "out of memory");
        int rc = exchange_sink_send(&import->sink, &import->forms[i], 1, object, &why);
        if (rc == ERR_INVALID || rc == ERR_USAGE)
            tell_bad(import, import->lines[i], why.text);
        else if (rc < 0)
            return err_set(err, rc, "%s", why.text);
    }
    return 0;
}

static int send_batch(struct import *import, struct err *err)
{
    if (import->count == 0)
        return 0;
    int rc = exchange_sink_send(&import->sink, import->forms, import->count,
                                strbuf_text(&import->objects), err);
    if (rc == ERR_INVALID || rc == ERR_USAGE)
        rc = send_singly(import, err);
    import->count = 0;
    strbuf_clear(&import->objects);
    if (import->terminal)
        fprintf(stderr, "\rimport: %" PRId64 " lines", import->good + import->bad);
    return rc;
}

static int add_object(struct import *import, const struct exchange_form *form, struct err *err)
{
    SCOPE_FREE char *object = as_text(form);
    if (import->count > 0)
        strbuf_append_char(&import->objects, ',');
    strbuf_append_text(&import->objects, object ? object : "");
    return object && !strbuf_failed(&import->objects) ? 0
                                                      : err_set(err, ERR_NOMEM, "out of memory");
}

static int take_form(void *self, const struct exchange_form *form, int64_t line, struct err *err)
{
    struct import *import = self;
    import->good++;
    if (import->dry)
        return 0;
    int status = exchange_sink_decide(&import->sink, err);
    if (status == 0 && exchange_sink_wants_objects(&import->sink))
        status = add_object(import, form, err);
    if (status < 0)
        return status;
    import->lines[import->count] = line;
    import->forms[import->count++] = *form;
    bool full = import->count == BATCH_MAX || import->objects.length >= EXCHANGE_SINK_BYTES;
    return full ? send_batch(import, err) : 0;
}

static void import_free(struct import *import)
{
    free(import->forms);
    free(import->lines);
    strbuf_free(&import->objects);
    exchange_sink_close(&import->sink);
}

static int read_file(struct import *import, FILE *from, struct err *err)
{
    struct import_reader reader = {.each = take_form, .bad = tell_bad, .self = import};
    int rc = tracking_read_csv(from, &reader, err);
    if (rc == ERR_INVALID && import->good + import->bad == 0)
        return err_prefix(err, "%s: ", import->ctl->word);
    if (rc == 0)
        rc = send_batch(import, err);
    if (import->terminal && import->good > 0 && !import->dry)
        fputc('\n', stderr);
    return rc;
}

int ctl_import_exchanges(const struct ctl *ctl, struct err *err)
{
    SCOPE(import_free)
    struct import import = {.ctl = ctl,
                            .dry = args_value(ctl->args, "dry-run") != NULL,
                            .terminal = isatty(STDERR_FILENO),
                            .sink = {.actor = "import", .actor_id = ctl_actor(ctl)}};
    int rc = import.dry ? 0 : ctl_db_path(ctl, &import.sink.db_path, err);
    if (rc < 0)
        return rc;
    bool is_stdin = strcmp(ctl->word, "-") == 0;
    SCOPE_FCLOSE FILE *file = is_stdin ? NULL : fopen(ctl->word, "rbe");
    if (!is_stdin && !file)
        return err_set_errno(err, ERR_NOT_FOUND, errno, "%s", ctl->word);
    import.forms = calloc(BATCH_MAX, sizeof *import.forms);
    import.lines = calloc(BATCH_MAX, sizeof *import.lines);
    if (!import.forms || !import.lines)
        return err_set(err, ERR_NOMEM, "out of memory");
    rc = read_file(&import, is_stdin ? stdin : file, err);
    if (rc < 0)
        return rc;
    if (import.dry)
        fprintf(ctl->out, "%" PRId64 " lines are good, %" PRId64 " bad; nothing was stored\n",
                import.good, import.bad);
    else
        fprintf(ctl->out,
                "%" PRId64 " exchanges added, %" PRId64 " known already, %" PRId64 " lines bad\n",
                import.sink.added, import.sink.known, import.bad);
    return import.bad == 0
               ? 0
               : err_set(err, ERR_INVALID, "%s: %" PRId64 " bad lines", ctl->word, import.bad);
}
