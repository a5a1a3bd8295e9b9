// SPDX-License-Identifier: MIT
#include "serve/stale_screens.h"

#include <fmt/format.h>

#include "core/text.h"

namespace oriel::app {

Result<void> StaleScreens::vm_leaves(const std::string& reason, std::time_t now) {
    auto kept = card_.keep_last_pictures(*this);
    if (!report_) {
        report_ = StaleReport{now, printable(reason)};
        if (windows_ != nullptr) {
            windows_->set_dimmed(fmt::format("The VM {} at {}.\nThis is its last picture.",
                                             report_->reason, local_time(now)));
        }
    }
    return kept;
}

void StaleScreens::last_pictures_gone() {
    report_.reset();
    if (windows_ != nullptr) {
        windows_->set_dimmed({});
    }
}

}  // namespace oriel::app
