/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swapctl sql: any SQL that only reads, from the command line, from standard input, or from a
 * person at a terminal. Ctrl-C ends the statement under way, never the shell.
 */
#include "ctl/sql.h"

#include "base/clock.h"
#include "base/daemon.h"
#include "base/file.h"
#include "ctl/ctl.h"
#include "extension/extension.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX_BYTES (16u << 20)
#define PATIENCE_US    (2 * CLOCK_US_PER_SECOND) /* before progress is told */
#define TELL_US        (CLOCK_US_PER_SECOND / 2)
#define LINE_BYTES     4096

struct session {
    const struct ctl *ctl;
    struct store *store;
    struct sql_printer printer;
    struct strbuf text; /* a statement that is not whole yet */
    int signals;        /* signalfd */
    int caught;         /* the signal that stopped the statement; 0: none */
    bool tells;         /* progress, on standard error */
    int64_t began_us, told_us;
};

static void session_free(struct session *session)
{
    sql_printer_free(&session->printer);
    strbuf_free(&session->text);
    if (session->signals >= 0)
        (void)close(session->signals);
    store_close(session->store);
}

static void tell_progress(struct session *session)
{
    int64_t now_us = clock_mono_us();
    if (!session->tells || now_us - session->began_us < PATIENCE_US ||
        now_us - session->told_us < TELL_US)
        return;
    session->told_us = now_us;
    fprintf(stderr, "\r%lld s, %lld rows; Ctrl-C stops it",
            (long long)((now_us - session->began_us) / CLOCK_US_PER_SECOND),
            (long long)session->printer.rows);
}

/* query_listener's tick. */
static bool tick(void *self)
{
    struct session *session = self;
    int signal_number = daemon_next_signal(session->signals);
    if (signal_number != 0)
        session->caught = signal_number;
    tell_progress(session);
    return session->caught != 0;
}

static int run(struct session *session, const char *sql, struct err *err)
{
    const struct query_listener listener = {.self = &session->printer,
                                            .columns = sql_print_columns,
                                            .row = sql_print_row,
                                            .end = sql_print_end,
                                            .tick = tick,
                                            .tick_self = session};
    session->began_us = clock_mono_us();
    session->told_us = 0;
    session->caught = 0;
    int rc = query_run(session->store, sql, &listener, err);
    if (session->told_us != 0)
        fputs("\r\x1b[K", stderr);
    (void)fflush(session->ctl->out);
    return rc;
}

/* As if the signal had not been blocked: a shell or script sees that it was stopped. */
static int die_of(int signal_number)
{
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signal_number);
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
    return 0;
}

static int run_text(struct session *session, const char *sql, struct err *err)
{
    int rc = run(session, sql, err);
    return rc == 1 ? die_of(session->caught) : rc;
}

static const char tables[] =
    "SELECT s.name AS name, group_concat(c.name, ', ') AS columns FROM (SELECT name FROM "
    "sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' UNION ALL "
    "VALUES ('charge'), ('charge_damage')) s, pragma_table_info(s.name) c GROUP BY s.name";

static const char help[] =
    "SQL ends with a semicolon; Ctrl-C stops a statement, Ctrl-D or .quit leaves.\n"
    ".tables lists tables and columns, .help, .quit\n"
    "charge: samples as rows (process, number, date, …); charge_damage: what cannot be read.\n"
    "time_text(us)  time_us('2026-11-21')  money_text(n)  chunk_check(blob)  chunk_samples(blob)\n";

/* One line that a person typed. False: leave. */
static bool take_line(struct session *session, char *line)
{
    struct err err = {0};
    line[strcspn(line, "\r\n")] = '\0';
    if (session->text.length == 0 && line[0] == '.') {
        if (strcmp(line, ".quit") == 0 || strcmp(line, ".exit") == 0)
            return false;
        if (strcmp(line, ".help") == 0)
            fputs(help, session->ctl->out);
        else if (strcmp(line, ".tables") != 0)
            fprintf(stderr, "%s is not known; .help tells what is\n", line);
        else if (run(session, tables, &err) < 0)
            fprintf(stderr, "%s\n", err.text);
        return true;
    }
    if (session->text.length == 0 && line[strspn(line, " \t")] == '\0')
        return true;
    strbuf_append_text(&session->text, line);
    strbuf_append_char(&session->text, '\n');
    if (!query_is_complete(strbuf_text(&session->text)))
        return true;
    int rc = run(session, strbuf_text(&session->text), &err);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.text);
    else if (rc == 1)
        fputs("stopped\n", stderr);
    strbuf_clear(&session->text);
    return session->caught != SIGTERM && session->caught != SIGHUP;
}

static void prompt(const struct session *session)
{
    fputs(session->text.length > 0 ? "    ...> " : "swapctl> ", session->ctl->out);
    (void)fflush(session->ctl->out);
}

/* A person at a terminal, which gives line by line. */
static int converse(struct session *session, struct err *err)
{
    char line[LINE_BYTES];
    fprintf(session->ctl->out, "%s, only for reading; .help tells more\n",
            store_path(session->store));
    for (;;) {
        struct pollfd from[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = session->signals, .events = POLLIN}};
        prompt(session);
        if (poll(from, 2, -1) < 0 && errno != EINTR)
            return err_set_errno(err, ERR_SYSTEM, errno, "the terminal cannot be waited for");
        if (from[1].revents) {
            if (daemon_next_signal(session->signals) != SIGINT)
                return 0;
            strbuf_clear(&session->text); /* as every shell: the line is forgotten */
            fputc('\n', session->ctl->out);
            continue;
        }
        ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
        if (got <= 0) {
            fputc('\n', session->ctl->out);
            return 0;
        }
        line[got] = '\0';
        if (!take_line(session, line))
            return 0;
    }
}

int ctl_sql(const struct ctl *ctl, struct err *err)
{
    bool csv = args_value(ctl->args, "csv") != NULL;
    SCOPE(session_free)
    struct session session = {.ctl = ctl,
                              .signals = -1,
                              .tells = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO),
                              .printer = {.to = ctl->out,
                                          .form = ctl->json ? SQL_JSON
                                                  : csv     ? SQL_CSV
                                                            : SQL_TABLE}};
    int rc = ctl->json && csv ? err_set(err, ERR_USAGE, "--json and --csv: one of them") : 0;
    if (rc == 0)
        rc = ctl_open(ctl, &session.store, err);
    if (rc == 0 && extension_add_functions(store_handle(session.store)) != SQLITE_OK)
        rc = store_error(session.store, "the functions of SQL", err);
    if (rc < 0)
        return rc;
    session.signals = daemon_signals(err);
    if (session.signals < 0)
        return session.signals;
    if (ctl->word)
        return run_text(&session, ctl->word, err);
    if (isatty(STDIN_FILENO))
        return converse(&session, err);
    rc = file_read("/dev/stdin", TEXT_MAX_BYTES, &session.text, err);
    if (rc == 0 && memchr(strbuf_text(&session.text), '\0', session.text.length))
        rc = err_set(err, ERR_INVALID, "SQL: a NUL byte in standard input");
    return rc < 0 ? rc : run_text(&session, strbuf_text(&session.text), err);
}
