/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/recalculate_summary.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <math.h>
#include <unistd.h>

#define SHOW_EVERY_US  (CLOCK_US_PER_SECOND / 5)
#define DAMAGED_TOLD   20 /* named one by one; beyond, only counted */
#define SUMMARY_MARGIN 24

void recalculate_summary_begin(struct recalculate_summary *summary, FILE *out, bool json, bool dry)
{
    summary->out = out;
    summary->json = json;
    summary->dry = dry;
    summary->terminal = isatty(STDERR_FILENO);
    summary->began_mono_us = summary->shown_mono_us = clock_mono_us();
    if (summary->resumed_after > 0)
        fprintf(stderr,
                "swapctl: goes on behind process %" PRId64 ", where an earlier run ended (%" PRId64
                " looked at, %" PRId64 " changed)\n",
                summary->resumed_after, summary->looked_at_before, summary->changed_before);
    if (json)
        fputs("{\"changes\":[", out);
}

static void append_value(struct strbuf *to, size_t field, double value, bool json)
{
    char text[TIMESTAMP_TEXT_SIZE];
    if (isnan(value)) {
        strbuf_append_text(to, json ? "null" : "-");
    } else if (recalculate_field_is_time(field)) {
        timestamp_format_us((int64_t)value, text);
        strbuf_printf(to, json ? "\"%s\"" : "%s", text);
    } else {
        json_write_number(to, value);
    }
}

/* "name":…,"before":…,"after":… */
static void append_pair(struct strbuf *to, int64_t process, size_t field, double before,
                        double after)
{
    strbuf_printf(to, "\"process\":%" PRId64 ",\"before\":", process);
    append_value(to, field, before, true);
    strbuf_append_text(to, ",\"after\":");
    append_value(to, field, after, true);
}

static int write_change(struct recalculate_summary *summary, int64_t process,
                        const struct recalculate_change *change, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_printf(&text, "%s{\"field\":\"%s\",", summary->any ? ",\n" : "\n",
                  recalculate_field_name(change->field));
    append_pair(&text, process, change->field, change->before, change->after);
    strbuf_append_char(&text, '}');
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "out of memory");
    summary->any = true;
    return fputs(strbuf_text(&text), summary->out) < 0
               ? err_set(err, ERR_IO, "the list of changes cannot be written")
               : 0;
}

/* A value where none was is a change of infinite size: it is told before all others. */
static double size_of(double before, double after)
{
    return isnan(before) ? INFINITY : fabs(after - before);
}

static void count_change(struct recalculate_summary *summary, int64_t process,
                         const struct recalculate_change *change)
{
    double size = size_of(change->before, change->after);
    size_t i = change->field;
    if (summary->fields[i].count++ > 0 &&
        size <= size_of(summary->fields[i].before, summary->fields[i].after))
        return;
    summary->fields[i].process = process;
    summary->fields[i].before = change->before;
    summary->fields[i].after = change->after;
}

int recalculate_summary_take(struct recalculate_summary *summary, int64_t process,
                             const struct recalculate_result *result, struct err *err)
{
    summary->looked_at++;
    if (result->outcome == RECALCULATE_INCOMPLETE)
        summary->incomplete++;
    if (result->outcome == RECALCULATE_DAMAGED && summary->damaged++ < DAMAGED_TOLD)
        fprintf(stderr, "%sswapctl: left as it is: %s\n", summary->terminal ? "\r" : "",
                result->why.text);
    int rc = 0;
    for (size_t i = 0; i < result->change_count && rc == 0; i++) {
        count_change(summary, process, &result->changes[i]);
        if (summary->json)
            rc = write_change(summary, process, &result->changes[i], err);
    }
    return rc;
}

void recalculate_summary_progress(struct recalculate_summary *summary)
{
    int64_t now_us = clock_mono_us(), spent_us = now_us - summary->began_mono_us;
    if (!summary->terminal || summary->looked_at == 0 ||
        (now_us - summary->shown_mono_us < SHOW_EVERY_US && summary->looked_at < summary->total))
        return;
    summary->shown_mono_us = now_us;
    int64_t left = summary->total - summary->looked_at;
    double left_s =
        (double)spent_us / 1e6 / (double)summary->looked_at * (double)(left > 0 ? left : 0);
    fprintf(stderr,
            "\rrecalculate: %" PRId64 " of %" PRId64 " processes, %" PRId64
            " changed, %.0f s left   ",
            summary->looked_at, summary->total, summary->changed, left_s);
}

static void write_fields_json(const struct recalculate_summary *summary, struct strbuf *to)
{
    bool any = false;
    for (size_t i = 0; i < RECALCULATE_FIELDS; i++) {
        if (summary->fields[i].count == 0)
            continue;
        strbuf_printf(to, "%s\n\"%s\":{\"count\":%" PRId64 ",\"largest\":{", any ? "," : "",
                      recalculate_field_name(i), summary->fields[i].count);
        append_pair(to, summary->fields[i].process, i, summary->fields[i].before,
                    summary->fields[i].after);
        strbuf_append_text(to, "}}");
        any = true;
    }
}

static void end_json(const struct recalculate_summary *summary, bool whole, struct strbuf *to)
{
    strbuf_printf(to,
                  "],\n\"dry_run\":%s,\"complete\":%s,\"resumed_after\":%" PRId64
                  ",\"looked_at\":%" PRId64 ",\"changed\":%" PRId64 ",\"incomplete\":%" PRId64
                  ",\"damaged\":%" PRId64 ",\"fields\":{",
                  summary->dry ? "true" : "false", whole ? "true" : "false", summary->resumed_after,
                  summary->looked_at, summary->changed, summary->incomplete, summary->damaged);
    write_fields_json(summary, to);
    strbuf_append_text(to, "}}\n");
}

static void end_text(const struct recalculate_summary *summary, bool whole, struct strbuf *to)
{
    strbuf_printf(to, "%" PRId64 " processes looked at, %" PRId64 " %s%s\n", summary->looked_at,
                  summary->changed, summary->dry ? "would change" : "changed",
                  whole ? "" : "; not through: the same selection goes on from here");
    for (size_t i = 0; i < RECALCULATE_FIELDS; i++) {
        if (summary->fields[i].count == 0)
            continue;
        strbuf_printf(to, "  %-*s %8" PRId64 "  largest: process %" PRId64 ", ", SUMMARY_MARGIN,
                      recalculate_field_name(i), summary->fields[i].count,
                      summary->fields[i].process);
        append_value(to, i, summary->fields[i].before, false);
        strbuf_append_text(to, " to ");
        append_value(to, i, summary->fields[i].after, false);
        strbuf_append_char(to, '\n');
    }
    if (summary->incomplete > 0)
        strbuf_printf(to, "%" PRId64 " no longer have all their samples and stay as they are\n",
                      summary->incomplete);
    if (summary->damaged > 0)
        strbuf_printf(to, "%" PRId64 " have samples that cannot be read and stay as they are\n",
                      summary->damaged);
}

void recalculate_summary_end(struct recalculate_summary *summary, bool whole)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    recalculate_summary_progress(summary);
    if (summary->terminal && summary->looked_at > 0)
        fputc('\n', stderr);
    if (summary->json)
        end_json(summary, whole, &text);
    else
        end_text(summary, whole, &text);
    fputs(strbuf_text(&text), summary->out);
}
