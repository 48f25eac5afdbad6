/* SPDX-License-Identifier: Apache-2.0 */
/* `selftest`: asks both daemons, looks at their files, and says what to do. */
#include "console/selftest.h"
#include "console/console.h"
#include "console/files.h"
#include "console/screen.h"
#include "protocol/message.h"
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#define SPACE_LEAST_BYTES 8e6 /* the journal's reserve and some rows */

/* True when it answered all of them; says so. */
static bool ask_all(struct console *console, struct selftest *test, struct peer *peer,
                    const char *const verbs[3], cJSON *data[3])
{
    char what[64];
    struct err err = {0};
    int code = 0;
    for (int i = 0; i < 3 && !code; i++)
        code = console_ask(console, peer, verbs[i], MESSAGE_ABSENT, &data[i], &err);
    (void)snprintf(what, sizeof what, "the %s runs and answers", peer->name);
    selftest_check(test, code == 0, what, err.text);
    return code == 0;
}

static void check_daemons(struct console *console, struct selftest *test)
{
    static const char *const ENGINE[] = {"status", "io", "faults"};
    static const char *const MONITOR[] = {"status", "net", "journal"};
    cJSON *data[3] = {NULL, NULL, NULL};
    if (ask_all(console, test, &console->engine, ENGINE, data))
        selftest_engine(test, data[0], data[1], data[2]);
    for (int i = 0; i < 3; i++) {
        cJSON_Delete(data[i]);
        data[i] = NULL;
    }
    if (ask_all(console, test, &console->monitor, MONITOR, data))
        selftest_monitor(test, data[0], data[1], data[2]);
    for (int i = 0; i < 3; i++)
        cJSON_Delete(data[i]);
}

static void check_space(struct selftest *test, const char *what, const char *folder)
{
    struct statvfs space;
    char text[160], todo[300];
    bool known = statvfs(folder, &space) == 0;
    double free_bytes = known ? (double)space.f_bavail * (double)space.f_frsize : 0;
    bool writable = known && !(space.f_flag & ST_RDONLY);
    (void)snprintf(text, sizeof text, "there is space for the %s (%.0f MB)", what,
                   free_bytes / 1e6);
    (void)snprintf(todo, sizeof todo, "%s: %s", folder,
                   !known      ? strerror(errno)
                   : !writable ? "its file system is read-only; check the disk"
                               : "remove what does not belong there");
    selftest_check(test, writable && free_bytes >= SPACE_LEAST_BYTES, text, todo);
}

static void check_files(const struct console *console, struct selftest *test)
{
    const char *engine = config_text(console->config, "console", "engine_state");
    const char *monitor = config_text(console->config, "console", "monitor_state");
    struct files_journal journal;
    struct err err = {0};
    int code = files_check_engine(engine, &err);
    selftest_check(test, code == 0, "the engine's state file is whole", err.text);
    code = files_read_journal(monitor, &journal, &err);
    selftest_check(test, code == 0, "the journal is whole", err.text);
    check_space(test, "engine's state", engine);
    check_space(test, "journal", monitor);
}

int verb_selftest(struct console *console, const struct words *words, struct err *err)
{
    struct selftest test = {.to = console->to};
    int code = console_expect(words, 0, 0, err);
    if (code)
        return code;
    check_daemons(console, &test);
    check_files(console, &test);
    if (test.failed)
        return err_set(err, ERR_UNAVAILABLE, "%d of %d checks failed", test.failed,
                       test.passed + test.failed);
    screen_print(console->to, "All %d checks passed.\n", test.passed);
    return 0;
}
