// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/helper_link.h"
#include "record/record_wire.h"

namespace oriel::app {

/// Whoever has a recording written.
class RecorderListener {
public:
    /// A frame is written. The slot, if there is such a one, can be used again.
    virtual void slot_written(uint32_t slot, uint64_t frames, uint64_t left_out) = 0;
    /// Once: all is written, or why it is not, for people. May not destroy the process.
    virtual void recorder_ended(const Result<void>& how) = 0;

protected:
    ~RecorderListener() = default;
};

/// The program that writes one recording. It may wait for its disk, for the reader of its pipe or
/// for an encoder as long as it likes: nobody here waits for it, and it gets no more frames than
/// there are slots.
class RecorderProcess {
public:
    /// A recorder that has been told to stop and is not done after so long is killed.
    static constexpr Nanoseconds kPatience{30'000'000'000};

    /// Both are lent and must outlive this.
    RecorderProcess(EventLoop& loop, RecorderListener& listener);
    RecorderProcess(const RecorderProcess&) = delete;
    RecorderProcess& operator=(const RecorderProcess&) = delete;
    /// What still runs is killed.
    ~RecorderProcess();

    /// `output`: what is written to. `name`: what messages call it.
    [[nodiscard]] Result<void> start(const std::string& program, RecorderMessage message,
                                     const std::string& name, const UniqueFd& output);
    /// Only between start() and the end. A message that can't be sent is the end.
    void send(const RecorderMessage& message, int file = -1);
    void stop(int64_t time_ns);
    /// From now on it has kPatience to end.
    void expect_end();
    /// Waits for its end, kPatience after expect_end() at most: for the end of this process.
    void wait_for_end();
    [[nodiscard]] bool ended() const { return !socket_; }

private:
    void readable();
    /// A message that was there; nothing: there is none yet, or there was an end.
    [[nodiscard]] bool take_reply();
    void end(const Result<void>& how);

    EventLoop& loop_;
    RecorderListener& listener_;
    std::unique_ptr<HelperProcess> child_;
    UniqueFd socket_;
    FdWatch watch_;
    Timer patience_;
    std::chrono::steady_clock::time_point end_expected_{};
};

/// Where that program is: beside this one, or where it is installed.
[[nodiscard]] std::string recorder_program();

}  // namespace oriel::app
