// SPDX-License-Identifier: MIT
//
// What the latency benchmarks share: Oriel is another process that is otherwise idle, and the
// compositor and the guest are in this one, so a stopwatch can begin at one and end at the other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/unique_fd.h"
#include "support/compositor.h"

namespace oriel::bench {

/// Small, because the scripted compositor looks at every pixel of every commit; what Oriel does for
/// 64x64 of them does not depend on the rest.
constexpr Size kScreen{640, 480};

[[nodiscard]] int64_t now_ns();

/// Oriel with a screen of kScreen on a connected Wayland socket; ended with this object.
class Oriel {
public:
    /// Returns when a VMM can attach. `input`: with input devices.
    Oriel(const std::string& program, UniqueFd wayland, bool input,
          const std::string& road = "vfio-user");
    Oriel(const Oriel&) = delete;
    Oriel& operator=(const Oriel&) = delete;
    ~Oriel();
    /// Of the card; the input devices' are inputs() with ".kbd" and so on.
    [[nodiscard]] std::string socket() const { return folder_ + "/vm.sock"; }
    [[nodiscard]] std::string inputs() const { return folder_ + "/in"; }
    /// `oriel ctl stats --json`.
    [[nodiscard]] std::string stats() const;

private:
    std::string program_;
    std::string folder_;
    pid_t pid_ = -1;
};

/// Takes the time at which a commit request arrives. One at a time.
class CommitWatch {
public:
    explicit CommitWatch(test::TestCompositor& compositor);
    /// The next commit is the one.
    void arm();
    /// now_ns() of it. Throws if none comes within a second.
    [[nodiscard]] int64_t wait() const;
};

/// The least that a way to an idle process and back costs here, in us.
[[nodiscard]] std::vector<double> measure_echo(int samples);

/// Sorts.
[[nodiscard]] double percentile(std::vector<double>& samples, double fraction);

}  // namespace oriel::bench
