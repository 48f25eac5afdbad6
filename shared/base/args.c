/* SPDX-License-Identifier: Apache-2.0 */
#include "base/args.h"

#include "base/nearest.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const struct args_spec *spec;
    const char **values; /* per option, into argv; NULL: not given */
    const char **words;  /* into argv */
    int word_count;
    bool example_config; /* --example-config was given: args_load_config writes it */
};

static int option_index(const struct args_spec *spec, const char *name, size_t length)
{
    for (int i = 0; spec->options[i].name != NULL; i++) {
        if (strlen(spec->options[i].name) == length &&
            strncmp(spec->options[i].name, name, length) == 0)
            return i;
    }
    return -1;
}

/* Programs that read a configuration have the option --config, and with it --example-config. */
static bool has_configuration(const struct args_spec *spec)
{
    return option_index(spec, "config", strlen("config")) >= 0;
}

static const char *dashes(const char *name)
{
    return name[0] && name[1] == '\0' ? "-" : "--";
}

static void print_option(FILE *to, const char *name, const char *value, const char *help)
{
    char left[64];
    (void)snprintf(left, sizeof left, "%s%s%s%s", dashes(name), name, value ? " " : "",
                   value ? value : "");
    if (strlen(left) > 24)
        (void)fprintf(to, "  %s\n  %-24s  %s\n", left, "", help);
    else
        (void)fprintf(to, "  %-24s  %s\n", left, help);
}

void args_print_help(const struct args_spec *spec, FILE *to)
{
    (void)fprintf(to, "Usage: %s %s\n\n%s\n\nOptions:\n", spec->program, spec->synopsis,
                  spec->summary);
    for (const struct args_option *option = spec->options; option->name != NULL; option++)
        print_option(to, option->name, option->value, option->help);
    if (has_configuration(spec))
        print_option(to, "example-config", NULL, "print every configuration key with its default");
    print_option(to, "help", NULL, "print this text");
    print_option(to, "version", NULL, "print the version");
    if (!has_configuration(spec))
        return;
    (void)fputs("\nConfiguration, later wins: built-in defaults; the file given with --config;\n"
                "environment variables SWAPSTACK_<SECTION>_<KEY>, for example\n"
                "SWAPSTACK_LOG_LEVEL=debug; options.\n",
                to);
    for (const struct args_option *option = spec->options; option->name != NULL; option++) {
        if (option->section != NULL)
            (void)fprintf(to, "  --%s sets [%s] %s\n", option->name, option->section, option->key);
    }
}

/* The sentence for an option that nobody knows; `word` begins with "-". */
static int refuse_option(const struct args_spec *spec, const char *word, struct err *err)
{
    char typed[64];
    (void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word, "="), word);
    struct nearest nearest = nearest_to(typed + strspn(typed, "-"));
    for (const struct args_option *option = spec->options; option->name != NULL; option++)
        nearest_offer(&nearest, option->name);
    nearest_offer(&nearest, "help");
    nearest_offer(&nearest, "version");
    if (has_configuration(spec))
        nearest_offer(&nearest, "example-config");
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_USAGE, "there is no option %s%s%s%s%s", typed,
                   meant ? "; did you mean " : "", meant ? dashes(meant) : "", meant ? meant : "",
                   meant ? "?" : "");
}

/* The options that every program has. True when the word was one of them. */
static bool take_common(struct args *args, const char *name)
{
    if (strcmp(name, "help") == 0) {
        args_print_help(args->spec, stdout);
        exit(EXIT_SUCCESS);
    }
    if (strcmp(name, "version") == 0) {
        (void)printf("%s %s\n", args->spec->program, args_version());
        exit(EXIT_SUCCESS);
    }
    if (strcmp(name, "example-config") != 0 || !has_configuration(args->spec))
        return false;
    args->example_config = true;
    return true;
}

/* Takes the option in argv[*at] and, when it needs one, the value behind it. */
static int take_option(struct args *args, int argc, char **argv, int *at, struct err *err)
{
    const char *word = argv[*at];
    bool is_long = strncmp(word, "--", 2) == 0;
    const char *name = word + (is_long ? 2 : 1);
    size_t length = is_long ? strcspn(name, "=") : 1;
    int index = is_long == (length != 1) ? option_index(args->spec, name, length) : -1;
    if (index < 0 && is_long && take_common(args, name))
        return 0;
    if (index < 0)
        return refuse_option(args->spec, word, err);

    const struct args_option *option = &args->spec->options[index];
    bool joined = name[length] != '\0';
    if (option->value == NULL && joined)
        return err_set(err, ERR_USAGE, "%s%s takes no value, but %s gives one",
                       dashes(option->name), option->name, word);
    if (option->value == NULL)
        args->values[index] = "";
    else if (joined)
        args->values[index] = name + length + (is_long ? 1 : 0);
    else if (*at + 1 < argc)
        args->values[index] = argv[++*at];
    else
        return err_set(err, ERR_USAGE, "%s%s needs a value: %s%s %s", dashes(option->name),
                       option->name, dashes(option->name), option->name, option->value);
    return 0;
}

static int take_word(struct args *args, const char *word, struct err *err)
{
    if (!args->spec->takes_words)
        return err_set(err, ERR_USAGE, "%s is not expected: %s takes options only", word,
                       args->spec->program);
    args->words[args->word_count++] = word;
    return 0;
}

static void free_scope(struct args **args)
{
    args_free(*args);
}

int args_parse(struct args **to, const struct args_spec *spec, int argc, char **argv,
               struct err *err)
{
    *to = NULL;
    size_t options = 0;
    while (spec->options[options].name != NULL)
        options++;
    SCOPE(free_scope) struct args *args = calloc(1, sizeof *args);
    if (args == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the command line");
    args->spec = spec;
    args->values = calloc(options + 1, sizeof *args->values);
    args->words = calloc((size_t)argc + 1, sizeof *args->words);
    if (args->values == NULL || args->words == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the command line");

    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        int result = 0;
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
            result = take_option(args, argc, argv, &i, err);
        else
            result = take_word(args, argv[i], err);
        if (result != 0)
            return result;
    }
    *to = SCOPE_STEAL(args);
    return 0;
}

void args_free(struct args *args)
{
    if (args == NULL)
        return;
    free(args->values);
    free(args->words);
    free(args);
}

const char *args_value(const struct args *args, const char *name)
{
    int index = option_index(args->spec, name, strlen(name));
    assert(index >= 0); /* asking for an option that the program does not have */
    return index < 0 ? NULL : args->values[index];
}

int args_word_count(const struct args *args)
{
    return args->word_count;
}

const char *args_word(const struct args *args, int index)
{
    assert(index >= 0 && index < args->word_count);
    return args->words[index];
}

static int apply_options(const struct args *args, const struct args_spec *spec,
                         struct config *config, struct err *err)
{
    for (int i = 0; spec->options[i].name != NULL; i++) {
        const struct args_option *option = &spec->options[i];
        if (option->section == NULL || args->values[i] == NULL)
            continue;
        char origin[80];
        (void)snprintf(origin, sizeof origin, "--%s", option->name);
        const char *value = option->value != NULL ? args->values[i] : "on";
        if (config_set(config, option->section, option->key, value, origin, err) != 0) {
            /* A wrong flag is a wrong argument, whatever table it is checked against. */
            if (err != NULL && err->code == ERR_CONFIG)
                err->code = ERR_USAGE;
            return err != NULL ? err->code : ERR_USAGE;
        }
    }
    return 0;
}

int args_load_config(const struct args *args, const struct args_spec *spec,
                     const struct config_key *keys, size_t count, struct config **to,
                     struct err *err)
{
    *to = NULL;
    if (args->example_config) {
        config_write_example(keys, count, spec->program, stdout);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : err_exit_code(ERR_IO));
    }
    SCOPE(config_free_scope) struct config *config = NULL;
    int result = config_new(&config, keys, count, err);
    const char *path = has_configuration(spec) ? args_value(args, "config") : NULL;
    if (result == 0 && path != NULL)
        result = config_read_file(config, path, err);
    if (result == 0)
        result = config_read_environment(config, environ, err);
    if (result == 0)
        result = apply_options(args, spec, config, err);
    if (result != 0)
        return result;
    *to = SCOPE_STEAL(config);
    return 0;
}

int args_fail(const struct args_spec *spec, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s\n", spec->program, err->text);
    if (err->code == ERR_USAGE)
        (void)fprintf(stderr, "See %s --help\n", spec->program);
    return err_exit_code(err->code);
}

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *args_version(void)
{
    return SWAPSTACK_VERSION " (" COMPILER ")";
}

int args_host_port(const char *text, char *host, size_t host_size, int *port, struct err *err)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    const char *from = text;
    if (length >= 2 && text[0] == '[' && colon[-1] == ']') {
        from++;
        length -= 2;
    } else if (memchr(text, ':', length) != NULL) {
        return err_set(err, ERR_USAGE, "%.200s: an IPv6 address is written as [ADDRESS]:PORT",
                       text);
    }
    char *end = NULL;
    bool digits = colon != NULL && colon[1] >= '0' && colon[1] <= '9' && strlen(colon + 1) <= 5;
    long number = digits ? strtol(colon + 1, &end, 10) : 0;
    if (length == 0 || !digits || *end != '\0' || number < 1 || number > 65535)
        return err_set(err, ERR_USAGE,
                       "%.200s is not HOST:PORT with a port from 1 to 65535, "
                       "for example 127.0.0.1:1883",
                       text);
    if (length >= host_size)
        return err_set(err, ERR_USAGE, "%.200s: the host name is longer than %zu bytes", text,
                       host_size - 1);
    memcpy(host, from, length);
    host[length] = '\0';
    *port = (int)number;
    return 0;
}
