// SPDX-License-Identifier: MIT
#include "test_run/test_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/control_server.h"
#include "control/json_fields.h"
#include "core/descriptor_pair.h"
#include "net/child_signals.h"
#include "run/qemu_probe.h"
#include "test_run/one_test.h"

namespace oriel::app {
namespace {

// What was killed is gone soon: how often that is looked at.
constexpr Nanoseconds kCleaningInterval{2'000'000};

Result<std::string> make_temporary_folder() {
    // Sockets are in it, whose paths are short: no other place will do.
    std::string path = "/tmp/oriel-test-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        return system_error("create a temporary folder in /tmp");
    }
    return path;
}

/// In the child. Never returns.
[[noreturn]] void be_the_test(const Script& script, const TestProcess::Options& options,
                              const std::string& folder, pid_t parent, int pipe) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1);
    }
    unblock_signals();
    const std::string log = folder + "/log.txt";
    const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log_fd >= 0 ? log_fd : nothing, STDOUT_FILENO);
    ::dup2(log_fd >= 0 ? log_fd : nothing, STDERR_FILENO);
    ::setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
    ::setenv("ORIEL_VM", "vm", 1);
    ::setenv("ORIEL_TEST_SEED", std::to_string(options.seed).c_str(), 1);
    ::setenv(QemuProbe::kVariable, options.qemu_devices.c_str(), 1);
    ::unsetenv("WAYLAND_DISPLAY");
    run_one_test(script, options, folder, pipe);
    ::_exit(0);
}

}  // namespace

Result<std::unique_ptr<TestProcess>> TestProcess::start(EventLoop& loop, Script script,
                                                        const Options& options,
                                                        TestProcessListener& listener) {
    auto folder = make_temporary_folder();
    if (!folder) {
        return tl::unexpected(folder.error());
    }
    auto test = std::unique_ptr<TestProcess>{new TestProcess{loop, std::move(script), listener}};
    test->folder_ = std::move(*folder);
    auto pipe = make_pipe("start a test");
    if (!pipe) {
        return tl::unexpected(pipe.error());
    }
    test->pipe_ = std::move(pipe->reader);
    const UniqueFd write_end = std::move(pipe->writer);
    const pid_t parent = ::getpid();
    test->pid_ = ::fork();
    if (test->pid_ < 0) {
        test->pid_ = 0;
        return system_error("start a test");
    }
    if (test->pid_ == 0) {
        be_the_test(test->script_, options, test->folder_, parent, write_end.get());
    }
    // Also here, so that a kill finds the group at once.
    ::setpgid(test->pid_, test->pid_);
    ::fcntl(test->pipe_.get(), F_SETFL, O_NONBLOCK);
    auto watch = loop.watch(test->pipe_.get(), FdEvents::kRead,
                            [self = test.get()](FdEvents) { self->readable(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    test->watch_ = std::move(*watch);
    test->limit_.arm_after(test->script_.timeout + TestVm::kAttachPatience + kGrace);
    return test;
}

TestProcess::TestProcess(EventLoop& loop, Script script, TestProcessListener& listener)
    : loop_{loop},
      script_{std::move(script)},
      listener_{listener},
      start_{loop.clock().now()},
      limit_{loop, [this] { kill("it did not end in time"); }},
      cleaning_{loop, [this] { clean_up(); }} {}

TestProcess::~TestProcess() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        while (::waitpid(-pid_, nullptr, 0) > 0 || errno == EINTR) {
        }
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void TestProcess::kill(const std::string& why) {
    if (killed_.empty()) {
        killed_ = why;
    }
    limit_.disarm();
    ::kill(-pid_, SIGKILL);
}

void TestProcess::readable() {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        watch_.reset();
        limit_.disarm();
        clean_up();
        return;
    }
    received_ += static_cast<size_t>(got);
    input_.append(buffer.data(), static_cast<size_t>(got));
    if (received_ > kMaxAnswer) {
        kill("it said more than there is room for");
        input_.clear();
        return;
    }
    for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        take_line(line);
    }
}

void TestProcess::take_line(const std::string& line) {
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object()) {
        return;
    }
    if (const auto step = object.find("step"); step != object.end() && step->is_string()) {
        listener_.test_steps(*this, step->get<std::string>());
        return;
    }
    if (const auto result = object.find("result"); result != object.end()) {
        result_ = result_of_json(*result);
    }
}

/// All of its group is killed; those whose parents are gone are ours (PR_SET_CHILD_SUBREAPER).
void TestProcess::clean_up() {
    ::kill(-pid_, SIGKILL);
    for (;;) {
        const pid_t gone = ::waitpid(-pid_, nullptr, WNOHANG);
        if (gone == 0) {
            cleaning_.arm_after(kCleaningInterval);
            return;
        }
        if (gone < 0 && errno != EINTR) {
            break;
        }
    }
    pid_ = 0;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    listener_.test_ended(*this);
}

TestResult TestProcess::take_result() {
    TestResult result;
    if (result_ && killed_.empty()) {
        result = std::move(*result_);
    } else {
        result.verdict = killed_.empty() ? Verdict::kBroken : Verdict::kFailed;
        result.message = killed_.empty() ? "the test's process has crashed" : killed_;
        result.seconds = std::chrono::duration<double>(loop_.clock().now() - start_).count();
    }
    result.name = script_.name;
    result.file = script_.file;
    return result;
}

}  // namespace oriel::app
