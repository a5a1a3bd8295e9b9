# SPDX-License-Identifier: MIT
# Installs the Debian packages that Oriel needs. Source it (bash), then: oriel_setup SET...
# The sets and the reasons are in the file "packages" beside this one. When nothing is missing it
# costs one dpkg-query.

# Lets a build in one clone find what was compiled in another one, also with a precompiled header.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
export CCACHE_PCH_EXTSUM="${CCACHE_PCH_EXTSUM:-1}"
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"

# Prints "PACKAGE<tab>REASON" for each package of the given sets that is not installed.
oriel_missing_packages() {
    local list=${BASH_SOURCE[0]%/*}/packages
    awk -v sets=" $* " '
        FNR == NR { if ($2 == "ok" && $3 == "installed") have[$4] = 1; next }
        /^#/ || NF < 3 { next }
        index(sets, " " $1 " ") && !have[$2] && !seen[$2]++ {
            reason = $3
            for (i = 4; i <= NF; i++) reason = reason " " $i
            print $2 "\t" reason
        }' <(dpkg-query -W -f '${Status} ${Package}\n') "$list"
}

# oriel_setup SET...: installs what is missing, as root or through sudo. Fails with one line that
# the user can run where neither is possible.
oriel_setup() {
    local missing package reason names=() as_root=() log
    command -v dpkg-query >/dev/null || {
        echo "setup: this is no Debian system; install what data/setup/packages lists" >&2
        return 0
    }
    missing=$(oriel_missing_packages "$@")
    [ -n "$missing" ] || return 0
    while IFS=$'\t' read -r package reason; do
        names+=("$package")
    done <<<"$missing"

    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            echo "setup: packages are missing; as root run:" \
                "apt-get update && apt-get install --no-install-recommends -y ${names[*]}" >&2
            return 1
        fi
    fi
    echo "setup: installing ${#names[@]} packages:"
    while IFS=$'\t' read -r package reason; do
        printf '  %-24s %s\n' "$package" "$reason"
    done <<<"$missing"

    log=$(mktemp) || return 1
    if ! "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=120 update >"$log" 2>&1; then
        # One broken third-party source must not stop us; a missing package will, below.
        echo "setup: warning: apt-get update: $(grep -m1 '^[EW]:' "$log")" >&2
    fi
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${names[@]}" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        echo "setup: apt-get could not install the packages (above: the end of what it said)" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
