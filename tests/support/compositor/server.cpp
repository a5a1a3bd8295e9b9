// SPDX-License-Identifier: MIT
#include "server.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "buffer.h"
#include "dmabuf.h"
#include "extensions.h"
#include "format_message.h"
#include "output.h"
#include "seat.h"
#include "subsurface.h"
#include "surface.h"
#include "xdg_shell.h"

namespace oriel::test {
namespace {

constexpr size_t kLogLines = 2000;

void ignore_log(const char*, va_list) {}

}  // namespace

Server::Server(const CompositorOptions& chosen) : options{chosen}, display_{wl_display_create()} {
    if (!display_) {
        throw std::runtime_error{"wl_display_create failed"};
    }
    // It reports each client that is cut off; the violations and the log say that better.
    wl_log_set_handler_server(ignore_log);
    logger_.reset(wl_display_add_protocol_logger(display(), &Server::log_message, this));
    add_surface_globals(*this);
    add_subcompositor(*this);
    add_shm(*this);
    add_xdg_shell(*this);
    add_viewporter(*this);
    add_xdg_output(*this);
    add_presentation(*this);
    add_single_pixel(*this);
    add_dmabuf(*this);
#if ORIEL_SYNCOBJ
    add_syncobj(*this);
#endif
    add_fractional_scale(*this);
    add_shortcuts_inhibit(*this);
    add_pointer_constraints(*this);
    add_relative_pointer(*this);
    add_idle_inhibit(*this);
    add_data_device_manager(*this);
    add_content_type(*this);
    add_tearing_control(*this);
    add_activation(*this);
    add_cursor_shape(*this);
    add_toplevel_icon(*this);
    if (options.kwin) {
        // Its name is all that a client is to know of it.
        static const wl_interface kOwn{"kde_output_management_v2", 1, 0, nullptr, 0, nullptr};
        add_global(&kOwn, 1, [](wl_client*, uint32_t, uint32_t) {});
    }
    for (const OutputOptions& output : options.outputs) {
        outputs.push_back(std::make_unique<OutputGlobal>(*this, output));
    }
    if (options.wl_seat != 0) {
        seat = std::make_shared<SeatGlobal>(*this);
    }
}

Server::~Server() {
    disconnect();
    seat.reset();
    other_seat.reset();
    outputs.clear();
    logger_.reset();
}

void Server::violation(const wl_resource* where, const std::string& what) {
    const std::string name = where != nullptr ? object_name(where) + ": " : "";
    state.violations.push_back(name + what);
    state.log.push_back("!! " + state.violations.back());
}

void Server::protocol_error(wl_resource* where, uint32_t code, const std::string& what) {
    violation(where, what);
    wl_resource_post_error(where, code, "%s", what.c_str());
}

wl_global* Server::add_global(const wl_interface* interface, uint32_t version, Bind bind) {
    if (version == 0) {
        return nullptr;
    }
    globals_.push_back({std::move(bind), interface, this});
    return wl_global_create(display(), interface, static_cast<int>(version), &globals_.back(),
                            [](wl_client* client, void* data, uint32_t bound_version, uint32_t id) {
                                auto* global = static_cast<Global*>(data);
                                global->server->state.bound[global->interface->name] =
                                    bound_version;
                                global->bind(client, bound_version, id);
                            });
}

void Server::add_client(UniqueFd fd) {
    Client& entry = clients_.emplace_back();
    entry.server = this;
    entry.client = wl_client_create(display(), fd.get());
    if (entry.client == nullptr) {
        throw std::runtime_error{"wl_client_create failed"};
    }
    static_cast<void>(fd.release());  // the wl_client's from here on
    entry.destroy.notify = [](wl_listener* listener, void*) {
        auto* gone = reinterpret_cast<Client*>(listener);  // its first member
        Server* server = gone->server;
        --server->state.clients;
        server->clients_.remove_if([gone](const Client& client) { return &client == gone; });
    };
    wl_client_add_destroy_listener(entry.client, &entry.destroy);
    ++state.clients;
}

void Server::listen(UniqueFd socket) {
    socket_ = std::move(socket);
    const auto accept_one = [](int fd, uint32_t, void* self) {
        UniqueFd client{::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC)};
        if (client) {
            static_cast<Server*>(self)->add_client(std::move(client));
        }
        return 0;
    };
    listening_.reset(wl_event_loop_add_fd(wl_display_get_event_loop(display()), socket_.get(),
                                          WL_EVENT_READABLE, accept_one, this));
    if (!listening_) {
        throw std::runtime_error{"wl_event_loop_add_fd failed"};
    }
}

void Server::disconnect() {
    while (!clients_.empty()) {
        wl_client_destroy(clients_.front().client);
    }
}

void Server::kill(const std::string& interface, uint32_t code, const std::string& message) {
    struct Search {
        const std::string& interface;
        wl_resource* found = nullptr;
    } search{interface};
    for (const Client& client : clients_) {
        wl_client_for_each_resource(
            client.client,
            [](wl_resource* resource, void* data) {
                auto* wanted = static_cast<Search*>(data);
                if (wanted->interface != wl_resource_get_class(resource)) {
                    return WL_ITERATOR_CONTINUE;
                }
                wanted->found = resource;
                return WL_ITERATOR_STOP;
            },
            &search);
    }
    if (search.found == nullptr) {
        throw std::runtime_error{"no client has a " + interface};
    }
    wl_resource_post_error(search.found, code, "%s", message.c_str());
    // libwayland looks at the error only after a request; a scripted one needn't wait for that.
    wl_client_destroy(wl_resource_get_client(search.found));
}

void Server::latch_all() {
    for (Surface* surface : surfaces) {
        surface->latch();
    }
}

void Server::advance(Nanoseconds by) {
    const uint32_t refresh = outputs.empty() ? 60'000 : outputs.front()->options().refresh_mhz;
    const Nanoseconds period{1'000'000'000'000 / refresh};
    for (until_refresh_ += by; until_refresh_ >= period; until_refresh_ -= period) {
        if (options.frames == Frames::kAtRefresh) {
            latch_all();
        }
    }
}

OutputGlobal* Server::output(const std::string& name) const {
    for (const auto& output : outputs) {
        if (output->options().name == name) {
            return output.get();
        }
    }
    throw std::runtime_error{"no output " + name};
}

Toplevel* Server::toplevel(size_t window) const {
    const auto it = std::find_if(toplevels.begin(), toplevels.end(),
                                 [window](const Toplevel* t) { return t->index() == window; });
    return it == toplevels.end() ? nullptr : *it;
}

void Server::dispatch() {
    wl_event_loop_dispatch(wl_display_get_event_loop(display()), 0);
    wl_display_flush_clients(display());
}

Surface& Server::input_surface(size_t window) const {
    const SurfaceState* root = state.surface(window);
    if (root == nullptr) {
        throw std::runtime_error{"no such window"};
    }
    for (auto number = root->stack.rbegin(); number != root->stack.rend(); ++number) {
        for (Surface* surface : surfaces) {
            if (surface->number() == *number && surface->state().takes_input) {
                return *surface;
            }
        }
    }
    throw std::runtime_error{"the window takes no input"};
}

int Server::bytes_in_flight() const {
    int total = 0;
    for (const Client& client : clients_) {
        int unread = 0;
        int unsent = 0;
        const int fd = wl_client_get_fd(client.client);
        ::ioctl(fd, SIOCINQ, &unread);
        ::ioctl(fd, SIOCOUTQ, &unsent);
        total += unread + unsent;
    }
    return total;
}

std::vector<std::string> Server::live_objects() const {
    std::vector<std::string> names;
    for (const Client& client : clients_) {
        wl_client_for_each_resource(
            client.client,
            [](wl_resource* resource, void* data) {
                // Objects of these have no destructor in the version that clients bind.
                static constexpr const char* kBare[] = {"wl_display", "wl_registry",
                                                        "wl_compositor", "wl_shm",
                                                        "wl_data_device_manager"};
                const bool bare =
                    std::any_of(std::begin(kBare), std::end(kBare), [resource](const char* name) {
                        return std::strcmp(name, wl_resource_get_class(resource)) == 0;
                    });
                if (!bare) {
                    static_cast<std::vector<std::string>*>(data)->push_back(object_name(resource));
                }
                return WL_ITERATOR_CONTINUE;
            },
            &names);
    }
    return names;
}

void Server::log_message(void* data, wl_protocol_logger_type direction,
                         const wl_protocol_logger_message* message) {
    static_cast<Server*>(data)->record(direction, *message);
}

void Server::record(wl_protocol_logger_type direction, const wl_protocol_logger_message& message) {
    const bool event = direction == WL_PROTOCOL_LOGGER_EVENT;
    state.log.push_back((event ? "-> " : "") + format_message(message));
    if (state.log.size() > kLogLines) {
        state.log.pop_front();
    }
    if (event) {
        return;
    }
    const std::string name = message_name(message);
    const uint64_t of_name = ++state.requests[name];
    ++requests_;
    if (!options.fault) {
        return;
    }
    const bool any = options.fault->request.empty();
    if ((any || options.fault->request == name) &&
        options.fault->nth == (any ? requests_ : of_name)) {
        run_fault(message.resource);
    }
}

void Server::run_fault(wl_resource* resource) {
    const Fault& fault = *options.fault;
    state.faulted = true;
    if (!fault.error_code) {
        // What was sent before and not read any more is lost with a socket that is shut down.
        ::shutdown(wl_client_get_fd(wl_resource_get_client(resource)), SHUT_RDWR);
    }
    // An error also keeps libwayland from reading the requests that came in the same batch.
    wl_resource_post_error(resource, fault.error_code.value_or(0), "%s", fault.message.c_str());
}

}  // namespace oriel::test
