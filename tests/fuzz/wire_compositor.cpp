// SPDX-License-Identifier: MIT
#include "wire_compositor.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "core/memfd.h"
#include "support/fd_passing.h"

namespace oriel::test {
namespace {

constexpr uint32_t kDisplay = 1;
constexpr size_t kHeader = 8;
/// Objects of one compositor: what a client makes on its own is far less.
constexpr size_t kMostObjects = 2000;
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

uint32_t word_at(std::span<const std::byte> bytes, size_t at) {
    uint32_t value = 0;
    if (at + sizeof value <= bytes.size()) {
        std::memcpy(&value, bytes.data() + at, sizeof value);
    }
    return value;
}

}  // namespace

void WireCompositor::Arguments::bytes(std::span<const std::byte> data, bool as_text) {
    const size_t size = data.size() + (as_text ? 1 : 0);
    number(static_cast<uint32_t>(size));
    std::vector<uint32_t> padded((size + 3) / 4);
    std::copy(data.begin(), data.end(), std::as_writable_bytes(std::span{padded}).begin());
    words_.insert(words_.end(), padded.begin(), padded.end());
}

std::vector<int> WireCompositor::Arguments::files() const {
    std::vector<int> all;
    for (const UniqueFd& file : files_) {
        all.push_back(file.get());
    }
    return all;
}

WireCompositor::WireCompositor(UniqueFd socket, std::span<const wl_interface* const> globals)
    : socket_{std::move(socket)}, globals_{globals.begin(), globals.end()} {
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
        send_named(kDisplay, "delete_id", std::array{id});
    } else {
        answer(interface, name, made);
    }
}

void WireCompositor::bound(uint32_t id, const std::string& interface) {
    const auto found = std::find_if(globals_.begin(), globals_.end(),
                                    [&](const auto* one) { return interface == one->name; });
    if (found == globals_.end()) {
        return;
    }
    objects_[id] = *found;
    if (interface == "wl_shm") {
        send_named(id, "format", std::array{0U});
        send_named(id, "format", std::array{1U});
    } else if (interface == "wl_seat") {
        send_named(id, "capabilities", std::array{7U});
    } else if (interface == "wl_output") {
        send_named(id, "mode", std::array{1U, 800U, 600U, 60'000U});
        send_named(id, "done", {});
    }
}

/// What a client waits for before it goes on.
void WireCompositor::answer(const wl_interface& interface, std::string_view request,
                            const std::vector<uint32_t>& made) {
    if (made.empty()) {
        return;
    }
    if (request == "sync" || request == "frame") {
        send_named(made[0], "done", std::array{++serial_});
        objects_.erase(made[0]);
        send_named(kDisplay, "delete_id", std::array{made[0]});
    } else if (request == "get_registry") {
        for (uint32_t i = 0; i < globals_.size(); ++i) {
            Arguments arguments;
            const std::string_view name = globals_[i]->name;
            arguments.number(i + 1);
            arguments.bytes(std::as_bytes(std::span{name}), true);
            arguments.number(static_cast<uint32_t>(globals_[i]->version));
            send(made[0], 0, arguments);
        }
    } else if (std::string_view{interface.name} == "xdg_wm_base" && request == "get_xdg_surface") {
        send_named(made[0], "configure", std::array{++serial_});
    }
}

void WireCompositor::send(uint32_t id, uint32_t event, const Arguments& arguments) {
    std::vector<uint32_t> words{id, 0};
    words.insert(words.end(), arguments.words().begin(), arguments.words().end());
    words[1] = static_cast<uint32_t>(words.size() * 4) << 16U | event;
    static_cast<void>(
        send_with_fds(socket_.get(), std::as_bytes(std::span{words}), arguments.files()));
}

void WireCompositor::send_named(uint32_t id, std::string_view event,
                                std::span<const uint32_t> numbers) {
    const auto object = objects_.find(id);
    const wl_message* message =
        object == objects_.end() ? nullptr : event_named(*object->second, event);
    if (message == nullptr) {
        return;
    }
    Arguments arguments;
    for (const uint32_t number : numbers) {
        arguments.number(number);
    }
    send(id, static_cast<uint32_t>(message - object->second->events), arguments);
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
    // Those that came last are often what an event was the first half of.
    const size_t last = std::min<size_t>(fitting.size(), 4);
    return choice < 192 ? fitting[choice % fitting.size()]
                        : fitting[fitting.size() - 1 - choice % last];
}

UniqueFd WireCompositor::some_file(FuzzInput& input) const {
    const auto choice = input.take<uint8_t>();
    UniqueFd file = create_memfd("fuzz", 4096, MemfdSeals::kNone).value();
    const auto bytes = input.take_bytes(choice % 64);
    const auto written = choice < 128 ? std::as_bytes(std::span{kKeymap}) : bytes;
    static_cast<void>(::pwrite(file.get(), written.data(), written.size(), 0));
    return file;
}

void WireCompositor::add_argument(FuzzInput& input, char type, const wl_interface* of,
                                  bool may_be_null, Arguments& arguments) {
    constexpr std::array<uint32_t, 8> kNumbers{0,          1,          2,          0xff,
                                               0x7fffffff, 0x80000000, UINT32_MAX, 800};
    const auto choice = input.take<uint8_t>();
    switch (type) {
        case 'o':
            return arguments.number(may_be_null && choice % 4 == 0 ? 0 : some_object(input, of));
        case 'n': {
            const uint32_t id = next_server_id_++;
            if (of != nullptr && objects_.size() < kMostObjects) {
                objects_[id] = of;
            }
            return arguments.number(id);
        }
        case 's':
            if (may_be_null && choice % 4 == 0) {
                return arguments.number(0);
            }
            return arguments.bytes(
                choice % 4 == 1 ? std::as_bytes(std::span{"text/plain;charset=utf-8"}.first(24))
                                : input.take_bytes(choice % 40),
                true);
        case 'a':
            return arguments.bytes(input.take_bytes(choice % 64), false);
        case 'h':
            return arguments.file(some_file(input));
        default:
            return arguments.number(choice < 64    ? kNumbers.at(choice % kNumbers.size())
                                    : choice < 192 ? input.take<uint8_t>()
                                    : choice < 224 ? input.take<uint16_t>()
                                                   : input.take<uint32_t>());
    }
}

void WireCompositor::send_any(FuzzInput& input) {
    const uint32_t id = some_object(input, nullptr);
    const auto object = objects_.find(id);
    // wl_display.error ends it, and delete_id is said where it is due.
    if (object == objects_.end() || id == kDisplay || object->second->event_count == 0) {
        return;
    }
    const wl_interface& interface = *object->second;
    const uint32_t event = input.take<uint8_t>() % static_cast<uint32_t>(interface.event_count);
    const wl_message& message = interface.events[event];
    Arguments arguments;
    each_argument(message.signature, [&](char type, size_t index, bool may_be_null) {
        add_argument(input, type, message.types[index], may_be_null, arguments);
    });
    send(id, event, arguments);
}

}  // namespace oriel::test
