#!/bin/bash
# Unpacks programs of Debian packages, with all that they need, into a folder of their own, to be run from there. Nothing is installed.
#
#   samples/guest/tools.sh FOLDER PACKAGE...        such as: apache2-utils (ab), wrk, redis-tools (redis-benchmark), postgresql-15 (pgbench)
#
# Prints FOLDER/run, which runs a program of theirs: FOLDER/run ab -n 100 http://…   Needs a host that runs Debian 12's programs.
set -euo pipefail

[ $# -ge 2 ] || { sed -nE '/^$|^set /q; s/^# ?//p' "$0" >&2; exit 1; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
. "$(dirname "$0")/packages.sh"
refresh stable
list=$(with_dependencies stable "$@")
while read -r package version; do
    # The C library is the host's: its loader takes no other.
    case $package in libc6 | libc-bin) continue ;; esac
    source=$(unpack stable "$package" "$version")
    cp -a --no-clobber "$source/." "$folder/"
done <<< "$list"
cat > "$folder/run" <<'RUN'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu:$here/lib/x86_64-linux-gnu PATH=$here/usr/bin:$here/usr/lib/postgresql/15/bin:$PATH
exec "$@"
RUN
chmod 755 "$folder/run"
echo "$folder/run"
