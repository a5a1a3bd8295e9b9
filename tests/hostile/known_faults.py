# SPDX-License-Identifier: MIT
"""Faults that are not mended yet: scenario: (the fault's number, what was measured).

Such a scenario is played, and counts as skipped while it shows the fault. When it holds, it fails:
then its line has to go. Measured with unoptimised builds on a busy machine.
"""

KNOWN = {
    "a compositor that never releases is given few buffers":
        ("H12", "94 MiB in 2.5 s, growing"),
    "drawing without a free buffer is survived":
        ("H13", "SIGSEGV inside Mesa"),
    "cursor themes are read before the first pointer":
        ("H17", "7 files of a theme of 6 are opened when the pointer comes"),
}
