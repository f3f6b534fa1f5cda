#!/bin/sh
# Builds a bare-metal guest:  build.sh OUTPUT [tiny|devices|smp|litmus]
exec gcc -O1 -Wall -ffreestanding -fno-pic -no-pie -fno-stack-protector -fcf-protection=none -mno-red-zone -mgeneral-regs-only -mcmodel=small \
    -nostdlib -static -Wl,-Ttext-segment=0x1000000 -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -o "$1" "$(dirname "$0")/${2:-tiny}.c"
