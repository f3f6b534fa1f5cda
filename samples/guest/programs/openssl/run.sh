set -e
openssl version
./vectors

head -c 200000 /dev/zero | openssl enc -chacha20 -K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -iv 00000000000000000000000000000001 > data
for name in md5 sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 shake128 blake2b512 blake2s256 sm3 ripemd160; do
    echo "$name $(openssl dgst -$name -r data | cut -c1-32)"
done
for name in aes-128-cbc aes-256-ctr aes-192-cfb aes-128-ofb aes-256-ecb camellia-256-cbc aria-128-ctr des-ede3-cbc sm4-cbc chacha20; do
    key='-K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 0f0e0d0c0b0a09080706050403020100'
    case $name in
        *-128-* | sm4*) key='-K 00112233445566778899aabbccddeeff -iv 0f0e0d0c0b0a09080706050403020100' ;;
        *-192-*) key='-K 00112233445566778899aabbccddeeff0011223344556677 -iv 0f0e0d0c0b0a09080706050403020100' ;;
        des*) key='-K 00112233445566778899aabbccddeeff0011223344556677 -iv 0f0e0d0c0b0a0908' ;;
        *-ecb) key='-K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' ;;
    esac
    # shellcheck disable=SC2086 # key and vector are words
    openssl enc -$name $key < data > secret
    # shellcheck disable=SC2086
    openssl enc -d -$name $key < secret | cmp - data
    echo "$name $(openssl dgst -sha256 -r secret | cut -c1-32)"
done

# Keys are random: what is printed is that signing, checking, agreeing and decrypting work.
openssl genrsa -out rsa.pem 2048 2>/dev/null
openssl pkey -in rsa.pem -pubout -out rsa.pub
openssl dgst -sha256 -sign rsa.pem -out signature data
openssl dgst -sha256 -verify rsa.pub -signature signature data
head -c 100 data > short
openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt rsa_padding_mode:oaep -in short -out sealed
openssl pkeyutl -decrypt -inkey rsa.pem -pkeyopt rsa_padding_mode:oaep -in sealed | cmp - short
for curve in prime256v1 secp384r1 brainpoolP256r1; do
    openssl ecparam -name $curve -genkey -noout -out ec.pem
    openssl pkey -in ec.pem -pubout -out ec.pub
    openssl dgst -sha384 -sign ec.pem -out signature data
    echo "$curve $(openssl dgst -sha384 -verify ec.pub -signature signature data)"
done
for kind in X25519 X448; do
    openssl genpkey -algorithm $kind -out a.pem
    openssl genpkey -algorithm $kind -out b.pem
    openssl pkey -in a.pem -pubout -out a.pub
    openssl pkey -in b.pem -pubout -out b.pub
    openssl pkeyutl -derive -inkey a.pem -peerkey b.pub -out ab
    openssl pkeyutl -derive -inkey b.pem -peerkey a.pub | cmp - ab
    echo "$kind agrees"
done
openssl req -x509 -key rsa.pem -subj /CN=guest -days 30 -out certificate.pem 2>/dev/null
openssl verify -CAfile certificate.pem certificate.pem
openssl cms -encrypt -aes-256-gcm -binary -in data -outform DER -out sealed certificate.pem
openssl cms -decrypt -binary -inform DER -in sealed -inkey rsa.pem -recip certificate.pem | cmp - data
echo 'AES-256-GCM in CMS agrees'

# TLS over the loopback interface, once with each kind of cipher.
ip link set lo up
ip address add 127.0.0.1/8 dev lo 2>/dev/null || true
for suite in TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
    # The server sends every line back reversed.
    openssl s_server -accept 127.0.0.1:4433 -cert certificate.pem -key rsa.pem -ciphersuites $suite -naccept 1 -rev -quiet >/dev/null 2>&1 &
    server=$!
    for try in 1 2 3 4 5 6 7 8 9 10; do
        (
            echo 'over the wire'
            for wait in 1 2 3 4 5 6 7 8 9 10; do
                [ -s answer ] || sleep 1
            done
        ) | openssl s_client -connect 127.0.0.1:4433 -CAfile certificate.pem -verify_return_error -quiet -no_ign_eof > answer 2>/dev/null && break
        sleep 1
    done
    wait $server || true
    echo "$suite: $(cat answer)"
    rm answer
done
openssl speed -seconds 1 -bytes 1024 -evp aes-256-gcm >/dev/null 2>&1
openssl speed -seconds 1 ecdsap256 >/dev/null 2>&1
echo 'speed ran'
