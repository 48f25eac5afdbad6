/* SPDX-License-Identifier: Apache-2.0 */
/* Files into a bundle, and settings and states, which are only that. */
#include "export/collect.h"

#include "base/file.h"
#include "base/scope.h"
#include "engine/intent.h"
#include "export/secrets.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SETTINGS_MAX ((size_t)256 << 10)
#define STATE_MAX    ((size_t)1 << 20)

int collect_text(struct bundle *bundle, const char *name, const struct strbuf *text,
                 collect_scrub *scrub, bool tail, struct err *err)
{
    SCOPE_STRBUF struct strbuf clean = STRBUF_INIT;
    if (scrub)
        bundle->secrets += scrub(strbuf_text(text), text->length, &clean);
    const struct strbuf *from = scrub ? &clean : text;
    if (strbuf_failed(from)) {
        bundle_miss(bundle, name, "out of memory");
        return 0;
    }
    return bundle_add(bundle, name, strbuf_text(from), from->length, tail, err);
}

int collect_file(struct bundle *bundle, const char *name, const char *path, size_t max_bytes,
                 collect_scrub *scrub, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err why = {0};
    if (file_read(path, max_bytes, &text, &why) < 0) {
        bundle_miss(bundle, name, why.text);
        return 0;
    }
    return collect_text(bundle, name, &text, scrub, false, err);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static bool is_settings_name(const char *name)
{
    static const char *const suffixes[] = {".ini", ".env", ".conf"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (name[0] != '.' && ends_with(name, suffixes[i]))
            return true;
    return false;
}

/* Every settings file of a folder. Others (keys, certificates, passwords) are only named. */
static int collect_folder(struct bundle *bundle, const char *prefix, const char *path,
                          struct err *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        SCOPE_FREE char *why = NULL;
        if (asprintf(&why, "%s: %s", path, strerror(errno)) < 0)
            why = NULL;
        bundle_miss(bundle, prefix, why ? why : "it cannot be read");
        return 0;
    }
    int code = 0;
    for (const struct dirent *entry; code == 0 && (entry = readdir(folder)) != NULL;) {
        SCOPE_FREE char *name = NULL, *file = NULL;
        if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
            continue;
        if (asprintf(&name, "%s/%s", prefix, entry->d_name) < 0)
            name = NULL;
        if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
            file = NULL;
        if (name == NULL || file == NULL)
            code = err_set(err, ERR_NOMEM, "out of memory");
        else if (!is_settings_name(entry->d_name) || strlen(name) >= ARCHIVE_NAME_MAX)
            bundle_miss(bundle, name, "no settings file: left out, it may be a secret");
        else
            code = collect_file(bundle, name, file, SETTINGS_MAX, secrets_scrub_settings, err);
    }
    (void)closedir(folder);
    return code;
}

int collect_settings(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    int code = collect_folder(bundle, "board", places->board, err);
    return code < 0 ? code : collect_folder(bundle, "config", places->config, err);
}

/* The first line (format and checksum) stays, for what it says of the file on the station; what
 * follows is JSON. */
static int64_t scrub_state(const char *text, size_t length, struct strbuf *to)
{
    const char *body = memchr(text, '\n', length);
    size_t front = body ? (size_t)(body - text) + 1 : 0;
    strbuf_append(to, text, front);
    return secrets_scrub_json(text + front, length - front, to);
}

int collect_engine(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    SCOPE_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", places->engine_state, INTENT_NAME) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    return collect_file(bundle, "engine/" INTENT_NAME, path, STATE_MAX, scrub_state, err);
}
