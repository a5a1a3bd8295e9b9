# SPDX-License-Identifier: MIT
# fish completion for oriel. Written by `ninja -C build documents` from the tables in backend/app/cli: don't edit.

# Whether the command is one of these, and its own options go on.
function __oriel_command
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv; and not contains -- -- $words
end

# The words that follow oriel ctl, without options.
function __oriel_ctl_words
    set -l words (commandline -opc)
    set -l skip
    for word in $words[3..-1]
        if set -q skip[1]
            set skip
        else if test "$word" = --scanout
            set skip 1
        else if not string match -qr -- '^-[^0-9.]' $word
            printf '%s\n' $word
        end
    end
end

# Whether the word that is being typed is the number $argv[1] (from 0) of these.
function __oriel_ctl_word
    __oriel_command ctl; and test (count (__oriel_ctl_words)) = $argv[1]
end

# Whether it follows the supervisor's name, or a VM's.
function __oriel_ctl_kiosk
    __oriel_ctl_word 1; and test (__oriel_ctl_words)[1] = kiosk
end
function __oriel_ctl_vm
    __oriel_ctl_word 1; and test (__oriel_ctl_words)[1] != kiosk
end

# Whether the command of oriel ctl is one of these.
function __oriel_ctl_command
    __oriel_command ctl; or return
    set -l words (__oriel_ctl_words)
    if set -q words[2]
        contains -- $words[2] $argv
    else
        # A command without a name before it.
        test "$words[1]" = list; and contains -- list $argv
    end
end

# Whether the word that is being typed is the argument number $argv[2] (from 0) of $argv[1].
function __oriel_ctl_argument
    __oriel_ctl_command $argv[1]; and test (count (__oriel_ctl_words)) = (math $argv[2] + 2)
end

function __oriel_names
    oriel ctl list 2>/dev/null | string replace -r ' .*' ''
end

# What completes the command line of a VMM.
function __oriel_vmm
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l command $words[(math $at + 1)..-1]
    complete -C (string join ' ' -- (string escape -- $command) (commandline -ct))
end
function __oriel_in_vmm
    set -l words (commandline -opc)
    set -q words[2]; and test $words[2] = run; and contains -- -- $words
end

complete -c oriel -f
complete -c oriel -n __oriel_in_vmm -a '(__oriel_vmm)'

complete -c oriel -n 'test (count (commandline -opc)) = 1' -a show -d 'Shows a VM in a window'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a headless -d 'Serves a VM without a window, for tests and screenshots'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a run -d 'Starts QEMU and shows its VM in a window'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a view -d 'Shows a libvirt domain in a window, or lists all domains'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a test -d 'Runs tests: VMs whose screens, texts and serial lines are checked'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a trace -d 'Compares what two runs have shown, frame by frame'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a kiosk -d 'Starts the VMs of a file on their outputs, and keeps them running'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a ctl -d 'Asks a running oriel for something, or lists all of them'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a top -d 'Shows what all running VMs do, again and again'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -a version -d 'Prints the version'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -l help -s h -d 'Prints this help (also -h)'
complete -c oriel -n 'test (count (commandline -opc)) = 1' -l version -d 'Prints the version'

complete -c oriel -n '__oriel_command show headless run view' -l name -x -d 'The VM\'s name, for windows and oriel ctl'
complete -c oriel -n '__oriel_command show headless run' -l vfio-user -r -F -d 'Unix socket on which a VMM (QEMU 10.1 or newer) attaches its display'
complete -c oriel -n '__oriel_command show headless run' -l vhost-user -r -F -d 'The same for a VMM that can\'t speak vfio-user (older QEMUs, crosvm)'
complete -c oriel -n '__oriel_command show headless run' -l input-socket -r -F -d 'Unix sockets PATH.kbd, PATH.ptr, PATH.mouse and PATH.touch on which the VMM attaches input devices'
complete -c oriel -n '__oriel_command show headless run' -l qmp -r -F -d 'QEMU\'s QMP socket: input for guests without a driver for --input-socket'
complete -c oriel -n '__oriel_command show' -l agent -r -F -d 'The VMM\'s socket of the guest\'s spice-vdagent: shares the clipboard\'s texts'
complete -c oriel -n '__oriel_command show run view' -l clipboard -d 'Shares the clipboard\'s texts with the guest\'s spice-vdagent'
complete -c oriel -n '__oriel_command show headless' -l dbus -x -d 'Shows the D-Bus display of any QEMU from 7.0 on, for example qmp:/run/vm.qmp'
complete -c oriel -n '__oriel_command show headless' -l dbus-name -x -d 'QEMU\'s name on the bus of --dbus'
complete -c oriel -n '__oriel_command show headless' -l fd -x -d 'The same as --dbus over a socket that is open already'
complete -c oriel -n '__oriel_command show headless view' -l text-consoles -d 'Shows QEMU\'s text consoles, too, behind its graphics cards\''
complete -c oriel -n '__oriel_command run' -l road -x -a 'auto vfio-user vhost-user dbus' -d 'Whether Oriel is the VM\'s graphics card, or shows QEMU\'s own'
complete -c oriel -n '__oriel_command run' -l no-audio -d 'Adds no sound card to QEMU\'s command line'
complete -c oriel -n '__oriel_command view' -l connect -x -d 'Which libvirt, for example qemu:///session'
complete -c oriel -n '__oriel_command view' -l enable -d 'Gives a domain without a D-Bus display one, for its next start, after asking'
complete -c oriel -n '__oriel_command run' -l headless -d 'Without a window or a compositor, for tests and screenshots'
complete -c oriel -n '__oriel_command show headless view' -l keep -d 'When the VMM goes away, waits for the next one on the same socket'
complete -c oriel -n '__oriel_command show headless run view' -l size -x -d 'Mode that the guest should prefer, for example 1920x1080@59.94'
complete -c oriel -n '__oriel_command show headless run' -l outputs -x -d 'Number of screens, 1 to 16'
complete -c oriel -n '__oriel_command headless run' -l pace -x -a 'refresh virtual' -d 'What makes the clock of a screen without a window go on'
complete -c oriel -n '__oriel_command headless run' -l trace -r -F -d 'Writes a line for each frame of a screen without a window, for oriel trace diff'
complete -c oriel -n '__oriel_command show run view' -l title -x -d 'Window title'
complete -c oriel -n '__oriel_command show run view' -l app-id -x -d 'Wayland application id'
complete -c oriel -n '__oriel_command show run view' -l fullscreen -d 'Starts full screen'
complete -c oriel -n '__oriel_command show run view' -l output-map -x -d 'Outputs on which screens are full screen, for example 0=DP-1,1=HDMI-A-1'
complete -c oriel -n '__oriel_command show run view' -l missing-output -x -a 'show hide' -d 'What becomes of a window whose output isn\'t there'
complete -c oriel -n '__oriel_command show run view' -l resize -x -a 'guest scale fixed' -d 'How a window\'s size and the guest\'s mode follow each other'
complete -c oriel -n '__oriel_command show run view' -l scaling -x -a 'fit integer stretch none' -d 'How large the picture is in a window of another size'
complete -c oriel -n '__oriel_command show run view' -l path -x -a 'auto direct gles upload shm' -d 'How pictures get to the compositor'
complete -c oriel -n '__oriel_command show run view' -l latency -x -a 'normal low' -d 'Whether the newest frame may show at once, even if the picture tears'
complete -c oriel -n '__oriel_command show run view' -l decorations -x -a 'auto none' -d 'The window\'s frame'
complete -c oriel -n '__oriel_command show run view' -l inhibit-idle -d 'The screen doesn\'t go blank while a full screen picture moves'
complete -c oriel -n '__oriel_command show run view' -l on-compositor-loss -x -a 'wait end' -d 'What happens when the compositor goes away'
complete -c oriel -n '__oriel_command show run view' -l hud -d 'Shows live figures in a corner of each window'
complete -c oriel -n '__oriel_command show run view' -l grab -x -a 'focus click never' -d 'When the desktop\'s keyboard shortcuts become the VM\'s, until Ctrl+Alt'
complete -c oriel -n '__oriel_command show run view' -l confine -d 'A click keeps the pointer in the window, until Ctrl+Alt'
complete -c oriel -n '__oriel_command show headless run' -l pci-class -x -a 'auto vga display' -d 'What the guest takes the card for'
complete -c oriel -n '__oriel_command show headless run' -l option-rom -r -F -d 'A display\'s ROM for a BIOS guest, for example vgabios-bochs-display.bin'
complete -c oriel -n '__oriel_command show headless run' -l vga-memory -x -a '16M 32M 64M 128M' -d 'Video memory for VGA and bochs modes'
complete -c oriel -n '__oriel_command show headless run' -l freeze-blink -d 'Text modes: cursor and blinking text are always shown'
complete -c oriel -n '__oriel_command test' -l jobs -x -d 'How many tests run at once, 1 to 256 (also -j)'
complete -c oriel -n '__oriel_command test' -l filter -x -d 'Only tests whose names this regular expression finds'
complete -c oriel -n '__oriel_command test' -l list -d 'Prints the names of the tests, and runs none'
complete -c oriel -n '__oriel_command test' -l update -d 'Writes reference pictures that are missing or differ, and says what changes'
complete -c oriel -n '__oriel_command test' -l keep-going -d 'Runs the other tests, too, when one has failed'
complete -c oriel -n '__oriel_command test' -l rerun-failed -d 'Only tests that did not pass the last time'
complete -c oriel -n '__oriel_command test' -l seed -x -d 'Starts the tests in the order that this number gives'
complete -c oriel -n '__oriel_command test' -l output -r -F -d 'Where reports and pictures go'
complete -c oriel -n '__oriel_command test' -l tap -d 'Prints TAP (Test Anything Protocol) in place of a line for each test'
complete -c oriel -n '__oriel_command trace' -l times -d 'Compares the frames\' times, too'
complete -c oriel -n '__oriel_ctl_command screenshot record pointer touch wait switch' -l scanout -x -d 'The screen, 0 to 15'
complete -c oriel -n '__oriel_ctl_command key button touch' -l down -d 'Presses and holds'
complete -c oriel -n '__oriel_ctl_command key button touch' -l up -d 'Releases what is held'
complete -c oriel -n '__oriel_ctl_command screenshot record stats list status' -l json -d 'Prints JSON'
complete -c oriel -n '__oriel_ctl_command stats' -l openmetrics -d 'Prints OpenMetrics text'
complete -c oriel -n '__oriel_ctl_command stats' -l all -d 'All running VMs, in place of a name'
complete -c oriel -n '__oriel_ctl_command screenshot' -l allow-stale -d 'The last picture of a VM that is gone will do'
complete -c oriel -n '__oriel_ctl_command screenshot record wait' -l cursor -d 'With the guest\'s cursor in the picture'
complete -c oriel -n '__oriel_ctl_command wait' -l ocr -d 'Texts that no font explains are read by tesseract'
complete -c oriel -n '__oriel_ctl_command wait' -l serial -r -F -d 'The file that the VM\'s serial port is written to'
complete -c oriel -n '__oriel_ctl_command record' -l rate -x -d 'Frames a second, 1 to 240'
complete -c oriel -n '__oriel_ctl_command record' -l variable -d 'Each frame of a video has its own time'
complete -c oriel -n '__oriel_ctl_command record' -l codec -x -a 'auto h264 vp9 av1' -d 'How a video is packed'
complete -c oriel -n '__oriel_ctl_command wait' -l timeout -x -d 'How long is waited, 0 to 86400'
complete -c oriel -n '__oriel_command top' -l once -d 'Prints one table and ends'
complete -c oriel -n '__oriel_command top' -l interval -x -d 'Time between two tables, 1 to 3600'
complete -c oriel -n '__oriel_command kiosk' -l check -d 'Reads the file, prints each mistake, and starts nothing'
complete -c oriel -n '__oriel_command show headless run view test' -l sandbox -x -a 'on log off' -d 'What the process may still do once it serves the VM'
complete -c oriel -n '__oriel_command show headless run view kiosk' -l log-level -x -a 'error warn info debug' -d 'What is written to standard error'
complete -c oriel -n '__oriel_command show headless run view test trace kiosk ctl top version' -l help -s h -d 'Prints this help (also -h)'

complete -c oriel -n '__oriel_ctl_word 0' -a '(__oriel_names)' -d VM
complete -c oriel -n '__oriel_ctl_vm' -a screenshot -d 'Saves what the guest shows as a PNG file'
complete -c oriel -n '__oriel_ctl_vm' -a record -d 'Records what a screen shows, until record stop'
complete -c oriel -n '__oriel_ctl_vm' -a stats -d 'Prints statistics'
complete -c oriel -n '__oriel_ctl_word 0' -a list -d 'Prints the running VMs'
complete -c oriel -n '__oriel_ctl_vm' -a key -d 'Presses keys, for example ctrl+alt+f2'
complete -c oriel -n '__oriel_ctl_vm' -a type -d 'Types a text'
complete -c oriel -n '__oriel_ctl_vm' -a pointer -d 'Moves the pointer to a pixel of the guest'
complete -c oriel -n '__oriel_ctl_vm' -a move -d 'Moves the mouse by so many pixels'
complete -c oriel -n '__oriel_ctl_vm' -a button -d 'Clicks left, right, middle, side or extra'
complete -c oriel -n '__oriel_ctl_vm' -a wheel -d 'Turns the wheel towards the user, the second one to the right'
complete -c oriel -n '__oriel_ctl_vm' -a touch -d 'Taps a pixel of the guest with a finger'
complete -c oriel -n '__oriel_ctl_vm' -a screen -d 'Plugs a monitor in, pulls it out, or changes its mode'
complete -c oriel -n '__oriel_ctl_vm' -a hud -d 'Shows live figures in a corner of each window, or takes them away'
complete -c oriel -n '__oriel_ctl_vm' -a wait -d 'Waits for what the screen shows, for example wait text login:'
complete -c oriel -n '__oriel_ctl_kiosk' -a status -d 'Prints the VMs of oriel kiosk, and how they are'
complete -c oriel -n '__oriel_ctl_kiosk' -a start -d 'Starts a VM that was stopped, has ended, was given up, or waits for its next start'
complete -c oriel -n '__oriel_ctl_kiosk' -a stop -d 'Ends a VM\'s processes; it stays ended'
complete -c oriel -n '__oriel_ctl_kiosk' -a restart -d 'Ends a VM\'s processes and starts them again'
complete -c oriel -n '__oriel_ctl_kiosk' -a switch -d 'Brings a VM\'s screen to an output; who was there takes its place'
complete -c oriel -n '__oriel_ctl_kiosk' -a reload -d 'Reads the file again, as SIGHUP does'
complete -c oriel -n '__oriel_ctl_word 1' -a quit -d 'Ends the process'
complete -c oriel -n '__oriel_ctl_argument screenshot 0' -F
complete -c oriel -n '__oriel_ctl_argument record 0' -F
complete -c oriel -n '__oriel_ctl_argument button 0' -a 'left right middle side extra'
complete -c oriel -n '__oriel_ctl_argument screen 1' -a 'on off output'
complete -c oriel -n '__oriel_ctl_argument hud 0' -a 'on off'
complete -c oriel -n '__oriel_ctl_argument wait 0' -a 'image anywhere needle tag text pattern colour stable mode serial frames refresh cursor edid end'
