/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tools.h"

#include "base/scope.h"
#include "drivers/board.h"
#include "drivers/driver.h"
#include <stdio.h>

/* Loads the board, or says what is wrong with it. Returns an exit status. */
static int load(const char *folder, struct board **board)
{
    struct board_report report;
    struct err err = {0};
    if (board_load(folder, environ, board, &report, &err) == 0)
        return 0;
    if (report.count == 0) {
        fprintf(stderr, "swap-engine: %s\n", err.text);
        return err_exit_code(err.code);
    }
    board_report_print(&report, stderr);
    return EX_CONFIG;
}

static int check(const char *folder)
{
    SCOPE(board_free_scope) struct board *board = NULL;
    int status = load(folder, &board);
    if (status == 0)
        printf("%s: board %s, %d bays: no mistakes\n", board->origin, board->name,
               board->bay_count);
    return status;
}

static int make_safe(const char *folder)
{
    SCOPE(board_free_scope) struct board *board = NULL;
    struct err err = {0};
    int status = load(folder, &board);
    if (status)
        return status;
    int first = board_match_machine(board, &err), done = 0;
    if (first) {
        fprintf(stderr, "swap-engine: %s\n", err.text);
        return err_exit_code(first);
    }
    for (size_t i = 0; board_driver(board, i); i++) {
        const struct driver_ops *ops = driver_find(board_driver(board, i));
        if (!ops || !ops->rescue)
            continue;
        done++;
        int code = ops->rescue(board, &err);
        if (code)
            fprintf(stderr, "swap-engine: %s: %s\n", ops->name, err.text);
        first = first ? first : code;
    }
    if (done == 0)
        printf("%s: no output of this board stays on without an engine\n", board->origin);
    return first ? err_exit_code(first) : 0;
}

int tools_use(const struct args *args)
{
    const char *folder = args_value(args, "board");
    if (!folder) {
        fprintf(stderr, "swap-engine: --check and --safe need --board DIR\n");
        return EX_USAGE;
    }
    return args_value(args, "check") ? check(folder) : make_safe(folder);
}
