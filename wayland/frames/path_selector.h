// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "connection/connection.h"
#include "connection/globals.h"
#include "frames/dmabuf_feedback.h"
#include "frames/dmabuf_importer.h"
#include "shaders/renderer.h"
#include "sync/release_points.h"
#include "wayland/gpu_probe.h"
#if ORIEL_SYNCOBJ
#include "sync/syncobj.h"
#endif
#include "frames/upload_path.h"
#include "frames/window_paths.h"
#include "wayland/presenter.h"
#include "wayland/sync_device.h"

namespace oriel::wayland {

/// Decides which path frames take, and makes the windows' path objects.
///
/// What a guest draws into its own memory goes to the compositor as it is, where that takes
/// dma-bufs. All else is copied: drawing with the CPU costs 18 ms a 1080p frame where wl_shm costs
/// a fraction of one, so wl_shm is chosen wherever EGL has no GPU. That is known without loading
/// EGL where there is no render node; where there is one, a child process tries, and frames go
/// through wl_shm until it has answered.
class PathSelector final : private GpuProbeListener {
public:
    /// Lent, must outlive this.
    struct Shared {
        EventLoop& loop;
        const Connection& connection;
        const Globals& globals;
        uint32_t gl_side = UINT32_MAX;  ///< see PresenterOptions
    };

    /// `named_compositor`: the compositor can be found by its name,
    /// as a probe must. To be made before the sync in which globals describe themselves.
    /// `open_sync_device`: see PresenterOptions. Throws StartupError if PathChoice::kUpload, kGles
    /// or kDirect is impossible.
    PathSelector(const Shared& shared, PathChoice choice, bool named_compositor,
                 const OpenSyncDevice& open_sync_device);
    PathSelector(const PathSelector&) = delete;
    PathSelector& operator=(const PathSelector&) = delete;
    ~PathSelector();

    /// Called on the loop when windows should ask for another path.
    void on_changed(Callback changed) { changed_ = std::move(changed); }

    /// The paths for one window, best first; the last one takes anything that the CPU can read.
    /// `listener` is lent and must outlive them.
    [[nodiscard]] WindowPaths::List make_paths(PathListener& listener);
    /// The path failed while it was in use: wl_shm from now on.
    void give_up();
    /// Why there is no better path, in a few words; empty for the best ones.
    [[nodiscard]] std::string reason() const;

private:
    void prepare_sync(const OpenSyncDevice& open);
    /// Null without explicit synchronisation.
    [[nodiscard]] std::unique_ptr<ReleasePoints> make_points();
    void choose_copies(PathChoice choice, bool named_compositor);
    void gpu_probed(const Result<std::string>& renderer) override;
    [[nodiscard]] Result<void> open_gl();
    void use_shm(std::string reason);

    const Shared shared_;
    const Imports imports_;
    Callback changed_;
    /// Why pictures aren't uploaded, and why they don't go direct.
    std::string reason_;
    std::string no_direct_;
    bool uploading_ = false;
    std::unique_ptr<GpuProbe> probe_;
    /// Null without the direct path.
    std::unique_ptr<AnnouncedFormats> announced_;
    std::unique_ptr<DmabufImporter> importer_;
#if ORIEL_SYNCOBJ
    /// Null without the direct path, and where the compositor has no explicit synchronisation.
    std::unique_ptr<Syncobj> syncobj_;
#endif
    // These stay after give_up(): windows leave them one by one.
    std::unique_ptr<shaders::Egl> egl_;
    std::unique_ptr<shaders::Renderer> renderer_;
};

}  // namespace oriel::wayland
