// SPDX-License-Identifier: MIT
#include "trace/trace_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/log.h"
#include "core/memfd.h"
#include "net/child_signals.h"
#include "net/outside.h"
#include "net/pidfd.h"
#include "net/process_handle.h"
#include "trace/traced_frame.h"

namespace oriel::app {
namespace {

constexpr const char* kTraceArea = "trace";
/// For one that is killed.
constexpr Nanoseconds kKillPatience{1'000'000'000};

constexpr unsigned kPatienceSeconds =
    static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(TraceWriter::kPatience).count());

/// In the process that writes, whose parent is gone: what is in the pipe is written soon, or never.
void hurry(int) {
    ::alarm(kPatienceSeconds);
}

/// What the process has written.
struct Progress {
    std::atomic<uint64_t>& lines;
    off_t bytes = 0;
    off_t whole_lines = 0;  ///< up to where
};

std::atomic<uint64_t>& line_counter(const Mapping& shared) {
    // A new memfd is all zero, which is what the counter begins with.
    static_assert(std::atomic<uint64_t>::is_always_lock_free);
    return *reinterpret_cast<std::atomic<uint64_t>*>(shared.data());
}

/// Writes all of it, or ends the process.
void write_out(std::string_view text, Progress& progress) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            const int error = errno;
            // Where the disk is full there may be half a line.
            static_cast<void>(!::ftruncate(STDOUT_FILENO, progress.whole_lines));
            ::_exit(error);
        }
        const auto part = text.substr(0, static_cast<size_t>(count));
        if (const size_t end = part.rfind('\n'); end != std::string_view::npos) {
            progress.whole_lines = progress.bytes + static_cast<off_t>(end) + 1;
            progress.lines += static_cast<uint64_t>(std::count(part.begin(), part.end(), '\n'));
        }
        progress.bytes += count;
        text.remove_prefix(part.size());
    }
}

/// In the child, which allocates nothing. Ends with the pipe, with 0; or with the errno of a write.
[[noreturn]] void be_the_writer(int pipe, int file, pid_t parent, const Mapping& shared) {
    // The end of the pipe is what ends it, also where a terminal's Ctrl+C reaches all of a group.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ}) {
        static_cast<void>(std::signal(number, SIG_IGN));
    }
    static_cast<void>(std::signal(SIGALRM, SIG_DFL));
    static_cast<void>(std::signal(SIGUSR1, hurry));
    ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
    unblock_signals();
    if (::getppid() != parent) {
        hurry(0);
    }
    ::dup2(pipe, STDIN_FILENO);
    ::dup2(file, STDOUT_FILENO);
    ::close_range(STDERR_FILENO, ~0U, 0);
    std::array<char, 65536> buffer;
    Progress progress{.lines = line_counter(shared)};
    for (;;) {
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            ::_exit(0);
        }
        write_out({buffer.data(), static_cast<size_t>(count)}, progress);
    }
}

/// A FIFO that nobody reads is an error, and not a wait.
Result<UniqueFd> create_file(const std::string& path) {
    UniqueFd file{::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644)};
    if (!file || ::fcntl(file.get(), F_SETFL, 0) != 0) {
        return system_error("create {}", path);
    }
    return file;
}

}  // namespace

Result<std::unique_ptr<TraceWriter>> TraceWriter::open(const std::string& file,
                                                       Nanoseconds patience) {
    const auto target = create_file(file);
    if (!target) {
        return tl::unexpected(target.error());
    }
    auto pipe = make_pipe(fmt::format("write {}", file));
    if (!pipe) {
        return tl::unexpected(pipe.error());
    }
    const auto memory = create_memfd("oriel-trace", sizeof(uint64_t), MemfdSeals::kFixedSize);
    if (!memory) {
        return tl::unexpected(memory.error());
    }
    auto shared = Mapping::map(memory->get(), 0, sizeof(uint64_t), MapAccess::kReadWrite);
    if (!shared) {
        return tl::unexpected(shared.error());
    }
    auto writer = std::unique_ptr<TraceWriter>{new TraceWriter{file, patience, std::move(*shared)}};
    writer->pipe_ = std::move(pipe->writer);
    static_cast<void>(::fcntl(writer->pipe_.get(), F_SETPIPE_SZ, kPipeBytes));
    ::fcntl(writer->pipe_.get(), F_SETFL, O_NONBLOCK);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("write {}", file);
    }
    if (pid == 0) {
        be_the_writer(pipe->reader.get(), target->get(), parent, writer->shared_);
    }
    writer->pid_ = pid;
    writer->process_.reset(::pidfd_open(pid, 0));
    if (!writer->process_) {
        return system_error("write {}", file);
    }
    return writer;
}

TraceWriter::~TraceWriter() {
    pipe_.reset();
    if (!ended(patience_)) {
        send_signal(pid_, process_.get(), SIGKILL);
        static_cast<void>(ended(kKillPatience));
        // log: once a process
        log_warn(kTraceArea, "{}: it could not be written in time: its end is missing", file_);
    }
    if (missing() > 0) {
        // log: once a process
        log_warn(kTraceArea, "{}: {} frames are not in it", file_, missing());
    }
}

Outside::Child TraceWriter::process() const {
    return {.pid = pid_, .pidfd = process_.get(), .end_signal = SIGUSR1};
}

uint64_t TraceWriter::missing() const {
    return lines_ - std::min(lines_, line_counter(shared_).load());
}

bool TraceWriter::ended(Nanoseconds patience) {
    if (pid_ == 0) {
        return true;
    }
    pollfd wait{process_.get(), POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    int ready = 0;
    do {
        ready = ::poll(&wait, 1, static_cast<int>(ms));
    } while (ready < 0 && errno == EINTR);
    int status = 0;
    if (ready <= 0 || ::waitpid(pid_, &status, 0) < 0) {
        return false;
    }
    pid_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        // log: once a process
        log_error(kTraceArea, "{}: {}: no more frames get into it", file_,
                  std::strerror(WEXITSTATUS(status)));
    }
    return true;
}

void TraceWriter::write(std::string_view line) {
    assert(line.size() <= kMaxTraceLine);
    ++lines_;
    if (pipe_ && ::write(pipe_.get(), line.data(), line.size()) >= 0) {
        return;
    }
    if (pipe_ && errno != EAGAIN) {
        pipe_.reset();
    }
    if (!pipe_) {
        static_cast<void>(ended(Nanoseconds{0}));
    } else if (!std::exchange(slow_, true)) {
        // log: once a process
        log_warn(kTraceArea, "{}: frames come faster than they are written: some are left out",
                 file_);
    }
}

}  // namespace oriel::app
