// SPDX-License-Identifier: MIT
#pragma once

#include <malloc.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "card/card.h"
#include "core/clock.h"
#include "core/descriptors.h"
#include "core/event_loop.h"
#include "core/ledger.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "headless/presenter.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "vga/vga_device.h"

namespace oriel::test {

/// A whole card and a presenter, with a guest in the same process.
struct HeldRig {
    explicit HeldRig(uint32_t screens = 1)
        : presenter{loop, std::vector<ScreenInfo>(screens)},
          card{presenter},
          vga{loop, card.add_source("vga", 0, 1)},
          device{loop, card.add_source("virtio", 1), link.memory(), {.exporter = &exporter}} {
        set_log_level(LogLevel::kError);
        link.start(device);
    }

    /// A refresh period goes by.
    void next_frame() {
        clock.advance(std::chrono::milliseconds{17});
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }

    ManualClock clock;
    EventLoop loop{clock};
    headless::HeadlessPresenter presenter;
    card::Card card;
    DirectGpuLink link{loop};
    MemfdExporter exporter;
    vga::VgaDevice vga;
    gpu::GpuDevice device;
    GpuDriver driver{link};
};

/// What the kernel says that this process has of its own: anonymous memory and memory files,
/// without those of programs, and without the guest's RAM, which is here twice: the guest's and the
/// card's.
[[nodiscard]] inline uint64_t resident_bytes() {
    const auto pages = [](const char* path, bool of_ram_only) {
        std::ifstream file{path};
        std::string word;
        bool ram = false;
        uint64_t sum = 0;
        while (file >> word) {
            uint64_t kib = 0;
            if (word.find('-') != std::string::npos && word.find("_") == std::string::npos) {
                std::string line;
                std::getline(file, line);
                ram = line.find("/memfd:test-ram") != std::string::npos;
                continue;
            }
            const bool counts =
                of_ram_only ? ram && word == "Pss:" : word == "Pss_Anon:" || word == "Pss_Shmem:";
            if (counts && file >> kib) {
                sum += kib << 10;
            }
            file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        }
        return sum;
    };
    const uint64_t all = pages("/proc/self/smaps_rollup", false);
    return all - pages("/proc/self/smaps", true);
}

/// What is held at a moment, as the ledger has it and as the kernel does.
struct Holding {
    Holding() {
        // Freed memory goes back to the kernel, so that what is resident is what is in use.
        ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
        ::malloc_trim(0);
        ledger = held_in_all();
        descriptors = open_descriptors();
        resident = resident_bytes();
    }
    Held ledger;
    size_t descriptors = 0;
    uint64_t resident = 0;
};

}  // namespace oriel::test
