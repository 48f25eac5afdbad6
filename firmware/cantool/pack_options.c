/* SPDX-License-Identifier: Apache-2.0 */
#include "cantool/pack_options.h"

#include <stdlib.h>
#include <string.h>

static int read_real(const struct args *args, const char *name, double lowest, double highest,
                     double *to, struct err *err)
{
    const char *text = args_value(args, name);
    char *end;
    if (text == NULL)
        return 0;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= lowest && value <= highest))
        return err_set(err, ERR_USAGE, "--%s %s: a number from %g to %g is expected", name, text,
                       lowest, highest);
    *to = value;
    return 0;
}

static int read_whole(const struct args *args, const char *name, double lowest, double highest,
                      int64_t *to, struct err *err)
{
    double value = (double)*to;
    int code = read_real(args, name, lowest, highest, &value, err);
    if (!code && (double)(int64_t)value < value)
        code = err_set(err, ERR_USAGE, "--%s %s: a whole number is expected", name,
                       args_value(args, name));
    *to = (int64_t)value;
    return code;
}

static int read_profile(struct benchpack_options *options, const struct args *args, struct err *err)
{
    const char *text = args_value(args, "profile");
    if (text && strcmp(text, "gbt27930") == 0)
        benchpack_options_default(options, BENCHPACK_GBT27930);
    else if (text && strcmp(text, "cia418") == 0)
        benchpack_options_default(options, BENCHPACK_CIA418);
    else
        return err_set(err, ERR_USAGE, "pack wants --profile gbt27930 or --profile cia418%s%s",
                       text ? ", not " : "", text ? text : "");
    if (args_value(args, "node") && options->profile != BENCHPACK_CIA418)
        return err_set(err, ERR_USAGE, "--node has a meaning with --profile cia418 only");
    return 0;
}

static int read_chemistry(struct benchpack_options *options, const struct args *args,
                          struct err *err)
{
    const char *text = args_value(args, "chemistry");
    if (text == NULL || strcmp(text, "nmc") == 0)
        return 0;
    if (strcmp(text, "lfp") != 0)
        return err_set(err, ERR_USAGE, "--chemistry %s: nmc or lfp", text);
    options->chemistry = IO_CHEMISTRY_LFP;
    return 0;
}

int pack_options_read(struct benchpack_options *options, const struct args *args, struct err *err)
{
    int code = read_profile(options, args, err);
    if (code)
        return code;
    int64_t node = options->node, cells = options->series;
    code = read_whole(args, "node", 1, 127, &node, err);
    if (!code)
        code = read_whole(args, "number", 1, 9999999, &options->number, err);
    if (!code)
        code = read_whole(args, "cells", 1, 300, &cells, err);
    if (!code)
        code = read_real(args, "soc", 0, 100, &options->soc_percent, err);
    if (!code)
        code = read_real(args, "capacity", 1, 1000, &options->capacity_ah, err);
    if (!code)
        code = read_real(args, "current", 1, 300, &options->limit_a, err);
    if (!code)
        code = read_real(args, "temperature", -40, 125, &options->temperature_c, err);
    if (!code)
        code = read_chemistry(options, args, err);
    options->node = (uint8_t)node;
    options->series = (int)cells;
    options->end_a = options->limit_a / 40;
    return code;
}
