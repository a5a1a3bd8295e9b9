// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// virtio-input on the wire (virtio 1.2, 5.8), little-endian.
namespace oriel::input::wire {

constexpr uint16_t kDeviceId = 18;

constexpr uint16_t kEventQueue = 0;
constexpr uint16_t kStatusQueue = 1;
constexpr uint16_t kQueueCount = 2;
constexpr uint16_t kQueueSize = 64;

/// What the driver asks the configuration for (5.8.4), in `select`.
enum class Select : uint8_t {
    kUnset = 0x00,
    kName = 0x01,
    kSerial = 0x02,
    kDeviceIds = 0x03,
    kPropertyBits = 0x10,
    kEventBits = 0x11,  ///< `subsel` is the event type
    kAbsInfo = 0x12,    ///< `subsel` is the axis
};

struct DeviceIds {
    uint16_t bus = 0;
    uint16_t vendor = 0;
    uint16_t product = 0;
    uint16_t version = 0;
};

struct AbsInfo {
    uint32_t min = 0;
    uint32_t max = 0;
    uint32_t fuzz = 0;
    uint32_t flat = 0;
    uint32_t resolution = 0;
};

constexpr size_t kPayload = 128;

struct Config {
    uint8_t select = 0;
    uint8_t subsel = 0;
    uint8_t size = 0;  ///< of the answer in `payload`; 0: there is none
    std::array<uint8_t, 5> reserved{};
    std::array<std::byte, kPayload> payload{};
};
static_assert(sizeof(Config) == 136);

/// One evdev event, in both directions.
struct Event {
    uint16_t type = 0;
    uint16_t code = 0;
    int32_t value = 0;
    friend bool operator==(const Event&, const Event&) = default;
};
static_assert(sizeof(Event) == 8);

}  // namespace oriel::input::wire
