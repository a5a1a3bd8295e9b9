# SPDX-License-Identifier: MIT
"""What the guest's clipboard agent does (SPICE agent messages in chunks of a virtio-serial port)."""

import os
import socket
import struct
import threading
import time

from from_compositors import wait_for
from scenario import scenario
from vfio_user import with_fds

CHUNK = 2048
CLIPBOARD, CAPABILITIES, GRAB, REQUEST, RELEASE = 4, 6, 7, 8, 9
TEXT = 1
SELECTION = struct.pack("<4s", b"\0")
TYPE = "text/plain;charset=utf-8"


def message(kind, body):
    """One agent message, in the chunks of the port."""
    whole = struct.pack("<IIQI", 1, kind, 0, len(body)) + body
    return b"".join(struct.pack("<II", 1, len(whole[at:at + CHUNK])) + whole[at:at + CHUNK]
                    for at in range(0, len(whole), CHUNK))


# By demand, and with selections.
ANNOUNCE = message(CAPABILITIES, struct.pack("<II", 0, 1 << 5 | 1 << 6))
TAKE = message(GRAB, SELECTION + struct.pack("<I", TEXT))
ASK = message(REQUEST, SELECTION + struct.pack("<I", TEXT))
LET_GO = message(RELEASE, SELECTION)


def agent(attack, **how):
    """A window with an agent's port; (connection, compositor)."""
    path = attack.folder() / "agent"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    listener.settimeout(15)
    attack.closes(listener.close)
    _, compositor = attack.shown(["--agent", path], **how)
    connection, _ = listener.accept()
    attack.closes(connection.close)
    connection.settimeout(5)
    connection.sendall(ANNOUNCE)
    return connection, compositor


def read_all(connection, attack, answer=b""):
    """Reads what comes, in a thread, and throws it away; a question after the guest's text gets
    `answer`."""
    question = struct.pack("<IIQI", 1, REQUEST, 0, 8)

    def read():
        while attack.goes_on():
            try:
                part = connection.recv(1 << 16)
                if not part:
                    return
                connection.sendall(answer * part.count(question))
            except OSError:
                return
    threading.Thread(target=read, daemon=True).start()


def texts_to_host(attack):
    return attack.program.stats()["agent"]["texts_to_host"]


@scenario("H5")
def descriptors_that_nobody_asked_for_are_closed_on_the_agents_socket(attack):
    connection, _ = agent(attack)
    time.sleep(0.2)
    attack.begins()
    null = os.open("/dev/null", os.O_RDONLY)
    while attack.goes_on():
        with_fds(connection, LET_GO, [null] * 2)
        time.sleep(0.002)
    os.close(null)


@scenario("H10", mib=3)
def an_agent_that_does_not_read_costs_nothing(attack):
    connection, _ = agent(attack)
    connection.settimeout(0.3)
    attack.begins()
    while attack.goes_on():
        try:
            connection.sendall(ASK * 1000)
        except TimeoutError:
            pass


@scenario("S4", lines=40)
def texts_that_are_offered_and_withdrawn_all_the_time_cost_nothing(attack):
    connection, compositor = agent(attack)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        try:
            connection.sendall((TAKE + LET_GO) * 200)
        except TimeoutError:
            pass
    made = compositor.client.count["wl_data_device_manager.create_data_source"]
    attack.check(made < 300, f"{made} data sources")


def any_message(random):
    """One that an agent could say, with any numbers in it: what is none ends the connection."""
    numbers = struct.pack("<II", random.randrange(1 << 32), random.randrange(1 << 32))
    return random.choice((
        lambda: message(CAPABILITIES, struct.pack("<II", 1, random.randrange(1 << 8))),
        lambda: message(GRAB, SELECTION + numbers[:4 * random.randrange(1, 3)]),
        lambda: message(REQUEST, SELECTION + numbers[:4]),
        lambda: message(CLIPBOARD, SELECTION + struct.pack("<I", TEXT) + random.randbytes(40)),
        lambda: LET_GO,
        lambda: message(random.randrange(10, 60), random.randbytes(random.randrange(64)))))()


@scenario("S4", lines=40)
def random_bytes_of_an_agent_do_not_flood_the_log(attack):
    connection, _ = agent(attack)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        try:
            connection.sendall(b"".join(any_message(attack.random) for _ in range(100)))
        except TimeoutError:
            pass
    try:
        connection.sendall(attack.random.randbytes(1 << 16))
    except OSError:
        pass  # taken for somebody who does not speak this, which is right
    time.sleep(0.2)


@scenario("S4", lines=40)
def requests_of_the_desktop_for_a_guests_text_do_not_flood_the_log(attack):
    """And the guest answers with what is no text."""
    connection, compositor = agent(attack)
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard, "a window with a keyboard")
    client = compositor.client
    client.event(client.keyboard, "enter", client.serial(), client.window(), b"")
    connection.sendall(TAKE)
    wait_for(attack, lambda: client.count["wl_data_device.set_selection"],
             "the guest's text offered to the desktop")
    source = client.last["wl_data_device.set_selection"][0]
    attack.begins()
    read_all(connection, attack, message(CLIPBOARD, SELECTION + struct.pack("<I", TEXT) + b"\xff"))
    null = os.open("/dev/null", os.O_WRONLY)
    while attack.goes_on() and not client.dead:
        client.event(source, "send", TYPE, fd=null)
        time.sleep(0.0005)
    os.close(null)
    refused = attack.program.stats()["agent"]["refused"]
    attack.check(refused > 20, f"only {refused} texts were refused")


def offer_text(client):
    """The desktop's clipboard has a text, and the window has the keyboard."""
    client.event(client.keyboard, "enter", client.serial(), client.window(), b"")
    offer = client.new_object("wl_data_offer", 3)
    client.event(client.data_device, "data_offer", offer)
    client.event(offer, "offer", TYPE)
    client.event(client.data_device, "selection", offer)
    return offer


@scenario("S5")
def a_clipboards_text_is_pulled_once_for_each_offer(attack):
    """However often the guest asks: the client that copied it would be woken each time."""
    def receive(_client, _offer, arguments):
        os.write(arguments[1], b"a text")
        return True

    connection, compositor = agent(attack, hooks={"wl_data_offer.receive": receive})
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard and compositor.client.data_device,
             "a window with a keyboard and a clipboard")
    client = compositor.client
    offer_text(client)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        connection.sendall(ASK * 4)
        time.sleep(0.01)
    pulled = client.count["wl_data_offer.receive"]
    attack.check(pulled == 1, f"one text was pulled {pulled} times")


@scenario("S5")
def a_guest_that_offers_and_withdraws_pulls_no_text_again(attack):
    """Its own offer takes the place of the desktop's text, and then there is that text again."""
    def receive(_client, _offer, arguments):
        os.write(arguments[1], b"a text")
        return True

    connection, compositor = agent(attack, hooks={"wl_data_offer.receive": receive})
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard and compositor.client.data_device,
             "a window with a keyboard and a clipboard")
    client = compositor.client
    offer_text(client)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        connection.sendall(TAKE + LET_GO + ASK)
        time.sleep(0.01)
        connection.sendall(ASK)
        time.sleep(0.01)
    pulled = client.count["wl_data_offer.receive"]
    attack.check(0 < pulled <= 3, f"one text was pulled {pulled} times")


TEXT_OF_2_MIB = message(CLIPBOARD, SELECTION + struct.pack("<I", TEXT) + b"text" * (1 << 19))


def odd_files(attack):
    """What a client can want a text in, besides a pipe: (what it is, the descriptor)."""
    reading, writing = os.pipe()
    os.close(reading)
    never_read, full = os.pipe()
    attack.closes(lambda: os.close(never_read))
    return [("a file", os.open(attack.folder() / "file", os.O_CREAT | os.O_WRONLY, 0o600)),
            ("memory", os.memfd_create("text", os.MFD_CLOEXEC)),
            ("/dev/null", os.open("/dev/null", os.O_WRONLY)),
            ("/dev/full", os.open("/dev/full", os.O_WRONLY)),
            ("a folder", os.open("/", os.O_RDONLY)),
            ("a pipe that nobody has any more", writing),
            ("a pipe that nobody reads", full)]


# Sixteen pieces of the text may be on their way, 2 MiB each.
@scenario("S11", mib=40)
def a_clipboard_request_with_a_file_that_cannot_be_polled_does_not_spin(attack):
    connection, compositor = agent(attack)
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard, "a window with a keyboard")
    client = compositor.client
    client.event(client.keyboard, "enter", client.serial(), client.window(), b"")
    connection.sendall(TAKE)
    wait_for(attack, lambda: client.count["wl_data_device.set_selection"],
             "the guest's text offered to the desktop", 5)
    source = client.last["wl_data_device.set_selection"][0]
    attack.begins()
    attack.extends(20)
    read_all(connection, attack, TEXT_OF_2_MIB)
    for number, (what, fd) in enumerate(odd_files(attack), 1):
        client.event(source, "send", TYPE, fd=fd)
        wait_for(attack, lambda number=number: texts_to_host(attack) >= number,
                 f"the text, for {what}")
        if what in ("a file", "memory"):
            wait_for(attack, lambda fd=fd: os.fstat(fd).st_size == 2 << 20, f"the text in {what}")
        os.close(fd)
    attack.extends(0.5)
    used, start = attack.program.cpu_time(), time.monotonic()
    while attack.goes_on():
        time.sleep(0.05)
    busy = (attack.program.cpu_time() - used) / (time.monotonic() - start)
    attack.check(busy < 0.5, f"the loop spins: {busy * 100:.0f} % of a CPU")
