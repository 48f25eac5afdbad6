/* SPDX-License-Identifier: Apache-2.0 */
/* Line editing with history and completion (libedit). Reads no file of the user, runs no program.
 */
#ifndef SWAPSTACK_CONSOLE_EDIT_H
#define SWAPSTACK_CONSOLE_EDIT_H

#include "console/terminal.h"
#include "console/words.h"

struct edit;

/* `terminal` and `verbs` outlive it. */
int edit_new(struct edit **edit, struct terminal *terminal, const struct words_verb *verbs,
             struct err *err);
void edit_free(struct edit *edit);

enum edit_result { EDIT_LINE, EDIT_CANCELLED, EDIT_END };
/* Reads a line (without its end) behind the prompt. `remember`: it goes into the history, and Tab
 * completes. EDIT_CANCELLED: Ctrl-C; EDIT_END: Ctrl-D in an empty line, or the line is gone. */
enum edit_result edit_line(struct edit *edit, const char *prompt, bool remember,
                           struct strbuf *line);

#endif
