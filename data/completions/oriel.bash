# SPDX-License-Identifier: MIT
# bash completion for oriel

_oriel() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]:-} words='' names
    COMPREPLY=()
    case $previous in
    --vfio-user | --option-rom | --input-socket | --qmp | --agent)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --path) words='auto direct gles upload shm' ;;
    --resize) words='guest scale fixed' ;;
    --scaling) words='fit integer stretch none' ;;
    --grab) words='focus click never' ;;
    --latency) words='normal low' ;;
    --decorations) words='auto none' ;;
    --log-level) words='error warn info debug' ;;
    --vga-memory) words='16M 32M 64M 128M' ;;
    --name | --size | --outputs | --output-map | --title | --app-id | --scanout) return ;;
    *)
        if [ "$COMP_CWORD" = 1 ]; then
            words='show headless run ctl version --help --version'
        elif [ "$command" = show ]; then
            words='--name --vfio-user --input-socket --qmp --agent --size --outputs --title --app-id --fullscreen --resize --output-map --scaling --grab
                --confine --latency --decorations --inhibit-idle --path --keep
                --log-level --option-rom --vga-memory --freeze-blink --help'
        elif [ "$command" = run ]; then
            words='--name --vfio-user --input-socket --qmp --size --outputs --title --app-id --fullscreen --resize --output-map --scaling --grab
                --confine --latency --decorations --inhibit-idle --path --clipboard
                --log-level --option-rom --vga-memory --freeze-blink --help --'
        elif [ "$command" = headless ]; then
            words='--name --vfio-user --input-socket --qmp --size --outputs --keep --log-level
                --option-rom --vga-memory --freeze-blink --help'
        elif [ "$command" = ctl ] && [ "$COMP_CWORD" = 2 ]; then
            names=$(oriel ctl list 2>/dev/null | cut -d ' ' -f 1)
            words="list $names"
        elif [ "$command" = ctl ] && [ "$COMP_CWORD" = 3 ]; then
            words='screenshot stats screen quit key type pointer move button wheel touch'
        elif [ "$command" = ctl ] && [ "$previous" = screenshot ]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
        elif [ "$command" = ctl ] && [ "${COMP_WORDS[3]:-}" = button ] && [ "$COMP_CWORD" = 4 ]; then
            words='left right middle side extra'
        elif [ "$command" = ctl ] && [ "${COMP_WORDS[3]:-}" = screen ] && [ "$COMP_CWORD" = 5 ]; then
            words='on off'
        elif [ "$command" = ctl ]; then
            words='--scanout --json --down --up'
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _oriel oriel
