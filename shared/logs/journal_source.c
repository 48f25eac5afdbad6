/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as a source: one journalctl for what there is; when following, a second one that goes
 * on behind the last entry of the first, so that nothing is missed and the first part has an end.
 */
#include "base/child.h"
#include "base/clock.h"
#include "base/scope.h"
#include "logs/journal.h"
#include "logs/source.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 10000
#define BYTES_MAX  ((size_t)16 << 20)

struct journal {
    struct strbuf lines; /* not yet given out from `at` on */
    size_t at;
    struct child child; /* the one that follows */
    bool follow, cut;
    int64_t unreadable;
    struct logs_journal_entry current;
};

/* What the child said: its first line, before the hints that journalctl adds. */
static void first_sentence(const struct strbuf *errors, char *to, size_t size)
{
    const char *text = strbuf_text(errors);
    text += strspn(text, " \n");
    (void)snprintf(to, size, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Kernel, or PID 1: '+' is journalctl's "or". */
#define WORDS_MAX 16
static void make_words(const char *words[WORDS_MAX], const char *position, const char *lines,
                       bool follow)
{
    size_t n = 0;
    words[n++] = "journalctl";
    words[n++] = "--no-pager";
    words[n++] = "--output=json";
    words[n++] = "--output-fields=PRIORITY,SYSLOG_IDENTIFIER,MESSAGE,_TRANSPORT";
    words[n++] = lines;
    if (position[0])
        words[n++] = position;
    if (follow)
        words[n++] = "--follow";
    words[n++] = "_TRANSPORT=kernel";
    words[n++] = "+";
    words[n++] = "_PID=1";
    words[n] = NULL;
}

static int collect(struct journal *journal, int64_t since_us, struct err *err)
{
    char since[48] = "", lines[32];
    const char *words[WORDS_MAX];
    struct child child = CHILD_NONE;
    SCOPE_STRBUF struct strbuf errors = STRBUF_INIT;
    if (since_us > 0)
        (void)snprintf(since, sizeof since, "--since=@%" PRId64, since_us / CLOCK_US_PER_SECOND);
    (void)snprintf(lines, sizeof lines, "--lines=%d", LOGS_JOURNAL_LINES);
    make_words(words, since, lines, false);
    int code = child_start(&child, words, -1, -1, err);
    if (code == ERR_UNAVAILABLE)
        return err_set(err, ERR_UNAVAILABLE, "there is no journalctl");
    if (code < 0)
        return code;
    code =
        child_collect(&child, TIMEOUT_MS, BYTES_MAX, &journal->lines, &errors, &journal->cut, err);
    int status = code < 0 ? child_end(&child) : child_wait(&child, 1000);
    if (code < 0)
        return err_prefix(err, "journalctl: ");
    char said[200];
    first_sentence(&errors, said, sizeof said);
    if (strchr(strbuf_text(&journal->lines), '{') == NULL && (status != 0 || said[0]))
        return err_set(err, ERR_UNAVAILABLE, "journalctl: %s (exit status %d)",
                       said[0] ? said : "no word", status);
    return 0;
}

/* The second one starts when the first one's entries have been given out. */
static int start_following(struct journal *journal, struct err *err)
{
    char position[LOGS_CURSOR_SIZE + 32] = "";
    const char *words[WORDS_MAX];
    if (journal->current.cursor[0])
        (void)snprintf(position, sizeof position, "--after-cursor=%s", journal->current.cursor);
    make_words(words, position, journal->current.cursor[0] ? "--lines=all" : "--lines=0", true);
    journal->follow = false;
    return child_start(&journal->child, words, -1, -1, err);
}

/* True: a line is there, *line of *length bytes. */
static bool next_line(struct journal *journal, const char **line, size_t *length)
{
    const char *from = strbuf_text(&journal->lines) + journal->at;
    size_t left = journal->lines.length - journal->at;
    const char *stop = memchr(from, '\n', left);
    if (stop == NULL)
        return false;
    *line = from;
    *length = (size_t)(stop - from);
    journal->at += *length + 1;
    return true;
}

static bool read_child(struct journal *journal)
{
    char chunk[16384];
    struct strbuf *lines = &journal->lines;
    if (journal->child.out_fd < 0)
        return false;
    ssize_t got = read(journal->child.out_fd, chunk, sizeof chunk);
    if (got == 0) /* it ended, perhaps killed: what it said stays said */
        (void)child_end(&journal->child);
    if (got <= 0)
        return false;
    if (journal->at > 0) {
        memmove(lines->text, lines->text + journal->at, lines->length - journal->at + 1);
        lines->length -= journal->at;
        journal->at = 0;
    }
    if (lines->length > LOGS_JOURNAL_LINE_MAX) { /* no line so far: it will be none */
        strbuf_clear(lines);
        journal->unreadable++;
    }
    strbuf_append(lines, chunk, (size_t)got);
    return true;
}

static int journal_next(void *self, struct logs_entry *entry, struct err *err)
{
    struct journal *journal = self;
    const char *line;
    size_t length;
    do {
        while (next_line(journal, &line, &length)) {
            if (length == 0 || line[0] != '{') /* "-- No entries --", "-- Boot … --" */
                continue;
            if (logs_journal_parse(line, length, &journal->current, NULL) == 0) {
                *entry = journal->current.entry;
                return 1;
            }
            journal->unreadable++;
        }
        if (journal->follow) {
            int code = start_following(journal, err);
            if (code < 0)
                return code;
        }
    } while (read_child(journal));
    return 0;
}

static void journal_note(void *self, FILE *to)
{
    const struct journal *journal = self;
    if (journal->unreadable > 0)
        (void)fprintf(to, "journal: %" PRId64 " entries could not be read\n", journal->unreadable);
    if (journal->cut)
        (void)fprintf(to, "journal: only the first %zu MiB were read\n", BYTES_MAX >> 20);
}

static int journal_fd(void *self)
{
    const struct journal *journal = self;
    return journal->child.out_fd;
}

static void journal_free(void *self)
{
    struct journal *journal = self;
    if (journal == NULL)
        return;
    (void)child_end(&journal->child);
    strbuf_free(&journal->lines);
    logs_journal_entry_free(&journal->current);
    free(journal);
}

int logs_journal_open(struct logs_source *source, int64_t since_us, bool follow, struct err *err)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    journal->child = CHILD_NONE;
    journal->follow = follow;
    int code = collect(journal, since_us, err);
    if (code < 0) {
        journal_free(journal);
        return code;
    }
    *source = (struct logs_source){journal, journal_next, journal_note, journal_fd, journal_free};
    return 0;
}
