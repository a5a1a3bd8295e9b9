// SPDX-License-Identifier: MIT
// What oriel and its program oriel-libvirt say to each other: a JSON object in each packet.
#pragma once

#include <cstddef>

namespace oriel::app {

inline constexpr const char* kLibvirtProgram = "oriel-libvirt";
/// A packet that is longer is none.
inline constexpr size_t kMaxPacket = size_t{32} << 10;
/// Domains of a connection that are looked at.
inline constexpr size_t kMaxDomains = 1024;

/// Requests: {"command": "list"}, {"command": "describe" | "enable", "domain": NAME} and
/// {"command": "open", "domain": NAME, "not_id": N}.
///
/// Answers: a {"domain": {"name", "uuid", "state", "active", "live", "next"}} for each domain
/// ("domain": null: there is none), then {"end": true}; {"enabled": true}; {"waiting": TEXT} any
/// number of times, then {"opened": ID, "bus": whether it is a message bus} with a socket. Instead
/// of any of these {"error": TEXT}.

}  // namespace oriel::app
