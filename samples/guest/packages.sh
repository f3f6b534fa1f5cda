# Sourced by fetch.sh and programs.sh: Debian packages fetched with apt lists of their own and unpacked into a cache. Nothing is installed.
# The cache is $REPLAYKIT_CACHE, or .cache/ in the checkout. Package lists are refreshed once a day; without a network the newest cached packages
# are used. Only one of the scripts works in a cache at a time.
export LC_ALL=C

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${REPLAYKIT_CACHE:-$checkout/.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
exec 9>"$cache/fetch.lock"
flock 9

say() { echo "${0##*/}: $*" >&2; }

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
    elif [ "${apt##*/}" = sources ]; then
        echo "deb-src $option$main bookworm main"
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

# candidate SET PACKAGE: the newest version of a package.
candidate() {
    local version
    version=$(private "$cache/apt/$1" apt-cache policy "$2" | awk '$1 == "Candidate:" { print $2 }')
    if [ -z "$version" ] || [ "$version" = '(none)' ]; then
        say "the archive has no package $2"
        exit 4
    fi
    echo "$version"
}

# with_dependencies SET PACKAGE...: the packages and all that they depend on, a line "PACKAGE VERSION" for each.
with_dependencies() {
    local apt=$cache/apt/$1
    shift
    private "$apt" apt-get -s --no-install-recommends install "$@" | sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1 \2/p'
}

# unpack SET PACKAGE VERSION: downloads and unpacks one package, once per version; prints its folder.
unpack() {
    local apt=$cache/apt/$1 package=$2 version=$3 folder=$cache/packages/${2}_$3
    if [ ! -e "$folder" ]; then
        say "fetching $package $version"
        mkdir -p "$cache/download" "$cache/packages"
        rm -rf "$cache/download/"* "$folder.part"
        (cd "$cache/download" && private "$apt" apt-get download "$package=$version" >&2)
        mkdir "$folder.part"
        dpkg-deb -x "$cache/download/"*.deb "$folder.part"
        rm -f "$cache/download/"*.deb
        mv "$folder.part" "$folder"
    fi
    echo "$folder"
}

# fetch_source SET PACKAGE: downloads a package's source archives, once per version; prints their folder. Nothing is unpacked or patched.
fetch_source() {
    local apt=$cache/apt/$1 package=$2 version folder
    version=$(private "$apt" apt-cache showsrc "$package" | awk '$1 == "Version:" { print $2; exit }')
    [ -n "$version" ] || { say "the archive has no source of $package"; exit 4; }
    folder=$cache/packages/${package}_${version}_source
    if [ ! -e "$folder" ]; then
        say "fetching the source of $package $version"
        mkdir -p "$cache/packages"
        rm -rf "$folder.part"
        mkdir "$folder.part"
        (cd "$folder.part" && private "$apt" apt-get --download-only source "$package=$version" >&2)
        mv "$folder.part" "$folder"
    fi
    echo "$folder"
}
