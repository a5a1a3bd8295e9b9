// SPDX-License-Identifier: MIT
#include "recorder/ffmpeg_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/text.h"
#include "net/child_process.h"

namespace oriel::app::recorder {
namespace {

constexpr size_t kMostSaid = 4096;

constexpr const char* kPipe = "pipe for ffmpeg";

}  // namespace

FfmpegProcess::~FfmpegProcess() {
    if (pid_ != 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

Result<void> FfmpegProcess::start(const std::vector<std::string>& arguments, int inherited) {
    std::vector<std::string> command{"ffmpeg"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const std::vector<char*> words = exec_arguments(command);
    auto input = make_pipe(kPipe);
    auto messages = make_pipe(kPipe);
    if (!input || !messages) {
        return tl::unexpected(input ? messages.error() : input.error());
    }
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("start ffmpeg");
    }
    if (pid == 0) {
        ::dup2(input->reader.get(), STDIN_FILENO);
        ::dup2(messages->writer.get(), STDOUT_FILENO);
        ::dup2(messages->writer.get(), STDERR_FILENO);
        ::fcntl(inherited, F_SETFD, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    pid_ = pid;
    input_ = std::move(input->writer);
    messages_ = std::move(messages->reader);
    if (::fcntl(input_.get(), F_SETFL, O_NONBLOCK) != 0 ||
        ::fcntl(messages_.get(), F_SETFL, O_NONBLOCK) != 0) {
        return system_error("{}", kPipe);
    }
    return {};
}

Result<void> FfmpegProcess::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        std::array<pollfd, 2> watched{{{input_.get(), POLLOUT, 0}, {messages_.get(), POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) {
            return system_error("wait for ffmpeg");
        }
        // It must not wait for us to hear what it says.
        if (watched[1].revents != 0 && !hear()) {
            return reap();
        }
        const ssize_t count = ::write(input_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return finish();
        }
        bytes = bytes.subspan(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    }
    return {};
}

Result<void> FfmpegProcess::finish() {
    input_.reset();
    for (;;) {
        pollfd watched{messages_.get(), POLLIN, 0};
        if (::poll(&watched, 1, -1) > 0 && !hear()) {
            return reap();
        }
    }
}

bool FfmpegProcess::hear() {
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(messages_.get(), buffer.data(), buffer.size());
    if (count > 0) {
        said_.append(buffer.data(), static_cast<size_t>(count));
        said_.erase(0, said_.size() - std::min(said_.size(), kMostSaid));
    }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

Result<void> FfmpegProcess::reap() {
    const bool all_written = !input_;
    input_.reset();
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        return host_error("ffmpeg can't be started (package ffmpeg)");
    }
    if (all_written && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return {};
    }
    const ExitStatus how = WIFEXITED(status) ? ExitStatus{.code = WEXITSTATUS(status)}
                                             : ExitStatus{.signal = WTERMSIG(status)};
    return host_error("ffmpeg ended {}: {}", to_string(how), last_line(said_));
}

}  // namespace oriel::app::recorder
