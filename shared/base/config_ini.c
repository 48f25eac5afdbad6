/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from a file. */
#include "base/config.h"

#include "base/file.h"
#include "base/ini_text.h"
#include "base/strbuf.h"

/* Far more than any sane configuration; keeps a mistaken path (a disk image) out of memory. */
enum { FILE_MAX_BYTES = 1024 * 1024 };

static int take_value(void *self, const struct ini_place *place, const char *name,
                      const char *value, struct err *err)
{
    return config_set(self, place->section, name, value, place->where, err);
}

int config_read_text(struct config *config, const char *text, size_t length, const char *origin,
                     struct err *err)
{
    return ini_text_read(text, length, origin, take_value, config, err);
}

int config_read_file(struct config *config, const char *path, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (file_read(path, FILE_MAX_BYTES, &text, err) != 0) {
        /* Whatever is wrong with the file, it is the configuration that cannot be had. */
        if (err != NULL && err->code != ERR_NOMEM)
            err->code = ERR_CONFIG;
        return err != NULL ? err->code : ERR_CONFIG;
    }
    return config_read_text(config, strbuf_text(&text), text.length, path, err);
}
