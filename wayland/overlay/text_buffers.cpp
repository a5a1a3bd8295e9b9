// SPDX-License-Identifier: MIT
#include "overlay/text_buffers.h"

#include <utility>

#include "core/memfd.h"

namespace oriel::wayland {

const wl_buffer_listener TextBuffers::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto& buffer = *static_cast<Buffer*>(data);
            TextBuffers& owner = *buffer.owner;
            buffer.busy = false;
            owner.trim();
            owner.listener_.text_buffer_free();
        },
};

bool TextBuffers::full() const {
    return all_.size() >= kMax;
}

void TextBuffers::add(const TextImage& image) {
    const size_t bytes = round_to_pages(size_t{image.stride} * image.size.height);
    const Proxy<wl_shm_pool> pool{wl_shm_create_pool(globals_.get<wl_shm>(), image.pixels.get(),
                                                     static_cast<int32_t>(bytes))};
    auto buffer = std::make_unique<Buffer>();
    buffer->owner = this;
    buffer->size = image.size;
    buffer->proxy.reset(
        wl_shm_pool_create_buffer(pool.get(), 0, static_cast<int32_t>(image.size.width),
                                  static_cast<int32_t>(image.size.height),
                                  static_cast<int32_t>(image.stride), WL_SHM_FORMAT_ARGB8888));
    wl_buffer_add_listener(buffer->proxy.get(), &kListener, buffer.get());
    // The one before goes last: nobody must take the new one for it, by its address.
    newest_ = buffer.get();
    all_.push_back(std::move(buffer));
    trim();
}

void TextBuffers::clear() {
    newest_ = nullptr;
    trim();
}

void TextBuffers::trim() {
    std::erase_if(all_,
                  [this](const auto& buffer) { return !buffer->busy && buffer.get() != newest_; });
}

}  // namespace oriel::wayland
