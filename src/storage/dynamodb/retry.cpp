#include "storage/dynamodb/retry.hpp"

#include <algorithm>

namespace gem::dynamodb {

std::optional<std::chrono::nanoseconds> Retry::next(std::chrono::nanoseconds elapsed, double random) {
    ++failed_;
    if (failed_ >= options_.attempts) return std::nullopt;
    auto const window = std::min<std::chrono::nanoseconds>(options_.cap, options_.base * (1 << std::min(failed_, 20)));
    auto const wait = std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(window.count()) * random));
    if (elapsed + wait >= deadline_) return std::nullopt;
    return wait;
}

} // namespace gem::dynamodb
