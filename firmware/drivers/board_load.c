/* SPDX-License-Identifier: Apache-2.0 */
/* A board folder from disk: board.ini, the environment's word on [sim], and the files named. */
#include "drivers/board_parse.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include "drivers/driver.h"
#include "drivers/sim/script.h"
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 256 * 1024 };

/* 0, or ERR_CONFIG with what the report says. */
static int conclude(const struct board_report *report, struct err *err)
{
    if (report->count == 0)
        return 0;
    if (report->count == 1)
        return err_set(err, ERR_CONFIG, "%s", report->mistakes[0].text);
    return err_set(err, ERR_CONFIG, "%s (and %zu more)", report->mistakes[0].text,
                   report->count - 1);
}

static void free_report(struct board_report **report)
{
    free(*report);
}

static void free_source(struct board_source *source)
{
    board_source_free(source);
}

/* board_parse with overrides of [sim]; `report` is not NULL and empty. */
static int parse(const char *text, size_t length, const char *origin, char *const *environment,
                 struct board **to, struct board_report *report, struct err *err)
{
    SCOPE(board_free_scope) struct board *board = calloc(1, sizeof *board);
    if (board == NULL)
        return err_set(err, ERR_NOMEM, "%s: no memory for the board", origin);
    SCOPE(free_source) struct board_source source;
    int result = board_source_read(&source, text, length, origin, report, err);
    if (result != 0)
        return result;
    struct err reason = {0};
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        char *const one[] = {environment[i], NULL};
        if (strncmp(environment[i], "SWAPSTACK_SIM_", 14) == 0 &&
            config_read_environment(source.config, one, &reason) != 0)
            board_report_add(report, origin, 0, "sim", "%s", reason.text);
    }
    board_build(&source, board);
    result = conclude(report, err);
    if (result == 0)
        *to = SCOPE_STEAL(board);
    return result;
}

int board_parse(const char *text, size_t length, const char *origin, struct board **board,
                struct board_report *report, struct err *err)
{
    *board = NULL;
    SCOPE(free_report) struct board_report *own = calloc(1, sizeof *own);
    if (own == NULL)
        return err_set(err, ERR_NOMEM, "%s: no memory for the board", origin);
    int result = parse(text, length, origin, NULL, board, own, err);
    if (report != NULL)
        *report = *own;
    return result;
}

/* folder/name into `text`. */
static int read_file(const char *folder, const char *name, char *path, size_t path_size,
                     struct strbuf *text, struct err *err)
{
    if ((size_t)snprintf(path, path_size, "%s/%s", folder, name) >= path_size)
        return err_set(err, ERR_CONFIG, "%s/%s: the path is too long", folder, name);
    if (file_read(path, FILE_MAX_BYTES, text, err) != 0) {
        if (err != NULL && err->code != ERR_NOMEM)
            err->code = ERR_CONFIG; /* a board that cannot be read is a wrong configuration */
        return err != NULL ? err->code : ERR_CONFIG;
    }
    return 0;
}

/* 21 numbers that do not fall, 0..100. */
static int parse_quantiles(const char *text, double to[BOARD_QUANTILES], struct err *err)
{
    const char *at = text;
    for (int i = 0; i < BOARD_QUANTILES; i++) {
        char *end;
        to[i] = strtod(at, &end);
        if (end == at || !(to[i] >= (i > 0 ? to[i - 1] : 0) && to[i] <= 100))
            return err_set(err, ERR_CONFIG,
                           "[soc_arrival_percent] quantiles: number %d of %d is not a percentage "
                           "from 0 to 100 that is no less than the one before",
                           i + 1, BOARD_QUANTILES);
        at = end;
    }
    at += strspn(at, " \t");
    return *at == '\0' ? 0
                       : err_set(err, ERR_CONFIG, "[soc_arrival_percent] quantiles: more than %d",
                                 BOARD_QUANTILES);
}

static int load_sessions(const char *folder, struct board *board, struct err *err)
{
    char path[BOARD_TEXT_SIZE * 2];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int result = read_file(folder, board->sessions, path, sizeof path, &text, err);
    if (result != 0)
        return result;
    SCOPE(config_free_scope) struct config *config = NULL;
    result = config_new(&config, BOARD_SESSION_KEYS, BOARD_SESSION_KEY_COUNT, err);
    if (result == 0)
        result = config_read_text(config, strbuf_text(&text), text.length, path, err);
    if (result == 0 && parse_quantiles(config_text(config, "soc_arrival_percent", "quantiles"),
                                       board->sim.soc_arrival_percent, err) != 0)
        result = err_prefix(err, "%s: ", path);
    return result;
}

static int load_faults(const char *folder, struct board *board, struct board_report *report,
                       struct err *err)
{
    char path[BOARD_TEXT_SIZE * 2];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int result = read_file(folder, board->faults, path, sizeof path, &text, err);
    if (result != 0)
        return result;
    struct script script;
    script_parse(strbuf_text(&text), text.length, board->bay_count, &script);
    for (size_t i = 0; i < script.mistake_count; i++)
        board_report_add(report, path, script.mistakes[i].line, "sim", "%s",
                         script.mistakes[i].text);
    (void)snprintf(board->sim.faults_origin, sizeof board->sim.faults_origin, "%s", board->faults);
    board->sim.faults = strdup(strbuf_text(&text));
    return board->sim.faults != NULL ? 0 : err_set(err, ERR_NOMEM, "no memory for %s", path);
}

/* Files that the drivers' addresses name. */
static void check_files(const struct board *board, struct board_report *report)
{
    const char *driver;
    for (size_t i = 0; (driver = board_driver(board, i)) != NULL; i++) {
        const struct driver_ops *ops = driver_find(driver);
        if (ops != NULL && ops->check_files != NULL)
            ops->check_files(board, report);
    }
}

int board_load(const char *folder, char *const *environment, struct board **to,
               struct board_report *report, struct err *err)
{
    *to = NULL;
    SCOPE(free_report) struct board_report *own = NULL;
    if (report == NULL)
        report = own = malloc(sizeof *own);
    if (report == NULL)
        return err_set(err, ERR_NOMEM, "%s: no memory for the board", folder);
    *report = (struct board_report){0};
    char path[BOARD_TEXT_SIZE * 2];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    SCOPE(board_free_scope) struct board *board = NULL;
    int result = read_file(folder, "board.ini", path, sizeof path, &text, err);
    if (result == 0)
        result = parse(strbuf_text(&text), text.length, path, environment, &board, report, err);
    if (result != 0) {
        if (report->count == 0)
            board_report_add(report, folder, 0, "", "%s", err != NULL ? err->text : "unreadable");
        return result;
    }
    struct err reason = {0};
    if (board->uses_sim && load_sessions(folder, board, &reason) != 0)
        board_report_add(report, path, 0, "sim", "%s", reason.text);
    if (board->uses_sim && *board->faults != '\0' &&
        load_faults(folder, board, report, &reason) != 0)
        board_report_add(report, path, 0, "sim", "%s", reason.text);
    if ((size_t)snprintf(board->folder, sizeof board->folder, "%s", folder) >= sizeof board->folder)
        board_report_add(report, path, 0, "", "the folder's path is too long");
    else
        check_files(board, report);
    result = conclude(report, err);
    if (result == 0)
        *to = SCOPE_STEAL(board);
    return result;
}
