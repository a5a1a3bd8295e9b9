// SPDX-License-Identifier: MIT
//
// A paced load for a display: paints a frame in shared memory RATE times a second and tells the
// display about it, either Oriel (as a VMM with a virtio-gpu driver) or the yardstick. The display
// is another process; what is printed is the CPU time that it used meanwhile, as one line of JSON.
//
// usage: frame-load vfio-user|vhost-user SOCKET PID WIDTH HEIGHT RECT_WIDTH RECT_HEIGHT RATE
// SECONDS
//        frame-load yardstick PROGRAM WIDTH HEIGHT RECT_WIDTH RECT_HEIGHT RATE SECONDS
// RATE 0 paints one frame and then watches an idle display.
//        frame-load registers SOCKET COUNT
// reads a register of BAR2 that often; the time it takes the server is in its statistics.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "card_road.h"
#include "core/memfd.h"
#include "support/gpu_driver.h"
#include "support/virtio_gpu_link.h"

using namespace oriel;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

struct Load {
    Size size;
    Size rect;
    uint32_t rate = 0;
    uint32_t seconds = 0;
};

/// What a process has used so far.
struct Usage {
    uint64_t cpu_ns = 0;
    uint64_t switches = 0;  // times that it went to sleep
};

Usage usage_of(pid_t pid) {
    Usage usage;
    const std::string folder = "/proc/" + std::to_string(pid);
    std::ifstream{folder + "/schedstat"} >> usage.cpu_ns;
    std::ifstream status{folder + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("voluntary_ctxt_switches:")) {
            usage.switches = std::stoull(line.substr(line.find(':') + 1));
        }
    }
    return usage;
}

/// Somebody to paint for.
class Target {
public:
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;
    virtual void paint(const Rect& rect, uint32_t value) = 0;
    /// Tells the display; false if it is so far behind that this frame is left out.
    virtual bool submit(const Rect& rect) = 0;
    [[nodiscard]] virtual pid_t pid() const = 0;
    /// Commits so far; 0 where that isn't known here.
    [[nodiscard]] virtual uint64_t commits() const { return 0; }
};

class OrielTarget final : public Target {
public:
    OrielTarget(const std::string& road, const std::string& socket, pid_t pid, const Load& load)
        : pid_{pid},
          road_{bench::attach_card(road, socket)},
          driver_{road_->link()},
          screen_{driver_.show(0, load.size, Pages)} {
        road_->want_no_interrupts();
    }

    void paint(const Rect& rect, uint32_t value) override { screen_.fill(rect, value); }

    bool submit(const Rect& rect) override {
        while (!waiting_.empty() && road_->link().poll(waiting_.front())) {
            waiting_.pop_front();
        }
        // A real driver's queue is full at some point; a display that keeps up never gets there.
        if (waiting_.size() >= 16) {
            return false;
        }
        namespace wire = gpu::wire;
        const wire::Rect r{rect.x, rect.y, rect.width, rect.height};
        wire::TransferToHost2d transfer{};
        transfer.header.type = static_cast<uint32_t>(wire::Type::kTransferToHost2d);
        transfer.r = r;
        transfer.offset = (uint64_t{rect.y} * screen_.size().width + rect.x) * 4;
        transfer.resource_id = screen_.id();
        wire::ResourceFlush flush{};
        flush.header.type = static_cast<uint32_t>(wire::Type::kResourceFlush);
        flush.r = r;
        flush.resource_id = screen_.id();
        auto& link = road_->link();
        // One kick for both, as a real driver does, and none while the device wants none.
        road_->kick_on_submit(false);
        waiting_.push_back(link.submit(0, bytes_of(transfer), sizeof(wire::Header)));
        road_->kick_on_submit(true);
        waiting_.push_back(link.submit(0, bytes_of(flush), sizeof(wire::Header)));
        return true;
    }

    [[nodiscard]] pid_t pid() const override { return pid_; }

private:
    static constexpr test::Pages Pages = test::Pages::kContiguous;
    pid_t pid_;
    std::unique_ptr<bench::CardRoad> road_;
    test::GpuDriver driver_;
    test::GpuDriver::Screen screen_;
    std::deque<test::GpuLink::Token> waiting_;
};

class YardstickTarget final : public Target {
public:
    YardstickTarget(const std::string& program, const Load& load) : size_{load.size} {
        frame_bytes_ = round_to_pages(load.size.area() * 4);
        const size_t bytes = frame_bytes_ + page_size();
        auto memory = create_memfd("painted", bytes, MemfdSeals::kNone);
        if (!memory) {
            throw std::runtime_error{memory.error().message()};
        }
        mapping_ = *Mapping::map(memory->get(), 0, bytes, MapAccess::kReadWrite);
        frames_ = UniqueFd{::eventfd(0, EFD_CLOEXEC)};
        int in[2];
        int out[2];
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
            throw std::runtime_error{"pipe"};
        }
        child_ = ::fork();
        if (child_ == 0) {
            run(program, load, memory->get(), in[0], out[1]);
        }
        ::close(in[0]);
        ::close(out[1]);
        keep_alive_ = UniqueFd{in[1]};
        const UniqueFd ready{out[0]};
        char byte = 0;
        if (::read(ready.get(), &byte, 1) != 1) {
            throw std::runtime_error{"the yardstick does not start"};
        }
    }
    ~YardstickTarget() override {
        keep_alive_.reset();
        ::waitpid(child_, nullptr, 0);
    }

    void paint(const Rect& rect, uint32_t value) override {
        auto* pixels = reinterpret_cast<uint32_t*>(mapping_.data());
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            std::fill_n(pixels + size_t{y} * size_.width + rect.x, rect.width, value);
        }
    }
    bool submit(const Rect&) override {
        const uint64_t one = 1;
        return ::write(frames_.get(), &one, sizeof one) == sizeof one;
    }
    [[nodiscard]] pid_t pid() const override { return child_; }
    [[nodiscard]] uint64_t commits() const override {
        uint64_t count = 0;
        std::memcpy(&count, mapping_.data() + frame_bytes_, sizeof count);
        return count;
    }

private:
    [[noreturn]] void run(const std::string& program, const Load& load, int memory, int in,
                          int out) const {
        // Far away first: 3 and 4 may be in use as one another.
        const int far_memory = ::fcntl(memory, F_DUPFD, 10);
        const int far_frames = ::fcntl(frames_.get(), F_DUPFD, 10);
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(far_memory, 3);
        ::dup2(far_frames, 4);
        ::execl(program.c_str(), program.c_str(), std::to_string(load.size.width).c_str(),
                std::to_string(load.size.height).c_str(), std::to_string(load.rect.width).c_str(),
                std::to_string(load.rect.height).c_str(), nullptr);
        ::_exit(127);
    }

    Size size_;
    size_t frame_bytes_ = 0;
    Mapping mapping_;
    UniqueFd frames_;
    UniqueFd keep_alive_;
    pid_t child_ = -1;
};

void read_registers(const std::string& socket, int count) {
    test::VfioUserClient vmm{socket};
    vmm.negotiate();
    // The virtio device's status, as DESIGN.md's layout has it.
    vfio_user::RegionAccess access{};
    access.offset = 0x1014;
    access.region = static_cast<uint32_t>(pci::RegionIndex::kBar2);
    access.count = 1;
    for (int i = 0; i < count; ++i) {
        vmm.send(vfio_user::Command::kRegionRead, bytes_of(access));
        // Awake all the time: what it costs to wake a client is not the server's time.
        while (!vmm.receive(0ms)) {
        }
    }
    std::printf("{\"reads\": %d}\n", count);
    std::fflush(stdout);
    // The statistics are asked for while the VMM is attached.
    std::this_thread::sleep_for(1s);
}

void run(Target& target, const Load& load) {
    // The same corner as the yardstick's.
    const Rect rect = Rect::of(load.rect);
    target.paint(Rect::of(load.size), 0x203040);
    target.submit(Rect::of(load.size));
    std::this_thread::sleep_for(500ms);
    uint32_t value = 0;
    uint64_t submitted = 0;
    uint64_t left_out = 0;
    uint64_t commits_before = 0;
    Usage before;
    SteadyClock::time_point begin;
    // The first half second warms buffers up and isn't counted.
    const uint32_t warm_up = load.rate / 2;
    const uint32_t frames = load.rate * load.seconds;
    const auto start = SteadyClock::now();
    for (uint32_t frame = 0; frame < warm_up + frames; ++frame) {
        if (frame == warm_up) {
            before = usage_of(target.pid());
            commits_before = target.commits();
            begin = SteadyClock::now();
            submitted = 0;
            left_out = 0;
        }
        target.paint(rect, ++value * 0x010305 & 0xffffff);
        ++(target.submit(rect) ? submitted : left_out);
        std::this_thread::sleep_until(start + 1'000'000'000ns * (frame + 1) / load.rate);
    }
    if (load.rate == 0) {
        before = usage_of(target.pid());
        begin = SteadyClock::now();
        std::this_thread::sleep_for(std::chrono::seconds{load.seconds});
    }
    const Usage after = usage_of(target.pid());
    const auto wall = std::chrono::duration_cast<Nanoseconds>(SteadyClock::now() - begin);
    std::printf(
        "{\"frames\": %llu, \"left_out\": %llu, \"cpu_ns\": %llu, \"switches\": %llu, "
        "\"commits\": %llu, \"wall_ns\": %lld}\n",
        static_cast<unsigned long long>(submitted), static_cast<unsigned long long>(left_out),
        static_cast<unsigned long long>(after.cpu_ns - before.cpu_ns),
        static_cast<unsigned long long>(after.switches - before.switches),
        static_cast<unsigned long long>(target.commits() - commits_before),
        static_cast<long long>(wall.count()));
}

}  // namespace

int main(int argc, char** argv) {
    const std::string kind = argc > 1 ? argv[1] : "";
    if (kind == "registers" && argc == 4) {
        read_registers(argv[2], std::atoi(argv[3]));
        return 0;
    }
    const bool oriel = kind != "yardstick";
    const int first = oriel ? 4 : 3;
    if (argc != first + 6) {
        std::fprintf(stderr, "usage: see the head of frame_load.cpp\n");
        return 2;
    }
    const auto number = [&](int i) { return static_cast<uint32_t>(std::atoi(argv[first + i])); };
    const Load load{{number(0), number(1)}, {number(2), number(3)}, number(4), number(5)};
    try {
        if (oriel) {
            OrielTarget target{kind, argv[2], std::atoi(argv[3]), load};
            run(target, load);
        } else {
            YardstickTarget target{argv[2], load};
            run(target, load);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "frame-load: %s\n", error.what());
        return 1;
    }
    return 0;
}
