/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "base/err.h"
#include "crypto/psa_guard.h"
#include <stdint.h>

enum { SHA256_BYTES = 32 };

static psa_status_t compute(const void *key, size_t key_length, const void *bytes, size_t length,
                            uint8_t mac[SHA256_BYTES])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;
    size_t mac_length = 0;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    psa_status_t status = psa_import_key(&attributes, key, key_length, &id);
    if (status != PSA_SUCCESS)
        return status;
    status = psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), bytes, length, mac, SHA256_BYTES,
                             &mac_length);
    (void)psa_destroy_key(id);
    return status == PSA_SUCCESS && mac_length != SHA256_BYTES ? PSA_ERROR_GENERIC_ERROR : status;
}

int hmac_sha256_hex(const void *key, size_t key_length, const void *bytes, size_t length,
                    char hex[HMAC_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t mac[SHA256_BYTES];
    if (key_length == 0)
        return ERR_INVALID;
    psa_status_t status = psa_guard_enter();
    if (status == PSA_SUCCESS)
        status = compute(key, key_length, bytes, length, mac);
    psa_guard_leave();
    if (status != PSA_SUCCESS)
        return ERR_SYSTEM;
    for (size_t i = 0; i < sizeof mac; i++) {
        hex[2 * i] = digits[mac[i] >> 4];
        hex[2 * i + 1] = digits[mac[i] & 15];
    }
    hex[HMAC_HEX_SIZE - 1] = '\0';
    return 0;
}
