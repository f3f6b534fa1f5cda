# Sourced by test.sh and demo.sh: installs the Debian packages whose commands are missing, and says so.
#   need COMMAND=PACKAGE...
need() {
    local pair missing=() as=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    echo "installing Debian packages: ${missing[*]}" >&2
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "these packages are missing, and only root can install them: ${missing[*]}" >&2; exit 4; }
        as=(sudo)
    fi
    ${as[@]+"${as[@]}"} apt-get -qq update >&2
    ${as[@]+"${as[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >&2
}

# node_packages FOLDER: installs what the folder's package.json asks for, into the folder.
node_packages() {
    if [ -e "$1/node_modules/.installed" ] && [ ! "$1/package.json" -nt "$1/node_modules/.installed" ]; then
        return 0
    fi
    echo "installing the Node packages of ${1#"$PWD"/}" >&2
    (cd "$1" && npm install --no-package-lock --no-audit --no-fund --loglevel=error >&2)
    touch "$1/node_modules/.installed"
}
