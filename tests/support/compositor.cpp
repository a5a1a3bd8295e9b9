// SPDX-License-Identifier: MIT
#include "compositor.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "compositor/dmabuf.h"
#include "compositor/output.h"
#include "compositor/seat.h"
#include "compositor/server.h"
#include "compositor/surface.h"
#include "compositor/xdg_shell.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;
constexpr size_t kLogTail = 30;

/// The desktop of tests has the one cursor theme that is built into libwayland-cursor. A machine's
/// own would be read anew, some 12 MB, for each client, and looks as the machine does.
[[maybe_unused]] const int kNoThemes = ::setenv("XCURSOR_PATH", "/nonexistent", 0);

std::string log_tail(const State& state) {
    std::string text;
    const size_t first = state.log.size() > kLogTail ? state.log.size() - kLogTail : 0;
    for (size_t i = first; i < state.log.size(); ++i) {
        text += "\n    " + state.log[i];
    }
    return text;
}

}  // namespace

/// The server and the thread that runs it. Whoever holds the lock may use the server: the thread
/// only sleeps without it.
class TestCompositor::Thread {
public:
    explicit Thread(const CompositorOptions& options)
        : server_{options},
          wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
          thread_{&Thread::run, this} {}
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    ~Thread() {
        {
            const std::lock_guard lock{mutex_};
            stop_ = true;
            ::eventfd_write(wake_.get(), 1);
        }
        thread_.join();
    }

    /// Runs `call(Server&)` locked and returns what it returns, after sending what it caused.
    template <class Call>
    auto with(Call&& call) {
        const std::lock_guard lock{mutex_};
        struct Flush {
            Thread& thread;
            ~Flush() {
                if (!thread.stalled_) {
                    wl_display_flush_clients(thread.server_.display());
                }
                // The thread may sleep on what libwayland has changed meanwhile.
                ::eventfd_write(thread.wake_.get(), 1);
            }
        } const flush{*this};
        return call(server_);
    }

    void set_stalled(bool stalled) {
        with([&](Server&) { stalled_ = stalled; });
    }

private:
    void run() {
        const int loop_fd = wl_event_loop_get_fd(wl_display_get_event_loop(server_.display()));
        std::array<pollfd, 2> fds{pollfd{.fd = loop_fd, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
        while (true) {
            ::poll(fds.data(), fds.size(), -1);
            const std::lock_guard lock{mutex_};
            eventfd_t ignored = 0;
            ::eventfd_read(wake_.get(), &ignored);
            if (stop_) {
                return;
            }
            fds[0].fd = stalled_ ? -1 : loop_fd;
            if (!stalled_) {
                server_.dispatch();
            }
        }
    }

    std::mutex mutex_;
    Server server_;
    UniqueFd wake_;
    bool stop_ = false;
    bool stalled_ = false;
    std::thread thread_;
};

TestCompositor::TestCompositor(CompositorOptions options)
    : thread_{std::make_unique<Thread>(options)} {}

TestCompositor::~TestCompositor() {
    // What a client sent before it went counts too.
    thread_->set_stalled(false);
    with([](Server& server) { server.dispatch(); });
    const State end = state();
    for (const std::string& violation : end.violations) {
        FAIL_CHECK("the client broke a rule: ", violation, log_tail(end));
    }
}

UniqueFd TestCompositor::connect() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::runtime_error{"socketpair failed"};
    }
    UniqueFd ours{ends[0]};
    UniqueFd theirs{ends[1]};
    thread_->with([&](Server& server) {
        if (const int bytes = server.options.socket_buffer_bytes; bytes > 0) {
            for (const int fd : ends) {
                ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
                ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
            }
        }
        server.add_client(std::move(ours));
    });
    return theirs;
}

void TestCompositor::listen(UniqueFd socket) {
    thread_->with([&](Server& server) { server.listen(std::move(socket)); });
}

State TestCompositor::state() const {
    return thread_->with([](Server& server) { return server.state; });
}

std::vector<std::string> TestCompositor::take_violations() {
    return thread_->with([](Server& server) { return std::exchange(server.state.violations, {}); });
}

std::vector<std::string> TestCompositor::live_objects() const {
    return thread_->with([](Server& server) { return server.live_objects(); });
}

void TestCompositor::wait_for(const Predicate& true_when, EventLoop& loop,
                              std::string_view sentence) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!thread_->with([&](Server& server) { return true_when(server.state); })) {
        if (std::chrono::steady_clock::now() > deadline) {
            FAIL("waited in vain for: ", std::string{sentence}, log_tail(state()));
        }
        loop.dispatch(1ms);
    }
}

void TestCompositor::settle(EventLoop& loop) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    // Twice: a turn may have made what the other side only gets to see now.
    for (int quiet = 0; quiet < 2;) {
        const bool ran = loop.dispatch(Nanoseconds{0});
        const int bytes = thread_->with([](Server& server) {
            server.dispatch();
            return server.bytes_in_flight();
        });
        quiet = ran || bytes > 0 ? 0 : quiet + 1;
        if (std::chrono::steady_clock::now() > deadline) {
            FAIL("client and compositor never came to rest", log_tail(state()));
        }
    }
    thread_->with([](Server& server) {
        for (const Surface* surface : server.surfaces) {
            surface->check_content();
        }
    });
}

void TestCompositor::change_options(const std::function<void(CompositorOptions&)>& change) {
    thread_->with([&](Server& server) { change(server.options); });
}

void TestCompositor::fire_frame_callbacks() {
    thread_->with([](Server& server) { server.latch_all(); });
}

void TestCompositor::advance(Nanoseconds by) {
    thread_->with([&](Server& server) { server.advance(by); });
}

void TestCompositor::release(uint64_t buffer) {
    const bool held = thread_->with([&](Server& server) {
        bool any = false;
        for (Surface* surface : server.surfaces) {
            any |= surface->release(buffer);
        }
        return any;
    });
    if (!held) {
        FAIL("buffer ", buffer, " isn't held", log_tail(state()));
    }
}

void TestCompositor::release_all(bool also_shown) {
    thread_->with([&](Server& server) {
        for (Surface* surface : server.surfaces) {
            surface->release_replaced();
            if (also_shown) {
                surface->release_current();
            }
        }
    });
}

void TestCompositor::send_dmabuf_feedback() {
    thread_->with([](Server& server) { oriel::test::send_dmabuf_feedback(server); });
}

void TestCompositor::answer_imports() {
    thread_->with([](Server& server) { oriel::test::answer_imports(server); });
}

void TestCompositor::release_again(uint64_t buffer) {
    thread_->with([&](Server& server) { oriel::test::release_again(server, buffer); });
}

void TestCompositor::configure(const Configure& configure, size_t window) {
    thread_->with([&](Server& server) {
        if (Toplevel* toplevel = server.toplevel(window)) {
            toplevel->configure(configure.size, configure.flags);
        }
    });
}

void TestCompositor::close(size_t window) {
    thread_->with([&](Server& server) {
        if (Toplevel* toplevel = server.toplevel(window)) {
            toplevel->close();
        }
    });
}

void TestCompositor::ping() {
    thread_->with([](Server& server) { ping_clients(server); });
}

uint32_t TestCompositor::pointer_enter(double x, double y, size_t window) {
    return thread_->with([&](Server& server) {
        return server.seat ? server.seat->enter(server.input_surface(window), x, y) : 0;
    });
}

void TestCompositor::pointer_motion(double x, double y) {
    thread_->with([&](Server& server) { server.seat->motion(x, y); });
}

void TestCompositor::pointer_leave() {
    thread_->with([](Server& server) { server.seat->leave(); });
}

void TestCompositor::remove_seat() {
    thread_->with([](Server& server) { server.seat.reset(); });
}

void TestCompositor::add_seat() {
    thread_->with([](Server& server) { server.seat = std::make_shared<SeatGlobal>(server); });
}

void TestCompositor::set_seat_capabilities(uint32_t capabilities) {
    thread_->with([&](Server& server) { server.seat->set_capabilities(capabilities); });
}

void TestCompositor::add_output(const OutputOptions& output) {
    thread_->with([&](Server& server) {
        server.outputs.push_back(std::make_unique<OutputGlobal>(server, output));
    });
}

void TestCompositor::change_output(const OutputOptions& output) {
    thread_->with([&](Server& server) { server.output(output.name)->change(output); });
}

void TestCompositor::remove_output(const std::string& name) {
    thread_->with([&](Server& server) {
        const OutputGlobal* gone = server.output(name);
        server.outputs.remove_if([gone](const auto& output) { return output.get() == gone; });
    });
}

void TestCompositor::move_to_output(const std::string& name, size_t window) {
    thread_->with([&](Server& server) {
        const auto surface = server.toplevel(window)->surface();
        server.output(name)->enter(*surface);
        for (const auto& output : server.outputs) {
            if (output->options().name != name) {
                output->leave(*surface);
            }
        }
    });
}

void TestCompositor::disconnect() {
    thread_->with([](Server& server) { server.disconnect(); });
}

void TestCompositor::kill(const std::string& interface, uint32_t code, const std::string& message) {
    thread_->with([&](Server& server) { server.kill(interface, code, message); });
}

void TestCompositor::stall() {
    thread_->set_stalled(true);
}

void TestCompositor::resume() {
    thread_->set_stalled(false);
}

void TestCompositor::with(const std::function<void(Server&)>& call) {
    thread_->with([&](Server& server) { call(server); });
}

}  // namespace oriel::test
