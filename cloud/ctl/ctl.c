/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include "base/log.h"
#include "base/scope.h"
#include "protocol/timestamp.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a table when nothing else was asked: a screenful or four. JSON gets all. */
#define TABLE_ROWS 200

int ctl_integer(const struct ctl *ctl, const char *option, int64_t least, int64_t most,
                int64_t fallback, int64_t *to, struct err *err)
{
    const char *text = args_value(ctl->args, option);
    *to = fallback;
    if (!text)
        return 0;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < least || value > most)
        return err_set(err, ERR_USAGE, "--%s %s: not a whole number from %" PRId64 " to %" PRId64,
                       option, text, least, most);
    *to = value;
    return 0;
}

int ctl_number(const struct ctl *ctl, const char *option, double *to, struct err *err)
{
    const char *text = args_value(ctl->args, option);
    *to = NAN;
    if (!text)
        return 0;
    char *end = NULL;
    *to = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*to))
        return err_set(err, ERR_USAGE, "--%s %s: not a number", option, text);
    return 0;
}

int ctl_db_path(const struct ctl *ctl, const char **path, struct err *err)
{
    *path = config_text(ctl->config, "store", "db");
    if (**path == '\0')
        return err_set(err, ERR_USAGE, "which database? give --db FILE (or SWAPSTACK_STORE_DB)");
    return 0;
}

int ctl_open(const struct ctl *ctl, struct store **store, struct err *err)
{
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    return rc < 0 ? rc : store_open(store, path, STORE_READ, err);
}

int ctl_time(const struct ctl *ctl, const char *option, int64_t fallback, int64_t *to,
             struct err *err)
{
    const char *text = args_value(ctl->args, option);
    struct timestamp time;
    *to = fallback;
    if (!text)
        return 0;
    if (timestamp_parse(text, strlen(text), &time, err) < 0) {
        err_prefix(err, "--%s: ", option);
        err->code = ERR_USAGE;
        return ERR_USAGE;
    }
    *to = time.us;
    return 0;
}

int ctl_filter(const struct ctl *ctl, struct report_filter *filter, struct err *err)
{
    *filter = REPORT_ALL;
    filter->station = args_value(ctl->args, "station");
    if (!filter->station)
        filter->station = args_value(ctl->args, "device");
    filter->bid = args_value(ctl->args, "battery");
    if (!filter->bid)
        filter->bid = args_value(ctl->args, "bid");
    filter->vid = args_value(ctl->args, "vehicle");
    int rc = ctl_time(ctl, "from", STORE_NULL, &filter->from_us, err);
    if (rc == 0)
        rc = ctl_time(ctl, "to", STORE_NULL, &filter->to_us, err);
    if (rc == 0)
        rc = ctl_integer(ctl, "limit", 1, INT32_MAX, ctl->json ? STORE_NULL : TABLE_ROWS,
                         &filter->limit, err);
    return rc;
}

int ctl_run(const struct args *args, FILE *out, struct err *err)
{
    const struct ctl_verb *verb = NULL;
    int used = 0;
    SCOPE(config_free_scope) struct config *config = NULL;
    /* Configuration first: --example-config asks for no command. */
    int rc = args_load_config(args, &CTL_SPEC, CTL_KEYS, CTL_KEY_COUNT, &config, err);
    if (rc < 0)
        return rc;
    rc = ctl_find_verb(args, &verb, &used, err);
    if (rc < 0)
        return rc;
    log_set_level(args_value(args, "verbose") ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
    struct ctl ctl = {.args = args,
                      .config = config,
                      .word = used < args_word_count(args) ? args_word(args, used) : NULL,
                      .second_word = ctl_verb_words(verb) > 1 ? args_word(args, used + 1) : NULL,
                      .first_word = used,
                      .json = args_value(args, "json") != NULL,
                      .out = out};
    rc = verb->run(&ctl, err);
    if (rc == 0 && fflush(out) != 0)
        return err_set_errno(err, ERR_IO, errno, "the output cannot be written");
    return rc;
}
