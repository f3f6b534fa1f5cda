// Published test vectors through libcrypto's EVP interface; ends with an error at the first one that differs.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t bytes_of(const char *hex, unsigned char *bytes)
{
    size_t count = strlen(hex) / 2;
    for (size_t i = 0; i < count; i++) {
        unsigned value;
        if (sscanf(hex + 2 * i, "%2x", &value) != 1) {
            exit(1);
        }
        bytes[i] = (unsigned char)value;
    }
    return count;
}

static void expect(const char *name, const unsigned char *found, size_t count, const char *wanted)
{
    unsigned char bytes[512];
    if (bytes_of(wanted, bytes) != count || memcmp(bytes, found, count) != 0) {
        printf("%s: wrong: ", name);
        for (size_t i = 0; i < count; i++) {
            printf("%02x", found[i]);
        }
        printf(", not %s\n", wanted);
        exit(1);
    }
    printf("%s: right\n", name);
}

static void demand(int ok, const char *name)
{
    if (!ok) {
        printf("%s: failed\n", name);
        exit(1);
    }
}

static void sealed(const char *name, const EVP_CIPHER *cipher, const char *key, const char *iv, const char *aad, const char *plain, const char *wanted, const char *tag)
{
    unsigned char k[64], v[64], a[64], p[512], c[512], t[16], back[512];
    int length, count;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bytes_of(key, k);
    size_t iv_length = bytes_of(iv, v), aad_length = bytes_of(aad, a), plain_length = bytes_of(plain, p);
    demand(EVP_EncryptInit_ex(context, cipher, NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_length, NULL) == 1
        && EVP_EncryptInit_ex(context, NULL, NULL, k, v) == 1
        && EVP_EncryptUpdate(context, NULL, &length, a, (int)aad_length) == 1
        && EVP_EncryptUpdate(context, c, &count, p, (int)plain_length) == 1
        && EVP_EncryptFinal_ex(context, c + count, &length) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, t) == 1, name);
    expect(name, c, (size_t)(count + length), wanted);
    expect("its tag", t, 16, tag);
    demand(EVP_DecryptInit_ex(context, cipher, NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_length, NULL) == 1
        && EVP_DecryptInit_ex(context, NULL, NULL, k, v) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, t) == 1
        && EVP_DecryptUpdate(context, NULL, &length, a, (int)aad_length) == 1
        && EVP_DecryptUpdate(context, back, &count, c, (int)plain_length) == 1
        && EVP_DecryptFinal_ex(context, back + count, &length) == 1
        && memcmp(back, p, plain_length) == 0, "decryption");
    EVP_CIPHER_CTX_free(context);
}

static void hashed(const char *name, const EVP_MD *md, const char *text, int times, const char *wanted)
{
    unsigned char digest[64];
    unsigned count;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    demand(EVP_DigestInit_ex(context, md, NULL) == 1, name);
    for (int i = 0; i < times; i++) {
        demand(EVP_DigestUpdate(context, text, strlen(text)) == 1, name);
    }
    demand(EVP_DigestFinal_ex(context, digest, &count) == 1, name);
    expect(name, digest, count, wanted);
    EVP_MD_CTX_free(context);
}

static void agreed(const char *name, int type, const char *secret, const char *public, const char *wanted)
{
    unsigned char a[64], b[64], shared[64];
    size_t length = sizeof shared;
    size_t a_length = bytes_of(secret, a), b_length = bytes_of(public, b);
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(type, NULL, a, a_length), *theirs = EVP_PKEY_new_raw_public_key(type, NULL, b, b_length);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(mine, NULL);
    demand(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, theirs) == 1 && EVP_PKEY_derive(context, shared, &length) == 1, name);
    expect(name, shared, length, wanted);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(theirs);
}

static void signed_by(const char *name, const char *secret, const char *public, const char *message, const char *wanted)
{
    unsigned char a[64], b[64], m[64], signature[64];
    size_t length = sizeof signature;
    size_t a_length = bytes_of(secret, a), b_length = bytes_of(public, b), m_length = bytes_of(message, m);
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, a, a_length), *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, b, b_length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    demand(EVP_DigestSignInit(context, NULL, NULL, NULL, mine) == 1 && EVP_DigestSign(context, signature, &length, m, m_length) == 1, name);
    expect(name, signature, length, wanted);
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    demand(EVP_DigestVerifyInit(context, NULL, NULL, NULL, theirs) == 1 && EVP_DigestVerify(context, signature, length, m, m_length) == 1, "its verification");
    signature[5] ^= 1;
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    demand(EVP_DigestVerifyInit(context, NULL, NULL, NULL, theirs) == 1 && EVP_DigestVerify(context, signature, length, m, m_length) == 0, "its refusal");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(theirs);
}

static void stretched(void)
{
    unsigned char key[64];
    // RFC 7914, 11 and 12.
    demand(PKCS5_PBKDF2_HMAC("passwd", 6, (const unsigned char *)"salt", 4, 1, EVP_sha256(), 64, key) == 1, "PBKDF2");
    expect("PBKDF2-HMAC-SHA256", key, 64, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    demand(EVP_PBE_scrypt("password", 8, (const unsigned char *)"NaCl", 4, 1024, 8, 16, 0, key, 64) == 1, "scrypt");
    expect("scrypt", key, 64, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

int main(void)
{
    // FIPS 180-4 and 202.
    hashed("SHA-1", EVP_sha1(), "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    hashed("SHA-256", EVP_sha256(), "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hashed("SHA-256 of a million a", EVP_sha256(), "aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    hashed("SHA-512", EVP_sha512(), "abc", 1, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    hashed("SHA3-256", EVP_sha3_256(), "abc", 1, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    // The GCM specification of McGrew and Viega, test cases 3, 4 and 16.
    sealed("AES-128-GCM", EVP_aes_128_gcm(), "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
        "4d5c2af327cd64a62cf35abd2ba6fab4");
    sealed("AES-128-GCM with more data", EVP_aes_128_gcm(), "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47");
    sealed("AES-256-GCM", EVP_aes_256_gcm(), "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b");
    // RFC 8439, 2.8.2.
    sealed("ChaCha20-Poly1305", EVP_chacha20_poly1305(), "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
        "1ae10b594f09e26a7e902ecbd0600691");
    // RFC 7748, 6.1, and RFC 8032, 7.1.
    agreed("X25519", EVP_PKEY_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    signed_by("Ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    stretched();
    return 0;
}
