/* SPDX-License-Identifier: Apache-2.0 */
#include "can/canlog.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include <errno.h>
#include <string.h>

#define FLUSH_US CLOCK_US_PER_SECOND

struct recorder {
    struct canbus bus; /* owned */
    FILE *file;        /* NULL when it is full or failed */
    char *path;
    char interface[CANDUMP_INTERFACE_SIZE];
    int64_t size; /* bytes */
    int64_t flushed_us;
};

static void stop(struct recorder *recorder, const char *why)
{
    log_warning("can", "%s: recording ends: %s", recorder->path, why);
    (void)fclose(recorder->file);
    recorder->file = NULL;
}

static void keep(struct recorder *recorder, const struct canframe *frame)
{
    struct candump_line line = {.at_us = clock_wall_us(), .frame = *frame};
    char text[CANDUMP_LINE_SIZE];
    if (recorder->file == NULL)
        return;
    memcpy(line.interface, recorder->interface, sizeof line.interface);
    candump_format(&line, text);
    int length = fprintf(recorder->file, "%s\n", text);
    bool flush = line.at_us - recorder->flushed_us >= FLUSH_US;
    if (length < 0 || (flush && fflush(recorder->file) != 0)) {
        stop(recorder, strerror(errno));
        return;
    }
    if (flush)
        recorder->flushed_us = line.at_us;
    recorder->size += length;
    if (recorder->size >= CANLOG_SIZE_MAX)
        stop(recorder, "the file has its greatest size");
}

static int recorder_send(void *self, const struct canframe *frame, struct err *err)
{
    struct recorder *recorder = self;
    int code = recorder->bus.send(recorder->bus.self, frame, err);
    if (!code)
        keep(recorder, frame);
    return code;
}

static int recorder_receive(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    struct recorder *recorder = self;
    int code = recorder->bus.receive(recorder->bus.self, frame, at_us, err);
    if (code > 0)
        keep(recorder, frame);
    return code;
}

static void recorder_free(struct recorder **recorder)
{
    if (*recorder == NULL)
        return;
    if ((*recorder)->file)
        (void)fclose((*recorder)->file);
    free((*recorder)->path);
    free(*recorder);
}

static void recorder_close(void *self)
{
    struct recorder *recorder = self;
    recorder->bus.close(recorder->bus.self);
    recorder_free(&recorder);
}

int canlog_record(struct canbus *bus, const char *path, const char *interface, struct err *err)
{
    SCOPE(recorder_free) struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL || (recorder->path = strdup(path)) == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", path);
    recorder->file = fopen(path, "ae");
    if (recorder->file == NULL || fseek(recorder->file, 0, SEEK_END) != 0)
        return err_set_errno(err, ERR_STORAGE, errno, "the recording %s cannot be written", path);
    recorder->size = ftell(recorder->file);
    if (recorder->size >= CANLOG_SIZE_MAX)
        stop(recorder, "the file has its greatest size");
    (void)snprintf(recorder->interface, sizeof recorder->interface, "%s", interface);
    recorder->bus = *bus;
    *bus = (struct canbus){SCOPE_STEAL(recorder), recorder_send, recorder_receive, recorder_close};
    return 0;
}
