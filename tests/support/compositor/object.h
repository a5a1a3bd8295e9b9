// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-server-core.h>

#include <memory>
#include <utility>

namespace oriel::test {

class Server;

/// Base of everything that a client has a name for. A resource keeps its object alive; others keep
/// weak_ptr to it, since a client may destroy things in any order.
class Object : public std::enable_shared_from_this<Object> {
public:
    explicit Object(Server& server) : server_{server} {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    virtual ~Object() = default;

    /// Null once the client has destroyed it.
    [[nodiscard]] wl_resource* resource() const { return resource_; }
    [[nodiscard]] wl_client* client() const { return wl_resource_get_client(resource_); }
    [[nodiscard]] uint32_t version() const {
        return static_cast<uint32_t>(wl_resource_get_version(resource_));
    }
    [[nodiscard]] Server& server() const { return server_; }

protected:
    /// Runs once the resource exists (bind events go here).
    virtual void created() {}
    /// Runs when the resource is gone, also because the client is.
    virtual void destroyed() {}

private:
    template <class T, class... Args>
    friend std::shared_ptr<T> create(Server& server, wl_client* client, uint32_t version,
                                     uint32_t id, Args&&... args);
    Server& server_;
    wl_resource* resource_ = nullptr;
};

/// Makes the resource and the object of a new id. T has `static const wl_interface* interface()`
/// and `static const void* requests()`.
template <class T, class... Args>
std::shared_ptr<T> create(Server& server, wl_client* client, uint32_t version, uint32_t id,
                          Args&&... args) {
    auto object = std::make_shared<T>(server, std::forward<Args>(args)...);
    wl_resource* resource =
        wl_resource_create(client, T::interface(), static_cast<int>(version), id);
    if (resource == nullptr) {
        wl_client_post_no_memory(client);
        return object;
    }
    Object& base = *object;
    base.resource_ = resource;
    wl_resource_set_implementation(
        resource, T::requests(), new std::shared_ptr<Object>{object}, [](wl_resource* gone) {
            auto* holder = static_cast<std::shared_ptr<Object>*>(wl_resource_get_user_data(gone));
            (*holder)->resource_ = nullptr;
            (*holder)->destroyed();
            delete holder;
        });
    base.created();
    return object;
}

/// The object behind a resource of T's interface.
template <class T>
std::shared_ptr<T> object_of(wl_resource* resource) {
    if (resource == nullptr) {
        return nullptr;
    }
    return std::static_pointer_cast<T>(
        *static_cast<std::shared_ptr<Object>*>(wl_resource_get_user_data(resource)));
}

template <auto Method>
struct RequestHandler;
template <class T, class... Args, void (T::*Method)(Args...)>
struct RequestHandler<Method> {
    static void call(wl_client*, wl_resource* resource, Args... args) {
        (object_of<T>(resource).get()->*Method)(args...);
    }
};

/// An entry of a request table that calls a member function: `.attach = on<&Surface::attach>`.
template <auto Method>
constexpr auto on = &RequestHandler<Method>::call;

/// The request table entry of a plain destructor.
inline void destroy_resource(wl_client*, wl_resource* resource) {
    wl_resource_destroy(resource);
}

/// The request table entry of what the double accepts and doesn't care about.
template <class... Args>
void ignore(wl_client*, wl_resource*, Args...) {}

}  // namespace oriel::test
