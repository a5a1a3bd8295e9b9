// SPDX-License-Identifier: MIT
// From an open socket to windows, without a moment's wait: compositors that answer late, in pieces,
// or never, and that go away on the way.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "presenter_desk.h"
#include "support/flush_done.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

/// A presenter that has only just been made.
struct StartingDesk {
    explicit StartingDesk(UniqueFd connection) {
        auto options = presenter_options(kSize);
        options.connected_fd = std::move(connection);
        presenter = wayland::make_presenter(loop, events, std::move(options));
    }
    explicit StartingDesk(TestCompositor& compositor) : StartingDesk{compositor.connect()} {}

    /// What has come is handled; nothing is waited for.
    void turn() {
        const auto before = std::chrono::steady_clock::now();
        loop.dispatch(0ms);
        CHECK(std::chrono::steady_clock::now() - before < 1s);
    }

    ManualClock clock;
    EventLoop loop{clock};
    RecordedEvents events;
    std::unique_ptr<Display> presenter;
};

/// Both ends of a connection; the first has no compositor behind it.
std::pair<UniqueFd, UniqueFd> mute_compositor() {
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    return {UniqueFd{pair[0]}, UniqueFd{pair[1]}};
}

/// Passes on what the two ends say, as much as it is told to.
class SlowLine {
public:
    explicit SlowLine(UniqueFd compositor)
        : compositor_{std::move(compositor)}, ends_{mute_compositor()} {}
    [[nodiscard]] UniqueFd take_client() { return std::move(ends_.second); }

    /// All that the client has said.
    void to_compositor() { pass(ends_.first, compositor_, 65536); }
    /// The next bytes of what the compositor has said; 0 when there are none.
    size_t to_client(size_t bytes) { return pass(compositor_, ends_.first, bytes); }

private:
    static size_t pass(const UniqueFd& from, const UniqueFd& to, size_t bytes) {
        std::vector<char> buffer(bytes);
        std::array<char, 256> control{};
        iovec part{buffer.data(), bytes};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(from.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got <= 0) {
            return 0;
        }
        part.iov_len = static_cast<size_t>(got);
        REQUIRE(::sendmsg(to.get(), &message, 0) == got);
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
             header = CMSG_NXTHDR(&message, header)) {
            const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (size_t i = 0; i < count; ++i) {
                ::close(reinterpret_cast<const int*>(CMSG_DATA(header))[i]);
            }
        }
        return static_cast<size_t>(got);
    }

    UniqueFd compositor_;
    std::pair<UniqueFd, UniqueFd> ends_;
};

/// WAYLAND_SOCKET while it lives.
struct SocketVariable {
    explicit SocketVariable(const std::string& value) {
        ::setenv("WAYLAND_SOCKET", value.c_str(), 1);
    }
    SocketVariable(const SocketVariable&) = delete;
    SocketVariable& operator=(const SocketVariable&) = delete;
    ~SocketVariable() { ::unsetenv("WAYLAND_SOCKET"); }
};

std::string failure_with(const std::string& wayland_socket) {
    const SocketVariable variable{wayland_socket};
    ManualClock clock;
    EventLoop loop{clock};
    RecordedEvents events;
    try {
        const auto presenter = wayland::make_presenter(loop, events, presenter_options());
        return "it started";
    } catch (const StartupError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a presenter is ready once the compositor has answered, and not before") {
    TestCompositor compositor;
    compositor.stall();
    StartingDesk desk{compositor};
    for (int i = 0; i < 10; ++i) {
        desk.turn();
    }
    CHECK(desk.events.ready == 0);
    compositor.resume();
    compositor.settle(desk.loop);
    CHECK(desk.events.ready == 1);
    CHECK(desk.events.lost.empty());
    CHECK(compositor.state().windows.size() == 1);
}

TEST_CASE("answers that come byte by byte are answers") {
    TestCompositor compositor;
    SlowLine line{compositor.connect()};
    StartingDesk desk{line.take_client()};
    for (int quiet = 0; quiet < 20 && desk.events.ready == 0;) {
        desk.turn();
        line.to_compositor();
        compositor.with([](Server&) {});
        std::this_thread::sleep_for(1ms);
        quiet = line.to_client(7) != 0 ? 0 : quiet + 1;
    }
    CHECK(desk.events.ready == 1);
    CHECK(desk.events.lost.empty());
}

TEST_CASE("a compositor that never answers is given up after 10 s, with one line") {
    auto [compositor, client] = mute_compositor();
    StartingDesk desk{std::move(client)};
    desk.turn();
    desk.clock.advance(9s);
    desk.turn();
    CHECK(desk.events.lost.empty());
    desk.clock.advance(1s);
    desk.turn();
    CHECK(desk.events.lost == std::vector<std::string>{"the Wayland compositor does not answer"});
    desk.clock.advance(60s);
    desk.turn();
    CHECK(desk.events.lost.size() == 1);
    CHECK(desk.events.ready == 0);
}

TEST_CASE("a compositor that answers once and then hangs is given up, too") {
    TestCompositor compositor;
    SlowLine line{compositor.connect()};
    StartingDesk desk{line.take_client()};
    desk.turn();
    line.to_compositor();
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (line.to_client(65536) == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(1ms);
    }
    desk.turn();
    desk.clock.advance(11s);
    desk.turn();
    CHECK(desk.events.lost.size() == 1);
    CHECK(desk.events.ready == 0);
}

TEST_CASE("a compositor that goes away before there are windows is one line, in each state") {
    for (const char* request : {"wl_display.get_registry", "wl_registry.bind", "wl_display.sync"}) {
        for (const uint64_t nth : {1U, 2U}) {
            for (const bool with_error : {false, true}) {
                CAPTURE(request);
                CAPTURE(nth);
                CompositorOptions options;
                options.fault = Fault{.request = request, .nth = nth};
                if (with_error) {
                    options.fault->error_code = 1;
                }
                TestCompositor compositor{options};
                StartingDesk desk{compositor};
                const auto deadline = std::chrono::steady_clock::now() + 5s;
                while (desk.events.lost.empty() && desk.events.ready == 0 &&
                       std::chrono::steady_clock::now() < deadline) {
                    desk.loop.dispatch(1ms);
                }
                if (nth == 2 && request == std::string_view{"wl_display.get_registry"}) {
                    CHECK(desk.events.ready == 1);  // there is only one
                    continue;
                }
                REQUIRE(desk.events.lost.size() == 1);
                CHECK(desk.events.lost[0].find("compositor") != std::string::npos);
                CHECK(desk.events.lost[0].find('\n') == std::string::npos);
                CHECK(desk.events.ready == 0);
            }
        }
    }
}

TEST_CASE("what is required and missing is named") {
    TestCompositor compositor{{.xdg_wm_base = 0}};
    StartingDesk desk{compositor};
    compositor.settle(desk.loop);
    REQUIRE(desk.events.lost.size() == 1);
    CHECK(desk.events.lost[0] ==
          "this compositor can't show a window: xdg_wm_base 1 is needed, it has none");
    CHECK(desk.events.ready == 0);
}

TEST_CASE("a presenter can end in each state") {
    for (int turns = 0; turns < 8; ++turns) {
        CAPTURE(turns);
        TestCompositor compositor;
        {
            StartingDesk desk{compositor};
            for (int i = 0; i < turns; ++i) {
                desk.turn();
                compositor.with([](Server&) {});
                std::this_thread::sleep_for(1ms);
            }
        }
        CHECK(compositor.take_violations().empty());
    }
}

TEST_CASE("the presenter may be destroyed by whoever hears that it is ready") {
    struct Quitter final : DisplayEvents {
        void display_ready() override { presenter.reset(); }
        void screen_changed(ScanoutId) override {}
        void visibility_changed(ScanoutId) override {}
        void close_requested(ScanoutId) override {}
        void display_lost(const std::string&) override {}
        std::unique_ptr<Display> presenter;
    } quitter;
    TestCompositor compositor;
    ManualClock clock;
    EventLoop loop{clock};
    auto options = presenter_options();
    options.connected_fd = compositor.connect();
    quitter.presenter = wayland::make_presenter(loop, quitter, std::move(options));
    compositor.settle(loop);
    CHECK(quitter.presenter == nullptr);
}

TEST_CASE("calls before a presenter is ready do no harm, and no guest waits") {
    TestCompositor compositor;
    compositor.stall();
    StartingDesk desk{compositor};
    desk.turn();
    GuestPicture picture{kSize};
    int answered = 0;
    desk.presenter->attach(0, picture.framebuffer(), picture.all());
    desk.presenter->flush(0, Region{picture.all()}, when_done([&answered] { ++answered; }));
    CHECK(answered == 1);
    desk.presenter->detach(0);
    desk.presenter->move_cursor(0, {5, 5});
    desk.presenter->set_cursor(
        0, std::make_shared<CursorImage>(CursorImage{{8, 8}, {}, std::vector<uint32_t>(64)}));
    CHECK_FALSE(desk.presenter->visible(0));
    CHECK_FALSE(desk.presenter->frame_pending(0));
    CHECK(desk.presenter->scanout_count() == 1);
    CHECK(desk.presenter->screen(0).preferred == kSize);
    CHECK(desk.presenter->stats(0).flushed == 0);
    CHECK_FALSE(desk.presenter->set_screen(0, {}).has_value());
    compositor.resume();
    compositor.settle(desk.loop);
    CHECK(desk.events.ready == 1);
}

TEST_CASE("a WAYLAND_SOCKET that can't be a compositor is one clear line") {
    std::array<int, 2> pipe_ends{};
    REQUIRE(::pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end{pipe_ends[0]};
    const UniqueFd write_end{pipe_ends[1]};
    const UniqueFd lonely{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const std::string begin = "no Wayland compositor: WAYLAND_SOCKET is '";
    CHECK(failure_with("987") == begin + "987', which is not an open file descriptor");
    CHECK(failure_with("") == begin + "', which is not the number of a file descriptor");
    CHECK(failure_with("3x") == begin + "3x', which is not the number of a file descriptor");
    CHECK(failure_with("-1") == begin + "-1', which is not the number of a file descriptor");
    const std::string pipe_fd = std::to_string(read_end.get());
    CHECK(failure_with(pipe_fd) == begin + pipe_fd + "', which is not a socket");
    const std::string socket_fd = std::to_string(lonely.get());
    CHECK(failure_with(socket_fd) ==
          begin + socket_fd + "', which is a socket that is not connected");
}

}  // namespace oriel::test
