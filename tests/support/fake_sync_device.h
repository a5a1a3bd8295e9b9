// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "fake_timeline.h"
#include "wayland/sync_device.h"

namespace oriel::test {

/// A DRM device that has nothing but timelines.
class FakeSyncDevice final : public wayland::SyncDevice {
public:
    enum class Call { kCreate, kShare, kSignal, kNotify };
    /// What a test knows of the device that a presenter owns.
    struct Report {
        /// dev_t of each one opened.
        std::vector<dev_t> opened;
        /// Set: opening fails, with this line.
        const char* refusal = nullptr;
        /// Fails from now on.
        std::optional<Call> broken;
        size_t timelines = 0;  ///< that exist
        uint64_t notified = 0;
    };

    /// For PresenterOptions::open_sync_device. `report` is lent and must outlive the presenter.
    [[nodiscard]] static wayland::OpenSyncDevice opener(Report& report);

    explicit FakeSyncDevice(Report& report) : report_{report} {}
    Result<Timeline> create() override;
    void destroy(Timeline timeline) override;
    Result<UniqueFd> share(Timeline timeline) override;
    Result<void> signal(Timeline timeline, uint64_t point) override;
    Result<void> notify(Timeline timeline, uint64_t point, int eventfd) override;

private:
    [[nodiscard]] bool broken(Call call) const { return report_.broken == call; }

    Report& report_;
    Timeline last_ = 0;
    std::map<Timeline, std::shared_ptr<FakeTimeline>> timelines_;
};

}  // namespace oriel::test
