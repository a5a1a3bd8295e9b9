// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace oriel {

/// A reference to an object that may end first: the one way in this project to say "call back if I
/// am still there". Copies are cheap. One thread only, as all of the loop is.
template <class T>
class Weak {
public:
    /// Refers to nothing.
    Weak() = default;

    /// The object, or null when it has ended or its owner has revoked this reference. The pointer
    /// is lent until control returns to whoever may end the object.
    [[nodiscard]] T* get() const {
        const auto target = target_.lock();
        return target ? *target : nullptr;
    }

private:
    template <class U>
    friend class WeakOwner;
    explicit Weak(std::weak_ptr<T*> target) : target_{std::move(target)} {}
    std::weak_ptr<T*> target_;
};

/// A member of the object that weak references lead to. They end with it, so it is declared last:
/// then they end before any other member does.
template <class T>
class WeakOwner {
public:
    /// `object` is whoever has this member, or a base of it.
    explicit WeakOwner(T* object) : target_{std::make_shared<T*>(object)} {}
    WeakOwner(const WeakOwner&) = delete;
    WeakOwner& operator=(const WeakOwner&) = delete;
    ~WeakOwner() = default;

    [[nodiscard]] Weak<T> get() const { return Weak<T>{target_}; }
    /// Ends all references that were given out so far; later ones are good.
    void revoke() { target_ = std::make_shared<T*>(*target_); }

private:
    std::shared_ptr<T*> target_;
};

}  // namespace oriel
