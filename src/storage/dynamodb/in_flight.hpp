// Several coroutines at once, with a bound, awaited as one.
#pragma once

#include <cstddef>
#include <functional>

#include "base/async.hpp"
#include "storage/dynamodb/errors.hpp"

namespace gem::dynamodb {

/// Runs `task(0)` … `task(count - 1)` on the caller's event loop (of one thread), at most `limit` at a time. After the
/// first failure no more are begun; those under way are awaited, and that failure is returned. An exception likewise.
/// Cancelling cancels all of them and waits for them.
Async<Outcome<void>> run_in_flight(std::size_t count, std::size_t limit,
                                   std::function<Async<Outcome<void>>(std::size_t)> task);

} // namespace gem::dynamodb
