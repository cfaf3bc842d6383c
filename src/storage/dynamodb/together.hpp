// Several coroutines at once, a bounded number in flight, their answers in the order given.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "storage/dynamodb/in_flight.hpp"

namespace gem::dynamodb {

/// Runs all of `work` on the caller's event loop, at most `at_once` at a time. One that throws, and being cancelled,
/// ends it as run_in_flight() tells.
template <class T>
Async<std::vector<T>> together(std::vector<Async<T>> work, std::size_t at_once = 16) {
    std::vector<std::optional<T>> answers(work.size());
    auto const run = [&](std::size_t i) -> Async<Outcome<void>> {
        answers[i].emplace(co_await std::move(work[i]));
        co_return Outcome<void>();
    };
    auto const done = co_await run_in_flight(work.size(), at_once, run);
    static_cast<void>(done); // `run` has no failures
    std::vector<T> all;
    all.reserve(answers.size());
    for (auto& answer : answers) all.push_back(std::move(*answer));
    co_return all;
}

} // namespace gem::dynamodb
