// Coroutines in tests: unwrapping a Result, and many coroutines at once on one thread.
#pragma once

#include <exception>
#include <stdexcept>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "base/async.hpp"

namespace gem::test {

/// Runs all of them at once on one io_context, as the program does; their answers in the order given.
template <class T>
std::vector<T> run_together(std::vector<Async<T>> coroutines) {
    asio::io_context context(1);
    std::vector<T> answers(coroutines.size());
    std::exception_ptr thrown;
    for (std::size_t i = 0; i < coroutines.size(); ++i) {
        asio::co_spawn(context, std::move(coroutines[i]), [&, i](std::exception_ptr error, T value) {
            if (error)
                thrown = error;
            else
                answers[i] = std::move(value);
        });
    }
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return answers;
}

/// What `result` holds; a test that meets an error here ends with its message.
template <class T>
T expect_ok(Result<T> result) {
    if (!result)
        throw std::runtime_error(fmt::format("{}: {}", to_string(result.error().code), result.error().message));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Runs `coroutine` to its end and unwraps what it returned.
template <class T>
T wait_ok(Async<Result<T>> coroutine) {
    return expect_ok(run_to_end(std::move(coroutine)));
}

/// Runs `coroutine` to its end; the error it returned. A test whose call succeeds here ends.
template <class T>
Error wait_error(Async<Result<T>> coroutine) {
    auto result = run_to_end(std::move(coroutine));
    if (result) throw std::runtime_error("expected an error, got an answer");
    return result.error();
}

} // namespace gem::test
