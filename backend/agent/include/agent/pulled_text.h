// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace oriel::agent {

/// The text of the host's newest offer, once somebody has asked for it. Whoever copied it is asked
/// once an offer, however often the guest wants it; at most one text is kept.
class PulledText {
public:
    /// There is another text, or none: what is known is of no use any more.
    void forget() {
        ++offer_;
        text_.reset();
    }
    [[nodiscard]] uint64_t offer() const { return offer_; }
    /// The answer to a pull of `offer`. An older one is nobody's.
    void pulled(uint64_t offer, const std::optional<std::string>& text) {
        if (offer == offer_) {
            text_ = text;
        }
    }
    /// Unset: nobody has pulled it yet, or nothing came.
    [[nodiscard]] const std::optional<std::string>& text() const { return text_; }

private:
    uint64_t offer_ = 0;
    std::optional<std::string> text_;
};

}  // namespace oriel::agent
