// SPDX-License-Identifier: MIT
#include "guest/udmabuf.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "core/memfd.h"

namespace oriel::guest {
namespace {

// The kernel's defaults (drivers/dma-buf/udmabuf.c), where the parameters can't be read.
constexpr uint64_t kListLimit = 1024;
constexpr uint64_t kSizeLimitMb = 64;

constexpr const char* kUseMemfd =
    "QEMU: -object memory-backend-memfd,share=on,seal=on and -machine memory-backend=";

/// Every refusal reads alike: what is missing, what happens instead, what helps.
template <class... Args>
tl::unexpected<HostError> refuse(fmt::format_string<Args...> format, Args&&... args) {
    return host_error("pictures are copied: {}", fmt::format(format, std::forward<Args>(args)...));
}

bool on_huge_pages(int fd) {
    struct statfs status = {};
    return ::fstatfs(fd, &status) == 0 &&
           static_cast<uint64_t>(status.f_type) == uint64_t{HUGETLBFS_MAGIC};
}

Result<void> check_seals(int fd) {
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0) {
        return refuse("the VM's memory is in a file, not in a memfd ({})", kUseMemfd);
    }
    if ((seals & F_SEAL_WRITE) != 0) {
        return refuse("the VM's memory is a memfd with F_SEAL_WRITE, which can't be shared ({})",
                      kUseMemfd);
    }
    if ((seals & F_SEAL_SHRINK) == 0) {
        return refuse("the VM's memory can shrink: it has no F_SEAL_SHRINK ({})", kUseMemfd);
    }
    return {};
}

Result<void> check_files(std::span<const FileSpan> runs) {
    std::optional<int> last;
    for (const FileSpan& run : runs) {
        if (std::exchange(last, run.fd) == run.fd) {
            continue;
        }
        if (run.fd < 0) {
            return refuse("a part of the VM's memory came without a file ({})", kUseMemfd);
        }
        if (Result<void> sealed = check_seals(run.fd); !sealed) {
            return sealed;
        }
    }
    return {};
}

/// Joins what is adjacent. The end of the last page counts as well: a dma-buf has whole pages, and
/// so has guest memory.
Result<std::vector<FileSpan>> whole_runs(std::span<const FileSpan> spans) {
    std::vector<FileSpan> runs;
    for (const FileSpan& span : spans) {
        append_joined(runs, span);
    }
    if (!runs.empty()) {
        runs.back().length = round_to_pages(runs.back().length);
    }
    const uint64_t page = page_size();
    const bool whole = std::all_of(runs.begin(), runs.end(), [page](const FileSpan& run) {
        return (run.offset | run.length) % page == 0 && run.length != 0;
    });
    if (runs.empty() || !whole) {
        return refuse("the guest's pages are smaller than this machine's, which have {} bytes",
                      page);
    }
    return runs;
}

}  // namespace

Udmabuf::Udmabuf(Options options) : LedgerItem{HeldFor::kDmabufs}, options_{std::move(options)} {
    if (!options_.ioctl) {
        options_.ioctl = [](int fd, unsigned long request, void* argument) {
            return ::ioctl(fd, request, argument);
        };
    }
}

Result<UniqueFd> Udmabuf::export_spans(std::span<const FileSpan> spans) {
    Result<std::vector<FileSpan>> runs = whole_runs(spans);
    if (!runs) {
        return tl::unexpected(runs.error());
    }
    uint64_t bytes = 0;
    for (const FileSpan& run : *runs) {
        bytes += run.length;
    }
    if (Result<void> good = open_device(); !good) {
        return tl::unexpected(good.error());
    }
    if (Result<void> good = check_files(*runs); !good) {
        return tl::unexpected(good.error());
    }
    if (Result<void> good = check_limits(runs->size(), bytes); !good) {
        return tl::unexpected(good.error());
    }
    return create(*runs);
}

Result<void> Udmabuf::open_device() {
    if (device_) {
        return {};
    }
    device_.reset(::open(options_.device.c_str(), O_RDWR | O_CLOEXEC));
    if (device_) {
        return {};
    }
    switch (errno) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return refuse("there is no {} (modprobe udmabuf, or a kernel with CONFIG_UDMABUF)",
                          options_.device);
        case EACCES:
        case EPERM:
            return refuse(
                "no permission to open {} (add the user to its group, often kvm, or a "
                "udev rule)",
                options_.device);
        default:
            return system_error("pictures are copied: open {}", options_.device);
    }
}

uint64_t Udmabuf::parameter(const char* name, uint64_t otherwise) const {
    const std::string path = options_.parameters + "/" + name;
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 32> text{};
    const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : -1;
    int64_t value = 0;
    if (length <= 0 ||
        std::from_chars(text.data(), text.data() + length, value).ec != std::errc{}) {
        return otherwise;
    }
    return static_cast<uint64_t>(std::max<int64_t>(value, 0));
}

Result<void> Udmabuf::check_limits(size_t runs, uint64_t bytes) const {
    // Read each time: the remedy below takes effect at once.
    const uint64_t list_limit = parameter("list_limit", kListLimit);
    if (runs > 1 && runs > list_limit) {
        return refuse(
            "the picture is in {} pieces of the VM's memory, udmabuf takes {} (echo {} > "
            "{}/list_limit)",
            runs, list_limit, runs, options_.parameters);
    }
    const uint64_t size_limit = parameter("size_limit_mb", kSizeLimitMb);
    const uint64_t megabytes = (bytes + (1U << 20) - 1) >> 20;
    if (megabytes > size_limit) {
        return refuse("the picture has {} MiB, udmabuf takes {} (echo {} > {}/size_limit_mb)",
                      megabytes, size_limit, megabytes, options_.parameters);
    }
    return {};
}

int Udmabuf::create_one(const FileSpan& run) const {
    udmabuf_create request{.memfd = static_cast<uint32_t>(run.fd),
                           .flags = UDMABUF_FLAGS_CLOEXEC,
                           .offset = run.offset,
                           .size = run.length};
    return options_.ioctl(device_.get(), UDMABUF_CREATE, &request);
}

int Udmabuf::create_list(std::span<const FileSpan> runs) {
    const udmabuf_create_list head{.flags = UDMABUF_FLAGS_CLOEXEC,
                                   .count = static_cast<uint32_t>(runs.size())};
    request_.resize(sizeof head + runs.size() * sizeof(udmabuf_create_item));
    std::memcpy(request_.data(), &head, sizeof head);
    std::byte* at = request_.data() + sizeof head;
    for (const FileSpan& run : runs) {
        const udmabuf_create_item item{.memfd = static_cast<uint32_t>(run.fd),
                                       .__pad = 0,
                                       .offset = run.offset,
                                       .size = run.length};
        std::memcpy(at, &item, sizeof item);
        at += sizeof item;
    }
    return options_.ioctl(device_.get(), UDMABUF_CREATE_LIST, request_.data());
}

Result<UniqueFd> Udmabuf::create(std::span<const FileSpan> runs) {
    int fd = -1;
    do {
        fd = runs.size() == 1 ? create_one(runs.front()) : create_list(runs);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0) {
        return UniqueFd{fd};
    }
    const int error = errno;
    const bool unfit = error == EBADFD || error == EINVAL;
    if (unfit && std::any_of(runs.begin(), runs.end(),
                             [](const FileSpan& run) { return on_huge_pages(run.fd); })) {
        return refuse(
            "this kernel's udmabuf takes no huge pages (QEMU: memory-backend-memfd "
            "without hugetlb=on, or a newer kernel)");
    }
    errno = error;
    return system_error("pictures are copied: udmabuf refuses {} pieces of the VM's memory",
                        runs.size());
}

}  // namespace oriel::guest
