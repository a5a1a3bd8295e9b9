// SPDX-License-Identifier: MIT
#include "last_picture.h"

#include <memory>
#include <utility>

#include "scanout/buffer_rows.h"

namespace oriel::card {
namespace {

Result<FramebufferRef> copy_part(const Card::Attached& picture, size_t& room) {
    const Size size = picture.source.size();
    const uint64_t bytes = MemoryBuffer::stride_for(size.width) * size.height;
    if (bytes > room) {
        return host_error("its last picture of {}x{} is too large to be copied", size.width,
                          size.height);
    }
    const auto& memory = picture.framebuffer->memory();
    if (!memory) {
        return host_error("its last picture can't be read by the CPU");
    }
    auto copy = MemoryPixels::create(size);
    if (!copy) {
        return tl::unexpected(copy.error());
    }
    BufferRows rows{memory->latest(), picture.source};
    static_cast<void>((*copy)->update(Rect::of(size), rows, Damage::kAsClaimed));
    room -= bytes;
    return std::make_shared<const Framebuffer>(std::move(*copy), picture.framebuffer->format());
}

}  // namespace

Result<Card::Attached> last_picture(const Card::Attached& picture, size_t& room) {
    const Framebuffer& framebuffer = *picture.framebuffer;
    if (framebuffer.vga() == nullptr && framebuffer.dmabuf() == nullptr) {
        return picture;
    }
    auto copy = copy_part(picture, room);
    if (!copy) {
        return tl::unexpected(copy.error());
    }
    const Rect all = Rect::of((*copy)->size());
    return Card::Attached{std::move(*copy), all};
}

}  // namespace oriel::card
