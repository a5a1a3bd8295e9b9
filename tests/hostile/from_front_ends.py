# SPDX-License-Identifier: MIT
"""What a VMM does over vhost-user."""

import os
import socket
import struct

import vfio_user
import vhost_user
from scenario import scenario


def served(attack):
    """The program on that road, and memory and eventfds for a front end."""
    program = attack.oriel(options=["--keep"], road="vhost-user")
    ram = vfio_user.Ram(8 << 20)
    attack.closes(ram.close)
    kick, call = vfio_user.eventfds(2)
    attack.closes(lambda: [os.close(fd) for fd in (kick, call)])
    return program, ram, kick, call


@scenario("VU", lines=60)
def random_vhost_user_messages_do_not_flood_the_log(attack):
    program, ram, kick, _ = served(attack)
    attack.begins()
    while attack.goes_on():
        with vhost_user.FrontEnd(program.card) as vmm:
            try:
                vmm.send(vhost_user.SET_OWNER)
                for _ in range(300):
                    size = attack.random.randrange(0, 48)
                    fds = [kick, ram.fd][:attack.random.randrange(0, 3)]
                    vmm.send(attack.random.randrange(0, 46), attack.random.randbytes(size), fds,
                             attack.random.choice((0, 8)))
            except (OSError, EOFError):
                pass


@scenario("VU", lines=60)
def front_ends_that_come_and_go_cost_nothing(attack):
    program, ram, kick, call = served(attack)
    attack.begins()
    while attack.goes_on():
        with vhost_user.FrontEnd(program.card) as vmm:
            vmm.start(ram, kick, call)
            vmm.ask(vhost_user.GET_FEATURES)


@scenario("VU")
def a_front_end_that_never_reads_is_not_answered_without_end(attack):
    program, _, _, _ = served(attack)
    vmm = vhost_user.FrontEnd(program.card)
    attack.closes(vmm.close)
    vmm.send(vhost_user.SET_OWNER)
    vmm.socket.setblocking(False)
    attack.begins()
    question = struct.pack("<IIIIII", vhost_user.GET_CONFIG, 1, 12, 0, 256, 0) * 100
    while attack.goes_on():
        try:
            vmm.socket.send(question)
        except BlockingIOError:
            program.ask(command="info")


@scenario("VU")
def a_kick_that_never_ends_keeps_nobody_waiting(attack):
    program, ram, kick, call = served(attack)
    vmm = vhost_user.FrontEnd(program.card)
    attack.closes(vmm.close)
    vmm.start(ram, kick, call)
    vmm.ask(vhost_user.GET_FEATURES)
    attack.begins()
    while attack.goes_on():
        for _ in range(2000):
            vhost_user.kick(kick)


@scenario("VU", lines=60)
def memory_tables_that_change_all_the_time_cost_nothing(attack):
    program, ram, kick, call = served(attack)
    vmm = vhost_user.FrontEnd(program.card)
    attack.closes(vmm.close)
    vmm.start(ram, kick, call)
    attack.begins()
    while attack.goes_on():
        for _ in range(100):
            vmm.memory(ram)
            vhost_user.kick(kick)
            vmm.send(vhost_user.SET_MEM_TABLE, struct.pack("<II", 0, 0))
        vmm.ask(vhost_user.GET_FEATURES)


@scenario("VU", lines=60)
def channels_and_sockets_that_are_replaced_are_closed(attack):
    program, ram, kick, call = served(attack)
    vmm = vhost_user.FrontEnd(program.card)
    attack.closes(vmm.close)
    vmm.start(ram, kick, call)
    channel = vhost_user.pair(attack)
    attack.begins()
    while attack.goes_on():
        for _ in range(50):
            vmm.send(vhost_user.SET_BACKEND_REQ_FD, b"", [channel])
            vmm.send(vhost_user.GPU_SET_SOCKET, b"", [channel])
            vmm.send(vhost_user.SET_VRING_CALL, struct.pack("<Q", 0), [call])
            vmm.send(vhost_user.SET_VRING_KICK, struct.pack("<Q", 0), [kick])
            # Of no use to anybody.
            vmm.send(vhost_user.SET_VRING_KICK, struct.pack("<Q", 0), [ram.fd])
            vmm.send(vhost_user.GET_FEATURES, b"", [kick] * 8)
            vmm.receive()


@scenario("VU")
def a_second_front_end_takes_no_place(attack):
    program, ram, kick, call = served(attack)
    vmm = vhost_user.FrontEnd(program.card)
    attack.closes(vmm.close)
    vmm.start(ram, kick, call)
    vmm.ask(vhost_user.GET_FEATURES)
    attack.begins()
    while attack.goes_on():
        with socket.socket(socket.AF_UNIX) as second:
            second.connect(str(program.card))
            second.sendall(struct.pack("<III", vhost_user.GET_FEATURES, 1, 0))
            try:
                answer = second.recv(64)
            except ConnectionResetError:
                answer = b""  # closed before its question was read
            attack.check(answer == b"", "a second front end is answered")
        attack.check(len(vmm.ask(vhost_user.GET_FEATURES)) == 8, "the first one is not served")
