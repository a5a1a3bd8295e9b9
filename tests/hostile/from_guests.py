# SPDX-License-Identifier: MIT
"""What the guest's drivers do: requests and rings."""

import os
import resource
import socket
import struct
import threading
import time

import gpu_requests as gpu
from guest import IS_INDIRECT, OK_NODATA, OUT_OF_MEMORY, Guest, InputGuest
from scenario import Skip, scenario

PIXELS = 0x1000000


def show(guest, width=640, height=480, resource_id=1):
    """Shows a picture whose pixels are at PIXELS."""
    for request in (gpu.create(resource_id, width, height),
                    gpu.attach(resource_id, [(PIXELS, width * height * 4)]),
                    gpu.set_scanout(0, resource_id, 0, 0, width, height),
                    gpu.transfer(resource_id, 0, 0, width, height),
                    gpu.flush(resource_id, 0, 0, width, height)):
        guest.ask(request)


def keep_full(guest, requests, attack, each_turn):
    """Keeps the control queue full of `requests`, with what `each_turn` does in between."""
    queue, count = guest.queues[0], len(requests)
    heads = [guest.stage(number, request) for number, request in enumerate(requests)]
    queue.offer(heads)
    following, seen = 0, queue.answered()
    while attack.goes_on():
        answered = queue.answered()
        for _ in range((answered - seen) & 0xffff):
            queue.offer([heads[following]])
            following = (following + 1) % count
        seen = answered
        each_turn()


@scenario("H2", seconds=2.5, cpu_seconds=2.5)
def kicks_during_long_requests_do_not_pile_up(attack):
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=40)
    # Its format is converted: 3 ms each, or 15 unoptimised. Short ones would let the ring run empty.
    side = 1216
    guest.ask(gpu.create(1, side, side, gpu.ARGB))
    guest.ask(gpu.attach(1, [(PIXELS, side * side * 4)]))
    attack.begins()
    full = gpu.transfer(1, 0, 0, side, side)
    keep_full(guest, [full] * 120, attack, lambda: [guest.post_kick() for _ in range(8)])


@scenario("H7", mib=220)
def a_transfer_of_a_very_large_picture_does_not_hold_the_loop(attack):
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=4)
    width, height, piece = 16384, 3000, 1 << 20
    # The same guest page range again and again: a guest needs no memory to be expensive.
    pieces = [(2 << 20, piece)] * (width * height * 4 // piece + 1)
    request = gpu.attach(1, pieces)
    guest.ram.write(guest.free, request)
    attack.check(guest.ask(gpu.create(1, width, height)) == OK_NODATA, "no such picture")
    attack.check(guest.ask((len(request), guest.free)) == OK_NODATA, "no backing")
    attack.begins()
    guest.ask(gpu.transfer(1, 0, 0, width, height), timeout=60)
    guest.ask(gpu.transfer(1, 0, 0, width, height), timeout=60)


@scenario("H7", mib=40)
def a_transfer_over_tiny_backing_entries_does_not_hold_the_loop(attack):
    """An entry for each pixel, and one pixel less than a row: each is looked up alone."""
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=16)
    width, height = 16, 16384
    request = gpu.attach(1, [((8 << 20) + 8 * (i % 4096), 4) for i in range(width * height)])
    guest.ram.write(guest.free, request)
    guest.ask(gpu.create(1, width, height))
    attack.check(guest.ask((len(request), guest.free)) == OK_NODATA, "no backing")
    attack.begins()
    while attack.goes_on():
        guest.ask(gpu.transfer(1, 0, 0, width - 1, height), timeout=60)


def refill(attack, guest, ring):
    """A second CPU of the guest gives each buffer of a ring back as soon as it is used. Here a
    thread offers a full ring again and again, which is the same to the device."""
    ring.offer(range(0, ring.size))
    offered = ring.index

    def again():
        nonlocal offered
        write, available, read = guest.ram.write, ring.available + 2, ring.answered
        while attack.goes_on():
            full = (read() + ring.size) & 0xffff
            if full != offered:
                offered = full
                write(available, struct.pack("<H", full))

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    return thread


# The usual bound is that of 64 such chains in a release build: this one sees them there, too.
@scenario("H6", turn_ms=20)
def a_status_ring_that_is_refilled_all_the_time_does_not_hold_the_loop(attack):
    """Each of its chains is an indirect table as long as allowed, with a byte in each entry: a
    bound on chains alone would be none."""
    attack.oriel(options=["--input-socket", attack.folder() / "in"])
    sockets = attack.program.process.args[attack.program.process.args.index("--input-socket") + 1]
    guest = attack.guest(InputGuest, f"{sockets}.kbd", ram_mib=4)
    ring, table, long = guest.queues[1], 1 << 20, 32768
    for number in range(long):
        guest.ram.write(table + 16 * number, struct.pack(
            "<QIHH", 3 << 20, 1, 1 if number + 1 < long else 0, number + 1 & 0xffff))
    for number in range(ring.size):
        ring.descriptor(number, table, 16 * long, IS_INDIRECT)
        guest.ram.write(ring.available + 4 + 2 * number, struct.pack("<H", number))
    attack.begins()
    thread = refill(attack, guest, ring)
    while attack.goes_on():
        guest.post_kick(1)
        thread.join(0.01)
    thread.join()


@scenario("H15", lines=60)
def a_guest_that_shows_and_hides_its_picture_does_not_flood_the_log(attack):
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    attack.begins()
    off_and_on = [gpu.set_scanout(0, 0, 0, 0, 0, 0), gpu.set_scanout(0, 1, 0, 0, 640, 480)] * 50
    while attack.goes_on():
        guest.send(off_and_on)
        guest.wait_for_all()


@scenario("H15", lines=60)
def a_guest_that_asks_for_nonsense_does_not_flood_the_log(attack):
    attack.oriel()
    guest = attack.guest(Guest)
    attack.begins()
    nonsense = [gpu.unref(77), gpu.header(0x1ff), gpu.create(0, 0, 0), gpu.flush(9, 0, 0, 1, 1),
                gpu.set_scanout(15, 1, 0, 0, 1, 1), b"\0", gpu.attach(5, [(1 << 60, 4096)])]
    while attack.goes_on():
        guest.send([attack.random.choice(nonsense) for _ in range(100)])
        guest.wait_for_all()


def many_pictures(attack, guest, count=300):
    """Makes and shows so many, and checks that the guest hears when there are too many."""
    answers = set()
    for number in range(1, count + 1):
        answers.update(guest.ask_all([
            gpu.create(number, 64, 64), gpu.attach(number, [(PIXELS, 64 * 64 * 4)]),
            gpu.set_scanout(0, number, 0, 0, 64, 64), gpu.transfer(number, 0, 0, 64, 64),
            gpu.flush(number, 0, 0, 64, 64)]))
    attack.check(answers == {OK_NODATA, OUT_OF_MEMORY},
                 f"{count} pictures, and the guest heard {[hex(answer) for answer in answers]}")


# Half of the descriptors are not the guest's.
@scenario("H14", files=128, lines=60)
def a_guest_with_many_pictures_leaves_descriptors_for_the_others(attack):
    attack.oriel(limits=[(resource.RLIMIT_NOFILE, 256)])
    guest = attack.guest(Guest, ram_mib=24)
    attack.begins()
    many_pictures(attack, guest)
    # A screenshot needs a descriptor, too, and so does each client, and the VMM's memory.
    attack.check(attack.program.ask(command="screenshot", scanout=0)["ok"], "no screenshot")
    held = [socket.socket(socket.AF_UNIX) for _ in range(12)]
    for connection in held:
        connection.connect(str(attack.program.control))
    fd = os.memfd_create("more", os.MFD_CLOEXEC)
    os.ftruncate(fd, 4096)
    error, _ = guest.vmm.map(1 << 40, 4096, fd)
    os.close(fd)
    attack.check(error == 0, f"the VMM's memory is refused: {os.strerror(error)}")
    stats = attack.program.stats()["descriptors"]
    attack.check(stats["open"] <= stats["limit"] - stats["reserved"] + 24,
                 f"{stats['open']} of {stats['limit']} descriptors are open")
    for connection in held:
        connection.close()


@scenario("H14", files=128, lines=60, mib=64)
def a_guest_with_many_pictures_leaves_descriptors_for_its_window(attack):
    """libwayland ends a process that has no descriptor left for a request."""
    _, compositor = attack.shown(more={"limits": [(resource.RLIMIT_NOFILE, 256)]})
    guest = attack.guest(Guest, ram_mib=24)
    attack.begins()
    many_pictures(attack, guest)
    commits = compositor.client.count["wl_surface.commit"]
    for number in range(20):
        guest.ask_all([gpu.set_scanout(0, 1, 0, 0, 64, 64 - number % 2),
                       gpu.transfer(1, 0, 0, 64, 64), gpu.flush(1, 0, 0, 64, 64)])
        time.sleep(0.02)
    attack.check(compositor.client.count["wl_surface.commit"] > commits,
                 "the window shows nothing new")


@scenario("S7", mib=16)
def damage_of_a_hidden_window_is_merged(attack):
    attack.shown(frame_hz=0)
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    attack.begins()
    while attack.goes_on():
        spots = [(attack.random.randrange(639), attack.random.randrange(479)) for _ in range(60)]
        guest.send([request for x, y in spots for request in (
            gpu.transfer(1, x, y, 1, 1, 4 * (640 * y + x)), gpu.flush(1, x, y, 1, 1))])
        guest.wait_for_all(timeout=30)


@scenario("S1")
def a_compositor_holds_few_buffers_of_a_guest_with_many_blobs(attack):
    raise Skip("needs /dev/udmabuf: the lab VM and tests/unit have it")


def anything(random):
    """A request of any kind whose numbers are near or far from sense."""
    number = lambda: random.choice((0, 1, 2, 3, 64, 640, 4096, 16384, 65536, 1 << 31, (1 << 32) - 1))
    which = random.randrange(12)
    few, side = random.randrange(8), random.choice((1, 16, 64, 640))
    if which == 0:
        return gpu.create(few, number(), number(), random.choice((1, 2, 3, 4, 67, 134, 99)))
    if which == 1:
        return gpu.create(few, side, side)
    if which == 2:
        return gpu.unref(few)
    if which == 3:
        return gpu.attach(few, [(PIXELS, number() % (1 << 22)) for _ in range(few)])
    if which == 4:
        return gpu.detach(few)
    if which == 5:
        return gpu.set_scanout(few % 3, few, 0, 0, side, side)
    if which == 6:
        return gpu.set_scanout(few, few, number(), number(), number(), number())
    if which == 7:
        return gpu.transfer(few, number(), number(), number(), number(), number())
    if which == 8:
        return gpu.transfer(few, 0, 0, side, side)
    if which == 9:
        return gpu.flush(few, 0, 0, side, side)
    if which == 10:
        return gpu.create_blob(few, number(), [(PIXELS, 1 << 20)])
    return random.randbytes(random.randrange(1, 200))


@scenario("H", mib=300, lines=80)
def a_guest_that_asks_for_anything_does_no_harm(attack):
    attack.shown()
    guest = attack.guest(Guest, ram_mib=24)
    attack.begins()
    while attack.goes_on():
        guest.send([anything(attack.random) for _ in range(100)])
        if attack.random.random() < 0.3:
            guest.send([gpu.cursor(0, attack.random.randrange(4), 5, 5, attack.random.randrange(99))
                        for _ in range(20)], queue=1)
            guest.wait_for_all(1)
        guest.wait_for_all()
        if guest.status() & 0x40:
            guest.start()


@scenario("H", mib=48, lines=60)
def a_guest_that_has_used_up_its_memory_goes_on_in_its_window(attack):
    """It asks for more than --gpu-memory and --gpu-resources allow, again and again."""
    program, compositor = attack.shown(["--gpu-memory", "16", "--gpu-resources", "64"])
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    held = program.stats()["held"]["all"]
    attack.begins()
    large = guest.ask_all([gpu.create(number, 1024, 1024) for number in range(2, 10)])
    small = guest.ask_all([gpu.create(number, 1, 1) for number in range(10, 90)])
    attack.check(set(large) == {OK_NODATA, OUT_OF_MEMORY} and large[0] == OK_NODATA,
                 f"large pictures: {[hex(answer) for answer in large]}")
    attack.check(set(small) == {OK_NODATA, OUT_OF_MEMORY} and small[-1] == OUT_OF_MEMORY,
                 "no limit of resources")
    commits = compositor.client.count["wl_surface.commit"]
    while attack.goes_on():
        answers = guest.ask_all([gpu.create(200, 4096, 4096), gpu.transfer(1, 0, 0, 640, 480),
                                 gpu.flush(1, 0, 0, 640, 480)])
        attack.check(answers == [OUT_OF_MEMORY, OK_NODATA, OK_NODATA],
                     f"at the limit: {[hex(answer) for answer in answers]}")
        guest.ram.write(PIXELS, attack.random.randbytes(640 * 480))
    attack.check(compositor.client.count["wl_surface.commit"] > commits + 5,
                 "the window shows nothing new")
    now = program.stats()["held"]["all"]
    attack.check(now["bytes"] < held["bytes"] + (24 << 20),
                 f"{now['bytes'] - held['bytes']} bytes more are held")
    attack.check(now["descriptors"] <= held["descriptors"] + 4,
                 f"{now['descriptors'] - held['descriptors']} more descriptors are held")
