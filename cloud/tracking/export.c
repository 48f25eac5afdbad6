/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/export.h"

#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHOW_EVERY 4096 /* rows between two looks at the progress */

struct export
{
    FILE *to;
    struct strbuf record; /* owned, one record at a time */
    int64_t count, all;
    const struct export_progress *progress;
};

static void show(const struct export *export)
{
    if (export->progress && export->progress->show)
        export->progress->show(export->progress->self, export->count, export->all);
}

static int write_failed(struct err *err)
{
    int code = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
    return err_set_errno(err, code, errno, "the export cannot be written");
}

static int write_row(void *self, const struct exchange_row *row, struct err *err)
{
    struct export *export = self;
    strbuf_clear(&export->record);
    form_write_csv(&export->record, row);
    if (strbuf_failed(&export->record))
        return err_set(err, ERR_NOMEM, "export: out of memory");
    if (fwrite(export->record.text, 1, export->record.length, export->to) != export->record.length)
        return write_failed(err);
    export->count++;
    if (export->count % SHOW_EVERY == 0)
        show(export);
    return 0;
}

static int write_all(struct store *store, const struct exchange_filter *filter, FILE *to,
                     const struct export_progress *progress, int64_t *count, struct err *err)
{
    struct export export = {.to = to, .progress = progress};
    int status = 0;
    if (progress && progress->show)
        status = exchange_stream_count(store, filter, &export.all, err);
    if (status == 0 && fputs(FORM_CSV_HEADER "\r\n", to) < 0)
        status = write_failed(err);
    if (status == 0)
        status = exchange_stream(store, filter, write_row, &export, err);
    if (status == 0 && fflush(to) != 0)
        status = write_failed(err);
    if (status == 0)
        show(&export);
    strbuf_free(&export.record);
    *count = export.count;
    return status;
}

int tracking_export_battery_assignments_to_csv(struct store *store,
                                               const struct exchange_filter *filter,
                                               const char *path, FILE *out,
                                               const struct export_progress *progress,
                                               int64_t *count, struct err *err)
{
    *count = 0;
    if (strcmp(path, "-") == 0)
        return write_all(store, filter, out, progress, count, err);
    char name[PATH_MAX];
    int length = snprintf(name, sizeof name, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof name)
        return err_set(err, ERR_USAGE, "export: the name %.80s… is too long", path);
    SCOPE_CLOSE int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "export %s: no file can be made beside it", path);
    SCOPE_FCLOSE FILE *file = fdopen(fd, "w");
    int status = file ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "export %s", path);
    if (file)
        fd = -1; /* the file's now */
    if (status == 0)
        status = write_all(store, filter, file, progress, count, err);
    /* mkostemp made it for its user alone; a report is read by others, as the umask allows. */
    mode_t mask = umask(0);
    (void)umask(mask);
    if (status == 0 && (fchmod(fileno(file), 0666 & ~mask) < 0 || fsync(fileno(file)) < 0))
        status = write_failed(err);
    if (status == 0 && rename(name, path) < 0)
        status = err_set_errno(err, ERR_IO, errno, "export %s: cannot be put in place", path);
    if (status < 0)
        (void)unlink(name);
    return status;
}

static int take_record(const struct csv_reader *record, const struct import_reader *reader,
                       struct err *err)
{
    struct exchange_form form;
    struct err why = {0};
    if (!record->fault && record->count == 1 && csv_field(record, 0)[0] == '\0')
        return 0; /* an empty line says nothing */
    if (form_read_csv(record, &form, &why) == 0)
        return reader->each(reader->self, &form, record->line, err);
    reader->bad(reader->self, record->line, why.text);
    return 0;
}

/* Excel writes U+FEFF before the header. */
static void skip_byte_order_mark(FILE *from)
{
    static const int mark[] = {0xef, 0xbb, 0xbf};
    int byte = getc(from);
    if (byte != mark[0]) {
        (void)ungetc(byte, from);
        return;
    }
    (void)getc(from);
    (void)getc(from);
}

int tracking_read_csv(FILE *from, const struct import_reader *reader, struct err *err)
{
    SCOPE(csv_reader_free) struct csv_reader record = CSV_READER_INIT;
    bool header = false;
    int byte, status = 0;
    skip_byte_order_mark(from);
    do {
        byte = getc(from);
        if (!csv_feed(&record, byte == EOF ? CSV_END : byte))
            continue;
        if (header)
            status = take_record(&record, reader, err);
        else if (!form_is_csv_header(&record))
            status = err_set(err, ERR_INVALID, "line 1 must be the header " FORM_CSV_HEADER);
        header = true;
    } while (status == 0 && byte != EOF);
    if (status == 0 && ferror(from))
        status = err_set_errno(err, ERR_IO, errno, "the file cannot be read");
    if (status == 0 && !header)
        status = err_set(err, ERR_INVALID, "it is empty; line 1 must be " FORM_CSV_HEADER);
    return status;
}
