/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor says of network and journal; without a monitor, what its journal file says. */
#include "base/args.h"
#include "base/clock.h"
#include "console/console.h"
#include "console/files.h"
#include "console/screen.h"
#include "protocol/message.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

/* --- net --- */

static void show_lane(FILE *to, const cJSON *lane)
{
    screen_print(to,
                 "%-11s boot %.0f: assigned %.0f, sent %.0f, acknowledged %.0f, on the way "
                 "%.0f\n",
                 screen_text(lane, "lane"), screen_number(lane, "boot"),
                 screen_number(lane, "assigned"), screen_number(lane, "sent"),
                 screen_number(lane, "mark"), screen_number(lane, "in_flight"));
}

static void show_offline(FILE *to, const cJSON *data)
{
    char span[SCREEN_SPAN_SIZE] = "until somebody reconnects";
    double seconds = screen_number(data, "offline_s");
    if (isfinite(seconds))
        screen_span((int64_t)seconds, span);
    screen_print(to, "            ! offline by command for %s; reconnect ends it\n", span);
}

int verb_net(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    char since[SCREEN_SPAN_SIZE], next[SCREEN_SPAN_SIZE];
    FILE *to = console->to;
    int code = console_expect(words, 0, 0, err);
    if (!code)
        code = console_ask(console, &console->monitor, "net", MESSAGE_ABSENT, &data, err);
    if (code)
        return code;
    screen_span((int64_t)screen_number(data, "since_s"), since);
    screen_span((int64_t)screen_number(data, "next_try_s"), next);
    bool waits = strcmp(screen_text(data, "phase"), "waiting") == 0;
    screen_print(to, "broker      %s\n", screen_text(data, "broker"));
    screen_print(to, "state       %s for %s%s%s\n", screen_text(data, "phase"), since,
                 waits ? ", next attempt in " : "", waits ? next : "");
    if (screen_flag(data, "offline"))
        show_offline(to, data);
    if (!screen_flag(data, "accepted") && screen_flag(data, "connected"))
        screen_print_indented(to, 12, "            ! the bridge has not approved this station\n");
    const char *error = screen_text(data, "last_error");
    screen_print_indented(to, 12, "last error  %s\n", error[0] ? error : "none");
    screen_print(to, "attempts    %.0f in vain in a row, %.0f connections, %.0f messages sent\n",
                 screen_number(data, "failures"), screen_number(data, "connections"),
                 screen_number(data, "published"));
    screen_print(to, "topic       %s\n", screen_text(data, "topic"));
    const cJSON *lane = NULL;
    cJSON_ArrayForEach(lane, cJSON_GetObjectItemCaseSensitive(data, "lanes")) show_lane(to, lane);
    return 0;
}

/* --- journal --- */

/* The oldest row's time, and how long ago that is by this machine's clock. */
static void show_oldest(FILE *to, int64_t oldest_us)
{
    char time[TIMESTAMP_TEXT_SIZE], span[SCREEN_SPAN_SIZE];
    int64_t age_s = (clock_wall_us() - oldest_us) / CLOCK_US_PER_SECOND;
    timestamp_format(oldest_us, time);
    screen_span(age_s > 0 ? age_s : 0, span);
    screen_print(to, "oldest      %s (%s ago)\n", time, span);
}

static void show_journal_file(FILE *to, const struct files_journal *journal)
{
    screen_print(to, "journal     %.64s, boot %" PRId64 ", from its file (%.1f MB)\n", journal->id,
                 journal->boot, (double)journal->file_bytes / 1e6);
    screen_print(to, "depth       %" PRId64 " events, %" PRId64 " telemetry rows (%.1f kB)\n",
                 journal->event_rows, journal->telemetry_rows,
                 (double)journal->telemetry_bytes / 1e3);
    if (journal->oldest_us)
        show_oldest(to, journal->oldest_us);
    screen_print(to, "lost        %" PRId64 " dropped, %" PRId64 " dead\n", journal->dropped,
                 journal->dead);
}

static int journal_from_file(struct console *console, const struct err *why, struct err *err)
{
    struct files_journal journal;
    struct err own = {0};
    screen_print(console->to, "%s.\n", why->text);
    const char *folder = config_text(console->config, "console", "monitor_state");
    if (files_read_journal(folder, &journal, &own))
        return err_set(err, why->code, "nor tells its file: %s", own.text);
    show_journal_file(console->to, &journal);
    return 0;
}

int verb_journal(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    struct err why = {0};
    FILE *to = console->to;
    int code = console_expect(words, 0, 0, err);
    if (code)
        return code;
    code = console_ask(console, &console->monitor, "journal", MESSAGE_ABSENT, &data, &why);
    if (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT)
        return journal_from_file(console, &why, err);
    if (code) {
        *err = why;
        return code;
    }
    screen_print(to, "journal     %s, boot %.0f\n", screen_text(data, "id"),
                 screen_number(data, "boot"));
    screen_print(to, "depth       %.0f events, %.0f telemetry rows (%.1f of %.1f kB)\n",
                 screen_number(data, "event_rows"), screen_number(data, "telemetry_rows"),
                 screen_number(data, "telemetry_bytes") / 1e3,
                 screen_number(data, "telemetry_max_bytes") / 1e3);
    double oldest_us = screen_number(data, "oldest_us");
    if (isfinite(oldest_us))
        show_oldest(to, (int64_t)oldest_us);
    screen_print(to, "lost        %.0f dropped, %.0f dead\n", screen_number(data, "dropped"),
                 screen_number(data, "dead"));
    bool full = strcmp(screen_text(data, "storage"), "ok") != 0;
    screen_print(to, "storage     %s\n", full ? "FULL: the reserve is in use" : "ok");
    return 0;
}

/* --- reconnect, version --- */

int verb_reconnect(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    const struct peer_request request = {.verb = "reconnect", .bay = MESSAGE_ABSENT};
    int code = console_expect(words, 0, 0, err);
    if (!code)
        code = peer_ask(&console->monitor, console->terminal, &request, &data, err);
    if (!code)
        screen_print(console->to, "The monitor connects anew; net shows how it goes.\n");
    return code;
}

int verb_version(struct console *console, const struct words *words, struct err *err)
{
    SCOPE_JSON cJSON *engine = NULL;
    SCOPE_JSON cJSON *monitor = NULL;
    struct utsname system = {0};
    struct err why = {0};
    int code = console_expect(words, 0, 0, err);
    if (code)
        return code;
    (void)uname(&system);
    screen_print_indented(console->to, 12, "console     %s\n", args_version());
    if (console_ask(console, &console->engine, "status", MESSAGE_ABSENT, &engine, &why))
        screen_print_indented(console->to, 12, "engine      %s\n", why.text);
    else
        screen_print(console->to, "engine      %s, board %s, boot %.0f\n",
                     screen_text(engine, "fw"), screen_text(engine, "board"),
                     screen_number(engine, "boot"));
    if (console_ask(console, &console->monitor, "status", MESSAGE_ABSENT, &monitor, &why))
        screen_print_indented(console->to, 12, "monitor     %s\n", why.text);
    else
        screen_print(console->to, "monitor     %s, station %s, boot %.0f\n",
                     screen_text(monitor, "fw"), screen_text(monitor, "device"),
                     screen_number(monitor, "boot"));
    screen_print(console->to, "kernel      %s %s %s\n", system.sysname, system.release,
                 system.machine);
    return 0;
}
