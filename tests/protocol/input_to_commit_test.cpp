// SPDX-License-Identifier: MIT
// From a user's key to the picture that it makes: the compositor, both of the guest's drivers and
// everything between them. Oriel's part of the way adds no frame of its own.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <chrono>
#include <memory>
#include <vector>

#include "card/card.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "input/protocol.h"
#include "pci/display_function.h"
#include "scanout/null_display.h"
#include "serve/vfio_user_socket.h"
#include "support/compositor/seat.h"
#include "support/compositor/server.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/temp_dir.h"
#include "support/virtio_gpu_link.h"
#include "vfio_user/server.h"
#include "wayland/presenter_desk.h"

using namespace std::chrono_literals;

namespace oriel::test {
namespace {

using input::Kind;
using input::wire::Event;

constexpr Size kScreen{320, 200};

std::optional<input::ScreenArea> whole_screen(ScanoutId) {
    return input::ScreenArea{{0, 0}, kScreen};
}

/// A little later with every look: what came in one turn of the loop can be told from what came in
/// the next, and nothing else that counts time ever happens.
class TickingClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return TimePoint{Nanoseconds{++ticks_}}; }

private:
    mutable int64_t ticks_ = 1'000'000'000;
};

/// The VM process without its VMM: presenter, card and input devices on one loop.
struct Machine {
    Machine() {
        set_log_level(LogLevel::kError);
        wayland::PresenterOptions options = presenter_options(kScreen);
        options.connected_fd = compositor.connect();
        options.input = &input.router();
        presenter = wayland::make_presenter(loop, screens, std::move(options));
        wait_until_ready(loop, events);
        screens.retarget(*presenter);
        card_server = std::make_unique<vfio_user::Server>(
            vfio_user::Server::Served{loop, function, memory}, card);
        compositor.settle(loop);
    }
    ~Machine() { screens.retarget(nothing); }

    TempDir dir;
    std::string card = dir.file("card");
    std::string inputs = dir.file("in");
    TickingClock clock;
    EventLoop loop{clock};
    app::VmInput input{loop, whole_screen};
    app::InputSockets sockets{loop, input, inputs, app::VfioUserInput{}};
    TestCompositor compositor{{.seat_capabilities = 7, .frames = Frames::kManual}};
    guest::GuestMemory memory;
    FakeVga vga;
    RecordedEvents events;
    NullDisplay nothing{{ScreenInfo{.preferred = kScreen}}};
    card::Card screens{nothing, &events};
    gpu::GpuDevice gpu{loop, screens.add_source("virtio", 1), memory, {}};
    pci::DisplayFunction function{{loop, memory, gpu, vga, gpu}};
    std::unique_ptr<Display> presenter;
    std::unique_ptr<vfio_user::Server> card_server;
};

/// The guest's driver of one input device.
struct InputDriver {
    InputDriver(Machine& machine, Kind kind)
        : vmm{machine.loop, machine.inputs + '.' + app::InputSockets::identity(kind).suffix} {
        vmm.negotiate();
        vmm.dma_map(0, ram.size(), ram.fd());
        driver = std::make_unique<VirtioDriver>(vmm, ram);
        driver->start();
        for (int i = 0; i < 64; ++i) {
            tickets.push_back(driver->submit(0, {}, sizeof(Event)));
        }
        vmm.settle();
        static_cast<void>(driver->take_interrupts(1));
    }
    /// What is in the ring. Doesn't let the loop run.
    std::vector<Event> take() {
        std::vector<Event> events;
        while (const auto bytes = driver->poll(tickets.at(read))) {
            events.push_back(ByteReader{*bytes}.read<Event>().value_or(Event{}));
            ++read;
        }
        return events;
    }

    VfioUserClient vmm;
    GuestRam ram{size_t{16} << 20};
    std::unique_ptr<VirtioDriver> driver;
    std::vector<VirtioDriver::Ticket> tickets;
    size_t read = 0;
};

/// A user before a guest that draws when it gets a key.
struct Session : Machine {
    Session() {
        screen.fill(0x102030);
        screen.flush();
        shown();
        compositor.with([](Server& server) {
            server.seat->keyboard_enter(server.input_surface(0));
            server.seat->enter(server.input_surface(0), 10, 10);
        });
        compositor.settle(loop);
        for (InputDriver* device : {&keyboard, &pointer}) {
            static_cast<void>(device->take());
            static_cast<void>(device->driver->take_interrupts(1));
        }
    }
    /// The compositor latches what it has, and nothing is pending any more.
    void shown() {
        for (int i = 0; i < 3; ++i) {
            compositor.settle(loop);
            compositor.fire_frame_callbacks();
        }
        compositor.settle(loop);
    }
    /// What a user does, and one turn of the loop after it.
    void user(const std::function<void(SeatGlobal&)>& act) {
        compositor.with([&](Server& server) { act(*server.seat); });
        loop.dispatch(5s);
    }
    /// The guest's answer to a key.
    void draw(uint32_t colour) {
        const Rect part{64, 32, 64, 64};
        screen.fill(part, colour);
        wire::TransferToHost2d transfer{};
        transfer.r = {part.x, part.y, part.width, part.height};
        transfer.offset = (uint64_t{part.y} * kScreen.width + part.x) * 4;
        transfer.resource_id = screen.id();
        // Not waited for: while a frame is under way the card leaves copying for later.
        static_cast<void>(driver.post(wire::Type::kTransferToHost2d, transfer));
        flush = driver.post_flush(screen.id(), part);
    }
    [[nodiscard]] const ScanoutStats& stats() const { return presenter->stats(0); }
    [[nodiscard]] uint32_t seen() const {
        return compositor.state().picture()->at(70, 40) & 0xffffffU;
    }

    VirtioGpuLink link{loop, card};
    GpuDriver driver{link};
    GpuDriver::Screen screen{driver.show(0, kScreen)};
    InputDriver keyboard{*this, Kind::kKeyboard};
    InputDriver pointer{*this, Kind::kPointer};
    GpuDriver::Token flush{};
};

}  // namespace

TEST_CASE("what a user does is in the driver's ring in the loop turn in which it came") {
    Session session;
    session.user([](SeatGlobal& seat) { seat.key(KEY_A, true); });
    CHECK(session.keyboard.take() == std::vector<Event>{{EV_KEY, KEY_A, 1}, {EV_SYN, 0, 0}});
    CHECK(session.keyboard.driver->take_interrupts(1) == 1);
    session.user([](SeatGlobal& seat) { seat.motion(160, 100); });
    CHECK(session.pointer.take().size() == 3);
    CHECK(session.pointer.driver->take_interrupts(1) == 1);
}

TEST_CASE("a key that makes the guest draw is committed at once when no frame is under way") {
    Session session;
    const uint64_t frames = session.compositor.state().frames();
    const uint64_t at_once = session.stats().kick_to_commit.count();
    session.user([](SeatGlobal& seat) { seat.key(KEY_A, true); });
    REQUIRE(session.keyboard.take().size() == 2);
    session.draw(0xabcdef);
    session.compositor.settle(session.loop);
    // No frame callback has come since the key.
    CHECK(session.compositor.state().frames() == frames + 1);
    CHECK(session.seen() == 0xabcdef);
    // Committed in the turn in which the flush was read, and answered.
    CHECK(session.stats().kick_to_commit.count() == at_once + 1);
    CHECK(session.driver.answered(session.flush));
}

TEST_CASE("a key that makes the guest draw while a frame is under way goes out with its callback") {
    Session session;
    session.draw(0x111111);
    session.compositor.settle(session.loop);
    const uint64_t frames = session.compositor.state().frames();
    // The frame before isn't latched yet: input doesn't wait for it.
    session.user([](SeatGlobal& seat) { seat.key(KEY_A, true); });
    REQUIRE(session.keyboard.take().size() == 2);
    session.draw(0xabcdef);
    session.compositor.settle(session.loop);
    CHECK(session.compositor.state().frames() == frames);
    CHECK(session.seen() == 0x111111);
    const uint64_t committed = session.stats().committed;
    session.compositor.fire_frame_callbacks();
    session.loop.dispatch(5s);
    // In the turn in which the callback came.
    CHECK(session.stats().committed == committed + 1);
    session.compositor.settle(session.loop);
    CHECK(session.compositor.state().frames() == frames + 1);
    CHECK(session.seen() == 0xabcdef);
}

TEST_CASE("a key for each frame is a frame for each key") {
    Session session;
    for (uint32_t i = 0; i < 10; ++i) {
        const uint64_t frames = session.compositor.state().frames();
        session.user([&](SeatGlobal& seat) { seat.key(KEY_A, i % 2 == 0); });
        REQUIRE(session.keyboard.take().size() == 2);
        session.draw(0x010101 * i);
        session.compositor.settle(session.loop);
        CHECK(session.compositor.state().frames() == frames + 1);
        CHECK(session.seen() == 0x010101 * i);
        session.compositor.fire_frame_callbacks();
        session.compositor.settle(session.loop);
    }
}

}  // namespace oriel::test
