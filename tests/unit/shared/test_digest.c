/* SPDX-License-Identifier: Apache-2.0 */
#include "shared/check.h"

#include "crypto/digest.h"
#include <pthread.h>

/* FIPS 180-4 examples, and the empty message. */
static const struct {
    const char *text, *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void gives_the_published_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHECK_COUNT(vectors); i++) {
        char hex[DIGEST_HEX_SIZE], identity[17];
        digest_sha256_hex(vectors[i].text, strlen(vectors[i].text), hex);
        assert_string_equal(hex, vectors[i].hex);
        digest_short(vectors[i].text, strlen(vectors[i].text), identity);
        assert_int_equal(strlen(identity), 16);
        assert_memory_equal(identity, vectors[i].hex, 16);
    }
}

/* Returns NULL when every digest was right. */
static void *hash_many(void *self)
{
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < CHECK_COUNT(vectors); i++) {
            char hex[DIGEST_HEX_SIZE];
            digest_sha256_hex(vectors[i].text, strlen(vectors[i].text), hex);
            if (strcmp(hex, vectors[i].hex) != 0)
                return self;
        }
    }
    return NULL;
}

static void gives_them_on_many_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    int token = 0;
    for (size_t i = 0; i < CHECK_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &token), 0);
    for (size_t i = 0; i < CHECK_COUNT(threads); i++) {
        void *wrong = &token;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_digests),
        cmocka_unit_test(gives_them_on_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
