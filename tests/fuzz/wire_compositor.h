// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/unique_fd.h"
#include "fuzz_input.h"

namespace oriel::test {

/// The compositor's end of a connection, as bytes: it reads requests far enough to know which
/// objects there are, does what is needed for a client to get on, and sends any event of any of
/// them, with any arguments that the wire allows.
class WireCompositor {
public:
    /// `globals`: what is announced, each in the version that its interface has.
    WireCompositor(UniqueFd socket, std::span<const wl_interface* const> globals);
    ~WireCompositor();
    WireCompositor(const WireCompositor&) = delete;
    WireCompositor& operator=(const WireCompositor&) = delete;

    /// Reads what the client has sent, and answers it.
    void serve();
    /// An event of the input's choice.
    void send_any(FuzzInput& input);
    /// Bytes that are no message, or one that is cut.
    void send_bytes(std::span<const std::byte> bytes);
    [[nodiscard]] size_t objects() const { return objects_.size(); }

private:
    /// An event's arguments, as they lie on the wire.
    class Arguments {
    public:
        void number(uint32_t value) { words_.push_back(value); }
        void bytes(std::span<const std::byte> data, bool as_text);
        void file(UniqueFd fd) { files_.push_back(std::move(fd)); }
        [[nodiscard]] const std::vector<uint32_t>& words() const { return words_; }
        [[nodiscard]] std::vector<int> files() const;

    private:
        std::vector<uint32_t> words_;
        std::vector<UniqueFd> files_;
    };

    void receive();
    void take_request(std::span<const std::byte> message);
    void bound(uint32_t id, const std::string& interface);
    void answer(const wl_interface& interface, std::string_view request,
                const std::vector<uint32_t>& made);
    void send(uint32_t id, uint32_t event, const Arguments& arguments);
    void send_named(uint32_t id, std::string_view event, std::span<const uint32_t> numbers);
    void add_argument(FuzzInput& input, char type, const wl_interface* of, bool may_be_null,
                      Arguments& arguments);
    [[nodiscard]] uint32_t some_object(FuzzInput& input, const wl_interface* of) const;
    [[nodiscard]] UniqueFd some_file(FuzzInput& input) const;

    UniqueFd socket_;
    std::vector<const wl_interface*> globals_;
    std::map<uint32_t, const wl_interface*> objects_;
    std::vector<std::byte> input_;
    uint32_t next_server_id_ = 0xff000000;
    uint32_t serial_ = 0;
};

}  // namespace oriel::test
