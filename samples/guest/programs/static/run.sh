set -e
./check
./check-v2
# Where native.sh hides the instructions from the C library, the guest does not have them.
case ${GLIBC_TUNABLES-} in
    *-AVX2*) ;;
    *) if grep -q ' avx2 ' /proc/cpuinfo; then ./check-v3; fi ;;
esac
