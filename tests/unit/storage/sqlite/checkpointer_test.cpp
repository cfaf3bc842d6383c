// The write-ahead log under a writer that never rests.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "storage/sqlite/checkpointer.hpp"
#include "support/manual_clock.hpp"

namespace gem::sqlite {
namespace {

constexpr std::uintmax_t page = 16'384;

class CheckpointedLog : public testing::Test {
  protected:
    void SetUp() override {
        path_ = std::filesystem::path(testing::TempDir()) /
                ("checkpointer-" + std::to_string(::getpid()) + "-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
        writer_ = std::make_unique<Handle>(path_.string(), OpenMode::create, 1024);
        writer_->execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                         "CREATE TABLE blocks(id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
        checkpointer_ = std::make_unique<Checkpointer>(*writer_, path_.string(), log_);
    }
    void TearDown() override {
        checkpointer_.reset();
        writer_.reset();
        for (auto const* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + ending);
    }

    /// So many transactions of about 50 pages each, over and over on the same 50 rows.
    void write(int transactions) {
        for (int i = 0; i < transactions; ++i) {
            Transaction transaction(*writer_);
            auto& put = writer_->prepare("INSERT OR REPLACE INTO blocks VALUES(?1, randomblob(16000))");
            for (int row = 0; row < 50; ++row) put.bind(1, std::int64_t{row}).run();
            transaction.commit();
        }
    }
    /// The longest that the log has been: SQLite begins it anew, but does not shorten it.
    [[nodiscard]] std::uintmax_t pages_of_log() const {
        return std::filesystem::file_size(path_.string() + "-wal") / page;
    }

    std::filesystem::path path_;
    test::ManualClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    std::unique_ptr<Handle> writer_;
    std::unique_ptr<Checkpointer> checkpointer_;
};

TEST_F(CheckpointedLog, keeps_the_log_short_while_somebody_writes_without_a_pause) {
    write(250); // 12,500 pages
    EXPECT_GE(pages_of_log(), 2'000) << "folded before it was worth it";
    EXPECT_LE(pages_of_log(), 5'000);
    EXPECT_EQ(writer_->scalar("SELECT count(*) FROM blocks WHERE length(data) = 16000"), 50);
}

TEST_F(CheckpointedLog, folds_the_log_once_a_reader_that_held_it_has_gone) {
    {
        Handle reader(path_.string(), OpenMode::existing, 64);
        ReadTransaction const view(reader);
        ASSERT_EQ(reader.scalar("SELECT count(*) FROM blocks"), 0);
        write(200);
        EXPECT_GE(pages_of_log(), 9'000) << "what somebody reads cannot be written over";
        EXPECT_EQ(reader.scalar("SELECT count(*) FROM blocks"), 0);
    }
    write(100); // time to notice
    auto const before = pages_of_log();
    write(150);
    EXPECT_LE(pages_of_log(), before) << "it was not begun anew";
    EXPECT_TRUE(checkpointer_->empty_log());
    EXPECT_EQ(std::filesystem::file_size(path_.string() + "-wal"), 0);
}

} // namespace
} // namespace gem::sqlite
