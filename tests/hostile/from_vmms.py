# SPDX-License-Identifier: MIT
"""What the VMM's end of the vfio-user socket does."""

import fcntl
import os
import socket
import struct

import gpu_requests as gpu
import vfio_user
from from_guests import show
from guest import Guest
from scenario import scenario

F_SETPIPE_SZ = 1031


@scenario("H15", lines=60)
def random_messages_do_not_flood_the_log(attack):
    attack.oriel(options=["--keep"])
    attack.begins()
    while attack.goes_on():
        vmm = vfio_user.Vmm(attack.program.vfio_user)
        try:
            vmm.negotiate()
            for _ in range(300):
                size = attack.random.randrange(0, 60)
                vmm.send(attack.random.randrange(0, 16), attack.random.randbytes(size),
                         flags=vfio_user.NO_REPLY)
        except (OSError, EOFError):
            pass
        vmm.close()


@scenario("H15", lines=60)
def a_vmm_that_comes_and_goes_does_not_flood_the_log(attack):
    attack.oriel(options=["--keep"])
    attack.begins()
    while attack.goes_on():
        vmm = vfio_user.Vmm(attack.program.vfio_user)
        try:
            vmm.negotiate()
        except (OSError, EOFError):
            pass
        vmm.close()


@scenario("S12", lines=60)
def vmms_that_are_turned_away_do_not_flood_the_log(attack):
    attack.oriel()
    guest = attack.guest(Guest)
    attack.begins()
    while attack.goes_on():
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as second:
                second.connect(str(attack.program.vfio_user))
        attack.check(guest.status() == 0x0f, "the VMM that was there first is not served")


@scenario("C16")
def a_second_connection_does_not_throw_a_vmm_out_that_has_not_spoken_yet(attack):
    attack.oriel()
    attack.begins()
    while attack.goes_on():
        first = vfio_user.Vmm(attack.program.vfio_user)
        attack.closes(first.close)
        attack.program.ask(command="info")
        second = vfio_user.Vmm(attack.program.vfio_user)
        attack.program.ask(command="info")
        second.close()
        try:
            first.negotiate()
        except (OSError, EOFError):
            attack.check(False, "the first VMM was thrown out")
        attack.check(first.read(2, 0, 4) is not None, "the first VMM is not served")
        return


@scenario("C16")
def a_connection_that_speaks_and_goes_is_no_vmm_that_ended(attack):
    """Without --keep the program ends with its VMM: not with one that only looked at it."""
    attack.oriel()
    attack.begins()
    first = vfio_user.Vmm(attack.program.vfio_user)
    while attack.goes_on():
        with vfio_user.Vmm(attack.program.vfio_user) as other:
            attack.check(other.negotiate()[0] == 0, "a second connection is refused")
            other.read(7, 0, 4)
        attack.program.ask(command="info")
    # Who was there first has its place, also where another one has spoken and stays.
    with vfio_user.Vmm(attack.program.vfio_user) as other:
        other.negotiate()
        attack.check(first.negotiate()[0] == 0, "the first VMM is refused")
    attack.check(first.write(7, 4, b"\0\0") == 0, "the first VMM is not served")
    first.close()
    status = attack.program.wait()
    attack.check(status == 0, f"the VMM has ended, and the program has not (status {status})")
    attack.ended_well()


@scenario("S14")
def an_interrupt_that_is_a_full_pipe_does_not_stop_the_loop(attack):
    """Whoever receives it may clear O_NONBLOCK again: the open file is shared."""
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=24)
    reading, writing = os.pipe()
    attack.closes(lambda: os.close(reading))
    fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
    # Refusing what is no eventfd is right, and so is not to block on it.
    guest.vmm.interrupts([writing] * 3)
    os.set_blocking(writing, True)
    attack.begins()
    try:
        for _ in range(12):
            guest.send([gpu.unref(99)] * 60)
            guest.wait_for_all(timeout=4)
    finally:
        # Whatever waits in it is woken.
        os.close(writing)
        os.set_blocking(reading, False)
        try:
            # To the end, where the program has closed what it refused.
            while os.read(reading, 65536):
                pass
        except BlockingIOError:
            pass


@scenario("H5")
def descriptors_that_nobody_asked_for_are_closed_on_the_vmms_socket(attack):
    attack.oriel()
    guest = attack.guest(Guest)
    attack.begins()
    null = os.open("/dev/null", os.O_RDONLY)
    while attack.goes_on():
        for _ in range(20):
            guest.vmm.send(vfio_user.REGION_READ, struct.pack("<QII", 0, 2, 4), [null] * 16)
            guest.vmm.receive()
    os.close(null)


@scenario("H", mib=64, lines=60)
def mapping_and_unmapping_memory_all_the_time_costs_nothing(attack):
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    attack.begins()
    while attack.goes_on():
        # Scattered: no two ranges are neighbours.
        for number in range(300):
            guest.vmm.map((1 << 40) + number * 8192, 4096, guest.ram.fd, number * 4096)
        for number in range(300):
            guest.vmm.unmap((1 << 40) + number * 8192, 4096)
        guest.ask(gpu.transfer(1, 0, 0, 640, 480))
