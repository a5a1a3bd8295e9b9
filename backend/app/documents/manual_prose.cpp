// SPDX-License-Identifier: MIT
#include "documents/manual_prose.h"

#include <array>

namespace oriel::app {
namespace {

constexpr auto kDescription = std::to_array<std::string_view>({
    "`oriel` is the graphics card of a virtual machine (VM) as a program of its own: virtio-gpu "
    "with VGA and bochs compatibility. A virtual machine monitor (VMM: QEMU 10.1 or newer) "
    "attaches over a vfio-user socket.",
    "`oriel show` shows each of the VM's screens in a window of a Wayland compositor. `oriel "
    "headless` shows them nowhere: for tests and screenshots.",
    "`oriel run` starts QEMU too, and adds to its command line what a window needs: shared memory, "
    "the graphics card, the input devices, a monitor socket, no window of QEMU's own. It says what "
    "it added, and which of the user's options will not work with it. Where QEMU has no vfio-user, "
    "or "
    "a card of its own is asked for, that card is shown over QEMU's D-Bus display. Window and VM "
    "end "
    "together.",
    "`oriel view` shows a domain of libvirt over its D-Bus display, and lists all domains when it "
    "gets no name. It waits for a domain that does not run. *DOMAIN* is a name, a UUID, or a link: "
    "`oriel:`*NAME*, `oriel:///`*NAME*`?connect=`*URI*.",
    "`oriel kiosk` starts the VMs of a TOML file, each on its outputs, and keeps them running: a "
    "VM "
    "that ends starts again after a delay that grows. When the supervisor itself is killed, all "
    "VMs "
    "go on, and the next one adopts them. On SIGHUP it reads the file again; on SIGTERM and SIGINT "
    "it ends them all.",
    "One process serves one VM. It ends when the VMM goes away, when a window is closed, and on "
    "SIGTERM, SIGINT or SIGHUP. It goes on while the compositor is restarted. `oriel ctl` asks a "
    "process that runs for a screenshot or for "
    "statistics, presses keys, changes screens, or ends it.",
});
constexpr ManualSection kDescriptionSection{.title = "Description", .paragraphs = kDescription};

constexpr auto kKeys = std::to_array<ManualTerm>({
    {"`Ctrl+Alt`",
     "Pressed and released without another key: gives keyboard and pointer back to the desktop. "
     "The title of a window that has them says so."},
    {"`Ctrl+Alt+G`", "Locks the pointer to the window, for games, or frees it."},
    {"`Ctrl+Alt+F`", "Full screen, and back."},
});

constexpr auto kExitStatus = std::to_array<ManualTerm>({
    {"`0`", "The end was asked for: window closed, signal, quit, or the VMM went away."},
    {"`1`",
     "Something failed; one line on standard error says what. Also when there was no compositor at "
     "the start, when it went away with `--on-compositor-loss end`, when the QEMU of `oriel run` "
     "failed, and when the files of `oriel trace diff` differ."},
    {"`2`",
     "Wrong use: a bad option, a mistake in the file of `oriel kiosk`, or a name or a socket that "
     "a "
     "running process has."},
    {"`3`",
     "`oriel ctl` *NAME* `screenshot` has saved the last picture of a VM that is gone (`--keep`), "
     "without `--allow-stale`."},
    {"`159`", "`--sandbox`: a system call was denied; one line on standard error names it."},
});

constexpr auto kFiles = std::to_array<ManualTerm>({
    {"`$XDG_RUNTIME_DIR/oriel/`*NAME*`.sock`",
     "The control socket (mode 0600). Without `XDG_RUNTIME_DIR` it is in `/run/user/`*UID*`/oriel` "
     "if `/run/user/`*UID* exists, else in `/tmp/oriel-`*UID*. A request is one line of JSON, "
     "`{\"command\":\"stats\"}`, and so is its answer. That of `oriel kiosk` is `kiosk.sock`."},
    {"`$XDG_RUNTIME_DIR/oriel/`*NAME*`.kiosk`",
     "What a supervisor has started, for the one that comes after it."},
});

constexpr auto kEnvironment = std::to_array<ManualTerm>({
    {"`WAYLAND_DISPLAY`", "The compositor that `oriel show` and `oriel run` use."},
    {"`XDG_RUNTIME_DIR`", "Where the sockets of `oriel` are; see Files."},
    {"`XDG_ACTIVATION_TOKEN`",
     "The token of the program that started `oriel`: the first window may take the user's "
     "attention."},
    {"`XCURSOR_THEME`, `XCURSOR_SIZE`",
     "The arrow beside a picture, where the compositor has none of its own."},
});

constexpr std::string_view kExamples = R"(# A VM in a window, all in one:
oriel run --name demo -- qemu-system-x86_64 -machine q35,accel=kvm -m 4G disk.qcow2

# The same by hand:
oriel show --name demo --vfio-user /tmp/demo.sock --size 1920x1080 &
qemu-system-x86_64 -machine q35,accel=kvm,memory-backend=ram -m 4G \
  -object memory-backend-memfd,id=ram,size=4G,share=on -vga none -display none \
  -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"/tmp/demo.sock"}}' \
  disk.qcow2

# A domain of libvirt, again and again:
oriel view --keep --connect qemu:///system win11

# Several VMs, each on its output, unattended:
oriel kiosk --check panel.toml && oriel kiosk panel.toml

# While it runs:
oriel ctl demo screenshot demo.png
oriel ctl demo key ctrl+alt+f2
)";

constexpr auto kSeeAlso = std::to_array<std::string_view>({
    "`oriel-show`(1), `oriel-headless`(1), `oriel-run`(1), `oriel-view`(1), `oriel-test`(1), "
    "`oriel-trace`(1), `oriel-kiosk`(1), `oriel-ctl`(1), `oriel-top`(1), `qemu-system-x86_64`(1), "
    "`weston`(1)",
});

constexpr auto kClosing = std::to_array<ManualSection>({
    {.title = "Keys of a window", .terms = kKeys},
    {.title = "Exit status", .terms = kExitStatus},
    {.title = "Files", .terms = kFiles},
    {.title = "Environment", .terms = kEnvironment},
    {.title = "Examples", .example = kExamples},
    {.title = "See also", .paragraphs = kSeeAlso},
});

}  // namespace

const ManualSection& description_section() {
    return kDescriptionSection;
}

std::span<const ManualSection> closing_sections() {
    return kClosing;
}

}  // namespace oriel::app
