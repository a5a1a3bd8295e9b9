// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace oriel {

/// Reads fixed-size structures from untrusted bytes, copying each out exactly once. Byte order is
/// the host's: every interface here (vfio-user, virtio on x86 and arm64) is little-endian, as are
/// the hosts (checked below).
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : bytes_{bytes} {}

    /// The next object, or nothing (and no progress) if too few bytes are left.
    template <class T>
    [[nodiscard]] std::optional<T> read() {
        static_assert(std::is_trivially_copyable_v<T>);
        if (bytes_.size() < sizeof(T)) {
            return std::nullopt;
        }
        T object;
        std::memcpy(&object, bytes_.data(), sizeof(T));
        bytes_ = bytes_.subspan(sizeof(T));
        return object;
    }

    /// The next `count` bytes, or nothing if too few are left.
    [[nodiscard]] std::optional<std::span<const std::byte>> take(size_t count) {
        if (bytes_.size() < count) {
            return std::nullopt;
        }
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }

    [[nodiscard]] std::span<const std::byte> rest() const { return bytes_; }
    [[nodiscard]] size_t remaining() const { return bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
};

/// Writes fixed-size structures into a bounded buffer.
class ByteWriter {
public:
    explicit ByteWriter(std::span<std::byte> bytes) : bytes_{bytes} {}

    /// False, and nothing written, if the object does not fit.
    template <class T>
    bool write(const T& object) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (bytes_.size() - used_ < sizeof(T)) {
            return false;
        }
        std::memcpy(bytes_.data() + used_, &object, sizeof(T));
        used_ += sizeof(T);
        return true;
    }

    [[nodiscard]] size_t used() const { return used_; }

private:
    std::span<std::byte> bytes_;
    size_t used_ = 0;
};

/// The bytes of an object, for sending it.
template <class T>
[[nodiscard]] std::span<const std::byte> bytes_of(const T& object) {
    static_assert(std::is_trivially_copyable_v<T>);
    return std::as_bytes(std::span{&object, 1});
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "wire structures are little-endian and read without conversion");

}  // namespace oriel
