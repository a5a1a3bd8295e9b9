// SPDX-License-Identifier: MIT
#include "least_squares.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "window_sums.h"

namespace oriel::match {
namespace {

/// os-autoinst's: errors that are so near count as the same.
constexpr uint64_t kSlack = 10;
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max() - kSlack;

/// Sums of a picture's brightness and of its squares.
struct BrightnessSums {
    explicit BrightnessSums(const GrayPicture& picture)
        : plain{picture.size, [&](uint32_t x, uint32_t y) { return picture.row(y)[x]; }},
          squares{picture.size, [&](uint32_t x, uint32_t y) -> uint64_t {
                      return uint64_t{picture.row(y)[x]} * picture.row(y)[x];
                  }} {}

    WindowSums<uint64_t> plain;
    WindowSums<uint64_t> squares;
};

/// What sums over equal blocks of an object tell about its error at a place. For n pixels with the
/// sums A and B, and with VA and VB as the sums of squared distances from the mean, the error is at
/// least (A - B)^2 / n + (sqrt(VA) - sqrt(VB))^2, and exactly that where one of them is flat.
class BlockBound {
public:
    BlockBound(const BrightnessSums& object, Size size, Size block)
        : block_{block}, pixels_{static_cast<double>(block.area())} {
        columns_ = size.width / block.width;
        rows_ = size.height / block.height;
        blocks_.reserve(size_t{columns_} * rows_);
        each_block([&](uint32_t x, uint32_t y) {
            blocks_.push_back(block_at(object, x, y));
            return true;
        });
    }

    /// What the error at (x, y) is at least; anything beyond `limit` if it is beyond that.
    [[nodiscard]] double least_error(const BrightnessSums& scene, uint32_t x, uint32_t y,
                                     double limit) const {
        double error = 0;
        const Block* expected = blocks_.data();
        each_block([&](uint32_t block_x, uint32_t block_y) {
            const Block seen = block_at(scene, x + block_x, y + block_y);
            const double sums = seen.sum - expected->sum;
            const double roots = seen.root - expected->root;
            error += sums * sums / pixels_ + roots * roots;
            ++expected;
            return error <= limit;
        });
        return error;
    }

private:
    struct Block {
        double sum = 0;
        double root = 0;
    };

    [[nodiscard]] Block block_at(const BrightnessSums& sums, uint32_t x, uint32_t y) const {
        const auto sum = static_cast<double>(sums.plain.sum(x, y, block_));
        const auto squares = static_cast<double>(sums.squares.sum(x, y, block_));
        return {sum, std::sqrt(std::max(0.0, squares - sum * sum / pixels_))};
    }

    /// Calls `visit(x, y)` with each block's corner, until that returns false.
    template <class Visit>
    void each_block(Visit&& visit) const {
        for (uint32_t row = 0; row < rows_; ++row) {
            for (uint32_t column = 0; column < columns_; ++column) {
                if (!visit(column * block_.width, row * block_.height)) {
                    return;
                }
            }
        }
    }

    Size block_;
    double pixels_;
    uint32_t columns_ = 0;
    uint32_t rows_ = 0;
    std::vector<Block> blocks_;
};

/// With room for what is lost in floating point.
double with_room(uint64_t limit) {
    return static_cast<double>(limit) * (1 + 1e-9) + 1;
}

Size coarse_blocks(Size object) {
    return {std::max(1U, object.width / 4), std::max(1U, object.height / 4)};
}

Size fine_blocks(Size object) {
    return {std::min(8U, object.width), std::min(8U, object.height)};
}

/// Calls `visit(x, y)` for each place of the object, row by row.
template <class Visit>
void each_place(const GrayPicture& scene, const GrayPicture& object, Visit&& visit) {
    for (uint32_t y = 0; y + object.size.height <= scene.size.height; ++y) {
        for (uint32_t x = 0; x + object.size.width <= scene.size.width; ++x) {
            visit(x, y);
        }
    }
}

Point point(uint32_t x, uint32_t y) {
    return {static_cast<int32_t>(x), static_cast<int32_t>(y)};
}

/// Goes over the places in the order in which os-autoinst does.
class PlaceSearch {
public:
    PlaceSearch(const GrayPicture& scene, const GrayPicture& object, Point near)
        : scene_{scene},
          object_{object},
          near_{near},
          scene_sums_{scene},
          object_sums_{object},
          whole_{object_sums_, object.size, object.size},
          coarse_{object_sums_, object.size, coarse_blocks(object.size)},
          fine_{object_sums_, object.size, fine_blocks(object.size)},
          object_sum_{object_sums_.plain.sum(0, 0, object.size)},
          object_squares_{object_sums_.squares.sum(0, 0, object.size)} {}

    [[nodiscard]] std::optional<Place> run(const std::optional<Place>& known, uint64_t most) {
        if (known && known->error <= most) {
            best_ = known;
            limit_ = known->error + kSlack;
        } else {
            limit_ = most;
        }
        find_candidates();
        for (const Point at : candidates_) {
            look_at(static_cast<uint32_t>(at.x), static_cast<uint32_t>(at.y));
        }
        return best_;
    }

private:
    /// Places that the coarse blocks don't exclude. The most likely one of them tells how good the
    /// best one is at least.
    void find_candidates() {
        const double limit = with_room(limit_);
        double least = limit;
        Point likely;
        each_place(scene_, object_, [&](uint32_t x, uint32_t y) {
            if (whole_.least_error(scene_sums_, x, y, limit) > limit) {
                return;
            }
            const double error = coarse_.least_error(scene_sums_, x, y, limit);
            if (error > limit) {
                return;
            }
            candidates_.push_back(point(x, y));
            if (error < least) {
                least = error;
                likely = point(x, y);
            }
        });
        if (!candidates_.empty()) {
            bound_ = squared_error(scene_, object_, static_cast<uint32_t>(likely.x),
                                   static_cast<uint32_t>(likely.y), limit_) +
                     kSlack;
        }
    }

    /// The error where all of the scene has one brightness.
    [[nodiscard]] std::optional<uint64_t> flat_error(uint32_t x, uint32_t y) const {
        const uint64_t pixels = object_.size.area();
        const uint64_t sum = scene_sums_.plain.sum(x, y, object_.size);
        const uint64_t brightness = sum / pixels;
        if (brightness * pixels != sum ||
            scene_sums_.squares.sum(x, y, object_.size) != brightness * sum) {
            return std::nullopt;
        }
        return object_squares_ + brightness * sum - 2 * brightness * object_sum_;
    }

    /// The error at a place; anything beyond `cut` if it is beyond that.
    [[nodiscard]] uint64_t error_at(uint32_t x, uint32_t y, uint64_t cut) const {
        if (const auto flat = flat_error(x, y)) {
            return *flat;
        }
        const double limit = with_room(cut);
        for (const BlockBound* blocks : {&whole_, &coarse_, &fine_}) {
            if (blocks->least_error(scene_sums_, x, y, limit) > limit) {
                return cut + 1;
            }
        }
        return squared_error(scene_, object_, x, y, cut);
    }

    void look_at(uint32_t x, uint32_t y) {
        uint64_t cut = std::min(limit_, bound_);
        if (found_ && distance(point(x, y)) >= distance(best_->at)) {
            // Only a better place is of use.
            cut = std::min(cut, limit_ - kSlack - 1);
        }
        const uint64_t error = error_at(x, y, cut);
        if (error > cut) {
            return;
        }
        const bool better = error + kSlack < limit_;
        if (better || !found_ || distance(point(x, y)) < distance(best_->at)) {
            best_ = Place{point(x, y), error};
            found_ = true;
        }
        limit_ = better ? error + kSlack : limit_;
    }

    [[nodiscard]] int64_t distance(Point at) const {
        const int64_t dx = int64_t{at.x} - near_.x;
        const int64_t dy = int64_t{at.y} - near_.y;
        return dx * dx + dy * dy;
    }

    const GrayPicture& scene_;
    const GrayPicture& object_;
    Point near_;
    BrightnessSums scene_sums_;
    BrightnessSums object_sums_;
    BlockBound whole_;
    BlockBound coarse_;
    BlockBound fine_;
    uint64_t object_sum_;
    uint64_t object_squares_;
    std::vector<Point> candidates_;
    /// A place with a larger error is none of those that os-autoinst takes.
    uint64_t limit_ = kNoLimit;
    /// The same, learned from the place that is most likely.
    uint64_t bound_ = kNoLimit;
    std::optional<Place> best_;
    bool found_ = false;
};

uint32_t row_error(const uint8_t* a, const uint8_t* b, uint32_t width) {
    constexpr uint32_t kTogether = 16;
    int sum = 0;
    uint32_t x = 0;
    for (; x + kTogether <= width; x += kTogether) {
        int block = 0;
        for (uint32_t i = 0; i < kTogether; ++i) {
            const int difference = a[x + i] - b[x + i];
            block += difference * difference;
        }
        sum += block;
    }
    for (; x < width; ++x) {
        const int difference = a[x] - b[x];
        sum += difference * difference;
    }
    // At most 16384 * 255^2, which fits.
    return static_cast<uint32_t>(sum);
}

}  // namespace

uint64_t squared_error(const GrayPicture& scene, const GrayPicture& object, uint32_t x, uint32_t y,
                       uint64_t limit) {
    uint64_t error = 0;
    for (uint32_t row = 0; row < object.size.height && error <= limit; ++row) {
        error += row_error(scene.row(y + row) + x, object.row(row), object.size.width);
    }
    return error;
}

std::optional<Place> least_squares(const GrayPicture& scene, const GrayPicture& object, Point near,
                                   const std::optional<Place>& known, uint64_t most) {
    return PlaceSearch{scene, object, near}.run(known, most);
}

Place most_like(const GrayPicture& scene, const GrayPicture& object) {
    const BrightnessSums scene_sums{scene};
    const BrightnessSums object_sums{object};
    const BlockBound whole{object_sums, object.size, object.size};
    const BlockBound blocks{object_sums, object.size, coarse_blocks(object.size)};
    double least = std::numeric_limits<double>::max();
    Point likely;
    each_place(scene, object, [&](uint32_t x, uint32_t y) {
        if (whole.least_error(scene_sums, x, y, least) >= least) {
            return;
        }
        const double error = blocks.least_error(scene_sums, x, y, least);
        if (error < least) {
            least = error;
            likely = point(x, y);
        }
    });
    return {likely, squared_error(scene, object, static_cast<uint32_t>(likely.x),
                                  static_cast<uint32_t>(likely.y), kNoLimit)};
}

}  // namespace oriel::match
