#!/bin/bash
# Fetches Debian's cloud kernel and busybox-static as packages and unpacks them into a cache. Nothing is installed.
#
#   samples/guest/fetch.sh [6.1|6.12]     6.1 (default): the newest linux-image-cloud-amd64 of Debian 12
#                                         6.12: the newest one of Debian 12's backports
#
# Prints two lines for `eval "$(samples/guest/fetch.sh)"`:  vmlinuz=PATH  and  busybox=PATH
# The cache is $REPLAYKIT_CACHE, or .cache/ in the checkout. Package lists are refreshed once a day; without a
# network the newest cached packages are used.
set -euo pipefail
export LC_ALL=C

version=${1:-6.1}
case $version in
    6.1) kernel_set=stable ;;
    6.12) kernel_set=backports ;;
    *) echo "usage: ${0##*/} [6.1|6.12]" >&2; exit 1 ;;
esac
checkout=$(cd "$(dirname "$0")/../.." && pwd)
cache=${REPLAYKIT_CACHE:-$checkout/.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
exec 9>"$cache/fetch.lock"
flock 9

say() { echo "fetch: $*" >&2; }

# The machine's own sources name the archive: "URI SUITE" for each suite that they list.
sources() {
    local empty=$cache/apt/empty
    mkdir -p "$empty/partial"
    apt-get update --print-uris -o Dir::State::lists="$empty" |
        sed -nE "s#^'(.*)/dists/([^/]+)/InRelease'.*#\1 \2#p"
}

# Writes the sources of one private apt folder: the archive of the machine's own sources, suites of Debian 12.
write_sources() {
    local apt=$1 main security keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=''
    main=$(sources | awk '$2 ~ /^[a-z]+$/ && $1 ~ /\/debian$/ { print $1; exit }')
    security=$(sources | awk '$2 ~ /-security$/ { print $1; exit }')
    if [ -z "$main" ]; then
        say "the machine's apt sources name no Debian archive (apt-get update --print-uris)"
        exit 4
    fi
    [ -e "$keyring" ] && option="[signed-by=$keyring] "
    if [ "${apt##*/}" = backports ]; then
        echo "deb $option$main bookworm-backports main"
    else
        echo "deb $option$main bookworm main"
        echo "deb $option$main bookworm-updates main"
        [ -z "$security" ] || echo "deb $option$security bookworm-security main"
    fi > "$apt/sources.list"
}

# apt-get and apt-cache with lists, sources and state of their own, so that the machine's are left alone.
private() {
    local apt=$1 tool=$2
    shift 2
    "$tool" -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User= -o APT::Architecture=amd64 -o APT::Architectures=amd64 "$@"
}

refresh() {
    local apt=$cache/apt/$1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    if [ -n "$(find "$apt/refreshed" -mmin -1440 2>/dev/null)" ]; then
        return
    fi
    write_sources "$apt"
    say "reading the package lists ($1)"
    if private "$apt" apt-get -o APT::Update::Error-Mode=any update >&2; then
        touch "$apt/refreshed"
    elif [ -e "$apt/refreshed" ]; then
        say "no fresh package lists; going on with those of $(date -r "$apt/refreshed" +%F)"
    else
        exit 4
    fi
}

# unpack SET PACKAGE: downloads and unpacks one package, once per version; prints its folder.
unpack() {
    local apt=$cache/apt/$1 package=$2 newest folder
    newest=$(private "$apt" apt-cache policy "$package" | awk '$1 == "Candidate:" { print $2 }')
    if [ -z "$newest" ] || [ "$newest" = '(none)' ]; then
        say "the archive has no package $package"
        exit 4
    fi
    folder=$cache/packages/${package}_$newest
    if [ ! -e "$folder" ]; then
        say "fetching $package $newest"
        mkdir -p "$cache/download" "$cache/packages"
        rm -rf "$cache/download/"* "$folder.part"
        (cd "$cache/download" && private "$apt" apt-get download "$package=$newest" >&2)
        mkdir "$folder.part"
        dpkg-deb -x "$cache/download/"*.deb "$folder.part"
        rm -f "$cache/download/"*.deb
        mv "$folder.part" "$folder"
    fi
    echo "$folder"
}

refresh stable
refresh "$kernel_set"
image=$(private "$cache/apt/$kernel_set" apt-cache show linux-image-cloud-amd64 |
    sed -nE 's/^Depends:.*(linux-image-[0-9][^ ,]*-cloud-amd64).*/\1/p' | head -1)
kernel=$(unpack "$kernel_set" "$image")
busybox=$(unpack stable busybox-static)
printf 'vmlinuz=%q\n' "$kernel"/boot/vmlinuz-*
printf 'busybox=%q\n' "$busybox/bin/busybox"
