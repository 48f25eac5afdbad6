/* SPDX-License-Identifier: Apache-2.0 */
/* Log segments: whole, from the newest back, each line's seal intact (a line from which a secret
 * was taken is sealed anew, so that swap-log reads a bundle's folder like the station's). */
#include "base/file.h"
#include "base/log_disk.h"
#include "base/log_line.h"
#include "base/scope.h"
#include "export/collect.h"
#include "export/secrets.h"
#include "logs/source.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEGMENT_MAX ((size_t)64 << 20)

struct segments {
    struct segment {
        char *path, *name; /* owned; name within the bundle */
        int64_t changed_s; /* when it was written last */
    } * list;
    size_t count, capacity;
    size_t root; /* length of the log folder's path: what follows is kept in the bundle's names */
};

static void segments_free(struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++) {
        free(segments->list[i].path);
        free(segments->list[i].name);
    }
    free(segments->list);
    *segments = (struct segments){0};
}

static int push(struct segments *segments, const char *folder, const char *file, struct err *err)
{
    if (segments->count == segments->capacity) {
        size_t capacity = segments->capacity ? 2 * segments->capacity : 32;
        struct segment *list = realloc(segments->list, capacity * sizeof *list);
        if (list == NULL)
            return err_set(err, ERR_NOMEM, "out of memory");
        segments->list = list;
        segments->capacity = capacity;
    }
    struct segment *segment = &segments->list[segments->count];
    struct stat status;
    *segment = (struct segment){0};
    if (asprintf(&segment->path, "%s/%s", folder, file) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    if (asprintf(&segment->name, "logs%s/%s", folder + segments->root, file) < 0) {
        free(segment->path);
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    if (stat(segment->path, &status) == 0)
        segment->changed_s = (int64_t)status.st_mtime;
    segments->count++;
    return 0;
}

/* For logs_files_list: all segments of one program. */
static int add_segments(void *self, const char *path, const char *wanted, struct err *err)
{
    DIR *folder = opendir(path);
    int code = 0;
    for (const struct dirent *entry; folder && code == 0 && (entry = readdir(folder)) != NULL;) {
        char program[LOG_DISK_PROGRAM_SIZE];
        uint32_t number;
        if (log_disk_parse_name(entry->d_name, program, &number) && strcmp(program, wanted) == 0)
            code = push(self, path, entry->d_name, err);
    }
    if (folder)
        (void)closedir(folder);
    return code;
}

/* Newest first, whatever the program: when the bundle is full, all lack the same past. */
static int compare(const void *a, const void *b)
{
    const struct segment *left = a, *right = b;
    if (left->changed_s != right->changed_s)
        return left->changed_s < right->changed_s ? 1 : -1;
    return -strcmp(left->name, right->name); /* of one second: the higher number is newer */
}

/* One line of a segment. A sealed one stays sealed. */
static int64_t scrub_line(const char *line, size_t length, struct strbuf *to)
{
    struct log_line parts;
    SCOPE_STRBUF struct strbuf clean = STRBUF_INIT;
    bool sealed = log_line_parse(line, length, &parts);
    int64_t removed =
        secrets_scrub_text(line, sealed ? length - (LOG_LINE_SEAL - 1) : length, &clean);
    if (removed == 0 || !sealed || clean.length > LOG_LINE_MAX - LOG_LINE_SEAL) {
        strbuf_append(to, removed ? strbuf_text(&clean) : line, removed ? clean.length : length);
        strbuf_append_char(to, '\n');
        return removed;
    }
    char whole[LOG_LINE_MAX];
    memcpy(whole, clean.text, clean.length);
    strbuf_append(to, whole, log_line_seal(whole, clean.length));
    return removed;
}

static int64_t scrub_segment(const char *text, size_t length, struct strbuf *to)
{
    int64_t removed = 0;
    for (const char *at = text, *end = text + length; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        removed += scrub_line(at, (size_t)((stop ? stop : end) - at), to);
        at = stop ? stop + 1 : end;
    }
    return removed;
}

static int add_segment(struct bundle *bundle, const struct segment *segment, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err why = {0};
    int code = file_read(segment->path, SEGMENT_MAX, &text, &why);
    if (code == ERR_NOT_FOUND) /* rotated away while we looked */
        return 0;
    if (code < 0) {
        bundle_miss(bundle, segment->name, why.text);
        return 0;
    }
    return collect_text(bundle, segment->name, &text, scrub_segment, true, err);
}

int collect_logs(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    SCOPE(segments_free) struct segments segments = {.root = strlen(places->logs)};
    struct err why = {0};
    char *noted = NULL;
    size_t noted_length = 0;
    FILE *notes = open_memstream(&noted, &noted_length);
    if (logs_files_list(places->logs, add_segments, &segments, notes, &why) < 0)
        bundle_miss(bundle, "logs", why.text);
    if (notes && fclose(notes) == 0 && noted_length > 0)
        bundle_miss(bundle, "logs", noted);
    free(noted);
    if (segments.count > 0)
        qsort(segments.list, segments.count, sizeof *segments.list, compare);
    int code = 0;
    for (size_t i = 0; code == 0 && i < segments.count; i++)
        code = add_segment(bundle, &segments.list[i], err);
    return code;
}
