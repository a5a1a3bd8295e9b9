# SPDX-License-Identifier: MIT
"""Faults that are not mended yet: scenario: (the fault's number, what was measured).

Such a scenario is played, and counts as skipped while it shows the fault. When it holds, it fails:
then its line has to go. Measured with unoptimised builds on a busy machine.
"""

KNOWN = {}
