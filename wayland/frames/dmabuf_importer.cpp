// SPDX-License-Identifier: MIT
#include "frames/dmabuf_importer.h"

#include <utility>

namespace oriel::wayland {
namespace {

constexpr size_t kMaxQuestions = 8;
/// What lies upside down is turned by the surface (Surface::show_all()).
constexpr uint32_t kNoFlags = 0;

}  // namespace

struct ImportQuestion {
    DmabufImporter& importer;
    ImportListener& listener;
    /// Who waits for the answer; null: nobody any more.
    ImportRequest* request = nullptr;
    Proxy<zwp_linux_buffer_params_v1> params;
};

const zwp_linux_buffer_params_v1_listener DmabufImporter::kListener{
    .created =
        [](void* data, zwp_linux_buffer_params_v1*, wl_buffer* buffer) {
            auto* question = static_cast<ImportQuestion*>(data);
            question->importer.answered(question, Proxy<wl_buffer>{buffer});
        },
    .failed =
        [](void* data, zwp_linux_buffer_params_v1*) {
            auto* question = static_cast<ImportQuestion*>(data);
            question->importer.answered(question, {});
        },
};

ImportRequest::ImportRequest(ImportQuestion& question) : question_{&question} {
    question.request = this;
}

ImportRequest& ImportRequest::operator=(ImportRequest&& other) noexcept {
    if (this != &other) {
        forget();
        question_ = std::exchange(other.question_, nullptr);
        if (question_ != nullptr) {
            question_->request = this;
        }
    }
    return *this;
}

void ImportRequest::forget() {
    if (question_ != nullptr) {
        question_->request = nullptr;
        question_ = nullptr;
    }
}

DmabufImporter::DmabufImporter(zwp_linux_dmabuf_v1* dmabuf) : dmabuf_{dmabuf} {}

DmabufImporter::~DmabufImporter() = default;

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

ImportRequest DmabufImporter::ask(const DmabufDescription& description, ImportListener& listener) {
    ImportQuestion& question = questions_.emplace_back(
        ImportQuestion{.importer = *this, .listener = listener, .params = params(description)});
    zwp_linux_buffer_params_v1_add_listener(question.params.get(), &kListener, &question);
    zwp_linux_buffer_params_v1_create(
        question.params.get(), static_cast<int32_t>(description.layout.size.width),
        static_cast<int32_t>(description.layout.size.height), description.format, kNoFlags);
    return ImportRequest{question};
}

Proxy<wl_buffer> DmabufImporter::make_again(const DmabufDescription& description) {
    const auto once = params(description);
    return Proxy<wl_buffer>{zwp_linux_buffer_params_v1_create_immed(
        once.get(), static_cast<int32_t>(description.layout.size.width),
        static_cast<int32_t>(description.layout.size.height), description.format, kNoFlags)};
}

void DmabufImporter::answered(const ImportQuestion* question, Proxy<wl_buffer> buffer) {
    ImportListener* const listener = question->request != nullptr ? &question->listener : nullptr;
    if (question->request != nullptr) {
        question->request->question_ = nullptr;
    }
    // One answer is all there is: what a compositor says after it falls on deaf ears.
    questions_.remove_if([question](const ImportQuestion& other) { return &other == question; });
    if (listener != nullptr) {
        listener->import_answered(std::move(buffer));
    }
}

}  // namespace oriel::wayland
