// run_to_end() for answers that have no default value, such as Result<WatchedRepository>.
#pragma once

#include <optional>

#include "base/async.hpp"

namespace gem::test {

template <class T>
T await(Async<T> coroutine) {
    auto wrap = [](Async<T> inner) -> Async<std::optional<T>> {
        co_return std::optional<T>(co_await std::move(inner));
    };
    return std::move(*run_to_end(wrap(std::move(coroutine))));
}

} // namespace gem::test
