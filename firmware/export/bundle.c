/* SPDX-License-Identifier: Apache-2.0 */
#include "export/bundle.h"

#include "base/args.h"
#include "base/clock.h"
#include "base/log_line.h"
#include "crypto/digest.h"
#include "protocol/json.h"
#include "protocol/timestamp.h"
#include <inttypes.h>
#include <string.h>

int bundle_begin(struct bundle *bundle, int fd, int64_t max_bytes, int64_t time_us, struct err *err)
{
    *bundle = (struct bundle){.max_bytes = max_bytes, .time_us = time_us};
    return archive_new(&bundle->archive, fd, err);
}

/* Names and reasons may hold what somebody called a file: made text first. */
static void add_member(struct strbuf *to, const char *name, const char *text)
{
    char safe[1024];
    safe[log_line_escape(safe, sizeof safe - 1, text)] = '\0';
    json_write_text(to, name);
    strbuf_append_char(to, ':');
    json_write_text(to, safe);
}

void bundle_miss(struct bundle *bundle, const char *name, const char *why)
{
    strbuf_append_text(&bundle->missing, bundle->missing_count++ ? ",\n  {" : "\n  {");
    add_member(&bundle->missing, "name", name);
    strbuf_append_char(&bundle->missing, ',');
    add_member(&bundle->missing, "why", why);
    strbuf_append_char(&bundle->missing, '}');
}

static void list_file(struct bundle *bundle, const char *name, const char *bytes, size_t length,
                      size_t cut)
{
    char hex[DIGEST_HEX_SIZE];
    digest_sha256_hex(bytes, length, hex);
    strbuf_append_text(&bundle->files, bundle->file_count++ ? ",\n  {" : "\n  {");
    add_member(&bundle->files, "name", name);
    strbuf_printf(&bundle->files, ",\"bytes\":%zu,", length);
    add_member(&bundle->files, "sha256", hex);
    if (cut > 0)
        strbuf_printf(&bundle->files, ",\"left_out_before\":%zu", cut);
    strbuf_append_char(&bundle->files, '}');
}

int bundle_add(struct bundle *bundle, const char *name, const char *bytes, size_t length, bool tail,
               struct err *err)
{
    size_t room = (size_t)(bundle->max_bytes - bundle->bytes), cut = 0;
    if (length > room && !tail) {
        char why[96];
        (void)snprintf(why, sizeof why, "its %zu bytes do not fit within the bundle's %" PRId64,
                       length, bundle->max_bytes);
        bundle_miss(bundle, name, why);
        return 0;
    }
    if (length > room) {
        cut = length - room;
        const char *line = memchr(bytes + cut, '\n', length - cut);
        cut = line ? (size_t)(line - bytes) + 1 : length;
    }
    if (cut == length && length > 0) {
        bundle_miss(bundle, name, "the bundle is full");
        return 0;
    }
    int code = archive_add(bundle->archive, name, bytes + cut, length - cut,
                           bundle->time_us / CLOCK_US_PER_SECOND, err);
    if (code < 0)
        return code;
    bundle->bytes += (int64_t)(length - cut);
    list_file(bundle, name, bytes + cut, length - cut, cut);
    return 0;
}

static int add_manifest(struct bundle *bundle, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(bundle->time_us, time);
    strbuf_append_text(&text, "{\"format\":1,");
    add_member(&text, "time", time);
    strbuf_append_char(&text, ',');
    add_member(&text, "version", args_version());
    strbuf_printf(&text, ",\n \"bytes\":%" PRId64 ",\"max_bytes\":%" PRId64, bundle->bytes,
                  bundle->max_bytes);
    strbuf_printf(&text, ",\"secrets_removed\":%" PRId64, bundle->secrets);
    strbuf_printf(&text, ",\n \"files\":[%s],", strbuf_text(&bundle->files));
    strbuf_printf(&text, "\n \"missing\":[%s]}\n", strbuf_text(&bundle->missing));
    if (strbuf_failed(&bundle->files) || strbuf_failed(&bundle->missing) || strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "no memory for the manifest");
    return archive_add(bundle->archive, "manifest.json", text.text, text.length,
                       bundle->time_us / CLOCK_US_PER_SECOND, err);
}

int bundle_end(struct bundle *bundle, bool good, struct err *err)
{
    struct err unheard = {0};
    int code = good ? add_manifest(bundle, err) : 0;
    if (bundle->archive) {
        int ended = archive_end(bundle->archive, good && code == 0 ? err : &unheard);
        code = code < 0 || !good ? code : ended;
    }
    bundle->archive = NULL;
    strbuf_free(&bundle->files);
    strbuf_free(&bundle->missing);
    return code;
}
