// SPDX-License-Identifier: MIT
#include "wayland/gpu_probe.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-client.h>

#include <array>
#include <chrono>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/unique_handle.h"
#include "net/child_signals.h"
#include "shaders/egl.h"

namespace oriel::wayland {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTimeout = 10s;

/// The child: answers on `answer` and ends. Never returns.
[[noreturn]] void probe(int answer) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    unblock_signals();
    // Drivers talk on stderr, and the parent's sockets must close when the parent closes them.
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        ::dup2(null, STDOUT_FILENO);
        ::dup2(null, STDERR_FILENO);
    }
    constexpr int kAnswer = 3;
    if (answer != kAnswer) {
        ::dup2(answer, kAnswer);
    }
    ::close_range(kAnswer + 1, ~0U, 0);
    std::string line = "-no connection to the compositor";
    const UniqueHandle<wl_display, wl_display_disconnect> display{wl_display_connect(nullptr)};
    if (display) {
        const auto egl = shaders::Egl::open(EGL_PLATFORM_WAYLAND_KHR, display.get());
        line = egl ? "+" + (*egl)->renderer() : "-" + egl.error().message();
        const ssize_t written = ::write(kAnswer, line.data(), line.size());
        // Not the destructors: a driver that crashes on its way out has answered already.
        ::_exit(written == static_cast<ssize_t>(line.size()) ? 0 : 1);
    }
    const ssize_t written = ::write(kAnswer, line.data(), line.size());
    ::_exit(written == static_cast<ssize_t>(line.size()) ? 0 : 1);
}

}  // namespace

bool has_render_node(const char* directory) {
    const UniqueHandle<DIR, ::closedir> dir{::opendir(directory)};
    if (!dir) {
        return false;
    }
    while (const dirent* entry = ::readdir(dir.get())) {
        if (std::string_view{entry->d_name}.starts_with("renderD") &&
            ::faccessat(::dirfd(dir.get()), entry->d_name, R_OK | W_OK, AT_EACCESS) == 0) {
            return true;
        }
    }
    return false;
}

GpuProbe::GpuProbe(EventLoop& loop, GpuProbeListener& listener)
    : loop_{loop},
      listener_{listener},
      tell_{loop, [this] { listener_.gpu_probed(answer_); }},
      timeout_{loop, [this] { ::kill(child_, SIGKILL); }} {
    if (auto started = start(); !started) {
        answer_ = tl::unexpected(started.error());
        tell_.schedule();
    }
}

GpuProbe::~GpuProbe() {
    if (child_ > 0) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
}

Result<void> GpuProbe::start() {
    if (Outside::current() != nullptr) {
        errand_.probe();
        return {};
    }
    auto pipe = make_pipe("pipe", O_NONBLOCK);
    if (!pipe) {
        return tl::unexpected(pipe.error());
    }
    pipe_ = std::move(pipe->reader);
    const UniqueFd write_end = std::move(pipe->writer);
    child_ = ::fork();
    if (child_ < 0) {
        return system_error("fork");
    }
    if (child_ == 0) {
        probe(write_end.get());
    }
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
    if (!pidfd_) {
        return system_error("pidfd_open");
    }
    auto watch = loop_.watch(pidfd_.get(), FdEvents::kRead, [this](FdEvents) { ended(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    watch_ = std::move(*watch);
    timeout_.arm_after(kTimeout);
    return {};
}

void GpuProbe::outside_answered(Result<std::string> text, UniqueFd /*fd*/) {
    // Not from inside the constructor.
    answer_ = std::move(text);
    tell_.schedule();
}

void GpuProbe::ended() {
    watch_.reset();
    timeout_.disarm();
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    std::array<char, 256> buffer{};
    const ssize_t got = ::read(pipe_.get(), buffer.data(), buffer.size());
    GpuProbeListener& listener = listener_;
    if (got < 1) {
        listener.gpu_probed(
            WIFSIGNALED(status)
                ? Result<std::string>{host_error("the GL driver crashed or hung (signal {})",
                                                 WTERMSIG(status))}
                : Result<std::string>{host_error("EGL could not be tried")});
        return;
    }
    const std::string text{buffer.data() + 1, static_cast<size_t>(got - 1)};
    listener.gpu_probed(buffer[0] == '+' ? Result<std::string>{text}
                                         : Result<std::string>{host_error("{}", text)});
}

}  // namespace oriel::wayland
