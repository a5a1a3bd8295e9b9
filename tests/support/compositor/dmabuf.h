// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::test {

class Server;

/// zwp_linux_dmabuf_v1
void add_dmabuf(Server& server);

// What scripts use; see TestCompositor.
void send_dmabuf_feedback(Server& server);
void answer_imports(Server& server);
void release_again(Server& server, uint64_t buffer);

}  // namespace oriel::test
