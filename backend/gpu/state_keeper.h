// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "core/state_record.h"
#include "gpu/command.h"
#include "resources/resource_table.h"
#include "scanout/scanout_id.h"

namespace oriel::gpu {

/// What another process needs to show the same: the commands that have made the resources, scanouts
/// and cursors that there are, as a guest sends them. So what is read back is checked as a guest's.
///
/// Pixels are not kept: they are transferred anew from the resources' backing.
class StateKeeper {
public:
    // Kinds of values; the second half of the key is the resource's or the scanout's number.
    static constexpr uint32_t kResource = 0x67726573;  // "gres"
    static constexpr uint32_t kBacking = 0x67626163;   // "gbac"
    static constexpr uint32_t kScanout = 0x67736361;   // "gsca"
    static constexpr uint32_t kCursor = 0x67637572;    // "gcur"

    /// Null: nothing is kept. Lent.
    void keep(StateRecord* record) { record_ = record; }
    /// A command has been carried out. Resources are as it has left them.
    void carried_out(const Command& command, ResourceTable& resources);
    /// All is gone.
    void reset();

private:
    void note(const command::ResourceCreate2d& create, ResourceTable& resources);
    void note(const command::ResourceCreateBlob& create, ResourceTable& resources);
    void note(const command::ResourceUnref& unref, ResourceTable& resources);
    void note(const command::AttachBacking& attach, ResourceTable& resources);
    void note(const command::DetachBacking& detach, ResourceTable& resources);
    void note(const command::SetScanout& set, ResourceTable& resources);
    void note(const command::SetScanoutBlob& set, ResourceTable& resources);
    void note(const command::UpdateCursor& update, ResourceTable& resources);
    template <class Other>
    void note(const Other&, ResourceTable&) {}

    StateRecord* record_ = nullptr;
    /// What each scanout shows; 0: nothing.
    std::array<uint32_t, kMaxScanouts> shown_{};
};

}  // namespace oriel::gpu
