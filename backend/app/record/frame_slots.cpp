// SPDX-License-Identifier: MIT
#include "record/frame_slots.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/memfd.h"

namespace oriel::app {

void FrameSlots::add_damage(const Region& damage) {
    for (Slot& slot : slots_) {
        slot.stale.add(damage);
    }
}

void FrameSlots::add_damage_everywhere() {
    for (Slot& slot : slots_) {
        slot.stale.set(Rect::of(slot.size));
    }
}

std::optional<uint32_t> FrameSlots::free_slot() const {
    for (uint32_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].lent) {
            return i;
        }
    }
    return std::nullopt;
}

Result<void> FrameSlots::prepare(uint32_t slot, Size size) {
    Slot& one = slots_[slot];
    assert(!one.lent);
    if (size.empty() || size.area() > kMaxFramePixels) {
        return host_error("a picture of {}x{} px is too large for a recording", size.width,
                          size.height);
    }
    if (one.size != size) {
        const size_t bytes = round_to_pages(size.area() * MemoryBuffer::kBytesPerPixel);
        if (one.memory.size() < bytes) {
            auto file = create_memfd("oriel-recording", bytes, MemfdSeals::kFixedSize);
            if (!file) {
                return tl::unexpected(file.error());
            }
            auto memory = Mapping::map(file->get(), 0, bytes, MapAccess::kReadWrite);
            if (!memory) {
                return tl::unexpected(memory.error());
            }
            one.file = std::move(*file);
            one.memory = std::move(*memory);
            one.told = false;
        }
        one.size = size;
        one.stale.set(Rect::of(size));
    }
    one.stale.intersect(Region{Rect::of(size)});
    return {};
}

void FrameSlots::updated(uint32_t slot, const Rect& also) {
    slots_[slot].stale.set(also);
}

FrameSlots::Loan FrameSlots::lend(uint32_t slot) {
    Slot& one = slots_[slot];
    one.lent = true;
    const bool told = std::exchange(one.told, true);
    return {one.memory.size(), told ? -1 : one.file.get()};
}

Held FrameSlots::held() const {
    Held sum;
    for (const Slot& slot : slots_) {
        sum += {file_bytes_of(slot.file), slot.file ? 1U : 0U};
    }
    return sum;
}

bool FrameSlots::give_back(uint32_t slot) {
    return slot < slots_.size() && std::exchange(slots_[slot].lent, false);
}

}  // namespace oriel::app
