/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/logs.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include "logs/merge.h"
#include "logs/tail.h"
#include "protocol/timestamp.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_DEFAULT  100
#define COUNT_MAX      1000000
#define LOOK_MS        200     /* following: the files are looked at so often */
#define LOOK_FOLDER_US 2000000 /* … and the folders, for programs that are new */

static const struct args_option OPTIONS[] = {
    {"n", "N", "the last N entries (default 100; with --since all since then)", NULL, NULL},
    {"f", NULL, "go on with what comes, until Ctrl-C", NULL, NULL},
    {"level", "LEVEL", "this level and above: debug, info, warning, error", NULL, NULL},
    {"module", "NAME", "only this module, or program (swap-engine, kernel, systemd)", NULL, NULL},
    {"since", "TIME", "2026-11-21, 2026-11-21T08:15:00Z, or ago: 90s, 15m, 2h, 7d", NULL, NULL},
    {"json", NULL, "one JSON object a line", NULL, NULL},
    {"journal", NULL, "the kernel's and systemd's messages also beside given FOLDERs", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

const struct args_spec LOGS_SPEC = {
    .program = "swap-log",
    .synopsis = "[-n N] [-f] [--level L] [--module M] [--since T] [--json] [FOLDER ...]",
    .summary = "Prints the logs of all programs in one order of time, the kernel's and systemd's\n"
               "beside ours. FOLDER: where log files are, or folders of them (default\n" LOGS_FOLDER
               "). Lines that a power loss tore are skipped and counted.",
    .options = OPTIONS,
    .takes_words = true,
};

struct wish { /* what the command line asks for */
    struct logs_filter filter;
    size_t count;
    bool follow, json, journal;
};

struct view { /* while it runs */
    const struct logs_reader *reader;
    const struct wish *wish;
    const struct args *args;
    struct logs_merge merge;
    struct strbuf known; /* "\nFOLDER\tPROGRAM\n…" of the sources there are */
    bool quiet;          /* the first look has said what there is to say */
};

/* The command line ----------------------------------------------------------------------------- */

static int read_count(const struct args *args, size_t *count, struct err *err)
{
    const char *text = args_value(args, "n");
    *count = args_value(args, "since") ? COUNT_MAX : COUNT_DEFAULT;
    if (text == NULL)
        return 0;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || number > COUNT_MAX)
        return err_set(err, ERR_USAGE, "-n %s: a number of entries from 0 to %d is expected", text,
                       COUNT_MAX);
    *count = (size_t)number;
    return 0;
}

/* "15m" as µs; -1: it is no such thing. */
static int64_t read_ago(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 6 || text[digits] == '\0' || text[digits + 1])
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == text[digits])
            return strtoll(text, NULL, 10) * units[i].seconds * CLOCK_US_PER_SECOND;
    return -1;
}

static int read_since(const char *text, int64_t *since_us, struct err *err)
{
    struct timestamp stamp;
    *since_us = INT64_MIN;
    if (text == NULL)
        return 0;
    int64_t ago_us = read_ago(text);
    if (ago_us >= 0) {
        *since_us = clock_wall_us() - ago_us;
        return 0;
    }
    if (timestamp_parse(text, strlen(text), &stamp, NULL) < 0)
        return err_set(err, ERR_USAGE,
                       "--since %s: a time (2026-11-21 or 2026-11-21T08:15:00Z, UTC) or a span ago "
                       "(90s, 15m, 2h, 7d) is expected",
                       text);
    *since_us = stamp.us;
    return 0;
}

static int read_wish(const struct args *args, const struct logs_reader *reader, struct wish *wish,
                     struct err *err)
{
    int words = args_word_count(args);
    const char *level = args_value(args, "level");
    *wish = (struct wish){.follow = args_value(args, "f") != NULL,
                          .json = args_value(args, "json") != NULL,
                          .journal = words == 0 || args_value(args, "journal") != NULL};
    wish->filter.lowest = LOG_LEVEL_DEBUG;
    wish->filter.module = args_value(args, "module");
    if (reader->is_verb && words > 0)
        return err_set(err, ERR_USAGE, "%s is not expected: log takes options only",
                       args_word(args, 0));
    int code = read_count(args, &wish->count, err);
    if (code == 0)
        code = read_since(args_value(args, "since"), &wish->filter.since_us, err);
    if (code == 0 && level && log_level_parse(level, &wish->filter.lowest, err) < 0) {
        (void)err_prefix(err, "--level ");
        code = err->code = ERR_USAGE;
    }
    return code;
}

/* Sources -------------------------------------------------------------------------------------- */

static int add_program(void *self, const char *folder, const char *program, struct err *err)
{
    struct view *view = self;
    struct logs_source source;
    SCOPE_FREE char *key = NULL;
    if (asprintf(&key, "\n%s\t%s\n", folder, program) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    if (view->known.length > 0 && strstr(view->known.text, key))
        return 0;
    strbuf_append_text(&view->known, key);
    int code = logs_files_open(&source, folder, program, err);
    return code < 0 ? code : logs_merge_add(&view->merge, &source, err);
}

static int look_for_programs(struct view *view, struct err *err)
{
    int words = args_word_count(view->args);
    FILE *notes = view->quiet ? NULL : view->reader->notes;
    if (words == 0)
        return logs_files_list(view->reader->folder, add_program, view, notes, err);
    for (int i = 0; i < words; i++) {
        int code = logs_files_list(args_word(view->args, i), add_program, view, notes, err);
        if (code < 0)
            return code;
    }
    return 0;
}

/* Without our own files the journal is all the better: a default folder that is not there is only
 * noted. */
static int open_sources(struct view *view, struct err *err)
{
    struct logs_source source;
    struct err own = {0};
    int code = look_for_programs(view, &own);
    bool is_default = args_word_count(view->args) == 0;
    if (code < 0 && !(is_default && code == ERR_NOT_FOUND))
        return err_set(err, code, "%s", own.text);
    if (code < 0)
        (void)fprintf(view->reader->notes, "%s\n", own.text);
    else if (view->merge.count == 0)
        (void)fputs("there are no log files; [log] folder in a daemon's configuration says where "
                    "it keeps them\n",
                    view->reader->notes);
    view->quiet = true;
    if (!view->wish->journal)
        return 0;
    code = logs_journal_open(&source, view->wish->filter.since_us, view->wish->follow, &own);
    if (code == 0)
        return logs_merge_add(&view->merge, &source, err);
    (void)fprintf(view->reader->notes, "the kernel's and systemd's messages are left out: %s\n",
                  own.text);
    return 0;
}

/* Output --------------------------------------------------------------------------------------- */

static void print(const struct view *view, const struct logs_entry *entry)
{
    (view->wish->json ? logs_print_json : logs_print_text)(entry, view->reader->out);
}

/* A source that fails is noted, once, and left out. 1 and an entry that is wanted, or 0: no more.
 */
static int next_wanted(struct view *view, struct logs_entry *entry)
{
    for (;;) {
        struct err err = {0};
        int code = logs_merge_next(&view->merge, entry, &err);
        if (code < 0)
            (void)fprintf(view->reader->notes, "left out: %s\n", err.text);
        else if (code == 0 || logs_filter_match(&view->wish->filter, entry))
            return code;
    }
}

static int print_last(struct view *view, struct err *err)
{
    struct logs_entry entry;
    SCOPE(logs_tail_free) struct logs_tail tail = {0};
    int code = logs_tail_new(&tail, view->wish->count, err);
    while (code == 0 && next_wanted(view, &entry) > 0)
        code = logs_tail_push(&tail, &entry, err);
    for (size_t i = 0; code == 0 && i < tail.count; i++)
        print(view, logs_tail_get(&tail, i));
    return code;
}

/* False: somebody wants it to end. The key that says so is taken: it is no part of what is typed
 * next. */
static bool wait_for_more(const struct view *view)
{
    struct pollfd fds[2] = {{.fd = view->reader->stop_fd, .events = POLLIN}, {.fd = -1}};
    for (size_t i = 0; i < view->merge.count; i++) {
        const struct logs_source *source = &view->merge.inputs[i].source;
        int fd = source->fd(source->self);
        if (fd >= 0)
            fds[1] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    int ready = poll(fds, 2, LOOK_MS);
    char key[64];
    if (ready > 0 && (fds[0].revents & POLLIN))
        (void)!read(fds[0].fd, key, sizeof key);
    return ready < 0 ? errno == EINTR : !fds[0].revents;
}

static void follow(struct view *view)
{
    int64_t look_us = clock_mono_us();
    struct logs_entry entry;
    while (fflush(view->reader->out) == 0 && wait_for_more(view)) {
        if (clock_mono_us() - look_us >= LOOK_FOLDER_US) {
            struct err away = {0};
            (void)look_for_programs(view, &away); /* a folder may be gone for a while */
            look_us = clock_mono_us();
        }
        while (next_wanted(view, &entry) > 0)
            print(view, &entry);
    }
}

/* A reader that has seen enough (`swap-log | head`) is no error. */
static int finish_output(FILE *out, struct err *err)
{
    errno = 0;
    if ((fflush(out) == 0 && !ferror(out)) || errno == EPIPE)
        return 0;
    return err_set_errno(err, ERR_IO, errno ? errno : EIO, "the output failed");
}

static int show(struct view *view, struct err *err)
{
    int code = open_sources(view, err);
    if (code == 0)
        code = print_last(view, err);
    if (code == 0 && view->wish->follow)
        follow(view);
    logs_merge_notes(&view->merge, view->reader->notes);
    return code < 0 ? code : finish_output(view->reader->out, err);
}

static void free_args(struct args **args)
{
    args_free(*args);
}

int logs_verb(int argc, char **argv, const struct logs_reader *reader, struct err *err)
{
    SCOPE(free_args) struct args *args = NULL;
    struct wish wish;
    struct err own = {0};
    for (int i = 1; reader->is_verb && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            args_print_help(&LOGS_SPEC, reader->out);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0)
            return err_set(err, ERR_USAGE, "there is no option --version");
    }
    int code = args_parse(&args, &LOGS_SPEC, argc, argv, &own);
    if (code == 0)
        code = read_wish(args, reader, &wish, &own);
    if (code == 0) {
        struct view view = {.reader = reader, .wish = &wish, .args = args};
        code = show(&view, &own);
        logs_merge_free(&view.merge);
        strbuf_free(&view.known);
    }
    return code < 0 ? err_set(err, code, "%s", own.text) : 0;
}
