// SPDX-License-Identifier: MIT
// What a session leaves for the next process, and how it goes on with what an earlier one has left.
#include <utility>
#include <vector>

#include "session.h"

namespace oriel::vfio_user {

void Session::begin_attachment() {
    if (attachment_ != nullptr && attachment_->begin(connection_.fd(), function_)) {
        keep();
    }
}

void Session::keep() {
    connection_.keep(attachment_->stream());
    function_.keep(&attachment_->record());
}

void Session::keep_interrupts() {
    if (attachment_ != nullptr && attachment_->kept()) {
        interrupts_.for_each([this](const IrqSet& request, int eventfd, uint64_t serial) {
            attachment_->interrupt_is(request, eventfd, serial);
        });
    }
}

Result<void> Session::resume(Attachment::Left left) {
    for (auto& [range, file] : left.ranges) {
        const auto mapped = memory_.map(range.address, range.size, std::move(file), range.offset,
                                        range.writable != 0);
        if (!mapped) {
            return tl::unexpected(mapped.error());
        }
    }
    for (auto& [request, eventfd] : left.interrupts) {
        std::vector<UniqueFd> fds;
        fds.push_back(std::move(eventfd));
        if (interrupts_.set({request, {}}, fds) != 0) {
            return host_error("its interrupts are not this function's");
        }
    }
    if (!function_.resume(attachment_->record())) {
        return host_error("its registers are not this function's");
    }
    attached_ = device_used_ = true;
    keep_interrupts();
    keep();
    return {};
}

}  // namespace oriel::vfio_user
