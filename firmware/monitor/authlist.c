/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/authlist.h"

#include "base/scope.h"
#include "crypto/digest.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEX_SIZE ((size_t)AUTHLIST_HASH_SIZE * 2)
#define VALUE_SIZE                                                                                 \
    (256u * 1024u) /* a page: as many tokens as one message holds, 32 digits each                  \
                    */

static void value_name(char name[32], int place, int64_t page)
{
    (void)snprintf(name, 32, "auth.%d.%" PRId64, place, page);
}

static void hash_hex(const struct journal *journal, const char *token, char hex[DIGEST_HEX_SIZE])
{
    char text[JOURNAL_ID_SIZE + MESSAGE_NAME_SIZE];
    int length = snprintf(text, sizeof text, "%s%s", journal->id, token);
    digest_sha256_hex(text, (size_t)length, hex);
    hex[HEX_SIZE] = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hash_bytes(const char *hex, unsigned char to[AUTHLIST_HASH_SIZE])
{
    for (size_t i = 0; i < AUTHLIST_HASH_SIZE; i++) {
        int high = digit(hex[2 * i]), low = high < 0 ? -1 : digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        to[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, AUTHLIST_HASH_SIZE);
}

/* --- stored pages --- */

/* The hashes of a stored page of that version, in `text` (VALUE_SIZE bytes); NULL: it is not there,
 * or not readable. */
static const char *read_page(const struct journal *journal, int place, int64_t page,
                             int64_t version, char *text, size_t *count)
{
    char name[32], *end = NULL;
    value_name(name, place, page);
    if (journal->ops->get_value(journal->self, name, text, VALUE_SIZE, NULL) < 0 || !text[0])
        return NULL;
    if (strtoll(text, &end, 10) != version || *end != ' ')
        return NULL;
    size_t length = strlen(end + 1);
    *count = length / HEX_SIZE;
    return length % HEX_SIZE == 0 ? end + 1 : NULL;
}

/* All hashes of a list whose pages are stored, ascending. */
static int read_list(const struct journal *journal, int place, const struct authlist_place *whole,
                     struct authlist *to, struct err *err)
{
    SCOPE_FREE char *text = malloc(VALUE_SIZE);
    SCOPE_FREE unsigned char(*hashes)[AUTHLIST_HASH_SIZE] =
        malloc((size_t)AUTHLIST_TOKENS_MAX * sizeof *hashes);
    if (!text || !hashes)
        return err_set(err, ERR_NOMEM, "no memory for the authorisation list");
    size_t total = 0;
    for (int64_t page = 1; page <= whole->pages; page++) {
        size_t count = 0;
        const char *hex = read_page(journal, place, page, whole->version, text, &count);
        bool good = hex && total + count <= AUTHLIST_TOKENS_MAX;
        for (size_t i = 0; good && i < count; i++)
            good = hash_bytes(hex + i * HEX_SIZE, hashes[total++]);
        if (!good)
            return err_set(err, ERR_INVALID, "authorisation list: page %" PRId64 " is not readable",
                           page);
    }
    qsort(hashes, total, sizeof *hashes, compare);
    void *fitting = realloc(hashes, (total + 1) * sizeof *hashes);
    if (fitting)
        hashes = fitting;
    to->count = total;
    to->hashes = SCOPE_STEAL(hashes);
    return 0;
}

static void forget_gathered(struct authlist *list)
{
    list->gathering = (struct authlist_place){.version = MESSAGE_ABSENT};
    for (int i = 0; i < AUTHLIST_PAGES_MAX; i++)
        list->page_tokens[i] = -1;
}

static void look_for_pages(struct authlist *list, const struct journal *journal)
{
    SCOPE_FREE char *text = malloc(VALUE_SIZE);
    for (int64_t page = 1; text && page <= list->gathering.pages; page++) {
        size_t count = 0;
        if (read_page(journal, !list->place, page, list->gathering.version, text, &count))
            list->page_tokens[page - 1] = (int)count;
    }
}

static bool is_place(const struct authlist_place *place)
{
    return place->version >= 0 && place->pages >= 1 && place->pages <= AUTHLIST_PAGES_MAX;
}

int authlist_load(struct authlist *list, const struct journal *journal, struct err *err)
{
    char text[128];
    *list = (struct authlist){.force = {.version = MESSAGE_ABSENT}};
    forget_gathered(list);
    int rc = journal->ops->get_value(journal->self, "auth", text, sizeof text, err);
    if (rc < 0 || !text[0])
        return rc;
    struct authlist_place force = {0}, gathering = {0};
    int place = 0;
    if (sscanf(text, "%" SCNd64 " %" SCNd64 " %d %" SCNd64 " %" SCNd64, &force.version,
               &force.pages, &place, &gathering.version, &gathering.pages) != 5)
        return 0;
    list->place = place == 1;
    if (is_place(&force) && read_list(journal, list->place, &force, list, NULL) == 0)
        list->force = force;
    if (is_place(&gathering)) {
        list->gathering = gathering;
        look_for_pages(list, journal);
    }
    return 0;
}

void authlist_free(struct authlist *list)
{
    free(list->hashes);
    list->hashes = NULL;
    list->count = 0;
}

bool authlist_has(const struct authlist *list, const struct journal *journal, const char *token)
{
    char hex[DIGEST_HEX_SIZE];
    unsigned char hash[AUTHLIST_HASH_SIZE];
    if (!list->count || !token[0] || strlen(token) >= MESSAGE_NAME_SIZE)
        return false;
    hash_hex(journal, token, hex);
    return hash_bytes(hex, hash) &&
           bsearch(hash, list->hashes, list->count, sizeof hash, compare) != NULL;
}

/* --- taking a page --- */

static int put_state(const struct authlist *list, const struct journal *journal, struct err *err)
{
    char text[128];
    bool gathers = list->gathering.version != MESSAGE_ABSENT;
    bool holds = list->force.version != MESSAGE_ABSENT;
    (void)snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %d %" PRId64 " %" PRId64,
                   holds ? list->force.version : -1, list->force.pages, list->place,
                   gathers ? list->gathering.version : -1, list->gathering.pages);
    return journal->ops->put_value(journal->self, "auth", text, err);
}

static int put_page(const struct authlist *list, const struct journal *journal,
                    const struct message_auth_list *page, struct err *err)
{
    char name[32], hex[DIGEST_HEX_SIZE];
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_printf(&text, "%" PRId64 " ", page->version);
    for (size_t i = 0; i < page->token_count; i++) {
        hash_hex(journal, page->tokens[i], hex);
        strbuf_append(&text, hex, HEX_SIZE);
    }
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "no memory for a page of the authorisation list");
    value_name(name, !list->place, page->page);
    return journal->ops->put_value(journal->self, name, strbuf_text(&text), err);
}

static int wipe(const struct journal *journal, int place, int64_t pages, struct err *err)
{
    char name[32];
    int rc = 0;
    for (int64_t page = 1; rc == 0 && page <= pages; page++) {
        value_name(name, place, page);
        rc = journal->ops->put_value(journal->self, name, "", err);
    }
    return rc;
}

/* What is wrong with the page, or with it in this list. */
static int judge(const struct authlist *list, const struct message_auth_list *page, struct err *err)
{
    if (page->pages < 1 || page->pages > AUTHLIST_PAGES_MAX)
        return err_set(err, ERR_REFUSED, "Malformed: %" PRId64 " pages, allowed are 1 to %d",
                       page->pages, AUTHLIST_PAGES_MAX);
    if (page->page < 1 || page->page > page->pages)
        return err_set(err, ERR_REFUSED,
                       "Malformed: page %" PRId64 ", pages are numbered from 1 to %" PRId64,
                       page->page, page->pages);
    if (page->version == list->gathering.version && page->pages != list->gathering.pages)
        return err_set(err, ERR_REFUSED,
                       "Malformed: version %" PRId64 " has %" PRId64
                       " pages, this one says %" PRId64,
                       page->version, list->gathering.pages, page->pages);
    return 0;
}

static int check_total(const struct authlist *list, size_t more, struct err *err)
{
    int64_t total = (int64_t)more;
    for (int i = 0; i < AUTHLIST_PAGES_MAX; i++)
        total += list->page_tokens[i] > 0 ? list->page_tokens[i] : 0;
    if (total <= AUTHLIST_TOKENS_MAX)
        return 0;
    return err_set(err, ERR_REFUSED, "Malformed: a list of %" PRId64 " tokens, at most %d are kept",
                   total, AUTHLIST_TOKENS_MAX);
}

static int64_t count_stored(const struct authlist *list)
{
    int64_t stored = 0;
    for (int i = 0; i < AUTHLIST_PAGES_MAX; i++)
        stored += list->page_tokens[i] >= 0;
    return stored;
}

/* All pages are stored: the list is in force, the old one's hashes are wiped. */
static int put_in_force(struct authlist *next, const struct journal *journal, struct err *err)
{
    int old = next->place;
    struct authlist_place whole = next->gathering;
    int rc = read_list(journal, !old, &whole, next, err);
    if (rc == 0 && next->force.version != MESSAGE_ABSENT)
        rc = wipe(journal, old, next->force.pages, err);
    if (rc < 0)
        return rc;
    next->place = !old;
    next->force = whole;
    forget_gathered(next);
    return put_state(next, journal, err);
}

int authlist_take(const struct authlist *list, const struct journal *journal,
                  const struct message_auth_list *page, struct authlist *next,
                  char said[MESSAGE_TEXT_SIZE], struct err *err)
{
    *next = *list;
    next->hashes = NULL; /* `list` goes on owning those; 0 of its own: it stays in force */
    next->count = 0;
    int rc = judge(list, page, err);
    if (rc < 0)
        return rc;
    bool older = page->version <= list->force.version || page->version < list->gathering.version;
    bool again = page->version == list->gathering.version && list->page_tokens[page->page - 1] >= 0;
    (void)snprintf(said, MESSAGE_TEXT_SIZE, "%s", older ? "not newer" : "stored before");
    if (older || again)
        return 0;
    bool fresh = page->version != list->gathering.version;
    if (fresh) {
        forget_gathered(next);
        next->gathering = (struct authlist_place){page->version, page->pages};
    }
    rc = check_total(next, page->token_count, err);
    if (rc == 0 && fresh && list->gathering.version != MESSAGE_ABSENT)
        rc = wipe(journal, !list->place, list->gathering.pages, err);
    if (rc == 0)
        rc = put_page(next, journal, page, err);
    if (rc < 0)
        return rc;
    next->page_tokens[page->page - 1] = (int)page->token_count;
    int64_t stored = count_stored(next);
    (void)snprintf(said, MESSAGE_TEXT_SIZE, "%" PRId64 " of %" PRId64 " pages of version %" PRId64,
                   stored, page->pages, page->version);
    if (stored < page->pages)
        return fresh ? put_state(next, journal, err) : 0;
    rc = put_in_force(next, journal, err);
    if (rc == 0)
        (void)snprintf(said, MESSAGE_TEXT_SIZE, "version %" PRId64 " with %zu tokens is in force",
                       page->version, next->count);
    return rc;
}

void authlist_adopt(struct authlist *list, struct authlist *next)
{
    bool replaced = next->place != list->place;
    if (!replaced) { /* the same list is in force */
        next->count = list->count;
        next->hashes = list->hashes;
    } else {
        free(list->hashes);
    }
    *list = *next;
}
