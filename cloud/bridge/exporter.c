/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/exporter.h"

#include "base/log.h"
#include "base/scope.h"
#include "bridge/control.h"
#include "store/store.h"
#include "tracking/daily.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define MODULE   "export"
#define LOOK_MS  1000  /* is a day over? */
#define RETRY_MS 60000 /* after a failure; wall clock */

struct exporter {
    struct daily_options options;
    char *directory, *db_path; /* owned */
    struct clock clock;
    struct ring *ring;
    int stop_fd; /* readable when the thread is to end */
    atomic_bool stopping;
    int64_t done_day;  /* newest day that is exported, as far as this process knows */
    bool told, failed; /* what the writer was told last */
    pthread_t thread;
};

static bool is_stopping(void *self)
{
    return atomic_load(&((struct exporter *)self)->stopping);
}

/* Through the ring, as an operator's request; said again with the next export when nobody hears. */
static void tell_writer(struct exporter *exporter, bool failed, const char *text)
{
    struct control_call call = {.command = CONTROL_EXPORT_RESULT, .failed = failed};
    if (exporter->told && exporter->failed == failed)
        return;
    (void)snprintf(call.text, sizeof call.text, "%s", text);
    exporter->told = control_submit(exporter->ring, &call, NULL) == 0;
    exporter->failed = failed;
}

/* True: it is done, or nothing was to be done. */
static bool export_due(struct exporter *exporter)
{
    int64_t now_us = clock_plant_us(&exporter->clock), files = 0;
    int64_t due = daily_due(&exporter->options, now_us);
    if (due <= exporter->done_day)
        return true;
    SCOPE(store_close_scope) struct store *store = NULL;
    struct err err = {0};
    int status = store_open(&store, exporter->db_path, STORE_READ_BESIDE, &err);
    if (status == 0)
        status = daily_run(store, &exporter->options, now_us, &files, &err);
    if (files > 0)
        log_info(MODULE, "daily files=%" PRId64 " directory=%s", files, exporter->directory);
    if (is_stopping(exporter))
        return true;
    if (status < 0)
        log_error(MODULE, "%s", err.text);
    else
        exporter->done_day = due;
    tell_writer(exporter, status < 0, err.text);
    return status == 0;
}

static void *run(void *argument)
{
    struct exporter *exporter = argument;
    struct pollfd stop = {.fd = exporter->stop_fd, .events = POLLIN};
    int ready = 0;
    while (ready == 0 || (ready < 0 && errno == EINTR)) {
        bool done = export_due(exporter);
        ready = poll(&stop, 1, done ? LOOK_MS : RETRY_MS);
    }
    return NULL;
}

static void release(struct exporter *exporter)
{
    if (exporter->stop_fd >= 0)
        (void)close(exporter->stop_fd);
    free(exporter->directory);
    free(exporter->db_path);
    free(exporter);
}

static int fill(struct exporter *exporter, const struct config *config, const char *db_path,
                struct err *err)
{
    exporter->directory = strdup(config_text(config, "export", "directory"));
    exporter->db_path = strdup(db_path);
    exporter->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (!exporter->directory || !exporter->db_path || exporter->stop_fd < 0)
        return err_set(err, ERR_NOMEM, "daily export: out of memory");
    exporter->options = (struct daily_options){
        .directory = exporter->directory,
        .keep = config_integer(config, "export", "keep"),
        .again = config_integer(config, "export", "again"),
        .stop = is_stopping,
        .self = exporter,
    };
    if (exporter->options.again >= exporter->options.keep)
        return err_set(err, ERR_CONFIG, "[export] again: must be less than keep");
    int status =
        daily_parse_time(config_text(config, "export", "time"), &exporter->options.minute, err);
    return status < 0 ? err_prefix(err, "[export] time: ") : 0;
}

int exporter_start(struct exporter **exporter, const struct config *config, const char *db_path,
                   const struct clock *clock, struct ring *ring, struct err *err)
{
    *exporter = NULL;
    if (config_text(config, "export", "directory")[0] == '\0')
        return 0;
    struct exporter *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "daily export: out of memory");
    made->clock = *clock;
    made->ring = ring;
    made->stop_fd = -1;
    made->done_day = INT64_MIN;
    atomic_init(&made->stopping, false);
    int status = fill(made, config, db_path, err);
    int code = status == 0 ? pthread_create(&made->thread, NULL, run, made) : 0;
    if (code != 0)
        status = err_set_errno(err, ERR_SYSTEM, code, "daily export: no thread");
    if (status < 0) {
        release(made);
        return status;
    }
    *exporter = made;
    return 0;
}

void exporter_stop(struct exporter *exporter)
{
    if (!exporter)
        return;
    uint64_t one = 1;
    atomic_store(&exporter->stopping, true);
    (void)!write(exporter->stop_fd, &one, sizeof one);
    (void)pthread_join(exporter->thread, NULL);
    release(exporter);
}
