# SPDX-License-Identifier: MIT
"""What a compositor does, or leaves undone."""

import struct
import time

import gpu_requests as gpu
from compositor import KEYBOARD, POINTER, TOUCH
from from_guests import PIXELS, show
from guest import Guest
from program import Ended
from scenario import Late, Wrong, scenario

BIG = (1 << 31) - 1
FULLSCREEN, ACTIVATED = 2, 4
CURSORS = (2, 3)


def enter_pointer(client, x=300, y=200):
    client.event(client.pointer, "enter", client.serial(), client.window(), x << 8, y << 8)
    client.event(client.pointer, "frame")


def wait_for(attack, condition, what, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {timeout} s")
        if not attack.program.lives():
            raise Wrong(attack.program.epitaph())
        time.sleep(0.01)


def window_with_guest(attack, width=640, height=480, options=(), **how):
    """A window with a guest's picture in it; (client, guest)."""
    _, compositor = attack.shown(options, **how)
    guest = attack.guest(Guest, ram_mib=40)
    show(guest, width, height)
    wait_for(attack, lambda: compositor.clients and compositor.client.window(), "a window")
    return compositor.client, guest


def make_cursors(guest):
    for number in CURSORS:
        guest.ask(gpu.create(number, 64, 64, gpu.BGRA))
        guest.ask(gpu.attach(number, [(0x2000000, 64 * 64 * 4)]))
        guest.ask(gpu.transfer(number, 0, 0, 64, 64))


@scenario("H1", seconds=3)
def a_guest_that_changes_its_cursor_while_the_compositor_does_not_read(attack):
    client, guest = window_with_guest(attack)
    make_cursors(guest)
    wait_for(attack, lambda: client.pointer, "a pointer")
    enter_pointer(client)
    guest.ask(gpu.cursor(0, 2), queue=1)
    attack.begins()
    client.compositor.reading = False
    ring, number = guest.queues[1], 0
    heads = [guest.stage(place, gpu.cursor(0, shape), 1) for place, shape in enumerate((0, 2, 0, 3))]
    while attack.goes_on():
        before = ring.answered()
        ring.offer([heads[number % 4]])
        guest.post_kick(1)
        guest.wait_while(lambda before=before: ring.answered() == before)
        number += 1
    client.compositor.reading = True


@scenario("H1", seconds=1.5)
def a_guest_that_changes_its_mode_all_the_time_is_shown_in_few_requests(attack):
    """Each mode is another title, another size and another buffer."""
    client, guest = window_with_guest(attack)
    attack.begins()
    number, start = 0, time.monotonic()
    before = dict(client.count)
    while attack.goes_on():
        guest.send([request for width in (640, 600) * 8 for request in (
            gpu.set_scanout(0, 1, 0, 0, width, 480), gpu.flush(1, 0, 0, width, 480))])
        guest.wait_for_all()
        number += 16
    took = time.monotonic() - start
    for request in ("xdg_toplevel.set_title", "wl_surface.commit"):
        rate = (client.count[request] - before.get(request, 0)) / took
        attack.check(rate < 200, f"{rate:.0f} {request} a second, {number / took:.0f} modes")


@scenario("H1")
def a_storm_of_configures_is_answered_with_few_requests(attack):
    client, _ = window_with_guest(attack)
    attack.begins()
    commits, number, window = client.count["wl_surface.commit"], 0, client.window()
    start = time.monotonic()
    while attack.goes_on() and not client.dead:
        for _ in range(100):
            client.configure(window, 300 + number * 7 % 900, 200 + number * 13 % 700)
            number += 1
        time.sleep(0.005)
    took = time.monotonic() - start
    commits = client.count["wl_surface.commit"] - commits
    attack.check(commits < 400 * took + 100, f"{commits} commits in {took:.1f} s, "
                                             f"{number} configures")


def try_configures(attack, sizes, dark):
    for size in sizes:
        _, compositor = attack.shown(first_size=size)
        if not dark:
            show(attack.guest(Guest, ram_mib=24))
        wait_for(attack, lambda made=compositor: made.clients and made.client.window(), "a window")
        client = compositor.client
        client.configure(client.window(), *size)
        time.sleep(0.15)
        if not attack.program.lives():
            raise Wrong(f"configure {size}: {attack.program.epitaph()}")
        attack.program.ask(command="info")


@scenario("H8", mib=300)
def a_configure_of_any_size_is_survived(attack):
    try_configures(attack, [(32768, 32768), (BIG, BIG), (BIG, 1), (-1, -1)], dark=True)
    try_configures(attack, [(32768, 32768)], dark=False)


@scenario("H8", mib=300)
def an_output_with_any_mode_is_survived(attack):
    for output in ({"mode": (BIG, BIG, BIG)}, {"mode": (-1, -1, -1)},
                   {"mode": (1 << 20, 1, 1), "mm": (1, BIG)}):
        attack.shown(["--fullscreen"], output=output)
        time.sleep(0.2)
        if not attack.program.lives():
            raise Wrong(f"output {output}: {attack.program.epitaph()}")
        attack.program.ask(command="info")


@scenario("H8", mib=100)
def a_very_wide_guest_on_half_an_output_may_go_dark(attack):
    client, guest = window_with_guest(attack, 16384, 64, ["--resize", "scale"],
                                      more_globals={"wp_fractional_scale_manager_v1": 1})
    scale = client.last["wp_fractional_scale_manager_v1.get_fractional_scale"][0]
    attack.begins()
    client.event(scale, "preferred_scale", 60)
    time.sleep(0.1)
    client.configure(client.window())
    time.sleep(0.1)
    guest.ask(gpu.set_scanout(0, 1, 0, 0, 16383, 64))
    guest.ask(gpu.flush(1, 0, 0, 16384, 64))
    guest.ask(gpu.set_scanout(0, 0, 0, 0, 0, 0))
    time.sleep(0.3)


@scenario("H9")
def a_guests_cursor_stays_small_beside_a_tiny_mode(attack):
    client, guest = window_with_guest(attack, 32, 16, ["--fullscreen"], first_size=(1920, 1080),
                                      remembered=["wp_viewport.set_destination",
                                                  "wp_viewporter.get_viewport"])
    make_cursors(guest)
    client.configure(client.window(), 1920, 1080, [FULLSCREEN, ACTIVATED])
    wait_for(attack, lambda: client.pointer, "a pointer")
    enter_pointer(client, 900, 500)
    attack.begins()
    guest.ask(gpu.cursor(0, 2), queue=1)

    def sizes():
        """What the cursor's surface was given as its size, in logical px."""
        if "wl_pointer.set_cursor" not in client.last:
            return []
        surface = client.last["wl_pointer.set_cursor"][1]
        viewports = {viewport for _, (viewport, of) in client.all["wp_viewporter.get_viewport"]
                     if of == surface}
        return [size for viewport, size in client.all["wp_viewport.set_destination"]
                if viewport in viewports]

    wait_for(attack, sizes, "the guest's cursor")
    attack.check(all(max(size) <= 256 for size in sizes()), f"a cursor of {sizes()[-1]} logical px")


@scenario("H12", seconds=2.5, mib=48, files=48)
def a_compositor_that_never_releases_is_given_few_buffers(attack):
    """The guest shows a new picture each time, and lets go of the one before."""
    _, guest = window_with_guest(attack, releases=False)
    attack.begins()
    number = 2
    while attack.goes_on():
        guest.send([gpu.create(number, 1280, 960), gpu.attach(number, [(PIXELS, 1280 * 960 * 4)]),
                    gpu.set_scanout(0, number, 0, 0, 1280, 960),
                    gpu.transfer(number, 0, 0, 1280, 960), gpu.flush(number, 0, 0, 1280, 960),
                    gpu.unref(number - 1)])
        guest.wait_for_all()
        time.sleep(0.02)
        number += 1


@scenario("H12", seconds=3, mib=0.7)
def outputs_that_are_entered_without_end_cost_nothing(attack):
    client, _ = window_with_guest(attack)
    window, output = client.window(), client.last["bound wl_output"]
    enter = struct.pack("<III", window, 12 << 16, output) * 1000
    client.raw(enter)
    attack.begins()
    while attack.goes_on() and not client.dead:
        client.raw(enter)


@scenario("H12", seconds=1.5, mib=1)
def fingers_without_end_cost_nothing(attack):
    client, _ = window_with_guest(attack, seat=POINTER | KEYBOARD | TOUCH)
    wait_for(attack, lambda: client.touch, "a touch screen")
    window, number = client.window(), 0
    attack.begins()
    while attack.goes_on() and not client.dead:
        client.raw(b"".join(struct.pack("<IIIIIiii", client.touch, 32 << 16, 1, 1, window,
                                        number + i, 100 << 8, 100 << 8) for i in range(300)))
        number += 300


@scenario("H13", mib=300)
def an_output_of_any_scale_is_survived(attack):
    # 120 times the first is 0 in 32 bits.
    for scale in (1 << 29, BIG, -5, 0):
        _, compositor = attack.shown(output={"scale": scale})
        wait_for(attack, lambda made=compositor: made.clients and made.client.window(), "a window")
        client = compositor.client
        show(attack.guest(Guest, ram_mib=24))
        client.event(client.window(), "enter", client.last["bound wl_output"])
        time.sleep(0.1)
        client.configure(client.window(), 800, 600)
        time.sleep(0.1)
        if not attack.program.lives():
            raise Wrong(f"scale {scale}: {attack.program.epitaph()}")


@scenario("H13")
def any_presentation_time_and_any_position_is_survived(attack):
    def presented(client, _, arguments):
        when = attack.random.choice(((0x7fffffff, 0xffffffff, 999999999),
                                     (0xffffffff, 0xffffffff, 0xffffffff), (0, 0, 0)))
        client.event(arguments[1], "presented", *when, 0xffffffff, 0, 0, 0xf)
        client.objects.pop(arguments[1], None)
        client.event(1, "delete_id", arguments[1])
        return True

    client, guest = window_with_guest(attack, more_globals={"wp_presentation": 1},
                                      hooks={"wp_presentation.feedback": presented})
    wait_for(attack, lambda: client.pointer, "a pointer")
    enter_pointer(client)
    attack.begins()
    client.event(client.last["bound wp_presentation"], "clock_id", 1)
    while attack.goes_on():
        x, y = (attack.random.choice((BIG, -BIG - 1, 0, 1 << 20)) for _ in range(2))
        client.event(client.pointer, "motion", attack.random.choice((0, BIG)), x, y)
        client.event(client.pointer, "frame")
        guest.send([gpu.transfer(1, 0, 0, 640, 480), gpu.flush(1, 0, 0, 640, 480)])
        guest.wait_for_all()


@scenario("H13", mib=200, turn_ms=2000)
def drawing_without_a_free_buffer_is_survived(attack):
    """With GL in software, whose turns are long for another reason: only life is looked at."""
    _, guest = window_with_guest(attack, releases=False, path="upload")
    attack.begins()
    number = 0
    while attack.goes_on():
        guest.send([gpu.transfer(1, 0, 0, 640, 480),
                    gpu.set_scanout(0, 1, 0, 0, 640, 480 - number % 100),
                    gpu.flush(1, 0, 0, 640, 480)])
        guest.wait_for_all()
        number += 1


@scenario("H1", mib=64)
def a_compositor_that_goes_away_anywhere_ends_the_window_with_a_line(attack):
    """At a random request. Status 1 and a line are right."""
    attack.may_end()
    for _ in range(3):
        left = attack.random.choice((attack.random.randrange(5, 60), attack.random.randrange(300)))

        def cut(client, _sender, _arguments, left=left):
            if sum(client.count.values()) > left:
                client.close()
            return False

        hooks = {name: cut for name in ("wl_registry.bind", "wl_surface.commit", "wl_display.sync",
                                        "wl_surface.attach", "wl_shm.create_pool")}
        try:
            attack.shown(["--on-compositor-loss", "end"], hooks=hooks)
            guest = attack.guest(Guest, ram_mib=24, timeout=3)
            show(guest)
            for number in range(60):
                guest.ask(gpu.set_scanout(0, 1, 0, 0, 640, 480 - number % 3), timeout=3)
                guest.ask(gpu.flush(1, 0, 0, 640, 480), timeout=3)
        except (Ended, OSError, EOFError):
            # Which is what a VMM sees then.
            status = attack.program.wait()
            attack.check(status == 1 and attack.program.log_lines() > 0,
                         f"cut after {left} requests: "
                         + ("goes on" if status is None else attack.program.epitaph()))


@scenario("N1")
def a_seat_that_tells_early_what_it_has_is_heard(attack):
    """What is bound may answer before the list of globals has ended: a quick compositor does."""
    _, compositor = attack.shown(early=True)
    wait_for(attack, lambda: compositor.clients and compositor.client.window(), "a window")
    attack.begins()
    client = compositor.client
    while attack.goes_on() and not client.keyboard:
        time.sleep(0.02)
    attack.check(client.keyboard and client.pointer,
                 "neither keyboard nor pointer: the seat's first event was lost")
