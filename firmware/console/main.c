/* SPDX-License-Identifier: Apache-2.0 */
/* swap-console: wires the verbs to a line, and lines to engine and monitor. */
#include "base/args.h"
#include "base/scope.h"
#include "console/console.h"
#include "console/options.h"
#include "console/screen.h"
#include "engine/login.h"
#include <signal.h>
#include <string.h>

#define VERBS_MAX 64

/* What completion needs of the table. */
static void list_verbs(struct words_verb to[VERBS_MAX])
{
    int count = 0;
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name && count < VERBS_MAX - 1;
         verb++)
        to[count++] = (struct words_verb){verb->name, verb->synopsis};
    to[count] = (struct words_verb){NULL, NULL};
}

static void show_error(struct console *console, const struct err *err)
{
    screen_print(console->to, "! %s\n", err->text);
    (void)fflush(console->to);
}

/* A person types; mistakes are told and forgotten. */
static int converse(struct console *console)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    screen_print(console->to, "Swapstack console. help lists the verbs, Tab completes, Ctrl-D "
                              "ends.\n");
    while (!console->quit) {
        struct err err = {0};
        enum edit_result result =
            edit_line(console->edit, console->logged_in ? "swap# " : "swap> ", true, &line);
        if (result == EDIT_END)
            break;
        if (result == EDIT_LINE && console_run(console, strbuf_text(&line), line.length, &err))
            show_error(console, &err);
        (void)fflush(console->to);
    }
    terminal_begin_run(console->terminal);
    screen_print(console->to, "\n");
    return 0;
}

/* Lines from a pipe or file; the last one's outcome is the outcome. */
static int run_script(struct console *console, struct err *err)
{
    SCOPE_FREE char *line = NULL;
    size_t size = 0;
    int code = 0;
    for (ssize_t length; !console->quit && (length = getline(&line, &size, stdin)) >= 0;) {
        code = console_run(console, line, (size_t)length, err);
        if (code)
            show_error(console, err);
    }
    return code;
}

static int serve(struct console *console, const char *command, struct err *err)
{
    struct words_verb verbs[VERBS_MAX];
    if (command)
        return console_run(console, command, strlen(command), err);
    if (!console->terminal->is_terminal)
        return run_script(console, err);
    list_verbs(verbs);
    int code = edit_new(&console->edit, console->terminal, verbs, err);
    if (!code)
        code = converse(console);
    edit_free(console->edit);
    console->edit = NULL;
    return code;
}

static int run(const struct config *config, const char *command, struct err *err)
{
    char device[256];
    struct terminal terminal;
    struct console console = {
        .config = config,
        .terminal = &terminal,
        .engine = {.name = "engine",
                   .path = config_text(config, "console", "engine_socket"),
                   .fd = -1},
        .monitor = {.name = "monitor",
                    .path = config_text(config, "console", "monitor_socket"),
                    .fd = -1},
    };
    int code = options_device(config, device, sizeof device, err);
    if (code)
        return code;
    if (device[0] && !command)
        code = terminal_open(&terminal, device, err);
    else
        terminal_attach(&terminal, command != NULL);
    if (!code) {
        console.to = terminal.out;
        code = serve(&console, command, err);
    }
    peer_close(&console.engine);
    peer_close(&console.monitor);
    terminal_close(&terminal);
    return code;
}

/* --answer: on the technician's own machine. */
static int answer(const char *challenge, const char *key_file, struct err *err)
{
    struct login_key key = {0};
    char text[LOGIN_TEXT_SIZE], response[LOGIN_TEXT_SIZE];
    if (!key_file)
        return err_set(err, ERR_USAGE, "--answer needs --key FILE");
    int code = login_text(challenge, text, err);
    if (code) {
        err->code = ERR_USAGE;
        return err_prefix(err, "challenge: ");
    }
    code = login_key_read(key_file, false, &key, err);
    if (!code && login_response(&key, text, response))
        code = err_set(err, ERR_SYSTEM, "the answer cannot be computed");
    explicit_bzero(&key, sizeof key);
    if (!code)
        printf("%.8s-%.8s-%.8s-%.8s\n", response, response + 8, response + 16, response + 24);
    return code;
}

/* -c is what everybody types first. */
static void spell_out(int argc, char **argv)
{
    static char command[] = "--command";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-c") == 0)
            argv[i] = command;
}

int main(int argc, char **argv)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct args *args = NULL;
    struct err err = {0};
    spell_out(argc, argv);
    if (args_parse(&args, &CONSOLE_SPEC, argc, argv, &err))
        return args_fail(&CONSOLE_SPEC, &err);
    (void)signal(SIGPIPE, SIG_IGN);
    int code = 0;
    if (args_value(args, "answer"))
        code = answer(args_value(args, "answer"), args_value(args, "key"), &err);
    else
        code =
            args_load_config(args, &CONSOLE_SPEC, CONSOLE_KEYS, CONSOLE_KEY_COUNT, &config, &err);
    if (!code && config)
        code = run(config, args_value(args, "command"), &err);
    args_free(args);
    return code ? args_fail(&CONSOLE_SPEC, &err) : 0;
}
