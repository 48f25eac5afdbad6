/* SPDX-License-Identifier: Apache-2.0 */
/* swap-can: what goes over a station's CAN segments, for technicians; and a pack for the bench. */
#include "base/args.h"
#include "base/daemon.h"
#include "base/scope.h"
#include "cantool/decode.h"
#include "cantool/pack_options.h"
#include <errno.h>
#include <net/if.h>
#include <string.h>

static const struct args_option OPTIONS[] = {
    {"json", NULL, "one JSON object a line instead of text", NULL, NULL},
    {"raw", NULL, "also the single frames of transfers of more than 8 bytes", NULL, NULL},
    {"for", "SECONDS", "work on an interface that long (default: until Ctrl-C)", NULL, NULL},
    PACK_OPTIONS,
    {NULL, NULL, NULL, NULL, NULL}};

static const struct args_spec SPEC = {
    .program = "swap-can",
    .synopsis = "decode [--json] [--raw] FILE|-|IFACE [--for SECONDS]\n"
                "       swap-can pack --profile gbt27930|cia418 [--soc PERCENT] … IFACE",
    .summary =
        "decode prints what charger and pack say to each other (GB/T 27930) in a capture of\n"
        "candump (with or without -L), on standard input (-), or on a CAN interface (can0).\n"
        "Only listens. Frames of other protocols are shown as they are. Currents are\n"
        "negative when charging; '!' marks what is out of its range, [...] what the\n"
        "standard does not say but devices do. Exit status 65: lines that could not be read.\n"
        "pack is a simulated battery pack on an interface, for benches: never use it on a\n"
        "bus with a real charger's power on.",
    .options = OPTIONS,
    .takes_words = true,
};

static void args_scope(struct args **args)
{
    args_free(*args);
}

static int read_seconds(const char *text, double *seconds, struct err *err)
{
    char *end;
    *seconds = 0;
    if (text == NULL)
        return 0;
    *seconds = strtod(text, &end);
    if (end == text || *end || !(*seconds > 0 && *seconds <= 1e8))
        return err_set(err, ERR_USAGE, "--for %s: a number of seconds above 0 is expected", text);
    return 0;
}

static int decode_source(struct decode *decode, const char *source, const char *seconds_text,
                         struct err *err)
{
    double seconds;
    int code = read_seconds(seconds_text, &seconds, err);
    if (code)
        return code;
    bool is_stdin = strcmp(source, "-") == 0;
    if (!is_stdin && !strchr(source, '/') && access(source, F_OK) != 0) {
        if (if_nametoindex(source) == 0)
            return err_set(err, ERR_NOT_FOUND, "%s is neither a file nor a network interface",
                           source);
        SCOPE_CLOSE int signals = daemon_signals(err);
        return signals < 0 ? signals : decode_interface(decode, source, signals, seconds, err);
    }
    if (seconds > 0)
        return err_set(err, ERR_USAGE, "--for is for interfaces; %s is a capture", source);
    SCOPE_FCLOSE FILE *file = is_stdin ? NULL : fopen(source, "re");
    if (!is_stdin && file == NULL)
        return err_set_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_NOT_FOUND, errno,
                             "%s cannot be opened", source);
    return decode_stream(decode, is_stdin ? stdin : file, is_stdin ? "standard input" : source,
                         stderr, err);
}

static int decode_verb(const struct args *args, struct err *err)
{
    if (args_word_count(args) != 2)
        return err_set(err, ERR_USAGE,
                       "decode wants one capture or interface, or - for standard "
                       "input");
    const struct decode_options options = {.json = args_value(args, "json") != NULL,
                                           .raw = args_value(args, "raw") != NULL,
                                           .to = stdout};
    SCOPE(decode_free_scope) struct decode *decode = decode_new(&options);
    if (decode == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    return decode_source(decode, args_word(args, 1), args_value(args, "for"), err);
}

static int pack_verb(const struct args *args, struct err *err)
{
    static struct benchpack pack;
    struct benchpack_options options;
    double seconds;
    if (args_word_count(args) != 2)
        return err_set(err, ERR_USAGE, "pack wants one interface, for example can0");
    int code = pack_options_read(&options, args, err);
    if (!code)
        code = read_seconds(args_value(args, "for"), &seconds, err);
    if (code)
        return code;
    SCOPE_CLOSE int signals = daemon_signals(err);
    if (signals < 0)
        return signals;
    benchpack_init(&pack, &options);
    return benchpack_run(&pack, args_word(args, 1), signals, seconds, stdout, err);
}

int main(int argc, char **argv)
{
    SCOPE(args_scope) struct args *args = NULL;
    struct err err = {0};
    if (args_parse(&args, &SPEC, argc, argv, &err))
        return args_fail(&SPEC, &err);
    const char *verb = args_word_count(args) > 0 ? args_word(args, 0) : "";
    if (strcmp(verb, "decode") == 0)
        (void)decode_verb(args, &err);
    else if (strcmp(verb, "pack") == 0)
        (void)pack_verb(args, &err);
    else
        (void)err_set(&err, ERR_USAGE, "the first word is the verb: decode or pack");
    return err.code ? args_fail(&SPEC, &err) : 0;
}
