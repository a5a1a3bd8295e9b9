// SPDX-License-Identifier: MIT
#include "vdpy/surfaces.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/saturating.h"
#include "scanout/linear_rows.h"

namespace oriel::app::vdpy {

Surfaces::~Surfaces() {
    self_.revoke();
}

// --- what screens show ---------------------------------------------------------------------------

bool Surfaces::set(ScanoutId screen, const surface& given) {
    const auto checked = check_surface(given);
    if (!checked) {
        return false;
    }
    if (const auto* memory = std::get_if<MemorySurface>(&*checked)) {
        return set_memory(screen, *memory);
    }
    return set_dmabuf(screen, std::get<DmabufSurface>(*checked));
}

bool Surfaces::set_memory(ScanoutId screen, const MemorySurface& given) {
    Screen& now = screens_.at(screen);
    if (!now.memory || now.memory->pixels->size() != given.size) {
        auto pixels = MemoryPixels::create(given.size);
        if (!pixels) {
            return false;
        }
        auto framebuffer = std::make_shared<const Framebuffer>(*pixels, given.format.fourcc);
        now.memory = Memory{std::move(*pixels), std::move(framebuffer)};
    }
    now.dmabuf.reset();
    // It may be other memory: what is there is another picture.
    now.memory->taken = false;
    display_.attach(screen, now.memory->framebuffer, Rect::of(given.size));
    return true;
}

bool Surfaces::set_dmabuf(ScanoutId screen, const DmabufSurface& given) {
    auto dmabuf = dmabuf_of(given.fd, given.layout);
    if (!dmabuf) {
        return false;
    }
    Screen& now = screens_.at(screen);
    now.memory.reset();
    now.dmabuf = std::move(dmabuf);
    display_.attach(screen, now.dmabuf->framebuffer, Rect::of(given.layout.size));
    return true;
}

std::optional<Surfaces::Dmabuf> Surfaces::dmabuf_of(int fd, const PixelLayout& layout) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0) {
        return std::nullopt;
    }
    const FileIdentity file{status.st_dev, status.st_ino};
    const auto found = std::find_if(dmabufs_.begin(), dmabufs_.end(), [&](const Dmabuf& one) {
        return one.file == file && one.pixels->layout() == layout;
    });
    if (found != dmabufs_.end()) {
        std::rotate(dmabufs_.begin(), found, found + 1);
        return dmabufs_.front();
    }
    UniqueFd copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (!copy) {
        return std::nullopt;
    }
    std::vector<UniqueFd> files;
    files.push_back(std::move(copy));
    auto pixels = std::make_shared<PassedDmabuf>(layout, std::move(files));
    auto framebuffer = std::make_shared<const Framebuffer>(pixels);
    if (dmabufs_.size() >= kMaxDmabufs) {
        dmabufs_.pop_back();
    }
    dmabufs_.insert(dmabufs_.begin(), Dmabuf{file, std::move(pixels), std::move(framebuffer)});
    return dmabufs_.front();
}

void Surfaces::unset(ScanoutId screen) {
    Screen& now = screens_.at(screen);
    now.memory.reset();
    now.dmabuf.reset();
    display_.detach(screen);
}

void Surfaces::clear() {
    for (ScanoutId screen = 0; screen < display_.scanout_count(); ++screen) {
        display_.set_cursor(screen, nullptr);
        unset(screen);
        screens_.at(screen) = {};
    }
    dmabufs_.clear();
}

// --- what has changed ----------------------------------------------------------------------------

Surfaces::Update Surfaces::update(ScanoutId screen, const surface& given) {
    switch (number_of(given.surf_type)) {
        case SURFACE_PIXMAN:
            return update_memory(screen, given);
        case SURFACE_DMABUF:
            return update_dmabuf(screen, given);
    }
    return {};
}

Surfaces::Update Surfaces::update_memory(ScanoutId screen, const surface& given) {
    auto& memory = screens_.at(screen).memory;
    const auto checked = memory ? check_surface(given) : std::nullopt;
    const auto* now = checked ? std::get_if<MemorySurface>(&*checked) : nullptr;
    if (now == nullptr || now->pixels == nullptr || now->size != memory->pixels->size()) {
        return {};
    }
    const Rect all = Rect::of(now->size);
    LinearRows rows{now->pixels, now->stride, now->format};
    const bool first = !std::exchange(memory->taken, true);
    const Region changed =
        memory->pixels->update(all, rows, first ? Damage::kAsClaimed : Damage::kCompare);
    return {true, changed.empty() ? 0 : flush(screen, changed)};
}

/// Only the type and the descriptor are filled in: where the pixels lie was said before.
Surfaces::Update Surfaces::update_dmabuf(ScanoutId screen, const surface& given) {
    Screen& now = screens_.at(screen);
    if (!now.dmabuf) {
        return {};
    }
    const PixelLayout layout = now.dmabuf->pixels->layout();
    const auto dmabuf = dmabuf_of(given.dma_info.dmabuf_fd, layout);
    if (dmabuf && dmabuf->file != now.dmabuf->file) {
        now.dmabuf = dmabuf;
        display_.attach(screen, now.dmabuf->framebuffer, Rect::of(layout.size));
    }
    const Region all{Rect::of(layout.size)};
    now.dmabuf->pixels->flushed(all);
    return {true, flush(screen, all)};
}

uint64_t Surfaces::flush(ScanoutId screen, const Region& damage) {
    const uint64_t token = ++last_token_;
    // First, as the display may answer from inside the call.
    waiting_.insert(token);
    display_.flush(screen, damage, FlushDone{self_.get(), token});
    return token;
}

// --- cursors -------------------------------------------------------------------------------------

bool Surfaces::define_cursor(ScanoutId screen, const cursor& given) {
    auto image = check_cursor(given);
    if (!image) {
        return false;
    }
    screens_.at(screen).cursor = image;
    display_.set_cursor(screen, std::move(image));
    place_cursor(screen);
    return true;
}

void Surfaces::move_cursor(ScanoutId screen, Point corner) {
    screens_.at(screen).cursor_corner = corner;
    place_cursor(screen);
}

void Surfaces::place_cursor(ScanoutId screen) {
    const Screen& now = screens_.at(screen);
    const Point hotspot = now.cursor ? now.cursor->hotspot : Point{};
    display_.move_cursor(screen, saturating_sum(now.cursor_corner, hotspot));
}

}  // namespace oriel::app::vdpy
