# SPDX-License-Identifier: MIT
# Shared by the scripts in this folder (bash, sourced): the cache folder, and how things are put
# into it. Everything in the cache can be deleted at any time; it is made again when needed.

vm_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
vm_cache=${ORIEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/oriel}

vm_say() { echo "vm: $*" >&2; }
vm_die() { vm_say "$*"; exit 1; }

# vm_make NAME MAKER ARGS...: prints the path of $vm_cache/NAME, after "MAKER TMP ARGS" has made it
# if it wasn't there. TMP becomes NAME in one rename, so a half-made thing is never used; a lock per
# NAME lets a second run wait for the first one's result. To be called as $(vm_make …) only. MAKER
# must check each step itself (set -e doesn't reach into it).
vm_make() {
    local name=$1 maker=$2 target=$vm_cache/$1 temporary lock
    shift 2
    if [ ! -e "$target" ]; then
        mkdir -p "$vm_cache/locks" || vm_die "cannot write to the cache folder $vm_cache"
        exec {lock}>"$vm_cache/locks/$name"
        flock -n "$lock" || { vm_say "waiting for another run to finish $name"; flock "$lock"; }
        if [ ! -e "$target" ]; then
            temporary=$(mktemp -d "$vm_cache/.making-XXXXXX")
            vm_temporary=$temporary
            # A maker that was killed may have left the machine's /sys and /dev/shm mounted there.
            trap 'rm -rf --one-file-system "$vm_temporary"' EXIT
            # The lock must not be inherited by what the maker leaves running, if anything.
            if ! "$maker" "$temporary" "$@" {lock}>&-; then
                vm_die "could not make $name"
            fi
            chmod 755 "$temporary"
            mv -T "$temporary" "$target"
        fi
        exec {lock}>&-
    fi
    echo "$target"
}

# Prints the URI of the Debian mirror that this machine's apt uses ($ORIEL_MIRROR overrides it).
vm_mirror() {
    local codename
    if [ -n "${ORIEL_MIRROR:-}" ]; then
        echo "$ORIEL_MIRROR"
        return
    fi
    codename=$(vm_host_suite)
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v suite="$codename" '$2 == "main" && $1 == suite { print $3; found = 1; exit }
            $2 == "main" && $1 !~ /security/ && !other { other = $3 }
            END { if (!found) print other }'
}

# The code name of the release that runs here, e.g. bookworm.
vm_host_suite() { (. /etc/os-release && echo "${VERSION_CODENAME:-trixie}"); }

# vm_apt_config FOLDER SUITE...: prepares an apt of its own in FOLDER that knows just these suites
# of the mirror, and touches nothing of the machine's. Use it with APT_CONFIG=FOLDER/apt.conf.
vm_apt_config() {
    local folder=$1 mirror suite
    shift
    mirror=$(vm_mirror)
    [ -n "$mirror" ] || { vm_say "apt names no Debian mirror; set ORIEL_MIRROR"; return 1; }
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    : >"$folder/status"
    for suite in "$@"; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$folder/sources.list"
    cat >"$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$folder/lists";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
CONF
}
