// SPDX-License-Identifier: MIT
#include "frames/dmabuf_feedback.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <utility>

namespace oriel::wayland {
namespace {

/// One entry of the format table (zwp_linux_dmabuf_feedback_v1.format_table).
struct TableEntry {
    uint32_t fourcc;
    uint32_t padding;
    uint64_t modifier;
};
static_assert(sizeof(TableEntry) == 16);

// Indices have 16 bits.
constexpr uint32_t kMaxTableBytes = 0x1'0000 * sizeof(TableEntry);
// What a compositor says beyond that is not worth the memory.
constexpr size_t kMaxAnnounced = 0x1'0000;

template <class T>
std::span<const T> elements(const wl_array& array) {
    return {static_cast<const T*>(array.data), array.size / sizeof(T)};
}

}  // namespace

const zwp_linux_dmabuf_v1_listener AnnouncedFormats::kListener{
    // Deprecated by the other one, which says all of it again.
    .format = [](void*, zwp_linux_dmabuf_v1*, uint32_t) {},
    .modifier =
        [](void* data, zwp_linux_dmabuf_v1*, uint32_t format, uint32_t modifier_high,
           uint32_t modifier_low) {
            auto& pairs = static_cast<AnnouncedFormats*>(data)->pairs_.pairs;
            if (pairs.size() < kMaxAnnounced) {
                pairs.insert({format, uint64_t{modifier_high} << 32 | modifier_low});
            }
        },
};

AnnouncedFormats::AnnouncedFormats(zwp_linux_dmabuf_v1* dmabuf) {
    zwp_linux_dmabuf_v1_add_listener(dmabuf, &kListener, this);
}

DmabufFormats AnnouncedFormats::formats() const {
    DmabufFormats formats;
    formats.add(pairs_);
    return formats;
}

const zwp_linux_dmabuf_feedback_v1_listener DmabufFeedback::kListener{
    .done =
        [](void* data, zwp_linux_dmabuf_feedback_v1*) {
            auto& self = *static_cast<DmabufFeedback*>(data);
            self.finish();
            self.listener_.feedback_complete();
        },
    .format_table =
        [](void* data, zwp_linux_dmabuf_feedback_v1*, int32_t fd, uint32_t size) {
            static_cast<DmabufFeedback*>(data)->read_table(UniqueFd{fd}, size);
        },
    // Says nothing about our buffers, which are plain memory: no device has made them, every
    // device may read them.
    .main_device =
        [](void* data, zwp_linux_dmabuf_feedback_v1*, wl_array* device) {
            dev_t number = 0;
            if (device->size == sizeof number) {
                std::memcpy(&number, device->data, sizeof number);
                static_cast<DmabufFeedback*>(data)->pending_.main_device = number;
            }
        },
    .tranche_done =
        [](void* data, zwp_linux_dmabuf_feedback_v1*) {
            static_cast<DmabufFeedback*>(data)->finish_tranche();
        },
    .tranche_target_device = [](void*, zwp_linux_dmabuf_feedback_v1*, wl_array*) {},
    .tranche_formats =
        [](void* data, zwp_linux_dmabuf_feedback_v1*, wl_array* indices) {
            static_cast<DmabufFeedback*>(data)->add_formats(*indices);
        },
    .tranche_flags =
        [](void* data, zwp_linux_dmabuf_feedback_v1*, uint32_t flags) {
            static_cast<DmabufFeedback*>(data)->pending_.tranche.scanout =
                (flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT) != 0;
        },
};

DmabufFeedback::DmabufFeedback(Proxy<zwp_linux_dmabuf_feedback_v1> proxy,
                               FeedbackListener& listener)
    : proxy_{std::move(proxy)}, listener_{listener} {
    zwp_linux_dmabuf_feedback_v1_add_listener(proxy_.get(), &kListener, this);
}

void DmabufFeedback::read_table(const UniqueFd& fd, uint32_t size) {
    table_.clear();
    if (size == 0 || size > kMaxTableBytes) {
        pending_.problem = fmt::format("a format table of {} bytes", size);
        return;
    }
    // Read, where the protocol says "map privately": reading a file that has become smaller fails,
    // touching its mapping would end us.
    std::vector<TableEntry> entries(size / sizeof(TableEntry));
    const auto bytes = std::as_writable_bytes(std::span{entries});
    const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 || static_cast<size_t>(got) != bytes.size()) {
        pending_.problem = fmt::format("a format table of {} bytes in a file of less", size);
        return;
    }
    for (const TableEntry& entry : entries) {
        table_.emplace_back(entry.fourcc, entry.modifier);
    }
}

void DmabufFeedback::add_formats(const wl_array& indices) {
    for (const uint16_t index : elements<uint16_t>(indices)) {
        if (index >= table_.size()) {
            if (pending_.problem.empty()) {
                pending_.problem =
                    fmt::format("entry {} of a format table of {}", index, table_.size());
            }
            return;
        }
        pending_.tranche.pairs.insert(table_[index]);
    }
}

void DmabufFeedback::finish_tranche() {
    pending_.formats.add(std::exchange(pending_.tranche, {}));
}

void DmabufFeedback::finish() {
    Pending complete = std::exchange(pending_, {});
    problem_ = std::move(complete.problem);
    main_device_ = complete.main_device;
    formats_ = problem_.empty() ? std::move(complete.formats) : DmabufFormats{};
}

}  // namespace oriel::wayland
