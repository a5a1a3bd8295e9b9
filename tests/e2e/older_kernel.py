# SPDX-License-Identifier: MIT
"""usage: older_kernel.py NUMBER,NUMBER... COMMAND...

Runs a command as on a kernel without some system calls, by their numbers: they fail with ENOSYS."""

import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
ENOSYS = 38
# The same on each architecture.
LANDLOCK_CREATE_RULESET = 444


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("size", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def take_away(numbers):
    code = [(LOAD_NUMBER, 0, 0, 0)]
    for number in numbers:
        code += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, FAIL | ENOSYS)]
    code.append((RETURN, 0, 0, ALLOW))
    data = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *one) for one in code))
    program = Program(len(code), ctypes.addressof(data))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            or libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    take_away([int(number) for number in sys.argv[1].split(",")])
    os.execvp(sys.argv[2], sys.argv[2:])
