# SPDX-License-Identifier: MIT
"""Text goes both ways between a Wayland desktop (sway, wl-clipboard) and the guest's (X11, the stock
spice-vdagent), through --agent: other scripts' letters, several lines, more than a message's chunk; an
agent and a VMM that come back. The guest's own programs run here, behind a socket in the VMM's place."""

from harness import check, main, wait_for
from host_clipboard import HostClipboard, arrives
from spice_guest import GuestDesktop
from sway import Keyboard, Sway

KEY_A = 30
LONG = "".join(f"Zeile {i}: Größe ≠ 漢字 💖\n" for i in range(5000))


def test(lab):
    sway = Sway(lab)
    host = HostClipboard(lab, sway)
    guest = GuestDesktop(lab)
    oriel = lab.oriel(options=["--size", "800x600", "--agent", guest.socket, "--keep"],
                      compositor=sway.socket)
    wait_for(lambda: oriel.stats()["agent"]["ready"], 20, "the guest's agent answers")
    with Keyboard(sway) as keyboard:
        keyboard.chord(KEY_A)
        for text in ("Hallo", "zwölf\nBoxkämpfer ≠ 漢字 💖\n\ttab", LONG):
            host.copy(text)
            arrives(guest.paste, text, "in the guest")
        for text in ("world", "Grüße\naus dem Gast 漢字 💖\n", LONG):
            # A user does something in the window before the guest copies anything.
            keyboard.chord(KEY_A)
            guest.copy(text)
            arrives(host.paste, text, "on the host")
        stats = oriel.stats()["agent"]
        check(stats["garbage"] == stats["refused"] == stats["dropped"] == 0, f"{stats}")

        # Nobody who looks at another window tells the guest what is copied there.
        sway.message("workspace 2")
        offers = oriel.stats()["agent"]["offers_to_guest"]
        host.copy("not for the guest")
        check(guest.paste() != "not for the guest", "the guest has what was copied elsewhere")
        check(oriel.stats()["agent"]["offers_to_guest"] == offers, "it was offered")
        sway.message("workspace 1")
        arrives(guest.paste, "not for the guest", "with the focus")

        # The session's agent starts anew, as when the guest's user logs in again.
        guest.restart_agent()
        arrives(guest.paste, "not for the guest", "in a new agent")
        host.copy("after that")
        arrives(guest.paste, "after that", "in a new agent")

        connects = oriel.stats()["agent"]["connects"]
        guest.restart_vmm()
        wait_for(lambda: oriel.stats()["agent"]["connects"] > connects, 20, "a new connection")
        host.copy("after the VMM's restart")
        arrives(guest.paste, "after the VMM's restart", "behind a new VMM")
        keyboard.chord(KEY_A)
        guest.copy("and back")
        arrives(host.paste, "and back", "from behind a new VMM")
    check("share their clipboards' texts" in oriel.log(), "the log says so")


main(test)
