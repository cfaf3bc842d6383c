// What it costs to know a delivery again, in a repository that has sent many.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/sqlite/claims.hpp"
#include "storage/sqlite/schema.hpp"

namespace gem::sqlite {
namespace {

Event delivered(int number) {
    Event event;
    event.id = fmt::format("wh:{:032x}", number);
    event.type = "WatchEvent";
    event.created_at = from_unix(1'750'000'000 + number);
    event.source = EventSource::webhook;
    event.actor_id = 1000 + number;
    return event;
}

/// Steps of SQLite's machine in all statements so far.
int steps_taken(Handle& handle) {
    int steps = 0;
    for (auto* statement = sqlite3_next_stmt(handle.raw(), nullptr); statement != nullptr;
         statement = sqlite3_next_stmt(handle.raw(), statement))
        steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    return steps;
}

TEST(Claims, looks_a_delivery_up_in_as_many_steps_whatever_came_before) {
    Handle handle(":memory:", OpenMode::create, 1024);
    ASSERT_TRUE(prepare_schema(handle, ":memory:"));
    Claims claims;
    claims.begin(handle);
    int number = 0;
    auto const steps_of_next = [&] {
        auto const event = delivered(++number);
        auto const key = natural_key(event);
        auto const before = steps_taken(handle);
        EXPECT_FALSE(claims.is_known(handle, 7, event, key));
        claims.record(handle, 7, event, key);
        return steps_taken(handle) - before;
    };
    for (int i = 0; i < 10; ++i) steps_of_next();
    auto const early = steps_of_next();
    for (int i = 0; i < 2000; ++i) steps_of_next();
    EXPECT_LT(steps_of_next(), early + 20) << "the tenth delivery took " << early;
    auto const again = delivered(5);
    EXPECT_TRUE(claims.is_known(handle, 7, again, natural_key(again)));
}

} // namespace
} // namespace gem::sqlite
