// SPDX-License-Identifier: MIT
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/geometry.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::test {

/// Throws where sd-bus reports an error; `what` says what was tried.
void must(int result, const char* what);

/// Plays QEMU on the other end of a private D-Bus connection: it authenticates whoever is there,
/// has consoles, takes listeners, and remembers what it was told. Run it with turn().
class QemuDouble {
public:
    struct Console {
        std::string type = "Graphic";
        std::string label = "VGA";
        uint32_t head = 0;
        uint32_t width = 640;
        uint32_t height = 480;
        bool absolute = true;
        uint32_t modifiers = 0;
        bool takes_ui_info = true;
    };

    /// Consoles 0 to `consoles` - 1, without the interface `left_out`.
    explicit QemuDouble(uint32_t consoles = 1, const std::string& left_out = "");
    QemuDouble(const QemuDouble&) = delete;
    QemuDouble& operator=(const QemuDouble&) = delete;
    ~QemuDouble();

    /// The viewer's end of the connection, once.
    [[nodiscard]] UniqueFd take_socket() { return std::move(viewer_end_); }
    [[nodiscard]] Console& console(uint32_t id) { return consoles_.at(id); }
    /// The consoles' list; none of them need be there.
    std::vector<uint32_t> ids;

    /// Handles what has come.
    void turn();
    /// Handles nothing any more, as a QEMU under SIGSTOP.
    void stop() { stopped_ = true; }
    void go_on() { stopped_ = false; }
    /// Says nothing to calls of that method, from its call number `from` on (0: the first).
    void ignore(const std::string& method, int from = 0);
    /// From now on listeners are registered, and the calls that did it not answered.
    void hold_registrations() { holds_registrations_ = true; }
    void answer_registrations();
    /// Forgets a listener: only its own connection ends.
    void drop_listener(uint32_t id);
    /// Ends as a process that is killed: all of its sockets are closed.
    void die();

    /// What users did: "Press 30", "SetAbsPosition 10 20", "SetUIInfo 800x600" and so on.
    std::vector<std::string> calls;
    [[nodiscard]] long count(const std::string& call) const;

    /// A listener is there and has been asked what it can do.
    [[nodiscard]] bool listens(uint32_t id) const { return interfaces_.contains(id); }
    [[nodiscard]] const std::vector<std::string>& interfaces(uint32_t id) const {
        return interfaces_.at(id);
    }

    // What it tells a listener. Nothing of that waits.
    void scanout(uint32_t id, Size size, uint32_t stride, uint32_t format,
                 std::span<const std::byte> pixels);
    void update(uint32_t id, const Rect& rect, uint32_t stride, uint32_t format,
                std::span<const std::byte> pixels);
    void scanout_map(uint32_t id, int fd, Size size, uint32_t offset, uint32_t stride,
                     uint32_t format);
    void update_map(uint32_t id, const Rect& rect);
    void scanout_dmabuf(uint32_t id, int fd, Size size, uint32_t stride, uint32_t fourcc,
                        uint64_t modifier, bool y0_top);
    void update_dmabuf(uint32_t id, const Rect& rect);
    /// Begins a message whose pixels have that many bytes, which may be more than D-Bus has room
    /// for.
    void begin_message(uint32_t id, uint32_t bytes);
    /// A call with these arguments, none of which need be right.
    void call_raw(uint32_t id, const char* method, const char* types, uint32_t first);
    /// Answers to scanout_map() and update_dmabuf() that have come, and of these errors.
    uint32_t replies = 0;
    uint32_t errors = 0;

    /// The guest's text, for whoever asks.
    std::optional<std::string> guest_text;
    /// What the last request() got.
    std::optional<std::string> host_text;
    /// The guest has a new text in that selection.
    void grab(uint32_t selection, uint32_t serial, const char* type);
    void release();
    /// As when another agent has come in the guest.
    void register_anew();
    /// The guest pastes; one more of `replies` when that is answered.
    void request(const char* type);

    /// The consoles' list is another one, as a card was plugged in or out.
    void change_consoles(std::vector<uint32_t> now);
    void change_size(uint32_t id, Size size);
    void set_absolute(uint32_t id, bool absolute);

private:
    using Bus = UniqueHandle<sd_bus, sd_bus_close_unref>;
    using Message = UniqueHandle<sd_bus_message, sd_bus_message_unref>;

    [[nodiscard]] static Bus serve(int fd);
    void pump(sd_bus* bus);
    void export_console(uint32_t id, const std::string& left_out);
    void export_clipboard();
    void register_listener(uint32_t id, int fd);
    [[nodiscard]] Message call(uint32_t id, const char* interface, const char* method) const;
    void send(uint32_t id, Message message, bool reply);

    static int ignore_call(sd_bus_message* message, void* self, sd_bus_error*);
    static int on_call(sd_bus_message* message, void* self, sd_bus_error*);
    static int on_clipboard(sd_bus_message* message, void* self, sd_bus_error*);
    static int got_host_text(sd_bus_message* answer, void* self, sd_bus_error*);
    static int got_interfaces(sd_bus_message* answer, void* listener, sd_bus_error*);
    static int got_reply(sd_bus_message* answer, void* self, sd_bus_error*);
    static int get_property(sd_bus* bus, const char* path, const char* interface,
                            const char* property, sd_bus_message* reply, void* self, sd_bus_error*);

    struct Listener {
        QemuDouble* qemu;
        uint32_t id;
        Bus bus;
    };
    std::map<uint32_t, Console> consoles_;
    UniqueFd viewer_end_;
    Bus bus_;
    std::map<uint32_t, Listener> listeners_;
    std::map<uint32_t, std::vector<std::string>> interfaces_;
    bool stopped_ = false;
    bool holds_registrations_ = false;
    std::string ignored_;
    int ignored_from_ = 0;
    std::vector<Message> unanswered_;
    std::vector<Message> registrations_;
};

}  // namespace oriel::test
