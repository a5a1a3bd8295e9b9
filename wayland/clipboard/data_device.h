// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/unique_fd.h"
#include "protocol/core.h"

namespace oriel::wayland {

class DataDevice;

/// How well a form (MIME type) of a clipboard's content suits as UTF-8 text; 0: not at all.
[[nodiscard]] int text_rank(const char* form);

/// A wl_data_offer: what another client, or this one, has copied.
class DataOffer {
public:
    /// Whoever offers the form `own_form` is this program itself.
    DataOffer(Proxy<wl_data_offer> proxy, std::string own_form, uint64_t number);
    DataOffer(const DataOffer&) = delete;
    DataOffer& operator=(const DataOffer&) = delete;

    [[nodiscard]] const wl_data_offer* proxy() const { return proxy_.get(); }
    /// Never that of another one.
    [[nodiscard]] uint64_t number() const { return number_; }
    /// Somebody else's, and a text.
    [[nodiscard]] bool is_foreign_text() const { return !own_ && rank_ > 0; }
    /// Asks for the text; its owner writes it into `pipe`.
    void receive(UniqueFd pipe) const;

private:
    static const wl_data_offer_listener kListener;

    Proxy<wl_data_offer> proxy_;
    const std::string own_form_;
    const uint64_t number_;
    std::string form_;
    int rank_ = 0;
    bool own_ = false;
};

class DataDeviceListener {
public:
    DataDeviceListener() = default;
    DataDeviceListener(const DataDeviceListener&) = delete;
    DataDeviceListener& operator=(const DataDeviceListener&) = delete;

    /// focused(), selection() or the latest use of a device has changed.
    virtual void device_changed() = 0;
    virtual void device_gone(const DataDevice* device) = 0;

protected:
    ~DataDeviceListener() = default;
};

/// The clipboard as one seat has it (wl_data_device): its newest selection, and what is needed to
/// take it. Drags are not accepted.
class DataDevice {
public:
    /// `listener` is lent and must outlive this.
    DataDevice(Proxy<wl_data_device> proxy, std::string own_form, DataDeviceListener& listener);
    DataDevice(const DataDevice&) = delete;
    DataDevice& operator=(const DataDevice&) = delete;
    ~DataDevice();

    /// The user has done something in one of our windows.
    void used(uint32_t serial);
    /// One of our windows has this seat's keyboard, or has lost it.
    void set_focused(bool focused);

    [[nodiscard]] bool focused() const { return focused_; }
    /// The larger the later, over all devices; 0: never.
    [[nodiscard]] uint64_t last_use() const { return last_use_; }
    /// Null: there is none, or it has been taken.
    [[nodiscard]] const DataOffer* selection() const { return selection_.get(); }
    /// `source` is lent.
    void take_selection(wl_data_source* source);

private:
    static const wl_data_device_listener kListener;

    const std::string own_form_;
    DataDeviceListener& listener_;
    Proxy<wl_data_device> proxy_;
    /// Introduced, and nothing said yet about what it is.
    std::unique_ptr<DataOffer> incoming_;
    std::unique_ptr<DataOffer> selection_;
    std::unique_ptr<DataOffer> drag_;
    bool focused_ = false;
    uint32_t serial_ = 0;
    uint64_t last_use_ = 0;
};

}  // namespace oriel::wayland
