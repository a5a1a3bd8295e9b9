// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "core/weak.h"
#include "scanout/flush_done.h"

namespace oriel::test {

/// A FlushDone whose end calls `call`, once.
template <class Call>
[[nodiscard]] FlushDone when_done(Call call) {
    class Owner final : public FlushOwner {
    public:
        explicit Owner(Call&& given) : call_{std::move(given)} {}
        [[nodiscard]] Weak<FlushOwner> weak() const { return weak_.get(); }
        void flush_done(uint64_t) override {
            Call call = std::move(call_);
            delete this;
            call();
        }

    private:
        Call call_;
        WeakOwner<FlushOwner> weak_{this};
    };
    return {(new Owner{std::move(call)})->weak(), 0};
}

}  // namespace oriel::test
