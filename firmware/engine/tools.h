/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What swap-engine does with a board folder besides driving it:
 *
 *     --check   names every mistake of the folder, on any machine
 *     --safe    puts the outputs of the board to their safe level; for use when no engine runs:
 * after a crash (ExecStopPost= of the unit), or by hand. EX_TEMPFAIL when an engine runs.
 */
#ifndef SWAPSTACK_ENGINE_TOOLS_H
#define SWAPSTACK_ENGINE_TOOLS_H

#include "base/args.h"

/* Does what the arguments ask for, `check` before `safe`; one of them is there. Says on standard
 * output or error what there is to say, and returns an exit status (sysexits). */
int tools_use(const struct args *args);

#endif
