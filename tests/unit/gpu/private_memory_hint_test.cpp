// SPDX-License-Identifier: MIT
#include "private_memory_hint.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "core/memfd.h"
#include "support/log_lines.h"

using namespace oriel;
using namespace oriel::gpu;

namespace {

constexpr size_t kSize = size_t{1} << 20;

/// A VM with two memory backends: this process is the VMM, too, and has one of them mapped
/// privately.
struct Vm {
    Vm() {
        set_log_level(LogLevel::kWarn);  // others are quieter
        add(0, MAP_SHARED);
        add(1, MAP_PRIVATE);
        memory.set_owner(::getpid());
    }
    Vm(const Vm&) = delete;
    Vm& operator=(const Vm&) = delete;
    ~Vm() {
        for (void* place : places) {
            ::munmap(place, kSize);
        }
    }
    void add(size_t number, int kind) {
        UniqueFd ram = create_memfd("test-ram", kSize, MemfdSeals::kNone).value();
        places[number] = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, kind, ram.get(), 0);
        REQUIRE(places[number] != MAP_FAILED);
        REQUIRE(memory.map(number * kSize, kSize, std::move(ram), 0, true));
    }

    std::array<void*, 2> places{};
    guest::GuestMemory memory;
    ManualClock clock;
};

constexpr std::array<command::BackingEntry, 1> kShared{{{.address = 0x1000, .length = 0x1000}}};
constexpr std::array<command::BackingEntry, 2> kBoth{
    {{.address = 0x1000, .length = 0x1000}, {.address = kSize, .length = 0x1000}}};

}  // namespace

TEST_CASE("a picture in memory that is private to the VMM is told of, others are not") {
    Vm vm;
    PrivateMemoryHint hint{vm.memory, vm.clock};
    const test::LogLines log;
    hint.backed(kShared);
    CHECK(log.lines.empty());
    hint.backed(kBoth);
    CHECK(log.count("each memory backend of the VM needs share=on") == 1);
    hint.backed(kBoth);
    CHECK(log.lines.size() == 1);
    hint.reset();
    hint.backed(kBoth);
    CHECK(log.lines.size() == 2);
}

TEST_CASE("where a guest's pictures lie is looked up a few times only") {
    Vm vm;
    PrivateMemoryHint hint{vm.memory, vm.clock};
    const test::LogLines log;
    for (int i = 0; i < 100; ++i) {
        hint.backed(kShared);
    }
    hint.backed(kBoth);
    CHECK(log.lines.empty());
    vm.clock.advance(Nanoseconds{10'000'000'000});
    hint.backed(kBoth);
    CHECK(log.lines.size() == 1);
}
