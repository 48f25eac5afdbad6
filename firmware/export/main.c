/* SPDX-License-Identifier: Apache-2.0 */
/* swap-export: a diagnostic bundle of this station, for technicians. */
#include "export/export.h"
#include <unistd.h>

int main(int argc, char **argv)
{
    struct err err = {0};
    const struct export_caller caller = {
        .notes = stderr, .places = &EXPORT_PLACES, .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO};
    return export_verb(argc, argv, &caller, &err) < 0 ? args_fail(&EXPORT_SPEC, &err) : 0;
}
