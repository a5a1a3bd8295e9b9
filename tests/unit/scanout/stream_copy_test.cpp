// SPDX-License-Identifier: MIT
#include "stream_copy.h"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "scanout/memory_pixels.h"
#include "support/random.h"

namespace {

using namespace oriel;
using namespace oriel::test;

constexpr size_t kRow = 2048;

/// Rows of random bytes, and room for them between bytes that nobody may touch.
class Rows {
public:
    explicit Rows(Random& random)
        : from_(kRow * RowSource::kAtOnce), to_(from_.size(), kUntouched) {
        for (std::byte& byte : from_) {
            byte = static_cast<std::byte>(random.below(255));
        }
    }
    void add(size_t to, size_t from, size_t bytes) {
        const size_t row = rows_.size() * kRow;
        rows_.push_back({to_.data() + row + to, from_.data() + row + from});
        bytes_ = bytes;
    }
    [[nodiscard]] const std::vector<RowCopy>& copies() const { return rows_; }
    /// Everything that was asked for, and nothing else.
    [[nodiscard]] bool right() const {
        std::vector<std::byte> expected(to_.size(), kUntouched);
        for (const RowCopy& row : rows_) {
            std::memcpy(expected.data() + (row.to - to_.data()), row.from, bytes_);
        }
        return expected == to_;
    }

private:
    static constexpr std::byte kUntouched{255};

    std::vector<std::byte> from_;
    std::vector<std::byte> to_;
    std::vector<RowCopy> rows_;
    size_t bytes_ = 0;
};

TEST_CASE("rows are copied whole, wherever they begin and end, and nothing beside them") {
    using Copy = void (*)(std::span<const RowCopy>, size_t);
    for (const Copy copy : std::array<Copy, 2>{stream_rows, stream_rows_without_avx}) {
        Random random{7};
        for (int i = 0; i < 2000; ++i) {
            CAPTURE(i);
            Rows rows{random};
            const size_t bytes = random.below(kRow - 128);
            const size_t count = 1 + random.below(RowSource::kAtOnce);
            const size_t alike = random.below(64);
            for (size_t row = 0; row < count; ++row) {
                // As in a picture, and each on its own.
                const size_t to = i % 2 == 0 ? alike : random.below(64);
                rows.add(to, random.below(64), bytes);
            }
            copy(rows.copies(), bytes);
            stream_fence();
            REQUIRE(rows.right());
        }
    }
}

TEST_CASE("no rows are no copy") {
    stream_rows({}, 64);
    stream_fence();
}

}  // namespace
