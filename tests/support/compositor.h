// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compositor_options.h"
#include "compositor_state.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel::test {

class Server;

/// A Wayland compositor that shows nothing and does what a test says: it records every request and
/// the pixels of every commit, withholds or delays what a compositor sends, and fails the test when
/// the client breaks a rule (State::violations).
///
/// It runs in a thread of its own, because EGL waits for a compositor inside its calls. Every
/// function is safe to call from the test's thread and takes effect before it returns.
class TestCompositor {
public:
    explicit TestCompositor(CompositorOptions options = {});
    TestCompositor(const TestCompositor&) = delete;
    TestCompositor& operator=(const TestCompositor&) = delete;
    /// Fails the running test for each violation that take_violations() has not taken.
    ~TestCompositor();

    /// A new client's end of a connection.
    [[nodiscard]] UniqueFd connect();

    /// Takes clients from a socket that listens, as a real one does. The socket's file stays when
    /// the compositor ends, as after a kill -9.
    void listen(UniqueFd socket);

    // --- what happened

    /// A copy of everything recorded so far.
    [[nodiscard]] State state() const;
    /// The violations so far; they don't fail the test any more.
    [[nodiscard]] std::vector<std::string> take_violations();
    /// What the clients have not destroyed.
    [[nodiscard]] std::vector<std::string> live_objects() const;

    using Predicate = std::function<bool(const State&)>;
    /// Runs the client's loop until `true_when`. After 5 s of real time the test fails with
    /// `sentence` and the last lines of the log.
    void wait_for(const Predicate& true_when, EventLoop& loop, std::string_view sentence);
    /// Runs the client's loop until neither side has anything left to do or to read. Afterwards
    /// "nothing more was committed" is a fact, not a hope. Not while stalled.
    void settle(EventLoop& loop);

    // --- the script

    /// Takes effect at the next occasion; globals and outputs stay as they are.
    void change_options(const std::function<void(CompositorOptions&)>& change);
    /// Latches what is committed: frame callbacks, releases by policy, presentation feedback.
    void fire_frame_callbacks();
    /// With Frames::kAtRefresh: lets time pass for the compositor.
    void advance(Nanoseconds by);
    /// Gives a wl_buffer back (SurfaceState::buffer). Fails the test if it isn't held.
    void release(uint64_t buffer);
    /// Gives everything back but what is shown now; with `also_shown` that too.
    void release_all(bool also_shown = false);

    /// Says the formats of the options again, to all who asked for feedback.
    void send_dmabuf_feedback();
    /// Answers the imports that wait (DmabufOptions::Imports::kUnanswered), as the options say now.
    void answer_imports();
    /// Sends wl_buffer.release once more than it is due.
    void release_again(uint64_t buffer);

    struct Configure {
        Size size;  ///< logical px; 0x0: the client chooses
        std::vector<WindowFlag> flags{WindowFlag::kActivated};
    };
    void configure(const Configure& configure, size_t window = 0);
    void close(size_t window = 0);
    void ping();

    /// The pointer comes to the window (logical px in the surface that takes input there). Returns
    /// the serial.
    uint32_t pointer_enter(double x, double y, size_t window = 0);
    void pointer_motion(double x, double y);
    void pointer_leave();
    void remove_seat();
    void add_seat();
    /// Of wl_seat.capabilities: 1 pointer, 2 keyboard, 4 touch.
    void set_seat_capabilities(uint32_t capabilities);

    void add_output(const OutputOptions& output);
    void change_output(const OutputOptions& output);
    void remove_output(const std::string& name);
    /// The window leaves all outputs but this.
    void move_to_output(const std::string& name, size_t window = 0);

    /// Cuts the connection without a word.
    void disconnect();
    /// Ends the client with a protocol error on its first object of `interface`.
    void kill(const std::string& interface, uint32_t code,
              const std::string& message = "scripted error");
    /// Stops reading and writing, as a compositor does that hangs.
    void stall();
    void resume();

    /// Anything else, under the compositor's lock; see compositor/server.h.
    void with(const std::function<void(Server&)>& call);

private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace oriel::test
