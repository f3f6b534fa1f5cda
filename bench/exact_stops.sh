#!/bin/bash
# Stops both engines at many places of a boot, half of them at random counts, half of them where a fault or an interrupt has just been delivered,
# and compares the whole state each time: the long form of tests/ReplayKit.Tests/Determinism/ExactStopTests.cs.
#   bench/exact_stops.sh [STOPS]     stops for each of three choices of TLB and block sizes (100000)
# Exit code: 0 the same everywhere, 1 something differs (the count of instructions and the seed are printed).
set -euo pipefail
cd "$(dirname "$0")/.."
export REPLAYKIT_STOPS=${1:-100000}
echo "commit $(git rev-parse --short HEAD 2>/dev/null), $REPLAYKIT_STOPS stops, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
dotnet test tests/ReplayKit.Tests -c Release --nologo --filter ExactStopTests --logger 'console;verbosity=detailed'
