// Two processes at once on a file that is not yet there.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "storage/database_interface.hpp"
#include "storage/sqlite/schema.hpp"

namespace gem::sqlite {
namespace {

TEST(Schema, waits_for_another_process_that_makes_the_tables_of_a_new_file) {
    auto const path =
        (std::filesystem::path(testing::TempDir()) / ("schema-" + std::to_string(::getpid()) + ".db")).string();
    {
        Handle other(path, OpenMode::create, 64);
        Handle ours(path, OpenMode::create, 64);
        other.execute("BEGIN IMMEDIATE");
        std::jthread const ends([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            other.execute("COMMIT");
        });
        auto const prepared = prepare_schema(ours, path);
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_EQ(count_tables(ours), static_cast<int>(table_names.size()));
    }
    for (auto const* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path + ending);
}

} // namespace
} // namespace gem::sqlite
