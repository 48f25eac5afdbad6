/* SPDX-License-Identifier: Apache-2.0 */
#include "console/edit.h"

#include "console/screen.h"
#include <histedit.h>
#include <string.h>

#define HISTORY_LINES 100

struct edit {
    struct terminal *terminal;
    const struct words_verb *verbs;
    EditLine *line;
    History *history;
    const char *prompt;
    bool cancelled, completes;
    char typed[32]; /* typed for the person: the rest of a completed word */
    size_t typed_at;
};

static struct edit *self_of(EditLine *line)
{
    void *self = NULL;
    (void)el_get(line, EL_CLIENTDATA, &self);
    return self;
}

static char *give_prompt(EditLine *line)
{
    return (char *)(uintptr_t)self_of(line)->prompt; /* libedit does not write to it */
}

/* --- keys of ours, taken before libedit sees them --- */

#define CONTROL_C 0x03
#define TAB       0x09
#define REDRAW    0x12 /* Ctrl-R in libedit's map: the prompt and the line are drawn anew */

static void list(const struct edit *edit, const struct completions *found)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < found->count; i++)
        strbuf_printf(&text, "%s%s", i ? "  " : "", found->words[i]);
    (void)fputc('\n', edit->terminal->out);
    screen_print_indented(edit->terminal->out, 0, "%s", strbuf_text(&text));
    (void)fflush(edit->terminal->out);
}

/* Types what completes the word, or lists what could. */
static void complete(struct edit *edit, EditLine *line)
{
    const LineInfo *info = el_line(line);
    struct completions found;
    words_complete(info->buffer, (size_t)(info->cursor - info->buffer), edit->verbs, &found);
    if (found.count == 0)
        return;
    (void)snprintf(edit->typed, sizeof edit->typed, "%.*s%s", (int)(found.common - found.typed),
                   found.words[0] + found.typed, found.count == 1 ? " " : "");
    edit->typed_at = 0;
    if (edit->typed[0])
        return;
    list(edit, &found);
    edit->typed[0] = REDRAW;
    edit->typed[1] = '\0';
}

/* Bytes above ASCII do nothing: a console in the field has no encoding that one could rely on. */
static int next_character(EditLine *line, wchar_t *to)
{
    struct edit *edit = self_of(line);
    int byte;
    do {
        if (edit->typed[edit->typed_at]) {
            *to = (wchar_t)edit->typed[edit->typed_at++];
            return 1;
        }
        byte = terminal_next(edit->terminal);
        if (byte == TAB) {
            if (edit->completes)
                complete(edit, line);
            byte = 0;
        }
    } while (byte == 0 || byte > 0x7f);
    if (byte == CONTROL_C) {
        edit->cancelled = true;
        byte = '\n';
    }
    *to = byte < 0 ? L'\0' : (wchar_t)byte;
    return byte < 0 ? 0 : 1;
}

static int set_up(struct edit *edit)
{
    EditLine *line = edit->line;
    HistEvent event;
    int failed = history(edit->history, &event, H_SETSIZE, HISTORY_LINES);
    (void)history(edit->history, &event, H_SETUNIQUE, 1);
    failed |= el_set(line, EL_CLIENTDATA, edit);
    failed |= el_set(line, EL_PROMPT, give_prompt);
    failed |= el_set(line, EL_EDITOR, "emacs");
    failed |= el_set(line, EL_SIGNAL, 0);
    failed |= el_set(line, EL_HIST, history, edit->history);
    failed |= el_set(line, EL_GETCFN, next_character);
    /* Ctrl-C and Ctrl-Z are bytes; no driver's echo when a line is not edited. */
    failed |= el_set(line, EL_SETTY, "-d", "-isig", NULL);
    failed |= el_set(line, EL_SETTY, "-x", "-isig", "-icanon", "-echo", NULL);
    return failed;
}

int edit_new(struct edit **to, struct terminal *terminal, const struct words_verb *verbs,
             struct err *err)
{
    struct edit *edit = calloc(1, sizeof *edit);
    *to = NULL;
    if (!edit)
        return err_set(err, ERR_NOMEM, "out of memory");
    edit->terminal = terminal;
    edit->verbs = verbs;
    if (!getenv("TERM"))
        (void)setenv("TERM", "vt100", 1);
    edit->line = el_init("swap-console", terminal->in, terminal->out, terminal->out);
    edit->history = history_init();
    if (!edit->line || !edit->history || set_up(edit)) {
        edit_free(edit);
        return err_set(err, ERR_SYSTEM, "line editing does not work on this terminal");
    }
    *to = edit;
    return 0;
}

void edit_free(struct edit *edit)
{
    if (!edit)
        return;
    if (edit->line)
        el_end(edit->line);
    if (edit->history)
        history_end(edit->history);
    free(edit);
}

enum edit_result edit_line(struct edit *edit, const char *prompt, bool remember, struct strbuf *to)
{
    int count = 0;
    edit->prompt = prompt;
    edit->cancelled = false;
    edit->completes = remember;
    edit->typed[0] = '\0';
    edit->typed_at = 0;
    strbuf_clear(to);
    const char *text = el_gets(edit->line, &count);
    if (edit->cancelled) {
        (void)fputs("^C\n", edit->terminal->out);
        return EDIT_CANCELLED;
    }
    if (!text || count <= 0)
        return EDIT_END;
    size_t length = (size_t)count;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    strbuf_append(to, text, length);
    HistEvent event;
    if (remember && strspn(strbuf_text(to), " \t") < length)
        (void)history(edit->history, &event, H_ENTER, strbuf_text(to));
    return strbuf_failed(to) ? EDIT_END : EDIT_LINE;
}
