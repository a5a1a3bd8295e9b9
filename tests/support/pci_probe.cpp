// SPDX-License-Identifier: MIT
#include "support/pci_probe.h"

#include <fmt/format.h>

#include <stdexcept>

#include "pci/config_space.h"

namespace oriel::test {
namespace {

using pci::RegionIndex;
namespace config = pci::config;

class Prober {
public:
    explicit Prober(VfioUserClient& client) : client_{client} {}

    template <class T>
    [[nodiscard]] T read(uint32_t offset) {
        return client_.read<T>(RegionIndex::kConfig, offset);
    }

    [[nodiscard]] PciProbe::Bar bar(uint32_t index) {
        const uint32_t offset = config::kBar0 + 4 * index;
        const auto before = read<uint32_t>(offset);
        client_.write(RegionIndex::kConfig, offset, ~uint32_t{0});
        const auto mask = read<uint32_t>(offset);
        client_.write(RegionIndex::kConfig, offset, before);
        PciProbe::Bar bar;
        bar.io = (mask & 1) != 0;
        bar.prefetchable = !bar.io && (mask & 8) != 0;
        bar.wide = !bar.io && (mask & 6) == 4;
        const uint32_t address_bits = mask & (bar.io ? ~uint32_t{3} : ~uint32_t{15});
        bar.size = address_bits == 0 ? 0 : uint64_t{~address_bits} + 1;
        return bar;
    }

    void capability(uint8_t at, PciProbe& probe) {
        const auto id = read<uint8_t>(at);
        if (id == pci::kCapabilityMsix) {
            probe.msix = at;
            probe.msix_vectors = (read<uint16_t>(at + 2U) & 0x7ffU) + 1;
            return;
        }
        if (id != pci::kCapabilityVendor) {
            return;
        }
        const PciProbe::Place place{static_cast<RegionIndex>(read<uint8_t>(at + 4U)),
                                    read<uint32_t>(at + 8U), read<uint32_t>(at + 12U)};
        switch (read<uint8_t>(at + 3U)) {
            case 1:
                probe.common = place;
                break;
            case 2:
                probe.notify = place;
                probe.notify_multiplier = read<uint32_t>(at + 16U);
                break;
            case 3:
                probe.isr = place;
                break;
            case 4:
                probe.config = place;
                break;
            case 5:
                probe.pci_cfg = at;
                break;
            default:
                break;
        }
    }

private:
    VfioUserClient& client_;
};

}  // namespace

PciProbe PciProbe::of(VfioUserClient& client) {
    Prober prober{client};
    PciProbe probe;
    probe.vendor = prober.read<uint16_t>(config::kVendorId);
    probe.device = prober.read<uint16_t>(config::kDeviceId);
    probe.revision = prober.read<uint8_t>(config::kRevision);
    probe.class_code = prober.read<uint32_t>(config::kRevision) >> 8;
    for (uint32_t i = 0; i < probe.bars.size(); ++i) {
        probe.bars[i] = prober.bar(i);
    }
    auto at = prober.read<uint8_t>(config::kCapabilities);
    for (int count = 0; at != 0; ++count) {
        if (count > 48 || at % 4 != 0) {
            throw std::runtime_error{fmt::format("a broken capability list, at {:#x}", at)};
        }
        prober.capability(at, probe);
        at = prober.read<uint8_t>(at + 1U);
    }
    return probe;
}

}  // namespace oriel::test
