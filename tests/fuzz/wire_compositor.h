// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/unique_fd.h"
#include "fuzz_input.h"

namespace oriel::test {

/// An event's arguments, as they lie on the wire.
class WireArguments {
public:
    WireArguments() = default;
    /// Numbers, and whatever is a number on the wire: objects, fixed points, an array of nothing.
    WireArguments(std::initializer_list<uint32_t> numbers) : words_{numbers} {}

    WireArguments& number(uint32_t value);
    WireArguments& text(std::string_view value);
    WireArguments& array(std::span<const std::byte> value);
    WireArguments& file(UniqueFd fd);
    [[nodiscard]] const std::vector<uint32_t>& words() const { return words_; }
    [[nodiscard]] std::vector<int> files() const;

private:
    void bytes(std::span<const std::byte> data, size_t size);

    std::vector<uint32_t> words_;
    std::vector<UniqueFd> files_;
};

/// What is announced: an interface, in a version that may be older than the newest one.
struct WireGlobal {
    const wl_interface* interface;
    uint32_t version;
};

/// The compositor's end of a connection, as bytes: it reads requests far enough to know which
/// objects there are, does what is needed for a client to get on, and sends any event of any of
/// them, with any arguments that the wire allows.
class WireCompositor {
public:
    WireCompositor(UniqueFd socket, std::vector<WireGlobal> globals);
    ~WireCompositor();
    WireCompositor(const WireCompositor&) = delete;
    WireCompositor& operator=(const WireCompositor&) = delete;

    /// It takes requests from now on, and answers none.
    void be_silent() { silent_ = true; }
    /// Reads what the client has sent, and answers it.
    void serve();
    /// An event of the input's choice.
    void send_any(FuzzInput& input);
    /// Bytes that are no message, or one that is cut.
    void send_bytes(std::span<const std::byte> bytes);
    /// An event of an object that is there and has one of that name; else nothing.
    void send(uint32_t id, std::string_view event, const WireArguments& arguments);
    /// An object of that interface of the input's choice; 0: there is none. Null: of any interface.
    [[nodiscard]] uint32_t some_object(FuzzInput& input, const wl_interface* of) const;
    /// One that an event brings.
    [[nodiscard]] uint32_t make_object(const wl_interface* of);
    [[nodiscard]] uint32_t next_serial() { return ++serial_; }
    [[nodiscard]] const std::vector<WireGlobal>& globals() const { return globals_; }

private:
    void receive();
    void take_request(std::span<const std::byte> message);
    void bound(uint32_t id, const std::string& interface);
    void answer(const wl_interface& interface, std::string_view request,
                const std::vector<uint32_t>& made);
    void send_numbered(uint32_t id, uint32_t event, const WireArguments& arguments);
    void add_argument(FuzzInput& input, char type, const wl_interface* of, bool may_be_null,
                      WireArguments& arguments);
    [[nodiscard]] uint32_t some_sender(FuzzInput& input) const;

    UniqueFd socket_;
    std::vector<WireGlobal> globals_;
    std::map<uint32_t, const wl_interface*> objects_;
    std::vector<std::byte> input_;
    uint32_t next_server_id_ = 0xff000000;
    uint32_t serial_ = 0;
    bool silent_ = false;
};

}  // namespace oriel::test
