// SPDX-License-Identifier: MIT
//
// A guest that sets a mode as firmware does, through the VGA's ports, fills the screen and then
// sits still, until its standard input ends: for watching what the display costs meanwhile.
//
// usage: vga-screen bochs|text|painting SOCKET
// painting: bochs, and a pixel changes 60 times a second, without a word to the display.
#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "core/mapping.h"
#include "support/vfio_user_client.h"
#include "support/vga_modes.h"

using namespace oriel;

namespace {

constexpr uint32_t kWidth = 1024;
constexpr uint32_t kHeight = 768;

class Guest {
public:
    explicit Guest(const std::string& socket) : vmm_{socket} {
        vmm_.negotiate();
        bar0_ = vmm_.region_info(pci::RegionIndex::kBar0);
        memory_ = Mapping::map(bar0_.memory.get(), bar0_.info.offset, bar0_.info.size,
                               MapAccess::kReadWrite)
                      .value();
    }

    void show_text() {
        auto ports = test::VgaPorts{
            [this](uint16_t port) { return vmm_.read<uint8_t>(pci::RegionIndex::kVga, port); },
            [this](uint16_t port, uint8_t value) {
                vmm_.write(pci::RegionIndex::kVga, port, value);
            }};
        ports.set_mode(test::vga_modes::kText80x25);
        ports.set_colours();
        // Characters, attributes that don't blink, a font and nothing, side by side as in planes.
        fill(0xff7fff);
    }
    void show_bochs() {
        const auto write = [this](uint16_t index, uint16_t value) {
            vmm_.write(pci::RegionIndex::kVga, 0x1ce, index);
            vmm_.write(pci::RegionIndex::kVga, 0x1cf, value);
        };
        write(4, 0);
        write(1, kWidth);
        write(2, kHeight);
        write(3, 32);
        write(4, 0x41);
        fill(0xffffff);
    }
    void paint() { memory_.data()[0] ^= std::byte{0xff}; }

private:
    void fill(uint32_t mask) {
        std::mt19937 random{1};
        auto* units = reinterpret_cast<uint32_t*>(memory_.data());
        for (size_t i = 0; i < size_t{kWidth} * kHeight; ++i) {
            units[i] = static_cast<uint32_t>(random()) & mask;
        }
    }

    test::VfioUserClient vmm_;
    test::VfioUserClient::RegionReply bar0_;
    Mapping memory_;
};

bool input_ends_within(int milliseconds) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, milliseconds) > 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc == 3 ? argv[1] : "";
    if (what != "bochs" && what != "text" && what != "painting") {
        std::fprintf(stderr, "usage: vga-screen bochs|text|painting SOCKET\n");
        return 2;
    }
    try {
        Guest guest{argv[2]};
        what == "text" ? guest.show_text() : guest.show_bochs();
        while (!input_ends_within(what == "painting" ? 16 : -1)) {
            guest.paint();
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vga-screen: %s\n", error.what());
        return 1;
    }
    return 0;
}
