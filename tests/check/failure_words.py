# SPDX-License-Identifier: MIT
"""What a failed test said, in a few lines.

The whole output of a run is long, and whoever keeps it may keep only its end. So these lines are
printed once more, last of all.
"""

MOST_LINES = 30
DOCTEST_RULE = "=" * 60


def essence(said):
    """The failed cases of a doctest program, or the last lines of anything else."""
    lines = said.splitlines()
    blocks, block = [], []
    for line in lines:
        if line.startswith((DOCTEST_RULE, "[doctest]")):
            blocks.append(block)
            block = []
        else:
            block.append(line)
    blocks.append(block)
    wrong = [line for block in blocks if any("ERROR:" in line for line in block)
             for line in block if line.strip()]
    return (wrong or lines[-MOST_LINES:])[:MOST_LINES]
