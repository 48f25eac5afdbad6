/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC over the PSA API of Mbed TLS. */
#ifndef SWAPSTACK_CRYPTO_HMAC_H
#define SWAPSTACK_CRYPTO_HMAC_H

#include <stddef.h>

#define HMAC_HEX_SIZE 65 /* 64 lower-case hex digits and NUL */

/* HMAC-SHA256 (RFC 2104, FIPS 198-1) of the bytes under a key of 1 or more bytes, as hex text.
 * ERR_INVALID: the key is empty; ERR_SYSTEM: PSA refuses. */
int hmac_sha256_hex(const void *key, size_t key_length, const void *bytes, size_t length,
                    char hex[HMAC_HEX_SIZE]);

#endif
