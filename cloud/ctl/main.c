/* SPDX-License-Identifier: Apache-2.0 */
#include "base/args.h"
#include "ctl/ctl.h"
#include <signal.h>

int main(int argc, char **argv)
{
    struct err err = {0};
    struct args *args = NULL;
    /* A reader that has seen enough (`| head`) is no crash: writes fail with EPIPE instead. */
    signal(SIGPIPE, SIG_IGN);
    int rc = args_parse(&args, &CTL_SPEC, argc, argv, &err);
    if (rc == 0)
        rc = ctl_run(args, stdout, &err);
    int status = rc < 0 ? args_fail(&CTL_SPEC, &err) : 0;
    args_free(args);
    return status;
}
