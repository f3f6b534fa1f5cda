set -e
gcc --version | head -1
for options in '-O0' '-O2' '-O3 -funroll-loops' '-Os -fno-pic -no-pie'; do
    # shellcheck disable=SC2086 # options are words
    gcc $options -Wall -o work work.c -lm
    sha256sum work
    ./work
done
gcc -O2 -S -o - work.c | sha256sum
objdump -d work | sha256sum
echo 'int main(void) { return missing; }' > wrong.c
if gcc -c wrong.c; then exit 1; fi
