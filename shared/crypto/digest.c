/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "crypto/psa_guard.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_BYTES = 32 };

void digest_sha256_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[SHA256_BYTES];
    size_t hash_length = 0;
    psa_status_t status = psa_guard_enter();
    if (status == PSA_SUCCESS)
        status = psa_hash_compute(PSA_ALG_SHA_256, bytes, length, hash, sizeof hash, &hash_length);
    psa_guard_leave();
    if (status != PSA_SUCCESS || hash_length != sizeof hash)
        abort();
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    hex[DIGEST_HEX_SIZE - 1] = '\0';
}

void digest_short(const void *bytes, size_t length, char hex[17])
{
    char whole[DIGEST_HEX_SIZE];
    digest_sha256_hex(bytes, length, whole);
    memcpy(hex, whole, 16);
    hex[16] = '\0';
}
