// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "../compositor_options.h"
#include "core/unique_handle.h"
#include "object.h"

namespace oriel::test {

class Surface;

/// wl_output, as one client has bound it.
class OutputObject final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests();

    void send(const OutputOptions& options) const;
};

/// A monitor. Destroying it makes the global vanish.
class OutputGlobal {
public:
    OutputGlobal(Server& server, const OutputOptions& options);
    OutputGlobal(const OutputGlobal&) = delete;
    OutputGlobal& operator=(const OutputGlobal&) = delete;
    ~OutputGlobal();

    [[nodiscard]] const OutputOptions& options() const { return options_; }
    /// Tells all clients what it is like now.
    void change(const OutputOptions& options);
    void enter(Surface& surface);
    void leave(Surface& surface);

    /// Calls `visit(wl_resource*)` for each of a client's objects of this output.
    template <class Visit>
    void for_each_of(const wl_client* client, Visit&& visit) const {
        for (const auto& object : bound_) {
            const auto live = object.lock();
            if (live && live->resource() != nullptr && live->client() == client) {
                visit(live->resource());
            }
        }
    }

private:
    Server& server_;
    OutputOptions options_;
    wl_global* global_ = nullptr;
    std::vector<std::weak_ptr<OutputObject>> bound_;
};

}  // namespace oriel::test
