// SPDX-License-Identifier: MIT
#include "fake_sync_device.h"

namespace oriel::test {

wayland::OpenSyncDevice FakeSyncDevice::opener(Report& report) {
    return [&report](dev_t device) -> Result<std::unique_ptr<wayland::SyncDevice>> {
        report.opened.push_back(device);
        if (report.refusal != nullptr) {
            return host_error("{}", report.refusal);
        }
        return std::make_unique<FakeSyncDevice>(report);
    };
}

Result<FakeSyncDevice::Timeline> FakeSyncDevice::create() {
    if (broken(Call::kCreate)) {
        return host_error("no more timelines");
    }
    timelines_[++last_] = FakeTimeline::create();
    report_.timelines = timelines_.size();
    return last_;
}

void FakeSyncDevice::destroy(Timeline timeline) {
    timelines_.erase(timeline);
    report_.timelines = timelines_.size();
}

Result<UniqueFd> FakeSyncDevice::share(Timeline timeline) {
    if (broken(Call::kShare)) {
        return host_error("no descriptor");
    }
    return timelines_.at(timeline)->share();
}

Result<void> FakeSyncDevice::signal(Timeline timeline, uint64_t point) {
    if (broken(Call::kSignal)) {
        return host_error("not signalled");
    }
    timelines_.at(timeline)->signal(point);
    return {};
}

Result<void> FakeSyncDevice::notify(Timeline timeline, uint64_t point, int eventfd) {
    if (broken(Call::kNotify)) {
        return host_error("no eventfd");
    }
    ++report_.notified;
    timelines_.at(timeline)->notify(point, eventfd);
    return {};
}

}  // namespace oriel::test
