// SPDX-License-Identifier: MIT
#include "guest/udmabuf.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "support/temp_dir.h"

namespace {

using namespace oriel;
using guest::FileSpan;
using guest::Udmabuf;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMiB = uint64_t{1} << 20;

/// A machine with an udmabuf device that remembers what it was asked for.
struct Machine {
    Machine() {
        std::ofstream{device} << "";
        set("list_limit", "1024");
        set("size_limit_mb", "64");
    }
    void set(const char* name, const std::string& value) const {
        std::ofstream{dir.file(name)} << value << '\n';
    }
    [[nodiscard]] std::string parameters() const {
        const std::string file = dir.file("x");
        return file.substr(0, file.size() - 2);
    }
    [[nodiscard]] Udmabuf::Options options() {
        return {.device = device,
                .parameters = parameters(),
                .ioctl = [this](int fd, unsigned long request, void* argument) {
                    return answer(fd, request, argument);
                }};
    }
    int answer(int fd, unsigned long request, void* argument) {
        ++calls;
        device_fd = fd;
        items.clear();
        if (request == UDMABUF_CREATE) {
            udmabuf_create create{};
            std::memcpy(&create, argument, sizeof create);
            flags = create.flags;
            items.push_back({create.memfd, 0, create.offset, create.size});
        } else if (request == UDMABUF_CREATE_LIST) {
            udmabuf_create_list head{};
            std::memcpy(&head, argument, sizeof head);
            flags = head.flags;
            items.resize(head.count);
            std::memcpy(items.data(), static_cast<std::byte*>(argument) + sizeof head,
                        head.count * sizeof(udmabuf_create_item));
        }
        last_request = request;
        if (!errors.empty()) {
            errno = errors.back();
            errors.pop_back();
            return -1;
        }
        return ::memfd_create("dma-buf", MFD_CLOEXEC);
    }

    test::TempDir dir;
    std::string device = dir.file("udmabuf");
    int calls = 0;
    int device_fd = -1;
    unsigned long last_request = 0;
    uint32_t flags = 0;
    std::vector<udmabuf_create_item> items;
    std::vector<int> errors;  // answered from the back
};

UniqueFd sealed(uint64_t bytes = 64 * kPage) {
    return create_memfd("ram", bytes, MemfdSeals::kFixedSize).value();
}

std::string refusal(Udmabuf& udmabuf, const std::vector<FileSpan>& spans) {
    const auto exported = udmabuf.export_spans(spans);
    REQUIRE_FALSE(exported.has_value());
    const std::string line = exported.error().message();
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find("pictures are copied") != std::string::npos);
    return line;
}

bool says(const std::string& line, const char* what) {
    CAPTURE(line);
    return line.find(what) != std::string::npos;
}

TEST_CASE("adjacent pieces are one run, and a single run needs no list") {
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    const UniqueFd ram = sealed();
    std::vector<FileSpan> pages;
    for (uint64_t i = 4; i < 20; ++i) {
        pages.push_back({ram.get(), i * kPage, kPage});
    }
    const auto exported = udmabuf.export_spans(pages);
    REQUIRE(exported.has_value());
    CHECK(exported->valid());
    CHECK(machine.last_request == UDMABUF_CREATE);
    CHECK(machine.flags == UDMABUF_FLAGS_CLOEXEC);
    REQUIRE(machine.items.size() == 1);
    CHECK(machine.items[0].memfd == static_cast<uint32_t>(ram.get()));
    CHECK(machine.items[0].offset == 4 * kPage);
    CHECK(machine.items[0].size == 16 * kPage);
}

TEST_CASE("a list keeps the order, joins what it can, and ends with a whole page") {
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    const UniqueFd low = sealed();
    const UniqueFd high = sealed();
    REQUIRE(udmabuf
                .export_spans(std::vector<FileSpan>{{low.get(), 8 * kPage, kPage},
                                                    {low.get(), 9 * kPage, kPage},
                                                    {high.get(), 10 * kPage, 2 * kPage},
                                                    {low.get(), 0, kPage},
                                                    {low.get(), kPage, 100}})
                .has_value());
    CHECK(machine.last_request == UDMABUF_CREATE_LIST);
    CHECK(machine.flags == UDMABUF_FLAGS_CLOEXEC);
    REQUIRE(machine.items.size() == 3);
    CHECK(machine.items[0].offset == 8 * kPage);
    CHECK(machine.items[0].size == 2 * kPage);
    CHECK(machine.items[1].memfd == static_cast<uint32_t>(high.get()));
    CHECK(machine.items[1].size == 2 * kPage);
    CHECK(machine.items[2].offset == 0);
    CHECK(machine.items[2].size == 2 * kPage);
}

TEST_CASE("the device is opened when first needed, and once") {
    Machine machine;
    ::unlink(machine.device.c_str());
    Udmabuf udmabuf{machine.options()};
    const UniqueFd ram = sealed();
    const std::vector<FileSpan> page{{ram.get(), 0, kPage}};
    const std::string line = refusal(udmabuf, page);
    CHECK(says(line, "there is no"));
    CHECK(says(line, "modprobe udmabuf"));
    CHECK(says(line, "CONFIG_UDMABUF"));
    CHECK(machine.calls == 0);
    std::ofstream{machine.device} << "";  // the remedy takes effect without a restart
    REQUIRE(udmabuf.export_spans(page).has_value());
    const int fd = machine.device_fd;
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    ::unlink(machine.device.c_str());
    REQUIRE(udmabuf.export_spans(page).has_value());
    CHECK(machine.device_fd == fd);
}

TEST_CASE("no permission is said with what gives it") {
    Machine machine;
    REQUIRE(::chmod(machine.device.c_str(), 0) == 0);
    Udmabuf udmabuf{machine.options()};
    struct SomebodyElse {  // root is refused nothing
        SomebodyElse() { ::setfsuid(65534); }
        ~SomebodyElse() { ::setfsuid(::geteuid()); }
    } const somebody_else;
    const UniqueFd ram = sealed();
    const std::string line = refusal(udmabuf, {{ram.get(), 0, kPage}});
    CHECK(says(line, "no permission"));
    CHECK(says(line, "kvm"));
}

TEST_CASE("more pieces than list_limit, more bytes than size_limit_mb: which, and what raises it") {
    Machine machine;
    machine.set("list_limit", "3");
    machine.set("size_limit_mb", "2");
    Udmabuf udmabuf{machine.options()};
    const UniqueFd ram = sealed(8 * kMiB);
    const std::vector<FileSpan> four{{ram.get(), 0, kPage},
                                     {ram.get(), 2 * kPage, kPage},
                                     {ram.get(), 4 * kPage, kPage},
                                     {ram.get(), 6 * kPage, kPage}};
    const std::string many = refusal(udmabuf, four);
    CHECK(says(many, "4 pieces"));
    CHECK(says(many, "takes 3"));
    CHECK(says(many, ("echo 4 > " + machine.dir.file("list_limit")).c_str()));
    const std::vector<FileSpan> large{{ram.get(), 0, 2 * kMiB + kPage}};
    const std::string big = refusal(udmabuf, large);
    CHECK(says(big, "3 MiB"));
    CHECK(says(big, ("echo 3 > " + machine.dir.file("size_limit_mb")).c_str()));
    CHECK(machine.calls == 0);
    CHECK(udmabuf.export_spans(std::vector<FileSpan>{{ram.get(), 0, 2 * kMiB}}).has_value());
    machine.set("list_limit", "4");
    machine.set("size_limit_mb", "3");
    CHECK(udmabuf.export_spans(four).has_value());
    CHECK(udmabuf.export_spans(large).has_value());
}

TEST_CASE("limits that can't be read are the kernel's own") {
    Machine machine;
    Udmabuf::Options options = machine.options();
    options.parameters = "/nowhere";
    SUBCASE("not there") {}
    SUBCASE("not numbers") {
        options.parameters = machine.parameters();
        machine.set("list_limit", "many");
        machine.set("size_limit_mb", "");
    }
    Udmabuf udmabuf{options};
    const UniqueFd ram = sealed(65 * kMiB);
    CHECK(udmabuf.export_spans(std::vector<FileSpan>{{ram.get(), 0, 64 * kMiB}}).has_value());
    CHECK(says(refusal(udmabuf, {{ram.get(), 0, 64 * kMiB + kPage}}), "udmabuf takes 64"));
}

TEST_CASE("memory that can't be shared is recognised, and said with what to use") {
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    const auto line_for = [&](int fd) {
        const std::string line = refusal(udmabuf, {{fd, 0, kPage}});
        CHECK(says(line, "memory-backend-memfd"));
        return line;
    };
    const UniqueFd unsealed = create_memfd("ram", kPage, MemfdSeals::kNone).value();
    CHECK(says(line_for(unsealed.get()), "F_SEAL_SHRINK"));
    const UniqueFd frozen = create_memfd("ram", kPage, MemfdSeals::kNone).value();
    REQUIRE(::fcntl(frozen.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE) == 0);
    CHECK(says(line_for(frozen.get()), "F_SEAL_WRITE"));
    CHECK(says(line_for(-1), "without a file"));
    const UniqueFd ordinary{::open(machine.device.c_str(), O_RDWR | O_CLOEXEC)};
    const std::string line = line_for(ordinary.get());
    CHECK((says(line, "not in a memfd") || says(line, "F_SEAL_SHRINK")));  // tmpfs has seals
    CHECK(machine.calls == 0);
    // One bad piece among good ones.
    const UniqueFd good = sealed();
    CHECK(says(refusal(udmabuf, {{good.get(), 0, kPage}, {unsealed.get(), 0, kPage}}),
               "F_SEAL_SHRINK"));
}

TEST_CASE("pieces that are no whole pages are refused") {
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    const UniqueFd ram = sealed();
    CHECK(says(refusal(udmabuf, {}), "pages"));
    CHECK(says(refusal(udmabuf, {{ram.get(), 512, kPage}}), "pages"));
    CHECK(says(refusal(udmabuf, {{ram.get(), 0, 512}, {ram.get(), kPage, kPage}}), "pages"));
    CHECK(machine.calls == 0);
}

TEST_CASE("what the kernel refuses says so; an interrupted call is made again") {
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    const UniqueFd ram = sealed();
    machine.errors = {ENOMEM};
    CHECK(says(refusal(udmabuf, {{ram.get(), 0, kPage}}), "Cannot allocate memory"));
    machine.errors = {EINTR, EINTR};
    CHECK(udmabuf.export_spans(std::vector<FileSpan>{{ram.get(), 0, kPage}}).has_value());
    CHECK(machine.calls == 4);
}

TEST_CASE("huge pages that an older kernel refuses are recognised") {
    const UniqueFd huge{::memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB)};
    if (!huge || ::ftruncate(huge.get(), 2 * kMiB) != 0 ||
        ::fcntl(huge.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        MESSAGE("SKIP this kernel makes no memfd on huge pages");
        return;
    }
    Machine machine;
    Udmabuf udmabuf{machine.options()};
    machine.errors = {EBADFD};
    CHECK(says(refusal(udmabuf, {{huge.get(), 0, 2 * kMiB}}), "huge pages"));
    CHECK(udmabuf.export_spans(std::vector<FileSpan>{{huge.get(), 0, 2 * kMiB}}).has_value());
}

}  // namespace
