// SPDX-License-Identifier: MIT
// A clipboard between the client and another one that the script plays. No drags.
#include <fcntl.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "extensions.h"
#include "server.h"

namespace oriel::test {
namespace {

class Source final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_data_source_interface; }
    static const void* requests() {
        static constexpr struct wl_data_source_interface kRequests = {
            .offer = on<&Source::offer>,
            .destroy = destroy_resource,
            .set_actions = ignore<uint32_t>,
        };
        return &kRequests;
    }
    [[nodiscard]] const std::vector<std::string>& forms() const { return forms_; }

private:
    void offer(const char* form) { forms_.emplace_back(form); }
    void destroyed() override {
        if (server().selection.lock().get() == this) {
            server().state.selection_forms.clear();
        }
    }

    std::vector<std::string> forms_;
};

class Offer final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_data_offer_interface; }
    static const void* requests() {
        static constexpr struct wl_data_offer_interface kRequests = {
            .accept = ignore<uint32_t, const char*>,
            .receive = on<&Offer::receive>,
            .destroy = destroy_resource,
            .finish = ignore<>,
            .set_actions = ignore<uint32_t, uint32_t>,
        };
        return &kRequests;
    }

private:
    void receive(const char* form, int32_t fd) { server().pastes.emplace_back(form, UniqueFd{fd}); }
};

class Device final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_data_device_interface; }
    static const void* requests() {
        static constexpr struct wl_data_device_interface kRequests = {
            .start_drag = ignore<wl_resource*, wl_resource*, wl_resource*, uint32_t>,
            .set_selection = on<&Device::set_selection>,
            .release = destroy_resource,
        };
        return &kRequests;
    }
    void select(const std::vector<std::string>& forms) {
        if (forms.empty()) {
            wl_data_device_send_selection(resource(), nullptr);
            return;
        }
        const auto offer = create<Offer>(server(), client(), version(), 0);
        wl_data_device_send_data_offer(resource(), offer->resource());
        for (const std::string& form : forms) {
            wl_data_offer_send_offer(offer->resource(), form.c_str());
        }
        wl_data_device_send_selection(resource(), offer->resource());
    }

private:
    void set_selection(wl_resource* source, uint32_t serial) {
        const auto taken = object_of<Source>(source);
        if (serial == 0) {
            server().violation(resource(), "a selection without a serial");
        }
        State& state = server().state;
        ++state.selections;
        state.selection_serial = serial;
        state.selection_forms = taken ? taken->forms() : std::vector<std::string>{};
        const auto before = std::static_pointer_cast<Source>(server().selection.lock());
        if (before && before != taken && before->resource() != nullptr) {
            wl_data_source_send_cancelled(before->resource());
        }
        server().selection = taken;
        select(state.selection_forms);
    }
};

class DataDeviceManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_data_device_manager_interface; }
    static const void* requests() {
        static constexpr struct wl_data_device_manager_interface kRequests = {
            .create_data_source = on<&DataDeviceManager::create_data_source>,
            .get_data_device = on<&DataDeviceManager::get_data_device>,
        };
        return &kRequests;
    }

private:
    void create_data_source(uint32_t id) { create<Source>(server(), client(), version(), id); }
    void get_data_device(uint32_t id, wl_resource*) {
        server().data_devices.push_back(create<Device>(server(), client(), version(), id));
    }
};

}  // namespace

void offer_selection(Server& server, const std::vector<std::string>& forms) {
    const auto source = std::static_pointer_cast<Source>(server.selection.lock());
    if (source && source->resource() != nullptr) {
        wl_data_source_send_cancelled(source->resource());
    }
    server.selection.reset();
    server.state.selection_forms.clear();
    for (const auto& device : server.data_devices) {
        const auto live = std::static_pointer_cast<Device>(device.lock());
        if (live && live->resource() != nullptr) {
            live->select(forms);
        }
    }
}

UniqueFd ask_for_selection(Server& server, const std::string& form, int pipe_bytes) {
    const auto source = std::static_pointer_cast<Source>(server.selection.lock());
    if (!source || source->resource() == nullptr) {
        throw std::runtime_error{"the client has no selection"};
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"pipe2 failed"};
    }
    UniqueFd reader{ends[0]};
    const UniqueFd writer{ends[1]};
    if (pipe_bytes > 0) {
        ::fcntl(writer.get(), F_SETPIPE_SZ, pipe_bytes);
    }
    wl_data_source_send_send(source->resource(), form.c_str(), writer.get());
    return reader;
}

void add_data_device_manager(Server& server) {
    server.add_global(&wl_data_device_manager_interface, server.options.data_device_manager,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<DataDeviceManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
