// SPDX-License-Identifier: MIT
#include "frames/path_selector.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "core/log.h"
#include "frames/direct_path.h"
#if ORIEL_SYNCOBJ
#include "sync/drm_sync_device.h"
#endif
#include "frames/shm_path.h"

namespace oriel::wayland {

PathSelector::PathSelector(const Shared& shared, PathChoice choice, bool named_compositor,
                           const OpenSyncDevice& open_sync_device)
    : shared_{shared},
      imports_{choice == PathChoice::kUpload ? Imports::kNever : Imports::kWherePossible} {
    const bool wanted = choice == PathChoice::kAuto || choice == PathChoice::kDirect ||
                        choice == PathChoice::kDirectOrShm;
    if (wanted && shared_.globals.get<zwp_linux_dmabuf_v1>() != nullptr) {
        announced_ = std::make_unique<AnnouncedFormats>(shared_.globals.get<zwp_linux_dmabuf_v1>());
        importer_ = std::make_unique<DmabufImporter>(shared_.globals.get<zwp_linux_dmabuf_v1>());
        prepare_sync(open_sync_device);
    } else if (choice == PathChoice::kDirect) {
        throw StartupError{
            "--path direct is impossible: the compositor has no zwp_linux_dmabuf_v1, version 3 or "
            "newer"};
    } else if (wanted) {
        no_direct_ = "direct: the compositor takes no dma-bufs";
    }
    choose_copies(choice, named_compositor);
}

void PathSelector::prepare_sync([[maybe_unused]] const OpenSyncDevice& open) {
#if ORIEL_SYNCOBJ
    if (shared_.globals.get<wp_linux_drm_syncobj_manager_v1>() == nullptr) {
        return;
    }
    if (!has_feedback(shared_.globals.get<zwp_linux_dmabuf_v1>())) {
        log(shared_.globals.describes(), "wayland",
            "no explicit synchronisation, wl_buffer.release is used instead: the compositor "
            "doesn't name its device (zwp_linux_dmabuf_v1 4)");
        return;
    }
    syncobj_ = std::make_unique<Syncobj>(shared_.loop,
                                         shared_.globals.get<wp_linux_drm_syncobj_manager_v1>(),
                                         open ? open : open_drm_sync_device);
#endif
}

std::unique_ptr<ReleasePoints> PathSelector::make_points() {
#if ORIEL_SYNCOBJ
    return syncobj_ ? syncobj_->make_points() : nullptr;
#else
    return nullptr;
#endif
}

void PathSelector::choose_copies(PathChoice choice, bool named_compositor) {
    if (choice == PathChoice::kUpload || choice == PathChoice::kGles) {
        if (auto opened = open_gl(); !opened) {
            throw StartupError{fmt::format("--path {} is impossible: {}",
                                           choice == PathChoice::kGles ? "gles" : "upload",
                                           opened.error().message())};
        }
        log(shared_.globals.describes(), "wayland", "pictures are drawn by {}", egl_->renderer());
        return;
    }
    if (choice == PathChoice::kShm || choice == PathChoice::kDirectOrShm) {
        use_shm("asked for");
    } else if (!has_render_node()) {
        use_shm("no GPU: there is no DRM render node that this user may open");
    } else if (!named_compositor) {
        use_shm("the compositor can't be asked twice");
    } else {
        reason_ = "EGL is being tried";
        probe_ = std::make_unique<GpuProbe>(shared_.loop, static_cast<GpuProbeListener&>(*this));
    }
}

PathSelector::~PathSelector() = default;

void PathSelector::use_shm(std::string reason) {
    uploading_ = false;
    reason_ = std::move(reason);
    log(shared_.globals.describes(), "wayland", "pictures go through wl_shm: {}", reason_);
}

Result<void> PathSelector::open_gl() {
    auto egl = shaders::Egl::open(EGL_PLATFORM_WAYLAND_KHR, shared_.connection.display());
    if (!egl) {
        return tl::unexpected(std::move(egl).error());
    }
    auto renderer = shaders::Renderer::create(**egl);
    if (!renderer) {
        return tl::unexpected(std::move(renderer).error());
    }
    egl_ = std::move(*egl);
    renderer_ = std::move(*renderer);
    renderer_->limit_side(shared_.gl_side);
    uploading_ = true;
    reason_.clear();
    return {};
}

void PathSelector::gpu_probed(const Result<std::string>& renderer) {
    if (!renderer) {
        use_shm(renderer.error().message());
    } else if (shaders::is_software_renderer(*renderer)) {
        use_shm(fmt::format("{} draws with the CPU", *renderer));
    } else if (shared_.connection.lost()) {
        return;
    } else if (auto opened = open_gl(); !opened) {
        // Opening talks to the compositor once more, as short as at start-up: the only wait on the
        // loop, and only where a GPU was found.
        use_shm(opened.error().message());
    } else {
        log(shared_.globals.describes(), "wayland", "pictures are drawn by {}", egl_->renderer());
    }
    if (changed_) {
        changed_();
    }
}

WindowPaths::List PathSelector::make_paths(PathListener& listener) {
    WindowPaths::List paths;
    if (importer_) {
        paths.push_back(std::make_unique<DirectPath>(
            DirectPath::Shared{shared_.loop, shared_.globals, *announced_, *importer_}, listener,
            make_points()));
    } else if (!no_direct_.empty()) {
        paths.push_back(std::make_unique<MissingPath>(no_direct_));
    }
    if (uploading_) {
        paths.push_back(std::make_unique<UploadPath>(
            UploadPath::Shared{shared_.loop, *egl_, *renderer_}, imports_, listener));
    } else {
        paths.push_back(std::make_unique<MissingPath>(reason_));
    }
    // Takes everything that the CPU can read, also what is too large for a GPU.
    paths.push_back(std::make_unique<ShmPath>(shared_.loop, shared_.globals, listener));
    return paths;
}

std::string PathSelector::reason() const {
    return no_direct_ + (no_direct_.empty() || reason_.empty() ? "" : "; ") + reason_;
}

void PathSelector::give_up() {
    if (uploading_) {
        use_shm("drawing with OpenGL ES failed");
        if (changed_) {
            changed_();
        }
    }
}

}  // namespace oriel::wayland
