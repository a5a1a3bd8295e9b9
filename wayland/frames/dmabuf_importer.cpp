// SPDX-License-Identifier: MIT
#include "frames/dmabuf_importer.h"

#include <utility>

namespace oriel::wayland {
namespace {

constexpr size_t kMaxQuestions = 8;

uint32_t flags_of(const PixelLayout& layout) {
    return layout.y_inverted ? uint32_t{ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_Y_INVERT} : 0;
}

}  // namespace

const zwp_linux_buffer_params_v1_listener DmabufImporter::kListener{
    .created =
        [](void* data, zwp_linux_buffer_params_v1*, wl_buffer* buffer) {
            auto* question = static_cast<Question*>(data);
            question->importer->answered(question, Proxy<wl_buffer>{buffer});
        },
    .failed =
        [](void* data, zwp_linux_buffer_params_v1*) {
            auto* question = static_cast<Question*>(data);
            question->importer->answered(question, {});
        },
};

bool DmabufImporter::busy() const {
    return questions_.size() >= kMaxQuestions;
}

Proxy<zwp_linux_buffer_params_v1> DmabufImporter::params(const DmabufDescription& description) {
    Proxy<zwp_linux_buffer_params_v1> params{zwp_linux_dmabuf_v1_create_params(dmabuf_)};
    const PixelLayout& layout = description.layout;
    for (uint32_t i = 0; i < layout.plane_count; ++i) {
        const PlaneLayout& plane = layout.planes.at(i);
        zwp_linux_buffer_params_v1_add(params.get(), description.files[plane.file].get(), i,
                                       plane.offset, plane.stride,
                                       static_cast<uint32_t>(description.modifier >> 32),
                                       static_cast<uint32_t>(description.modifier));
    }
    return params;
}

std::shared_ptr<DmabufImporter::Done> DmabufImporter::ask(const DmabufDescription& description,
                                                          Done done) {
    auto kept = std::make_shared<Done>(std::move(done));
    Question& question = questions_.emplace_back();
    question.importer = this;
    question.done = kept;
    question.params = params(description);
    zwp_linux_buffer_params_v1_add_listener(question.params.get(), &kListener, &question);
    zwp_linux_buffer_params_v1_create(question.params.get(),
                                      static_cast<int32_t>(description.layout.size.width),
                                      static_cast<int32_t>(description.layout.size.height),
                                      description.format, flags_of(description.layout));
    return kept;
}

Proxy<wl_buffer> DmabufImporter::make_again(const DmabufDescription& description) {
    const auto once = params(description);
    return Proxy<wl_buffer>{zwp_linux_buffer_params_v1_create_immed(
        once.get(), static_cast<int32_t>(description.layout.size.width),
        static_cast<int32_t>(description.layout.size.height), description.format,
        flags_of(description.layout))};
}

void DmabufImporter::answered(const Question* question, Proxy<wl_buffer> buffer) {
    // Held, as the call may let go of it.
    const std::shared_ptr<Done> done = question->done.lock();
    // One answer is all there is: what a compositor says after it falls on deaf ears.
    questions_.remove_if([question](const Question& other) { return &other == question; });
    if (done) {
        (*done)(std::move(buffer));
    }
}

}  // namespace oriel::wayland
