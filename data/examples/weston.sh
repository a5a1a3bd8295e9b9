#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in the guest of weston.toml: a desktop of one colour, and on it a window with a picture.
export XDG_RUNTIME_DIR=/run LIBSEAT_BACKEND=seatd SEATD_VTBOUND=0
chmod 700 /run
cat >/run/weston.ini <<INI
[core]
idle-time=0
[shell]
background-color=0xff204060
panel-position=none
locking=false
animation=none
close-animation=none
startup-animation=none
INI
# What udevd would have written of each input device: libinput takes no other.
mkdir -p /run/udev/data
for device in /sys/class/input/event*; do
    case $(cat "$device/device/name") in
    *Touch*) kind=TOUCHSCREEN ;;
    *Pointer* | *Mouse*) kind=MOUSE ;;
    *) kind=KEYBOARD ;;
    esac
    printf 'E:ID_INPUT=1\nE:ID_INPUT_%s=1\n' $kind >"/run/udev/data/c$(cat "$device/dev")"
done
seatd -g root &
while [ ! -e /run/seatd.sock ]; do sleep 0.1; done
weston --config=/run/weston.ini --socket=desktop --backend=drm --renderer=pixman \
    --continue-without-input --shell=desktop &
while [ ! -e /run/desktop ]; do sleep 0.1; done
WAYLAND_DISPLAY=desktop weston-image /usr/share/weston/wayland.png
echo "weston: the window is closed"
wait
