// SPDX-License-Identifier: MIT
#include "two_processes.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include "core/clock.h"
#include "support/compositor/server.h"

namespace oriel::bench {
namespace {

using namespace std::chrono_literals;

/// Written by the compositor's thread.
std::atomic<int64_t> g_committed_at{0};

void log_message(void*, wl_protocol_logger_type type, const wl_protocol_logger_message* message) {
    if (type == WL_PROTOCOL_LOGGER_REQUEST && std::strcmp(message->message->name, "commit") == 0) {
        int64_t expected = 0;
        g_committed_at.compare_exchange_strong(expected, now_ns());
    }
}

}  // namespace

int64_t now_ns() {
    return SystemClock{}.now().time_since_epoch().count();
}

Oriel::Oriel(const std::string& program, UniqueFd wayland, bool input, const std::string& road)
    : program_{program}, folder_{"/tmp/oriel-bench-XXXXXX"} {
    if (::mkdtemp(folder_.data()) == nullptr) {
        throw std::runtime_error{"mkdtemp"};
    }
    pid_ = ::fork();
    if (pid_ == 0) {
        const int fd = ::dup(wayland.get());  // without close-on-exec
        ::setenv("WAYLAND_SOCKET", std::to_string(fd).c_str(), 1);
        ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
        ::execl(program.c_str(), program.c_str(), "show", "--name", "bench", ("--" + road).c_str(),
                socket().c_str(), "--path", "shm", "--size", "640x480", "--log-level", "error",
                input ? "--input-socket" : nullptr, inputs().c_str(), nullptr);
        ::_exit(127);
    }
    for (int i = 0; i < 500 && !std::filesystem::exists(socket()); ++i) {
        std::this_thread::sleep_for(10ms);
    }
}

Oriel::~Oriel() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
}

std::string Oriel::stats() const {
    const std::string command =
        "XDG_RUNTIME_DIR=" + folder_ + " " + program_ + " ctl bench stats --json";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
    std::string text;
    std::array<char, 4096> part{};
    while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) {
        text += part.data();
    }
    return text;
}

CommitWatch::CommitWatch(test::TestCompositor& compositor) {
    compositor.with([](test::Server& server) {
        wl_display_add_protocol_logger(server.display(), log_message, nullptr);
    });
}

void CommitWatch::arm() {
    g_committed_at = 0;
}

int64_t CommitWatch::wait() const {
    for (int i = 0; g_committed_at == 0 && i < 1000; ++i) {
        std::this_thread::sleep_for(1ms);
    }
    if (g_committed_at == 0) {
        throw std::runtime_error{"no commit within a second"};
    }
    return g_committed_at;
}

std::vector<double> measure_echo(int samples) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
        throw std::runtime_error{"socketpair"};
    }
    const UniqueFd here{pair[0]};
    UniqueFd there{pair[1]};
    char byte = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(here.get());
        while (::read(there.get(), &byte, 1) == 1 && ::write(there.get(), &byte, 1) == 1) {
        }
        ::_exit(0);
    }
    there.reset();
    std::vector<double> microseconds;
    for (int i = 0; i < samples; ++i) {
        std::this_thread::sleep_for(20ms);
        const int64_t begin = now_ns();
        if (::write(here.get(), &byte, 1) != 1 || ::read(here.get(), &byte, 1) != 1) {
            throw std::runtime_error{"echo"};
        }
        microseconds.push_back(static_cast<double>(now_ns() - begin) / 1e3);
    }
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    return microseconds;
}

double percentile(std::vector<double>& samples, double fraction) {
    std::sort(samples.begin(), samples.end());
    return samples[static_cast<size_t>(static_cast<double>(samples.size()) * fraction)];
}

}  // namespace oriel::bench
