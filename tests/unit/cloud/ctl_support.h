/* SPDX-License-Identifier: Apache-2.0 */
/* Running swapctl's verbs within a test. */
#ifndef SWAPSTACK_TEST_CLOUD_CTL_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_CTL_SUPPORT_H

#include "ctl/ctl.h"

#include "cloud/support.h"

/* Runs swapctl; returns its code and leaves what it printed in `out`. */
SUPPORT int run(struct strbuf *out, struct err *err, const char *const *words)
{
    char *argv[16] = {(char *)(uintptr_t) "swapctl"}, *text = NULL;
    size_t length = 0;
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    struct args *args = NULL;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    assert_int_equal(args_parse(&args, &CTL_SPEC, argc, argv, err), 0);
    int rc = ctl_run(args, stream, err);
    (void)fclose(stream);
    args_free(args);
    strbuf_clear(out);
    strbuf_append(out, text, length);
    free(text);
    return rc;
}
#define RUN(out, err, ...) run(out, err, (const char *const[]){__VA_ARGS__, NULL})

#endif
