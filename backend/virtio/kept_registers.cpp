// SPDX-License-Identifier: MIT
// What a process that ends leaves of the registers, and how the next one goes on with it.
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "core/byte_reader.h"
#include "virtio/pci_registers.h"

namespace oriel::virtio {

/// One of the registers, and one for each queue: values of a StateRecord.
struct PciRegisters::KeptRegisters {
    static constexpr uint32_t kKind = 0x76697274;  // "virt"
    static constexpr uint64_t kDevice = UINT64_MAX;
    uint64_t driver_features;
    uint16_t device_id;
    uint16_t config_vector;
    uint8_t status;
    uint8_t let_go;
    std::array<uint8_t, 2> padding;
};

namespace {

struct KeptQueue {
    uint64_t desc;
    uint64_t driver;
    uint64_t device;
    uint16_t size;
    uint16_t vector;
    uint32_t enabled;
};

}  // namespace

void PciRegisters::save() {
    if (record_ == nullptr) {
        return;
    }
    const KeptRegisters registers{.driver_features = driver_features_,
                                  .device_id = device_.device_id(),
                                  .config_vector = config_vector_,
                                  .status = status_,
                                  .let_go = let_go_,
                                  .padding = {}};
    for (uint16_t i = 0; i < set_.count(); ++i) {
        const Queue& queue = queues_[i];
        const KeptQueue kept{queue.desc, queue.driver, queue.device,
                             queue.size, queue.vector, queue.enabled ? 1U : 0U};
        record_->put({KeptRegisters::kKind, i}, bytes_of(kept));
    }
    record_->put({KeptRegisters::kKind, KeptRegisters::kDevice}, bytes_of(registers));
}

void PciRegisters::keep(StateRecord* record) {
    record_ = record;
    set_.keep(record != nullptr ? record->words().subspan(StateRecord::kTransportWords)
                                : std::span<uint64_t>{});
    device_.keep(record);
    save();
}

bool PciRegisters::resume(const StateRecord& record) {
    const auto registers =
        record.find_whole<KeptRegisters>({KeptRegisters::kKind, KeptRegisters::kDevice});
    const uint64_t features = registers ? registers->driver_features : 0;
    if (!registers || registers->device_id != device_.device_id() ||
        ((registers->status & kStatusFeaturesOk) != 0 && (features & ~offered()) != 0)) {
        return false;
    }
    std::vector<Queue> queues;
    queues.reserve(set_.count());
    for (uint16_t i = 0; i < set_.count(); ++i) {
        const auto kept = record.find_whole<KeptQueue>({KeptRegisters::kKind, i});
        if (!kept || !std::has_single_bit(kept->size) || kept->size > device_.queue_size_max(i)) {
            return false;
        }
        queues.push_back({kept->size, valid_vector(kept->vector), kept->enabled != 0, kept->desc,
                          kept->driver, kept->device});
    }
    queues_ = std::move(queues);
    driver_features_ = features;
    config_vector_ = valid_vector(registers->config_vector);
    status_ = registers->status & static_cast<uint8_t>(~kStatusNeedsReset);
    let_go_ = registers->let_go != 0;
    driver_seen_ = (status_ & kStatusDriver) != 0;
    device_.resume(record);
    set_.keep(record.words().subspan(StateRecord::kTransportWords));
    for (uint16_t i = 0; i < set_.count() && !let_go_; ++i) {
        if (queues_[i].enabled) {
            set_.resume(i, layout(queues_[i]));
        }
    }
    if ((status_ & kStatusDriverOk) != 0 && (status_ & kStatusFailed) == 0) {
        set_.open();
        // Answers may be in the rings of which the driver was not told, and the screens may be
        // others.
        for (uint16_t i = 0; i < set_.count(); ++i) {
            static_cast<void>(notify_queue(i));
        }
    }
    return true;
}

void PciRegisters::detached() {
    set_.detached();
    driver_seen_ = no_driver_told_ = false;
}

}  // namespace oriel::virtio
