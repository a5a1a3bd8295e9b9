# SPDX-License-Identifier: MIT
"""Faults that are not mended yet: scenario: (the fault's number, what was measured).

Such a scenario is played, and counts as skipped while it shows the fault. When it holds, it fails:
then its line has to go. Measured with unoptimised builds on a busy machine.
"""

KNOWN = {
    "descriptors that nobody asked for are closed on the agents socket":
        ("H5", "264 descriptors of 264 messages stay open"),
    "descriptors that nobody asked for are closed on qmp":
        ("H5", "358 descriptors of 358 messages stay open"),
    "descriptors that nobody asked for are closed on the control socket":
        ("H5", "5303 descriptors in half a second stay open"),
    "a clipboards text is pulled once for each offer":
        ("S5", "pulled 48 times in half a second"),
    "a transfer of a very large picture does not hold the loop":
        ("H7", "a turn of over 3 s for 16384x3000"),
    "a guest with many pictures leaves descriptors for the others":
        ("H14", "256 of 256 descriptors are taken, the control socket answers no more"),
    "a compositor that never releases is given few buffers":
        ("H12", "94 MiB in 2.5 s, growing"),
    "drawing without a free buffer is survived":
        ("H13", "SIGSEGV inside Mesa"),
    "a seat that tells early what it has is heard":
        ("N1", "neither keyboard nor pointer: the seat's first event is lost"),
    "a qemu that does not read costs nothing":
        ("H10", "0.5 MiB in 4 s, growing"),
    "a limit of file sizes is told in one line":
        ("H16", "SIGXFSZ without a word"),
    "cursor themes are read before the first pointer":
        ("H17", "7 files of a theme of 6 are opened when the pointer comes"),
    "another user who makes the path of qmp first hears no keys":
        ("H4", "each key is heard"),
    "another user who makes the path of the agent first hears nothing":
        ("H4", "the agent's port is served"),
    "control clients that are turned away do not flood the log":
        ("H15", "1256 lines in half a second"),
    "random messages do not flood the log":
        ("H15", "527 lines in half a second"),
    "a vmm that comes and goes does not flood the log":
        ("H15", "799 lines in half a second"),
    "a second connection does not throw a vmm out that has not spoken yet":
        ("C16", "the first VMM is thrown out"),
}
