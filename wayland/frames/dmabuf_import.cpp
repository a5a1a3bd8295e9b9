// SPDX-License-Identifier: MIT
#include "frames/dmabuf_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/log.h"
#include "scanout/plane_bounds.h"

namespace oriel::wayland {
namespace {

DmabufDescription describe(const DmabufPixels& pixels, uint64_t modifier) {
    return {.files = *pixels.files(),
            .layout = pixels.layout(),
            .format = opaque_format(pixels.layout().fourcc),
            .modifier = modifier};
}

/// Whether all rows, each with its whole stride, lie in the files. Compositors end a client for
/// naming more (zwp_linux_buffer_params_v1.error.out_of_bounds). How many rows a plane behind the
/// first has, only its format says: one, at least, as compositors look at it.
bool inside(const PixelLayout& layout, const std::vector<UniqueFd>& files) {
    for (uint32_t i = 0; i < layout.plane_count; ++i) {
        const PlaneLayout& plane = layout.planes.at(i);
        const uint64_t rows = i == 0 ? layout.size.height : 1;
        if (!check_plane(files, plane, plane.stride * rows)) {
            return false;
        }
    }
    return true;
}

}  // namespace

const wl_buffer_listener DmabufImport::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* buffer = static_cast<ImportedBuffer*>(data);
            if (!buffer->by_point) {
                buffer->import.released(*buffer);
            }
        },
};

void ImportedBuffer::buffer_released() {
    import.released(*this);
}

DmabufImport::DmabufImport(ImportOwner& owner, DmabufImporter& importer,
                           const FramebufferRef& framebuffer, TimePoint now)
    : owner_{owner},
      importer_{importer},
      generation_{framebuffer->generation()},
      framebuffer_{framebuffer},
      asked_{now} {}

DmabufImport::~DmabufImport() {
    if (const FramebufferRef framebuffer = framebuffer_.lock()) {
        // The compositor has files of its own. Whoever needs these opens them again.
        framebuffer->dmabuf()->close_files();
    }
}

void DmabufImport::check_new_format(const CompositorFormats& formats, TimePoint now) {
    const FramebufferRef framebuffer = framebuffer_.lock();
    if (!framebuffer) {
        return;
    }
    serial_ = formats.serial();
    const PixelLayout& layout = framebuffer->dmabuf()->layout();
    const uint32_t format = opaque_format(layout.fourcc);
    if (const auto choice = formats.formats().choose(format, layout.modifier)) {
        why_.clear();
        if (state_ == State::kAsked || state_ == State::kTaken) {
            return;  // with the modifier of then
        }
        state_ = State::kNew;
        asked_ = now;
        modifier_ = choice->modifier;
        log_debug("wayland", "{} goes direct{}", fourcc_name(format),
                  choice->scanout ? ", and can be scanned out" : "");
    } else if (formats.problem().empty()) {
        why_ =
            fmt::format("direct: the compositor doesn't take {} as a dma-buf", fourcc_name(format));
    } else {
        why_ = fmt::format("direct: the compositor's dma-buf formats make no sense: {}",
                           formats.problem());
    }
}

void DmabufImport::ask(TimePoint now) {
    const FramebufferRef framebuffer = framebuffer_.lock();
    if (!framebuffer) {
        return;
    }
    const DmabufPixels& pixels = *framebuffer->dmabuf();
    const Result<std::vector<UniqueFd>>& files = pixels.files();
    if (!files || !inside(pixels.layout(), *files)) {
        state_ = State::kRefused;
        why_ = files ? "direct: the guest's buffer ends before its last row does"
                     : "direct: " + files.error().message();
        return;
    }
    if (!importer_.busy()) {
        state_ = State::kAsked;
        asked_ = now;
        request_ = importer_.ask(describe(pixels, modifier_), *this);
    }
}

void DmabufImport::import_answered(Proxy<wl_buffer> buffer) {
    if (buffer) {
        state_ = State::kTaken;
        add(std::move(buffer));
    } else {
        state_ = State::kRefused;
        why_ = "direct: the compositor can't import the dma-buf";
    }
    owner_.import_answered();
}

ImportedBuffer& DmabufImport::buffer_for(const Surface& surface) {
    for (ImportedBuffer& buffer : buffers_) {
        if (!buffer.held || buffer.surface == &surface) {
            return buffer;
        }
    }
    // The picture moves to another surface while the compositor still has it on this one. The same
    // dma-buf was taken before, so there is no need to ask.
    const FramebufferRef framebuffer = framebuffer_.lock();
    return add(importer_.make_again(describe(*framebuffer->dmabuf(), modifier_)));
}

ImportedBuffer& DmabufImport::add(Proxy<wl_buffer> buffer) {
    ImportedBuffer& added = buffers_.emplace_back(*this);
    added.buffer = std::move(buffer);
    wl_buffer_add_listener(added.buffer.get(), &kListener, &added);
    return added;
}

void DmabufImport::committed(ImportedBuffer& buffer, const Surface& surface,
                             const FramebufferRef& framebuffer) {
    buffer.surface = &surface;
    buffer.held = true;
    keep_ = framebuffer;
}

void DmabufImport::released(ImportedBuffer& buffer) {
    // A second release of the same commit says nothing.
    if (!std::exchange(buffer.held, false)) {
        return;
    }
    if (buffers_.size() > 1) {
        buffers_.remove_if([&buffer](const ImportedBuffer& other) { return &other == &buffer; });
    }
    if (std::none_of(buffers_.begin(), buffers_.end(),
                     [](const ImportedBuffer& other) { return other.held; })) {
        keep_.reset();
        owner_.import_released(*this);
    }
}

}  // namespace oriel::wayland
