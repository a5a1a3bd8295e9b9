// SPDX-License-Identifier: MIT
#include "core/text.h"

#include <doctest/doctest.h>

using oriel::last_line;
using oriel::printable;
using oriel::valid_utf8;

TEST_CASE("plain text and letters of any script stay as they are") {
    CHECK(printable("").empty());
    CHECK(printable("/tmp/a b~!.png") == "/tmp/a b~!.png");
    CHECK(printable("p50 4 µs, Fenster für VM ‘x’, 窗口, 🪟") ==
          "p50 4 µs, Fenster für VM ‘x’, 窗口, 🪟");
}

TEST_CASE("nothing starts a new line or steers a terminal") {
    CHECK(printable("a\nb\r\tc") == "a?b??c");
    CHECK(printable("\x1b[31mred\x1b[0m\x07\x7f") == "?[31mred?[0m??");
    CHECK(printable(std::string_view{"a\0b", 3}) == "a?b");
    // CSI as U+009b, and as the single byte that 8-bit terminals take for it.
    CHECK(printable("\xc2\x9b"
                    "31m") == "??31m");
    CHECK(printable("\x9b"
                    "31m") == "?31m");
    CHECK(printable("\xc2\xa0") == "\xc2\xa0");
}

TEST_CASE("what is no UTF-8 is replaced byte by byte, and what follows is kept") {
    CHECK(printable("bad\xffname") == "bad?name");
    CHECK(printable("\xc3") == "?");
    CHECK(printable("\xc3(") == "?(");
    CHECK(printable("\xe2\x82") == "??");
    CHECK(printable("\xe2\x82+") == "??+");
    CHECK(printable("\xf0\x9f\x92") == "???");
    CHECK(printable("\x80\xbf") == "??");
    // Overlong, a surrogate, beyond Unicode.
    CHECK(printable("\xc0\x8a") == "??");
    CHECK(printable("\xe0\x80\x8a") == "???");
    CHECK(printable("\xf0\x80\x80\x8a") == "????");
    CHECK(printable("\xed\xa0\x80") == "???");
    CHECK(printable("\xf4\x90\x80\x80") == "????");
    CHECK(printable("\xf5\x80\x80\x80") == "????");
}

TEST_CASE("a text is UTF-8 whatever characters it has") {
    CHECK(valid_utf8(""));
    CHECK(valid_utf8("tab\t, line\n, grüße, \xe6\xbc\xa2, \xf0\x9f\x92\x96"));
    CHECK(valid_utf8("\xc2\x80\xc2\x9f\x7f"));
    for (const char* wrong :
         {"\xff", "\xc2", "\xc2+", "\xc0\x8a", "a\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        CHECK_FALSE(valid_utf8(wrong));
    }
}

TEST_CASE("nothing changes the order of what is read") {
    // A right-to-left override makes "gpj.exe" of "exe.jpg".
    CHECK(printable("photo\xe2\x80\xaegpj.exe") == "photo?gpj.exe");
    CHECK(printable("\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f") == "?x???");
    CHECK(printable("a\xe2\x80\xa8"
                    "b") == "a?b");
    // They are text all the same, and joiners of other scripts stay.
    CHECK(valid_utf8("\xe2\x80\xae"));
    CHECK(printable("\xe2\x80\x8d") == "\xe2\x80\x8d");
}

TEST_CASE("the last line is the last one that says something") {
    CHECK(last_line("").empty());
    CHECK(last_line("\r\n\n").empty());
    CHECK(last_line("one") == "one");
    CHECK(last_line("one\ntwo") == "two");
    CHECK(last_line("one\r\ntwo\r\n\r\n") == "two");
    CHECK(last_line("\nonly\n") == "only");
}
