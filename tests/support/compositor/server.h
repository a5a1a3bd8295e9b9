// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-server-core.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../compositor_options.h"
#include "../compositor_state.h"
#include "core/clock.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::test {

class Object;
class OutputGlobal;
class SeatGlobal;
class Surface;
class Toplevel;

/// The compositor itself: what its protocol files share. Not thread-safe; TestCompositor locks.
class Server {
    static void remove_source(wl_event_source* source) { wl_event_source_remove(source); }

public:
    using Bind = std::function<void(wl_client*, uint32_t version, uint32_t id)>;

    explicit Server(const CompositorOptions& options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    CompositorOptions options;
    State state;

    // What all protocol files use.
    [[nodiscard]] wl_display* display() const { return display_.get(); }
    [[nodiscard]] uint32_t next_serial() { return wl_display_next_serial(display()); }
    /// The client did something that it must not do.
    void violation(const wl_resource* where, const std::string& what);
    /// The same, where the protocol names an error for it.
    void protocol_error(wl_resource* where, uint32_t code, const std::string& what);
    /// Nothing happens for version 0. `bind` stays valid until the server is gone.
    wl_global* add_global(const wl_interface* interface, uint32_t version, Bind bind);

    // Live objects, in order of creation.
    std::vector<Surface*> surfaces;
    std::vector<Toplevel*> toplevels;
    std::list<std::unique_ptr<OutputGlobal>> outputs;
    std::shared_ptr<SeatGlobal> seat;
    /// A second user's; only if a test makes one.
    std::shared_ptr<SeatGlobal> other_seat;
    std::vector<std::weak_ptr<Object>> inhibitors;
    std::vector<std::weak_ptr<Object>> constraints;
    std::vector<std::weak_ptr<Object>> relative_pointers;
    std::vector<std::weak_ptr<Object>> fractional_scales;
    std::vector<std::weak_ptr<Object>> data_devices;
    /// The client's source that is the clipboard.
    std::weak_ptr<Object> selection;
    /// What the client has asked of the other one's clipboard: the form, and where the text goes.
    std::vector<std::pair<std::string, UniqueFd>> pastes;
    std::vector<std::weak_ptr<Object>> wm_bases;
    std::vector<std::weak_ptr<Object>> dmabuf_feedbacks;
    std::vector<std::weak_ptr<Object>> waiting_imports;
    /// By number; may have gone.
    std::map<uint64_t, std::weak_ptr<Object>> dmabufs;
    uint64_t last_surface = 0;
    uint64_t last_buffer = 0;

    // What scripts use.
    void add_client(UniqueFd fd);
    void listen(UniqueFd socket);
    /// Cuts all connections.
    void disconnect();
    /// Posts an error on the client's first live object of an interface.
    void kill(const std::string& interface, uint32_t code, const std::string& message);
    /// Latches what every surface has committed: callbacks, releases, presentation.
    void latch_all();
    void advance(Nanoseconds by);
    [[nodiscard]] OutputGlobal* output(const std::string& name) const;
    /// The window's live toplevel; null if it is gone.
    [[nodiscard]] Toplevel* toplevel(size_t window) const;
    /// Bytes that the clients have sent and we haven't read, plus those that they haven't.
    [[nodiscard]] int bytes_in_flight() const;
    /// Handles what has arrived, and sends what that made.
    void dispatch();
    /// The window's surface that the pointer would be on.
    [[nodiscard]] Surface& input_surface(size_t window) const;
    /// Names and numbers of what the clients have not destroyed, without bare globals.
    [[nodiscard]] std::vector<std::string> live_objects() const;

private:
    struct Global {
        Bind bind;
        const wl_interface* interface;
        Server* server;
    };
    struct Client {
        wl_listener destroy{};
        wl_client* client = nullptr;
        Server* server = nullptr;
    };

    static void log_message(void* data, wl_protocol_logger_type direction,
                            const wl_protocol_logger_message* message);
    void record(wl_protocol_logger_type direction, const wl_protocol_logger_message& message);
    void run_fault(wl_resource* resource);

    UniqueHandle<wl_display, wl_display_destroy> display_;
    UniqueHandle<wl_protocol_logger, wl_protocol_logger_destroy> logger_;
    std::list<Global> globals_;
    std::list<Client> clients_;
    UniqueFd socket_;
    /// Watches a copy of `socket_`, which only this closes.
    UniqueHandle<wl_event_source, remove_source> listening_;
    uint64_t requests_ = 0;  // of all names
    Nanoseconds until_refresh_{0};
};

}  // namespace oriel::test
