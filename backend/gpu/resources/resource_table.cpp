// SPDX-License-Identifier: MIT
#include "resources/resource_table.h"

#include <utility>

namespace oriel::gpu {

using wire::Type;

Resource* ResourceTable::find(uint32_t id) {
    const auto it = resources_.find(id);
    return it == resources_.end() ? nullptr : it->second.get();
}

template <class Change>
void ResourceTable::recount(Resource& resource, Change&& change) {
    host_bytes_ -= resource.host_bytes();
    change();
    host_bytes_ += resource.host_bytes();
}

Held ResourceTable::held() const {
    constexpr uint64_t kNode = sizeof(void*) + sizeof(decltype(resources_)::value_type);
    return {heap_bytes_of(resources_.bucket_count() * sizeof(void*)) +
                resources_.size() * heap_bytes_of(kNode),
            0};
}

bool ResourceTable::make_room(uint64_t bytes) {
    const auto fits = [this, bytes] {
        return shares_.used() <= limits_.host_bytes && bytes <= limits_.host_bytes - shares_.used();
    };
    for (auto it = resources_.begin(); !fits() && it != resources_.end(); ++it) {
        if (BlobResource* blob = it->second->as_blob()) {
            recount(*blob, [blob] { blob->forget_idle_pictures(); });
        }
    }
    return fits();
}

Type ResourceTable::create(const command::ResourceCreate2d& create) {
    if (create.resource == 0 || find(create.resource) != nullptr) {
        return Type::kErrInvalidResourceId;
    }
    const uint64_t bytes = host_bytes_of(create.size);
    if (resources_.size() >= limits_.resources || !make_room(bytes)) {
        return Type::kErrOutOfMemory;
    }
    resources_.emplace(create.resource,
                       std::make_unique<Resource2d>(create.resource, create.format, create.size,
                                                    shares_.share(bytes)));
    host_bytes_ += bytes;
    return Type::kOkNodata;
}

Type ResourceTable::create_blob(uint32_t id, uint64_t size, Backing backing) {
    if (id == 0 || find(id) != nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (resources_.size() >= limits_.resources) {
        return Type::kErrOutOfMemory;
    }
    auto blob = std::make_unique<BlobResource>(id, size, memory_, exporter_);
    if (const Type type = attach(*blob, std::move(backing)); type != Type::kOkNodata) {
        return type;
    }
    ++blob_count_;
    blob_bytes_ += size;
    resources_.emplace(id, std::move(blob));
    return Type::kOkNodata;
}

Type ResourceTable::attach(uint32_t id, Backing backing) {
    Resource* resource = find(id);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (resource->backing() != nullptr) {
        return Type::kErrUnspec;
    }
    return attach(*resource, std::move(backing));
}

Type ResourceTable::attach(Resource& resource, Backing backing) {
    if (backing.entry_count() > free_entries()) {
        return Type::kErrOutOfMemory;
    }
    if (!backing.accessible(memory_, 0, backing.byte_size())) {
        return backing.scattered() ? Type::kErrOutOfMemory : Type::kErrInvalidParameter;
    }
    const uint64_t count = backing.entry_count();
    const Type type = resource.attach(std::move(backing));
    if (type == Type::kOkNodata) {
        backing_entries_ += count;
    }
    return type;
}

Type ResourceTable::detach(uint32_t id) {
    Resource* resource = find(id);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (resource->backing() == nullptr) {
        return Type::kErrUnspec;
    }
    drop_backing(*resource);
    return Type::kOkNodata;
}

void ResourceTable::drop_backing(Resource& resource) {
    if (const Backing* backing = resource.backing()) {
        backing_entries_ -= backing->entry_count();
        recount(resource, [&resource] { resource.detach(); });
    }
}

void ResourceTable::destroy(uint32_t id) {
    const auto it = resources_.find(id);
    if (it == resources_.end()) {
        return;
    }
    Resource& resource = *it->second;
    drop_backing(resource);
    host_bytes_ -= resource.host_bytes();
    if (const BlobResource* blob = resource.as_blob()) {
        --blob_count_;
        blob_bytes_ -= blob->size();
    }
    resources_.erase(it);
}

void ResourceTable::clear() {
    resources_.clear();
    blob_count_ = 0;
    blob_bytes_ = 0;
    host_bytes_ = 0;
    backing_entries_ = 0;
}

tl::expected<BlobPicture, Type> ResourceTable::picture(BlobResource& blob,
                                                       const BlobLayout& layout) {
    const BlobPicture* known = nullptr;
    recount(blob, [&] { known = blob.find(layout); });
    if (known != nullptr) {
        return *known;
    }
    const uint64_t bytes = host_bytes_of(layout.size);
    if (!make_room(bytes)) {
        return tl::unexpected(Type::kErrOutOfMemory);
    }
    tl::expected<BlobPicture, Type> made;
    recount(blob, [&] { made = blob.make(layout, shares_.share(bytes)); });
    return made;
}

}  // namespace oriel::gpu
