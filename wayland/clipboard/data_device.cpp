// SPDX-License-Identifier: MIT
#include "clipboard/data_device.h"

#include <array>
#include <string_view>
#include <utility>

namespace oriel::wayland {
namespace {

/// The best last. The plain one is UTF-8 on every Wayland desktop.
constexpr std::array<std::string_view, 3> kTextForms{"text/plain", "UTF8_STRING",
                                                     "text/plain;charset=utf-8"};

/// One thread, so plain numbers do.
uint64_t next_number() {
    static uint64_t last = 0;
    return ++last;
}

}  // namespace

int text_rank(const char* form) {
    for (size_t i = 0; i < kTextForms.size(); ++i) {
        if (kTextForms[i] == form) {
            return static_cast<int>(i) + 1;
        }
    }
    return 0;
}

const wl_data_offer_listener DataOffer::kListener{
    .offer =
        [](void* data, wl_data_offer*, const char* form) {
            auto& self = *static_cast<DataOffer*>(data);
            self.own_ = self.own_ || self.own_form_ == form;
            if (const int rank = text_rank(form); rank > self.rank_) {
                self.rank_ = rank;
                self.form_ = form;
            }
        },
    .source_actions = [](void*, wl_data_offer*, uint32_t) {},
    .action = [](void*, wl_data_offer*, uint32_t) {},
};

DataOffer::DataOffer(Proxy<wl_data_offer> proxy, std::string own_form, uint64_t number)
    : proxy_{std::move(proxy)}, own_form_{std::move(own_form)}, number_{number} {
    wl_data_offer_add_listener(proxy_.get(), &kListener, this);
}

void DataOffer::receive(UniqueFd pipe) const {
    // libwayland keeps a copy of the descriptor until it has sent it.
    wl_data_offer_receive(proxy_.get(), form_.c_str(), pipe.get());
}

const wl_data_device_listener DataDevice::kListener{
    .data_offer =
        [](void* data, wl_data_device*, wl_data_offer* offer) {
            auto& self = *static_cast<DataDevice*>(data);
            self.incoming_ = std::make_unique<DataOffer>(Proxy<wl_data_offer>{offer},
                                                         self.own_form_, next_number());
        },
    .enter =
        [](void* data, wl_data_device*, uint32_t, wl_surface*, wl_fixed_t, wl_fixed_t,
           wl_data_offer*) {
            auto& self = *static_cast<DataDevice*>(data);
            self.drag_ = std::move(self.incoming_);
        },
    .leave = [](void* data, wl_data_device*) { static_cast<DataDevice*>(data)->drag_.reset(); },
    .motion = [](void*, wl_data_device*, uint32_t, wl_fixed_t, wl_fixed_t) {},
    .drop = [](void* data, wl_data_device*) { static_cast<DataDevice*>(data)->drag_.reset(); },
    .selection =
        [](void* data, wl_data_device*, wl_data_offer* offer) {
            auto& self = *static_cast<DataDevice*>(data);
            self.selection_.reset();
            if (offer != nullptr && self.incoming_ && self.incoming_->proxy() == offer) {
                self.selection_ = std::move(self.incoming_);
            }
            self.listener_.device_changed();
        },
};

DataDevice::DataDevice(Proxy<wl_data_device> proxy, std::string own_form,
                       DataDeviceListener& listener)
    : own_form_{std::move(own_form)}, listener_{listener}, proxy_{std::move(proxy)} {
    wl_data_device_add_listener(proxy_.get(), &kListener, this);
}

DataDevice::~DataDevice() {
    listener_.device_gone(this);
}

void DataDevice::used(uint32_t serial) {
    serial_ = serial;
    last_use_ = next_number();
    listener_.device_changed();
}

void DataDevice::set_focused(bool focused) {
    focused_ = focused;
    listener_.device_changed();
}

void DataDevice::take_selection(wl_data_source* source) {
    wl_data_device_set_selection(proxy_.get(), source, serial_);
    // The compositor says so, too, but later.
    selection_.reset();
}

}  // namespace oriel::wayland
