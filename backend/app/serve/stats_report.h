// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "card/card.h"
#include "core/clock.h"
#include "gpu/stats.h"
#include "serve/display_keeper.h"
#include "serve/input_sockets.h"
#include "serve/stale_screens.h"
#include "vfio_user/stats.h"
#include "vhost_user/stats.h"
#include "virtio/pci_registers.h"

namespace oriel::app {

/// Where the numbers come from, lent for the call.
struct StatsSources {
    const std::string& name;
    const card::Card& card;
    /// VgaDevice::mode_name()
    std::string vga_mode;
    gpu::Stats gpu;
    virtio::PciRegisters::Counters virtio;
    const vfio_user::Stats* vfio_user = nullptr;    ///< null on another road
    const vhost_user::Stats* vhost_user = nullptr;  ///< the same
    const VmInput& input;
    const InputSockets* input_sockets = nullptr;  ///< null without --input-socket
    const agent::Agent* agent = nullptr;          ///< null without --agent
    bool attached = false;
    Nanoseconds uptime{};
    std::optional<StaleReport> stale{};
    std::optional<CompositorReport> compositor{};  ///< nothing: headless
};

/// What `oriel ctl NAME stats --json` prints:
/// - name, pid, uptime_s, attached, rss_bytes (all resident memory), rss_anonymous_bytes,
///   rss_file_bytes and rss_shared_bytes (what of it the guest's RAM is, and the frame buffers)
/// - stale: the screens show what a VM that is gone has left; since (UTC) and reason then
/// - descriptors: open, limit (how many this process may have), reserved (of those, how many a
///   guest can't take)
/// - compositor, with windows: state ("starting", "shown" or "away"), losses (so far), and while it
///   is away away_s and reason. The numbers of scanouts begin anew with each compositor
/// - recordings: of each screen that was recorded the last one, see Recording::report()
/// - scanouts: for each connected one scanout, connected, visible, source ("virtio 1920x1080 XR24",
///   "bochs 1024x768x32", "text 80x25", "dark"), width, height, format (fourcc), path, path_reason,
///   sync ("implicit", "explicit" or "none"), scale (output px per guest px: "2", "1.5x1.25"; "0":
///   nothing is shown), filter ("none", "nearest", "linear", "compositor", see scanout/stats.h),
///   flushed, committed, presented, merged, answered_by_timer, feedbacks (frames that the
///   compositor told of), zero_copy (of those, not composed), bytes_copied, kick_to_commit_us,
///   flush_to_commit_us and flush_to_presented_us with count, p50, p99, p99.9
/// - gpu: commands and errors (counts by name, zeros left out), resources (of both kinds),
///   resource_bytes (of ours), kept_bytes (of pictures that the guest has given up, and that are
///   shown or held by the compositor still), blobs, blob_bytes (of the guest's), backing_entries,
///   transferred_bytes, flushes_waiting, flushes_merged, updates_held, flushes_without_damage,
///   cursor_updates, unknown_commands
/// - virtio: kicks, interrupts, ring_errors
/// - input: calls (of what users do), undelivered (no device took it), and of the virtio devices
///   events (in the guest's rings), dropped, merged, latency_us (from the call to the ring) with
///   count, p50, p99, p99.9 and devices: for each kind, name, attached, ready (the guest has a
///   driver for it), events, dropped, merged, waiting, bad_buffers, leds ("num", "caps", "scroll",
///   ...); with
///   --qmp also qmp: connected, absolute (the guest uses an absolute pointer of QEMU's), suspended,
///   connects, commands, errors, garbage (lines), dropped and untranslatable (events)
/// - agent, with --agent: connected (to the VMM's socket), ready (the guest's agent has answered),
///   capabilities (of the guest's), connects, offers_to_guest, offers_to_host, texts_to_guest,
///   texts_to_host, garbage (connections), refused (texts), unanswered (requests) and dropped
///   (messages)
/// - vfio_user, with --vfio-user: messages, errors, malformed, clients, clients_refused,
/// interrupts,
///   interrupts_latched, unwanted_fds, register_access_us
/// - vhost_user, with --vhost-user: messages, errors, malformed, clients, clients_refused, calls
///   (eventfds signalled), config_changes (told), resets, missing (what the guest's driver works
///   without, as its VMM or itself leaves it out: "", "EDID", "blobs", "EDID and blobs"),
///   unwanted_fds
[[nodiscard]] nlohmann::json stats_report(const StatsSources& from);

}  // namespace oriel::app
