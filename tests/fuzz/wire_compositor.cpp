// SPDX-License-Identifier: MIT
#include "wire_compositor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/memfd.h"
#include "support/fd_passing.h"

namespace oriel::test {
namespace {

constexpr uint32_t kDisplay = 1;
constexpr size_t kHeader = 8;
/// Objects of one compositor: what a client makes on its own is far less.
constexpr size_t kMostObjects = 2000;
constexpr std::array<std::string_view, 4> kTexts{"text/plain;charset=utf-8", "UTF8_STRING", "DP-1",
                                                 "wl_output"};
constexpr std::string_view kKeymap = "xkb_keymap { };";

const wl_message* event_named(const wl_interface& interface, std::string_view name) {
    const std::span events{interface.events, static_cast<size_t>(interface.event_count)};
    const auto found = std::find_if(events.begin(), events.end(),
                                    [&](const auto& one) { return name == one.name; });
    return found == events.end() ? nullptr : &*found;
}

/// The letters of a signature, without versions: calls `visit(letter, index, may be null)`.
template <class Visit>
void each_argument(const char* signature, Visit&& visit) {
    bool may_be_null = false;
    size_t index = 0;
    for (const char* at = signature; *at != '\0'; ++at) {
        if (*at == '?') {
            may_be_null = true;
        } else if (*at < '0' || *at > '9') {
            visit(*at, index++, may_be_null);
            may_be_null = false;
        }
    }
}

/// What a keymap is, or a table of formats.
UniqueFd some_file(FuzzInput& input) {
    const auto choice = input.take<uint8_t>();
    UniqueFd file = create_memfd("fuzz", 4096, MemfdSeals::kNone).value();
    const auto bytes = input.take_bytes(choice % 64);
    const auto written = choice < 128 ? std::as_bytes(std::span{kKeymap}) : bytes;
    static_cast<void>(::pwrite(file.get(), written.data(), written.size(), 0));
    return file;
}

uint32_t word_at(std::span<const std::byte> bytes, size_t at) {
    uint32_t value = 0;
    if (at + sizeof value <= bytes.size()) {
        std::memcpy(&value, bytes.data() + at, sizeof value);
    }
    return value;
}

}  // namespace

void WireArguments::bytes(std::span<const std::byte> data, size_t size) {
    number(static_cast<uint32_t>(size));
    std::vector<uint32_t> padded((size + 3) / 4);
    std::copy(data.begin(), data.end(), std::as_writable_bytes(std::span{padded}).begin());
    words_.insert(words_.end(), padded.begin(), padded.end());
}

WireArguments& WireArguments::number(uint32_t value) {
    words_.push_back(value);
    return *this;
}

WireArguments& WireArguments::text(std::string_view value) {
    bytes(std::as_bytes(std::span{value}), value.size() + 1);
    return *this;
}

WireArguments& WireArguments::array(std::span<const std::byte> value) {
    bytes(value, value.size());
    return *this;
}

WireArguments& WireArguments::file(UniqueFd fd) {
    files_.push_back(std::move(fd));
    return *this;
}

std::vector<int> WireArguments::files() const {
    std::vector<int> all;
    for (const UniqueFd& file : files_) {
        all.push_back(file.get());
    }
    return all;
}

WireCompositor::WireCompositor(UniqueFd socket, std::vector<WireGlobal> globals)
    : socket_{std::move(socket)}, globals_{std::move(globals)} {
    objects_[kDisplay] = &wl_display_interface;
}

WireCompositor::~WireCompositor() {
    receive();  // files that are on their way
}

void WireCompositor::receive() {
    std::array<std::byte, 65536> bytes;
    for (;;) {
        std::vector<UniqueFd> files;  // closed: it looks at none
        const ssize_t got = receive_with_fds(socket_.get(), bytes, files);
        if (got <= 0) {
            return;
        }
        input_.insert(input_.end(), bytes.begin(), bytes.begin() + got);
    }
}

void WireCompositor::serve() {
    receive();
    size_t at = 0;
    while (input_.size() - at >= kHeader) {
        const std::span rest = std::span{input_}.subspan(at);
        const size_t size = word_at(rest, 4) >> 16U;
        if (size < kHeader || size > rest.size()) {
            break;
        }
        take_request(rest.first(size));
        at += size;
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(at));
}

void WireCompositor::take_request(std::span<const std::byte> message) {
    const uint32_t id = word_at(message, 0);
    const uint32_t opcode = word_at(message, 4) & 0xffffU;
    const auto object = objects_.find(id);
    if (object == objects_.end() || opcode >= static_cast<uint32_t>(object->second->method_count)) {
        return;
    }
    const wl_interface& interface = *object->second;
    const wl_message& request = interface.methods[opcode];
    size_t at = kHeader;
    std::string text;
    std::vector<uint32_t> made;
    each_argument(request.signature, [&](char type, size_t index, bool) {
        if (type == 'h') {
            return;
        }
        const uint32_t word = word_at(message, at);
        at += 4;
        if (type == 's' || type == 'a') {
            if (type == 's' && word > 0 && at + word <= message.size()) {
                text.assign(reinterpret_cast<const char*>(message.data()) + at, word - 1);
            }
            at += (size_t{word} + 3) / 4 * 4;
        } else if (type == 'n' && objects_.size() < kMostObjects) {
            made.push_back(word);
            if (request.types[index] != nullptr) {
                objects_[word] = request.types[index];
            } else {
                bound(word, text);
            }
        }
    });
    const std::string_view name = request.name;
    if (name == "destroy" || name == "release") {
        objects_.erase(id);
        send(kDisplay, "delete_id", {id});
    } else {
        answer(interface, name, made);
    }
}

void WireCompositor::bound(uint32_t id, const std::string& interface) {
    const auto found = std::find_if(globals_.begin(), globals_.end(), [&](const auto& one) {
        return interface == one.interface->name;
    });
    if (found == globals_.end()) {
        return;
    }
    objects_[id] = found->interface;
    if (interface == "wl_shm") {
        send(id, "format", {0});
        send(id, "format", {1});
    } else if (interface == "wl_seat") {
        send(id, "capabilities", {7});
    } else if (interface == "wl_output") {
        send(id, "mode", {1, 800, 600, 60'000});
        send(id, "done", {});
    }
}

/// What a client waits for before it goes on.
void WireCompositor::answer(const wl_interface& interface, std::string_view request,
                            const std::vector<uint32_t>& made) {
    if (made.empty() || silent_) {
        return;
    }
    if (request == "sync" || request == "frame") {
        send(made[0], "done", {next_serial()});
        objects_.erase(made[0]);
        send(kDisplay, "delete_id", {made[0]});
    } else if (request == "get_registry") {
        for (uint32_t i = 0; i < globals_.size(); ++i) {
            WireArguments arguments{i + 1};
            arguments.text(globals_[i].interface->name).number(globals_[i].version);
            send(made[0], "global", arguments);
        }
    } else if (std::string_view{interface.name} == "xdg_wm_base" && request == "get_xdg_surface") {
        send(made[0], "configure", {next_serial()});
    }
}

void WireCompositor::send_numbered(uint32_t id, uint32_t event, const WireArguments& arguments) {
    std::vector<uint32_t> words{id, 0};
    words.insert(words.end(), arguments.words().begin(), arguments.words().end());
    words[1] = static_cast<uint32_t>(words.size() * 4) << 16U | event;
    static_cast<void>(
        send_with_fds(socket_.get(), std::as_bytes(std::span{words}), arguments.files()));
}

void WireCompositor::send(uint32_t id, std::string_view event, const WireArguments& arguments) {
    const auto object = objects_.find(id);
    const wl_message* message =
        object == objects_.end() ? nullptr : event_named(*object->second, event);
    if (message != nullptr) {
        send_numbered(id, static_cast<uint32_t>(message - object->second->events), arguments);
    }
}

void WireCompositor::send_bytes(std::span<const std::byte> bytes) {
    static_cast<void>(send_with_fds(socket_.get(), bytes, {}));
}

uint32_t WireCompositor::some_object(FuzzInput& input, const wl_interface* of) const {
    const auto choice = input.take<uint8_t>();
    std::vector<uint32_t> fitting;
    for (const auto& [id, interface] : objects_) {
        if (of == nullptr || interface == of) {
            fitting.push_back(id);
        }
    }
    if (fitting.empty()) {
        return 0;
    }
    // The first one is a window of its kind, those that came last are often what an event was the
    // first half of.
    const size_t last = std::min<size_t>(fitting.size(), 4);
    return choice < 96    ? fitting.front()
           : choice < 192 ? fitting[choice % fitting.size()]
                          : fitting[fitting.size() - 1 - choice % last];
}

uint32_t WireCompositor::make_object(const wl_interface* of) {
    const uint32_t id = next_server_id_++;
    if (of != nullptr && objects_.size() < kMostObjects) {
        objects_[id] = of;
    }
    return id;
}

/// An interface first: there are many surfaces and callbacks, and one keyboard.
uint32_t WireCompositor::some_sender(FuzzInput& input) const {
    std::vector<const wl_interface*> speaking;
    for (const auto& [id, interface] : objects_) {
        // wl_display.error ends it, and delete_id is said where it is due.
        if (id != kDisplay && interface->event_count > 0 &&
            std::find(speaking.begin(), speaking.end(), interface) == speaking.end()) {
            speaking.push_back(interface);
        }
    }
    const auto choice = input.take<uint8_t>();
    return speaking.empty() ? 0 : some_object(input, speaking[choice % speaking.size()]);
}

void WireCompositor::add_argument(FuzzInput& input, char type, const wl_interface* of,
                                  bool may_be_null, WireArguments& arguments) {
    constexpr std::array<uint32_t, 8> kNumbers{0,          1,          2,          0xff,
                                               0x7fffffff, 0x80000000, UINT32_MAX, 800};
    const auto choice = input.take<uint8_t>();
    switch (type) {
        case 'o':
            arguments.number(may_be_null && choice % 4 == 0 ? 0 : some_object(input, of));
            return;
        case 'n':
            arguments.number(make_object(of));
            return;
        case 's':
            if (may_be_null && choice % 4 == 0) {
                arguments.number(0);
            } else if (choice % 4 == 1) {
                arguments.text(kTexts.at(choice / 4 % kTexts.size()));
            } else {
                const auto bytes = input.take_bytes(choice % 40);
                arguments.text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            }
            return;
        case 'a':
            arguments.array(input.take_bytes(choice % 64));
            return;
        case 'h':
            arguments.file(some_file(input));
            return;
        default:
            arguments.number(choice < 64    ? kNumbers.at(choice % kNumbers.size())
                             : choice < 128 ? input.take<uint8_t>() % 32
                             : choice < 192 ? input.take<uint8_t>()
                             : choice < 224 ? input.take<uint16_t>()
                                            : input.take<uint32_t>());
            return;
    }
}

void WireCompositor::send_any(FuzzInput& input) {
    const uint32_t id = some_sender(input);
    if (id == 0) {
        return;
    }
    const wl_interface& interface = *objects_.at(id);
    const uint32_t event = input.take<uint8_t>() % static_cast<uint32_t>(interface.event_count);
    const wl_message& message = interface.events[event];
    WireArguments arguments;
    each_argument(message.signature, [&](char type, size_t index, bool may_be_null) {
        add_argument(input, type, message.types[index], may_be_null, arguments);
    });
    send_numbered(id, event, arguments);
}

}  // namespace oriel::test
