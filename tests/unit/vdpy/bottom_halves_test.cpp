// SPDX-License-Identifier: MIT
#include "vdpy/bottom_halves.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace oriel::app::vdpy {
namespace {

struct Rig {
    [[nodiscard]] bool woken() const {
        eventfd_t count = 0;
        return ::eventfd_read(wake.get(), &count) == 0;
    }
    UniqueFd wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    BottomHalves halves{wake.get()};
};

struct Task {
    Task(Rig& rig_of_task, std::vector<int>& ran_ones, int own_number)
        : rig{rig_of_task}, ran{ran_ones}, number{own_number} {
        half.task_cb = [](void* self) { static_cast<Task*>(self)->run(); };
        half.data = this;
    }
    void run() {
        ran.push_back(number);
        if (again > 0) {
            --again;
            CHECK(rig.halves.submit(&half));
        }
    }
    Rig& rig;
    std::vector<int>& ran;
    int number;
    int again = 0;
    vdpy_display_bh half{};
};

}  // namespace

TEST_CASE("bottom halves run in order, once for each submission, and their flags say so") {
    Rig rig;
    std::vector<int> ran;
    Task first{rig, ran, 1};
    Task second{rig, ran, 2};
    CHECK_FALSE(rig.halves.submit(&first.half));  // not open yet
    rig.halves.open();
    CHECK(rig.halves.submit(&first.half));
    CHECK(rig.woken());
    CHECK(first.half.bh_flag == ACRN_BH_PENDING);
    CHECK_FALSE(rig.halves.submit(&first.half));
    CHECK(rig.halves.submit(&second.half));
    CHECK(ran.empty());
    rig.halves.run_waiting();
    CHECK(ran == std::vector{1, 2});
    CHECK(first.half.bh_flag == ACRN_BH_DONE);
    rig.halves.run_waiting();
    CHECK(ran.size() == 2);
    CHECK(rig.halves.submit(&first.half));
    CHECK(first.half.bh_flag == ACRN_BH_PENDING);
    rig.halves.close();
}

TEST_CASE("a bottom half that submits itself runs once more in the next turn, and is not lost") {
    Rig rig;
    rig.halves.open();
    std::vector<int> ran;
    Task task{rig, ran, 1};
    task.again = 1;
    CHECK(rig.halves.submit(&task.half));
    CHECK(rig.woken());
    rig.halves.run_waiting();
    CHECK(ran.size() == 1);
    CHECK(task.half.bh_flag == ACRN_BH_PENDING);
    CHECK(rig.woken());
    rig.halves.run_waiting();
    CHECK(ran.size() == 2);
    CHECK(task.half.bh_flag == ACRN_BH_DONE);
    CHECK_FALSE(rig.woken());
}

TEST_CASE("a bottom half that is to be freed is freed once it has run, or never will") {
    // Leaks and double frees are the sanitizer's to find.
    Rig rig;
    rig.halves.open();
    static int runs;
    runs = 0;
    const auto make = [] {
        // NOLINTNEXTLINE(cppcoreguidelines-no-malloc)
        auto* const half = static_cast<vdpy_display_bh*>(std::calloc(1, sizeof(vdpy_display_bh)));
        half->task_cb = [](void*) { ++runs; };
        half->bh_flag = ACRN_BH_FREE;
        return half;
    };
    CHECK(rig.halves.submit(make()));
    rig.halves.run_waiting();
    CHECK(runs == 1);
    CHECK(rig.halves.submit(make()));
    rig.halves.close();
    rig.halves.run_waiting();
    CHECK(runs == 1);
}

TEST_CASE("what waits when the display is closed never runs, and can be submitted anew") {
    Rig rig;
    rig.halves.open();
    std::vector<int> ran;
    Task closer{rig, ran, 1};
    Task task{rig, ran, 2};
    closer.half.task_cb = [](void* self) { static_cast<Task*>(self)->rig.halves.close(); };
    CHECK(rig.halves.submit(&closer.half));
    CHECK(rig.halves.submit(&task.half));
    rig.halves.run_waiting();
    CHECK(ran.empty());
    CHECK((task.half.bh_flag & ACRN_BH_PENDING) == 0);
    CHECK_FALSE(rig.halves.submit(&task.half));
    rig.halves.open();
    CHECK(rig.halves.submit(&task.half));
    rig.halves.run_waiting();
    CHECK(ran == std::vector{2});
}

TEST_CASE("no submission of another thread is lost while bottom halves run") {
    Rig rig;
    rig.halves.open();
    std::atomic<int> ran{0};
    vdpy_display_bh half{};
    half.task_cb = [](void* count) { ++*static_cast<std::atomic<int>*>(count); };
    half.data = &ran;
    std::atomic<int> taken{0};
    std::atomic<bool> over{false};
    std::thread vcpu{[&] {
        for (int i = 0; i < 20'000; ++i) {
            taken += rig.halves.submit(&half) ? 1 : 0;
        }
        over = true;
    }};
    while (!over) {
        rig.halves.run_waiting();
    }
    vcpu.join();
    rig.halves.run_waiting();
    CHECK(ran == taken);
    CHECK(taken > 0);
}

TEST_CASE("what can't run is refused") {
    Rig rig;
    rig.halves.open();
    vdpy_display_bh none{};
    CHECK_FALSE(rig.halves.submit(nullptr));
    CHECK_FALSE(rig.halves.submit(&none));
    std::vector<vdpy_display_bh> many(BottomHalves::kMaxWaiting + 1);
    size_t taken = 0;
    for (vdpy_display_bh& one : many) {
        one.task_cb = [](void*) {};
        taken += rig.halves.submit(&one) ? 1 : 0;
    }
    CHECK(taken == BottomHalves::kMaxWaiting);
    rig.halves.close();
}

}  // namespace oriel::app::vdpy
