/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export.h"

#include "base/clock.h"
#include "base/scope.h"
#include "export/send.h"
#include "logs/logs.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MAX_BYTES_DEFAULT (INT64_C(16) << 20)
#define MAX_BYTES_LEAST   65536
#define MAX_BYTES_MOST    (INT64_C(1) << 30)

const struct collect_places EXPORT_PLACES = {
    .config = "/etc/swapstack",
    .board = "/etc/swapstack/board",
    .logs = LOGS_FOLDER,
    .monitor_state = "/var/lib/swapstack-monitor",
    .engine_state = "/var/lib/swapstack-engine",
};

static const struct args_option OPTIONS[] = {
    {"to", "FILE", "write the bundle there (.tar.gz)", NULL, NULL},
    {"zmodem", NULL, "send it over this terminal by ZMODEM", NULL, NULL},
    {"xmodem", NULL, "the same by XMODEM-1K", NULL, NULL},
    {"max-bytes", "N", "bound of all files in it before compression (default 16777216)", NULL,
     NULL},
    {"config-dir", "DIR", "folder of the configuration (default /etc/swapstack)", NULL, NULL},
    {"board", "DIR", "board folder (default /etc/swapstack/board)", NULL, NULL},
    {"logs", "DIR", "log folder (default " LOGS_FOLDER ")", NULL, NULL},
    {"monitor-state", "DIR", "the monitor's (default /var/lib/swapstack-monitor)", NULL, NULL},
    {"engine-state", "DIR", "the engine's (default /var/lib/swapstack-engine)", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

const struct args_spec EXPORT_SPEC = {
    .program = "swap-export",
    .synopsis = "--to FILE | --zmodem | --xmodem [--max-bytes N]",
    .summary =
        "Makes a diagnostic bundle of this station: logs, versions, configuration and board\n"
        "without secrets, the journal, the engine's state, facts about the machine, and a\n"
        "manifest. What cannot be read is listed there with the reason. Changes nothing.",
    .options = OPTIONS,
    .takes_words = false,
};

struct wish {
    const char *to; /* NULL: it is sent */
    enum send_protocol protocol;
    int64_t max_bytes;
    struct collect_places places;
};

/* The command line ----------------------------------------------------------------------------- */

static int read_max_bytes(const char *text, int64_t *max_bytes, struct err *err)
{
    *max_bytes = MAX_BYTES_DEFAULT;
    if (text == NULL)
        return 0;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || number < MAX_BYTES_LEAST ||
        number > MAX_BYTES_MOST)
        return err_set(err, ERR_USAGE, "--max-bytes %s: a number from %d to %lld is expected", text,
                       MAX_BYTES_LEAST, (long long)MAX_BYTES_MOST);
    *max_bytes = number;
    return 0;
}

static int read_wish(const struct args *args, const struct export_caller *caller, struct wish *wish,
                     struct err *err)
{
    *wish = (struct wish){.to = args_value(args, "to"), .places = *caller->places};
    const char **const folders[] = {&wish->places.config, &wish->places.board, &wish->places.logs,
                                    &wish->places.monitor_state, &wish->places.engine_state};
    static const char *const names[] = {"config-dir", "board", "logs", "monitor-state",
                                        "engine-state"};
    bool zmodem = args_value(args, "zmodem"), xmodem = args_value(args, "xmodem");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *given = args_value(args, names[i]);
        if (given && caller->is_verb)
            return err_set(err, ERR_USAGE, "--%s is not for this console", names[i]);
        if (given)
            *folders[i] = given;
    }
    if (wish->to && caller->is_verb)
        return err_set(err, ERR_USAGE, "--to is not for this console: --zmodem or --xmodem");
    if ((wish->to != NULL) + zmodem + xmodem != 1)
        return err_set(err, ERR_USAGE, "%s",
                       caller->is_verb ? "one of --zmodem and --xmodem is needed"
                                       : "one of --to FILE, --zmodem and --xmodem is "
                                         "needed");
    wish->protocol = xmodem ? SEND_XMODEM : SEND_ZMODEM;
    return read_max_bytes(args_value(args, "max-bytes"), &wish->max_bytes, err);
}

/* The bundle ----------------------------------------------------------------------------------- */

/* Small and telling things first: when the bundle is full, it is old log lines that are missing. */
static int fill(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    int code = collect_versions(bundle, err);
    if (code == 0)
        code = collect_settings(bundle, places, err);
    if (code == 0)
        code = collect_engine(bundle, places, err);
    if (code == 0)
        code = collect_system(bundle, places, err);
    if (code == 0)
        code = collect_kernel(bundle, err);
    if (code == 0)
        code = collect_journal(bundle, places, err);
    return code < 0 ? code : collect_logs(bundle, places, err);
}

static int write_bundle(int fd, const struct wish *wish, FILE *notes, struct err *err)
{
    struct bundle bundle;
    int code = bundle_begin(&bundle, fd, wish->max_bytes, clock_wall_us(), err);
    if (code < 0)
        return code;
    code = fill(&bundle, &wish->places, err);
    int files = bundle.file_count, missing = bundle.missing_count;
    int ended = bundle_end(&bundle, code == 0, err);
    code = code < 0 ? code : ended;
    if (code == 0 && fsync(fd) < 0 && errno != EINVAL)
        code = err_set_errno(err, ERR_IO, errno, "the bundle cannot be made durable");
    struct stat status;
    if (code == 0 && fstat(fd, &status) == 0)
        (void)fprintf(notes,
                      "%d files, %lld bytes; %d things are not in it, manifest.json says why\n",
                      files + 1, (long long)status.st_size, missing);
    return code;
}

/* Under another name until it is whole: a bundle is there, or it is not. */
static int write_file(const struct wish *wish, FILE *notes, struct err *err)
{
    SCOPE_FREE char *partial = NULL;
    if (asprintf(&partial, "%s.partial", wish->to) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    SCOPE_CLOSE int fd = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_STORAGE, errno, "%s cannot be made", partial);
    int code = write_bundle(fd, wish, notes, err);
    if (code == 0 && rename(partial, wish->to) < 0)
        code = err_set_errno(err, ERR_STORAGE, errno, "%s cannot be made", wish->to);
    if (code < 0)
        (void)unlink(partial);
    return code;
}

/* "swapstack-HOST-20261201T074500Z.tar.gz": the receiver sees this name. */
static int make_name(char *folder, char path[PATH_MAX], struct err *err)
{
    char host[65] = "station", stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    (void)gethostname(host, sizeof host - 1);
    for (char *at = host; *at; at++)
        if (*at == '/' || (unsigned char)*at <= ' ')
            *at = '-';
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    int length = snprintf(path, PATH_MAX, "%s/swapstack-%s-%s.tar.gz", folder, host, stamp);
    return length < PATH_MAX ? 0 : err_set(err, ERR_IO, "%.80s…: the path is too long", folder);
}

static int send_bundle(struct wish *wish, const struct export_caller *caller, struct err *err)
{
    char folder[PATH_MAX], path[PATH_MAX];
    const char *base = getenv("TMPDIR");
    int length = snprintf(folder, sizeof folder, "%s/swapstack-export-XXXXXX",
                          base && base[0] ? base : "/tmp");
    if (length >= (int)sizeof folder || mkdtemp(folder) == NULL)
        return err_set_errno(err, ERR_STORAGE, errno, "%s cannot be made", folder);
    int code = make_name(folder, path, err);
    wish->to = path;
    if (code == 0)
        code = write_file(wish, caller->notes, err);
    if (code == 0) {
        (void)fprintf(caller->notes, "sending %s by %s: receive it now\n", strrchr(path, '/') + 1,
                      wish->protocol == SEND_ZMODEM ? "ZMODEM" : "XMODEM");
        (void)fflush(caller->notes);
        code = send_file(path, wish->protocol, caller->in_fd, caller->out_fd, err);
    }
    (void)unlink(path);
    (void)rmdir(folder);
    if (code == 0)
        (void)fprintf(caller->notes, "sent\n");
    return code;
}

static void free_args(struct args **args)
{
    args_free(*args);
}

int export_verb(int argc, char **argv, const struct export_caller *caller, struct err *err)
{
    SCOPE(free_args) struct args *args = NULL;
    struct wish wish;
    for (int i = 1; caller->is_verb && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            args_print_help(&EXPORT_SPEC, caller->notes);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0)
            return err_set(err, ERR_USAGE, "there is no option --version");
    }
    int code = args_parse(&args, &EXPORT_SPEC, argc, argv, err);
    if (code == 0)
        code = read_wish(args, caller, &wish, err);
    if (code < 0)
        return code;
    return wish.to ? write_file(&wish, caller->notes, err) : send_bundle(&wish, caller, err);
}
