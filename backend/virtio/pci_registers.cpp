// SPDX-License-Identifier: MIT
#include "virtio/pci_registers.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace oriel::virtio {
namespace {

constexpr const char* kArea = "virtio";

struct Field {
    uint32_t offset;
    uint32_t width;
};

/// Every field that a driver can write. The 64-bit ones are accessed by halves (4.1.3.1).
constexpr std::array kWritableFields{
    Field{common::kDeviceFeatureSelect, 4}, Field{common::kDriverFeatureSelect, 4},
    Field{common::kDriverFeature, 4},       Field{common::kConfigVector, 2},
    Field{common::kDeviceStatus, 1},        Field{common::kQueueSelect, 2},
    Field{common::kQueueSize, 2},           Field{common::kQueueVector, 2},
    Field{common::kQueueEnable, 2},         Field{common::kQueueDesc, 8},
    Field{common::kQueueDriver, 8},         Field{common::kQueueDevice, 8},
    Field{common::kQueueReset, 2},
};

template <class T>
void put(std::span<std::byte> image, uint32_t offset, T value) {
    std::memcpy(image.data() + offset, &value, sizeof value);
}

/// The 32 bits of `features` that a feature select register shows.
uint32_t window(uint64_t features, uint32_t select) {
    return select < 2 ? static_cast<uint32_t>(features >> (32 * select)) : 0;
}

}  // namespace

PciRegisters::PciRegisters(EventLoop& loop, const guest::GuestMemory& memory, Device& device,
                           uint16_t vectors, VectorRaiser& raiser)
    : clock_{loop.clock()},
      device_{device},
      vectors_{vectors},
      raiser_{raiser},
      set_{loop, memory, device, *this} {
    for (uint16_t i = 0; i < set_.count(); ++i) {
        queues_.push_back(blank_queue(i));
    }
}

PciRegisters::Queue PciRegisters::blank_queue(uint16_t index) const {
    return {.size = device_.queue_size_max(index)};
}

uint16_t PciRegisters::valid_vector(uint64_t value) const {
    return value < vectors_ ? static_cast<uint16_t>(value) : kNoVector;
}

uint8_t PciRegisters::status() const {
    return set_.broken() ? status_ | kStatusNeedsReset : status_;
}

uint64_t PciRegisters::offered() const {
    // Behind VFIO all addresses are the platform's: a device has no other.
    return device_.features() | kFeatureVersion1 | kFeatureAccessPlatform |
           kFeatureRingIndirectDesc | kFeatureRingEventIdx | kFeatureRingReset;
}

uint64_t PciRegisters::negotiated() const {
    return (status_ & kStatusFeaturesOk) != 0 ? driver_features_ : 0;
}

PciRegisters::Queue* PciRegisters::selected() {
    return queue_select_ < queues_.size() ? &queues_[queue_select_] : nullptr;
}

const PciRegisters::Queue* PciRegisters::selected() const {
    return queue_select_ < queues_.size() ? &queues_[queue_select_] : nullptr;
}

void PciRegisters::read(Block block, uint32_t offset, std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    switch (block) {
        case Block::kCommon: {
            const CommonImage image = common_image();
            if (offset < image.size()) {
                const size_t length = std::min(bytes.size(), image.size() - offset);
                std::memcpy(bytes.data(), image.data() + offset, length);
            }
            break;
        }
        case Block::kIsr:
            if (offset == 0 && !bytes.empty()) {
                bytes[0] = std::byte{std::exchange(isr_, uint8_t{0})};
                raiser_.set_line(false);
            }
            break;
        case Block::kDevice:
            device_.read_config(offset, bytes);
            break;
        case Block::kNotify:
            break;
    }
}

void PciRegisters::write(Block block, uint32_t offset, std::span<const std::byte> bytes) {
    switch (block) {
        case Block::kCommon:
            write_common(offset, bytes);
            break;
        case Block::kIsr:
            break;
        case Block::kDevice:
            device_.write_config(offset, bytes);
            break;
        case Block::kNotify:
            // The offset alone says which queue: NOTIFICATION_DATA is not offered.
            notified(offset / kNotifyMultiplier);
            break;
    }
}

void PciRegisters::notified(uint32_t index) {
    set_.kick(index);
    const bool not_set_up = (status_ & kStatusDriverOk) != 0 &&
                            std::none_of(queues_.begin(), queues_.end(),
                                         [](const Queue& queue) { return queue.enabled; });
    // A VMM may come and go as often as it likes.
    if ((driver_seen_ && !not_set_up) || no_driver_told_ || !log_limiter_.admit(clock_.now())) {
        return;
    }
    no_driver_told_ = true;
    log_warn(
        kArea,
        "the guest uses a virtio device (id {}) that its driver has not set up here: its state "
        "does not come along with a migration or a snapshot, and some drivers don't survive a "
        "sleep; reboot the guest, or load the driver anew",
        device_.device_id());
}

PciRegisters::CommonImage PciRegisters::common_image() const {
    CommonImage image{};
    put(image, common::kDeviceFeatureSelect, device_feature_select_);
    put(image, common::kDeviceFeature, window(offered(), device_feature_select_));
    put(image, common::kDriverFeatureSelect, driver_feature_select_);
    put(image, common::kDriverFeature, window(driver_features_, driver_feature_select_));
    put(image, common::kConfigVector, config_vector_);
    put(image, common::kNumQueues, static_cast<uint16_t>(queues_.size()));
    put(image, common::kDeviceStatus, status());
    put(image, common::kConfigGeneration, set_.config_generation());
    put(image, common::kQueueSelect, queue_select_);
    const Queue* queue = selected();
    if (queue == nullptr) {
        // A size of 0 is how a driver learns that there is no such queue.
        put(image, common::kQueueVector, kNoVector);
        return image;
    }
    put(image, common::kQueueSize, queue->size);
    put(image, common::kQueueVector, queue->vector);
    put(image, common::kQueueEnable, static_cast<uint16_t>(queue->enabled ? 1 : 0));
    put(image, common::kQueueNotifyOff, queue_select_);
    put(image, common::kQueueDesc, queue->desc);
    put(image, common::kQueueDriver, queue->driver);
    put(image, common::kQueueDevice, queue->device);
    put(image, common::kQueueNotifData, queue_select_);
    return image;
}

void PciRegisters::write_common(uint32_t offset, std::span<const std::byte> bytes) {
    const uint64_t end = uint64_t{offset} + bytes.size();
    for (const Field& field : kWritableFields) {
        const uint32_t field_end = field.offset + field.width;
        if (field_end <= offset || field.offset >= end) {
            continue;
        }
        // Where only a part of the field is written the rest keeps its value: taken anew for each
        // field, because a write to an earlier one may have changed it.
        const CommonImage image = common_image();
        std::array<std::byte, 8> value{};
        std::memcpy(value.data(), image.data() + field.offset, field.width);
        const uint32_t from = std::max(offset, field.offset);
        const auto to = static_cast<uint32_t>(std::min<uint64_t>(end, field_end));
        std::memcpy(value.data() + (from - field.offset), bytes.data() + (from - offset),
                    to - from);
        write_field(field.offset, std::bit_cast<uint64_t>(value));
    }
    save();
}

void PciRegisters::write_field(uint32_t field, uint64_t value) {
    switch (field) {
        case common::kDeviceFeatureSelect:
            device_feature_select_ = static_cast<uint32_t>(value);
            return;
        case common::kDriverFeatureSelect:
            driver_feature_select_ = static_cast<uint32_t>(value);
            return;
        case common::kDriverFeature:
            if ((status_ & kStatusFeaturesOk) == 0 && driver_feature_select_ < 2) {
                const unsigned shift = 32 * driver_feature_select_;
                driver_features_ &= ~(uint64_t{0xffffffff} << shift);
                driver_features_ |= (value & 0xffffffff) << shift;
            }
            return;
        case common::kConfigVector:
            config_vector_ = valid_vector(value);
            return;
        case common::kDeviceStatus:
            write_status(static_cast<uint8_t>(value));
            return;
        case common::kQueueSelect:
            queue_select_ = static_cast<uint16_t>(value);
            return;
        default:
            if (Queue* queue = selected(); queue != nullptr) {
                write_queue_field(*queue, field, value);
            }
    }
}

void PciRegisters::write_queue_field(Queue& queue, uint32_t field, uint64_t value) {
    if (field == common::kQueueVector) {
        queue.vector = valid_vector(value);
        return;
    }
    if (field == common::kQueueReset) {
        if (value == 1) {
            reset_queue(queue);
        }
        return;
    }
    if (queue.enabled) {
        return;  // its layout is fixed until a reset
    }
    switch (field) {
        case common::kQueueSize:
            if (std::has_single_bit(value) && value <= device_.queue_size_max(queue_select_)) {
                queue.size = static_cast<uint16_t>(value);
            }
            return;
        case common::kQueueDesc:
            queue.desc = value;
            return;
        case common::kQueueDriver:
            queue.driver = value;
            return;
        case common::kQueueDevice:
            queue.device = value;
            return;
        case common::kQueueEnable:
            if (value == 1) {
                enable_queue(queue);
            }
            return;
        default:
            return;
    }
}

void PciRegisters::write_status(uint8_t value) {
    if (value == 0) {
        reset();
        return;
    }
    // Bits are only ever added: a driver takes none back but by a reset (2.1.1).
    uint8_t added = value & static_cast<uint8_t>(~(status_ | kStatusNeedsReset));
    if ((added & kStatusFeaturesOk) != 0 &&
        ((driver_features_ & ~offered()) != 0 || (driver_features_ & kFeatureVersion1) == 0)) {
        log_debug(kArea, "features {:#x} of the driver refused, {:#x} are offered",
                  driver_features_, offered());
        added &= static_cast<uint8_t>(~kStatusFeaturesOk);
    }
    if (((status_ | added) & kStatusFeaturesOk) == 0) {
        added &= static_cast<uint8_t>(~kStatusDriverOk);
    }
    status_ |= added;
    driver_seen_ |= (status_ & kStatusDriver) != 0;
    if ((added & kStatusDriverOk) != 0 && (status_ & kStatusFailed) == 0) {
        log_debug(kArea, "driver ready, features {:#x}", driver_features_);
        set_.open();
    }
    if ((added & kStatusFailed) != 0) {
        set_.close();
        tell_failed();
    }
}

void PciRegisters::tell_failed() {
    // A driver that resets and fails, over and over, must not fill the log.
    if (!log_limiter_.admit(clock_.now())) {
        return;
    }
    if (raiser_.can_interrupt()) {
        log_warn(kArea, "the guest's driver gave up on the device");
    } else {
        // log: as above
        log_warn(kArea,
                 "the guest's driver gave up on the device: it wants INTx interrupts, which this "
                 "one does not have; boot the guest without pci=nomsi");
    }
}

void PciRegisters::enable_queue(Queue& queue) {
    if ((status_ & kStatusFeaturesOk) == 0) {
        return;
    }
    queue.enabled = true;
    set_.start(queue_select_, layout(queue));
}

Virtqueue::Layout PciRegisters::layout(const Queue& queue) const {
    return {.size = queue.size,
            .descriptors = queue.desc,
            .driver = queue.driver,
            .device = queue.device,
            .event_index = (driver_features_ & kFeatureRingEventIdx) != 0,
            .indirect = (driver_features_ & kFeatureRingIndirectDesc) != 0};
}

void PciRegisters::reset_queue(Queue& queue) {
    if ((negotiated() & kFeatureRingReset) == 0 || !queue.enabled) {
        return;
    }
    set_.stop(queue_select_);
    queue = blank_queue(queue_select_);
}

void PciRegisters::reset() {
    for (uint16_t i = 0; i < set_.count(); ++i) {
        queues_[i] = blank_queue(i);
    }
    device_feature_select_ = 0;
    driver_feature_select_ = 0;
    driver_features_ = 0;
    config_vector_ = kNoVector;
    queue_select_ = 0;
    status_ = 0;
    isr_ = 0;
    let_go_ = false;
    raiser_.set_line(false);
    set_.reset();
    save();
}

void PciRegisters::let_go() {
    status_ &= static_cast<uint8_t>(~kStatusDriverOk);
    set_.let_go();
    // Their rings are somebody else's memory now, so that nobody goes on in them.
    let_go_ = true;
    save();
}

bool PciRegisters::notify_queue(uint16_t index) {
    isr_ |= kIsrQueue;
    return raise(queues_[index].vector);
}

bool PciRegisters::notify_config() {
    isr_ |= kIsrConfig;
    return raise(config_vector_);
}

bool PciRegisters::raise(uint16_t vector) {
    if (vector == kNoVector) {
        return raiser_.set_line(true);
    }
    raiser_.raise(vector);
    return true;
}

}  // namespace oriel::virtio
