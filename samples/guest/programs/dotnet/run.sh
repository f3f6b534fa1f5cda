set -e
export DOTNET_GCHeapHardLimit=0x10000000 DOTNET_CLI_TELEMETRY_OPTOUT=1
./app/Work
DOTNET_TieredPGO=0 DOTNET_TC_QuickJitForLoops=0 ./app/Work > optimised
DOTNET_ReadyToRun=0 DOTNET_TieredCompilation=0 ./app/Work | cmp - optimised
echo 'tiers agree'
