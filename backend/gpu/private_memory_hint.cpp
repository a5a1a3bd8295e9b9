// SPDX-License-Identifier: MIT
#include "private_memory_hint.h"

namespace oriel::gpu {

void PrivateMemoryHint::backed(std::span<const command::BackingEntry> entries) {
    if (told_ || entries.empty() || !question_limiter_.admit(clock_.now())) {
        return;
    }
    const auto is_private = [this](const command::BackingEntry& entry) {
        return memory_.sharing(entry.address) == guest::Sharing::kPrivate;
    };
    if (!is_private(entries.front()) && (entries.size() == 1 || !is_private(entries.back()))) {
        return;
    }
    told_ = true;
    if (log_limiter_.admit(clock_.now())) {
        log_warn("gpu",
                 "the guest draws into memory that the VMM has mapped privately, so it can't be "
                 "seen: each memory backend of the VM needs share=on, this one has not");
    }
}

}  // namespace oriel::gpu
