# SPDX-License-Identifier: MIT
# bash completion for oriel. Written by `ninja -C build documents` from the tables in backend/app/cli: don't edit.

# Offers words, or files, that start as the current word does.
_oriel_offer() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
_oriel_offer_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

_oriel_commands() {
    echo 'show headless run view test trace kiosk ctl top version --help --version'
}

# The options of a command.
_oriel_options() {
    case $1 in
    show) echo '--name --vfio-user --vhost-user --input-socket --qmp --agent --clipboard --dbus --dbus-name --fd --text-consoles --keep --size --outputs --title --app-id --fullscreen --output-map --missing-output --resize --scaling --path --latency --decorations --inhibit-idle --on-compositor-loss --hud --grab --confine --pci-class --option-rom --vga-memory --gpu-memory --gpu-resources --freeze-blink --sandbox --log-level --help' ;;
    headless) echo '--name --vfio-user --vhost-user --input-socket --qmp --dbus --dbus-name --fd --text-consoles --keep --size --outputs --pace --trace --pci-class --option-rom --vga-memory --gpu-memory --gpu-resources --freeze-blink --sandbox --log-level --help' ;;
    run) echo '--name --vfio-user --vhost-user --input-socket --qmp --clipboard --road --no-audio --headless --size --outputs --pace --trace --title --app-id --fullscreen --output-map --missing-output --resize --scaling --path --latency --decorations --inhibit-idle --on-compositor-loss --hud --grab --confine --pci-class --option-rom --vga-memory --gpu-memory --gpu-resources --freeze-blink --sandbox --log-level --help --' ;;
    view) echo '--name --clipboard --text-consoles --connect --enable --keep --size --title --app-id --fullscreen --output-map --missing-output --resize --scaling --path --latency --decorations --inhibit-idle --on-compositor-loss --hud --grab --confine --sandbox --log-level --help' ;;
    test) echo '--jobs --filter --list --update --keep-going --rerun-failed --seed --output --tap --sandbox --help' ;;
    trace) echo '--times --help' ;;
    kiosk) echo '--check --log-level --help' ;;
    top) echo '--once --interval --help' ;;
    version) echo '--help' ;;
    esac
}

# Offers what may follow an option; fails for one that takes no value.
_oriel_value() {
    case $1 in
    --road) _oriel_offer 'auto vfio-user vhost-user dbus' ;;
    --pace) _oriel_offer 'refresh virtual' ;;
    --missing-output) _oriel_offer 'show hide' ;;
    --resize) _oriel_offer 'guest scale fixed' ;;
    --scaling) _oriel_offer 'fit integer stretch none' ;;
    --path) _oriel_offer 'auto direct gles upload shm' ;;
    --latency) _oriel_offer 'normal low' ;;
    --decorations) _oriel_offer 'auto none' ;;
    --on-compositor-loss) _oriel_offer 'wait end' ;;
    --grab) _oriel_offer 'focus click never' ;;
    --pci-class) _oriel_offer 'auto vga display' ;;
    --vga-memory) _oriel_offer '16M 32M 64M 128M' ;;
    --codec) _oriel_offer 'auto h264 vp9 av1' ;;
    --sandbox) _oriel_offer 'on log off' ;;
    --log-level) _oriel_offer 'error warn info debug' ;;
    --vfio-user | --vhost-user | --input-socket | --qmp | --agent | --trace | --option-rom | --output | --serial) _oriel_offer_files ;;
    --name | --dbus | --dbus-name | --fd | --connect | --size | --outputs | --title | --app-id | --output-map | --gpu-memory | --gpu-resources | --jobs | --filter | --seed | --scanout | --rate | --timeout | --interval) ;;
    *) return 1 ;;
    esac
    return 0
}

# The commands of ctl for the name $1.
_oriel_ctl_commands() {
    case $1 in
    kiosk) echo 'status start stop restart switch reload quit' ;;
    *) echo 'screenshot record stats key type pointer move button wheel touch screen hud wait quit' ;;
    esac
}

# The options of a command of ctl.
_oriel_ctl_options() {
    case $1 in
    screenshot) echo '--help --scanout --json --allow-stale --cursor' ;;
    record) echo '--help --scanout --json --cursor --rate --variable --codec' ;;
    stats) echo '--help --json --openmetrics --all' ;;
    list) echo '--help --json' ;;
    key) echo '--help --down --up' ;;
    type) echo '--help' ;;
    pointer) echo '--help --scanout' ;;
    move) echo '--help' ;;
    button) echo '--help --down --up' ;;
    wheel) echo '--help' ;;
    touch) echo '--help --scanout --down --up' ;;
    screen) echo '--help' ;;
    hud) echo '--help' ;;
    wait) echo '--help --scanout --timeout --cursor --ocr --serial' ;;
    status) echo '--help --json' ;;
    start) echo '--help' ;;
    stop) echo '--help' ;;
    restart) echo '--help' ;;
    switch) echo '--help --scanout' ;;
    reload) echo '--help' ;;
    quit) echo '--help' ;;
    esac
}

# Offers the argument number $2 (from 0) of a command of ctl.
_oriel_ctl_argument() {
    case "$1 $2" in
    "screenshot 0") _oriel_offer_files ;;
    "record 0") _oriel_offer_files ;;
    "button 0") _oriel_offer 'left right middle side extra' ;;
    "screen 1") _oriel_offer 'on off output' ;;
    "hud 0") _oriel_offer 'on off' ;;
    "wait 0") _oriel_offer 'image anywhere needle tag text pattern colour stable mode serial frames refresh cursor edid end' ;;
    esac
}

# What follows oriel ctl.
_oriel_ctl() {
    local i word words=()
    for ((i = 2; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --scanout)
            [ "${COMP_WORDS[i + 1]}" = = ] && i=$((i + 1))
            i=$((i + 1))
            ;;
        -[0-9.]*) words+=("$word") ;;
        -*) ;;
        *) words+=("$word") ;;
        esac
    done
    case ${#words[@]} in
    # compgen -W expands its words: no character of a name may mean something to the shell.
    0) _oriel_offer "list $(oriel ctl list 2>/dev/null | cut -d ' ' -f 1 | tr -cd 'A-Za-z0-9._\n-')" ;;
    1)
        case ${words[0]} in
        list) _oriel_offer "$(_oriel_ctl_options list)" ;;
        *) _oriel_offer "$(_oriel_ctl_commands "${words[0]}")" ;;
        esac
        ;;
    *)
        _oriel_offer "$(_oriel_ctl_options "${words[1]}")"
        case $current in
        -*) ;;
        *) _oriel_ctl_argument "${words[1]}" $((${#words[@]} - 2)) ;;
        esac
        ;;
    esac
}

# The command line of a VMM, whose first word is the number $1.
_oriel_vmm() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [ "$COMP_CWORD" = "$1" ]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
    else
        _oriel_offer_files
    fi
}

_oriel() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
    COMPREPLY=()
    # --option=value is three words here.
    if [ "$current" = = ]; then
        current=''
    elif [ "$previous" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [ "$COMP_CWORD" = 1 ]; then
        _oriel_offer "$(_oriel_commands)"
        return
    fi
    if [ "${COMP_WORDS[1]}" = run ]; then
        for ((i = 2; i < COMP_CWORD; i++)); do
            if [ "${COMP_WORDS[i]}" = -- ]; then
                _oriel_vmm $((i + 1))
                return
            fi
        done
    fi
    _oriel_value "$previous" && return
    case ${COMP_WORDS[1]} in
    ctl) _oriel_ctl ;;
    *) _oriel_offer "$(_oriel_options "${COMP_WORDS[1]}")" ;;
    esac
}
complete -F _oriel oriel
