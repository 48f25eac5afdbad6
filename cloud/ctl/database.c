/* SPDX-License-Identifier: Apache-2.0 */
/* What changes the database: approval of stations (through the bridge when it runs, else under the
 * writer's lock), backup and restore. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "protocol/topic.h"
#include "stations/approve.h"
#include "stations/control_client.h"
#include <pwd.h>
#include <unistd.h>

const char *ctl_actor(const struct ctl *ctl)
{
    const char *given = args_value(ctl->args, "actor");
    if (given)
        return given;
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_name : "operator";
}

static int set_approval(const struct ctl *ctl, const char *approval, struct err *err)
{
    const char *path, *actor = ctl_actor(ctl);
    int rc = ctl_db_path(ctl, &path, err);
    if (rc < 0)
        return rc;
    if (!device_is_valid(ctl->word))
        return err_set(err, ERR_USAGE, "station %s: 1 to 64 of A-Za-z0-9._- are right", ctl->word);
    rc = control_station_approve(path, ctl->word, approval, actor, err);
    if (rc == ERR_UNAVAILABLE) {
        SCOPE(store_close_scope) struct store *store = NULL;
        /* STORE_WRITE would create a database that a mistyped --db names. */
        if (access(path, F_OK) != 0)
            return err_set(err, ERR_NOT_FOUND, "there is no database %s", path);
        rc = store_open(&store, path, STORE_WRITE, err);
        if (rc == 0)
            rc = station_approve(store, ctl->word, approval, actor, clock_wall_us(), err);
    }
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "%s is %s\n", ctl->word, approval);
    return rc;
}

int ctl_approve_station(const struct ctl *ctl, struct err *err)
{
    return set_approval(ctl, "approved", err);
}

int ctl_refuse_station(const struct ctl *ctl, struct err *err)
{
    return set_approval(ctl, "refused", err);
}

struct progress {
    int percent; /* last shown; -1: nothing yet */
};

static void show_progress(void *self, int done_pages, int all_pages)
{
    struct progress *progress = self;
    int percent = all_pages > 0 ? (int)(100LL * done_pages / all_pages) : 100;
    if (percent == progress->percent)
        return;
    progress->percent = percent;
    fprintf(stderr, "\rbackup: %d %% of %d pages", percent, all_pages);
}

int ctl_backup(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct progress progress = {.percent = -1};
    bool terminal = isatty(STDERR_FILENO);
    int rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    if (access(ctl->word, F_OK) == 0)
        return err_set(err, ERR_EXISTS, "%s exists; a backup goes into a new file", ctl->word);
    rc = store_backup(store, ctl->word, terminal ? show_progress : NULL, &progress, err);
    if (progress.percent >= 0)
        fputc('\n', stderr);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "%s is a backup of %s\n", ctl->word, store_path(store));
    return rc;
}

int ctl_restore(const struct ctl *ctl, struct err *err)
{
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc == 0)
        rc = store_restore(path, ctl->word, err);
    if (rc == 0 && !ctl->json)
        fprintf(ctl->out, "%s holds what %s held\n", path, ctl->word);
    return rc;
}
