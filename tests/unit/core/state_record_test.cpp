// SPDX-License-Identifier: MIT
#include "core/state_record.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/memfd.h"

using namespace oriel;

namespace {

UniqueFd copy_of(const StateRecord& record) {
    return UniqueFd{::fcntl(record.fd(), F_DUPFD_CLOEXEC, 0)};
}

std::span<const std::byte> bytes_of_text(const std::string& text) {
    return std::as_bytes(std::span{text});
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using Values = std::map<StateRecord::Key, std::string>;

Values values_of(const StateRecord& record) {
    Values values;
    for (const uint32_t kind : {1U, 2U, 3U}) {
        record.for_each(kind, [&](uint64_t id, std::span<const std::byte> bytes) {
            values[{kind, id}] = text_of(bytes);
        });
    }
    return values;
}

/// Bytes that the file takes of the host's memory.
uint64_t bytes_taken(const StateRecord& record) {
    struct stat status = {};
    REQUIRE(::fstat(record.fd(), &status) == 0);
    return static_cast<uint64_t>(status.st_blocks) * 512;
}

}  // namespace

TEST_CASE("another process reads from a record what the last one has put there") {
    auto record = StateRecord::create();
    REQUIRE(record);
    record->put({1, 7}, bytes_of_text("seven"));
    record->put({1, 3}, bytes_of_text("three"));
    record->put({2, 7}, {});
    record->put({1, 7}, bytes_of_text("another seven"));
    record->put({3, 1}, bytes_of_text("gone"));
    record->erase({3, 1});
    record->words()[5] = 55;
    const auto next = StateRecord::open(copy_of(*record));
    REQUIRE(next);
    CHECK(values_of(*next) == Values{{{1, 3}, "three"}, {{1, 7}, "another seven"}, {{2, 7}, ""}});
    CHECK(next->words()[5] == 55);
    CHECK(text_of(*next->find({1, 7})) == "another seven");
    CHECK_FALSE(next->find({3, 1}));
}

TEST_CASE("a record is right after any changes, and takes no more memory than twice what counts") {
    std::mt19937 random{1};  // NOLINT(cert-msc51-cpp): the same every time
    auto record = StateRecord::create();
    REQUIRE(record);
    Values expected;
    for (int i = 0; i < 20000; ++i) {
        const StateRecord::Key key{1 + random() % 3, random() % 50};
        if (random() % 4 == 0) {
            record->erase(key);
            expected.erase(key);
        } else {
            const std::string text(random() % 300, static_cast<char>('a' + random() % 26));
            record->put(key, bytes_of_text(text));
            expected[key] = text;
        }
    }
    CHECK(values_of(*record) == expected);
    const auto next = StateRecord::open(copy_of(*record));
    REQUIRE(next);
    CHECK(values_of(*next) == expected);
    // 50 * 3 values of 300 bytes count at most; the rest is what may be old.
    CHECK(bytes_taken(*record) < uint64_t{400} << 10);
    record->erase_kind(2);
    std::erase_if(expected, [](const auto& value) { return value.first.first == 2; });
    CHECK(values_of(*record) == expected);
    record->clear();
    CHECK(values_of(*record).empty());
    CHECK(bytes_taken(*record) < uint64_t{64} << 10);
}

TEST_CASE("a record that has no room for a value is good for nothing until it is cleared") {
    auto record = StateRecord::create();
    REQUIRE(record);
    const std::vector<std::byte> large(StateRecord::kAreaBytes / 2);
    record->put({1, 1}, large);
    CHECK_FALSE(record->overflowed());
    record->put({1, 2}, large);
    CHECK(record->overflowed());
    CHECK_FALSE(StateRecord::open(copy_of(*record)));
    record->clear();
    CHECK_FALSE(record->overflowed());
    CHECK(StateRecord::open(copy_of(*record)));
}

TEST_CASE("a record with any one wrong byte is refused, or says the same") {
    auto record = StateRecord::create();
    REQUIRE(record);
    record->put({1, 1}, bytes_of_text("a value"));
    record->put({2, 2}, bytes_of_text("another value, a longer one"));
    const Values before = values_of(*record);
    struct stat status = {};
    REQUIRE(::fstat(record->fd(), &status) == 0);
    auto* const file =
        static_cast<uint8_t*>(::mmap(nullptr, static_cast<size_t>(status.st_size),
                                     PROT_READ | PROT_WRITE, MAP_SHARED, record->fd(), 0));
    REQUIRE(file != MAP_FAILED);
    constexpr size_t kAreaAt = 4096 + StateRecord::kWords * 8;
    size_t refused = 0;
    for (size_t at = 0; at < kAreaAt + 200; ++at) {
        if (at == 64) {
            at = kAreaAt;  // the rest of the head is not used, and the words are not checked here
        }
        for (const unsigned flip : {0x01U, 0x80U}) {
            file[at] = static_cast<uint8_t>(file[at] ^ flip);
            const auto next = StateRecord::open(copy_of(*record));
            CHECK((!next || values_of(*next) == before || values_of(*next).empty()));
            refused += next ? 0 : 1;
            file[at] = static_cast<uint8_t>(file[at] ^ flip);
        }
    }
    CHECK(refused > 100);
    ::munmap(file, static_cast<size_t>(status.st_size));
}

TEST_CASE("a file that is no record, or can change its size, is refused") {
    CHECK_FALSE(StateRecord::open(UniqueFd{}));
    CHECK_FALSE(StateRecord::open(UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)}));
    auto small = create_memfd("small", 4096, MemfdSeals::kFixedSize);
    REQUIRE(small);
    CHECK_FALSE(StateRecord::open(std::move(*small)));
    const auto record = StateRecord::create();
    REQUIRE(record);
    struct stat status = {};
    REQUIRE(::fstat(record->fd(), &status) == 0);
    auto open_size = create_memfd("open", static_cast<size_t>(status.st_size), MemfdSeals::kNone);
    REQUIRE(open_size);
    std::array<std::byte, 4096> head{};
    REQUIRE(::pread(record->fd(), head.data(), head.size(), 0) == 4096);
    REQUIRE(::pwrite(open_size->get(), head.data(), head.size(), 0) == 4096);
    CHECK_FALSE(StateRecord::open(std::move(*open_size)));
}
