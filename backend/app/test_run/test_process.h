// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "test_run/script.h"
#include "test_run/test_result.h"

namespace oriel::app {

class TestProcess;

class TestProcessListener {
public:
    /// The step that begins now.
    virtual void test_steps(TestProcess& process, const std::string& title) = 0;
    /// Nothing of the test is left: no process, and no temporary folder. May destroy the object.
    virtual void test_ended(TestProcess& process) = 0;

protected:
    ~TestProcessListener() = default;
};

/// One test in a process of its own, with a process group and a temporary folder of its own. All of
/// that group ends with the test, however it ends, and with this program.
class TestProcess {
public:
    struct Options {
        std::string output;  ///< where its pictures go, in a folder of its name
        bool update = false;
        uint32_t seed = 0;
        std::string sandbox{};       ///< TestOptions::sandbox
        std::string qemu_devices{};  ///< QemuProbe::kVariable of its environment
    };
    /// What a test may answer, in bytes.
    static constexpr size_t kMaxAnswer = size_t{8} << 20;
    /// The whole test's time is the script's; then it still has so long to say so.
    static constexpr Nanoseconds kGrace{10'000'000'000};

    /// `loop` and `listener` are lent and must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<TestProcess>> start(EventLoop& loop, Script script,
                                                                    const Options& options,
                                                                    TestProcessListener& listener);
    TestProcess(const TestProcess&) = delete;
    TestProcess& operator=(const TestProcess&) = delete;
    /// What still runs is killed, and waited for.
    ~TestProcess();

    [[nodiscard]] const Script& script() const { return script_; }
    /// After test_ended().
    [[nodiscard]] TestResult take_result();
    /// Kills all of it; test_ended() comes.
    void kill(const std::string& why);

private:
    TestProcess(EventLoop& loop, Script script, TestProcessListener& listener);
    void readable();
    void take_line(const std::string& line);
    void clean_up();

    EventLoop& loop_;
    Script script_;
    TestProcessListener& listener_;
    std::string folder_;  ///< the temporary one
    pid_t pid_ = 0;
    UniqueFd pipe_;
    FdWatch watch_;
    std::string input_;
    size_t received_ = 0;
    std::optional<TestResult> result_;
    std::string killed_;
    const TimePoint start_;
    Timer limit_;
    Timer cleaning_;
};

}  // namespace oriel::app
