// SQLiteConnection: one file, one writer on a thread of its own, a few readers, and how to get onto them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "base/log.hpp"
#include "storage/database_factory.hpp"
#include "storage/sqlite/checkpointer.hpp"
#include "storage/sqlite/commits_cache.hpp"
#include "storage/sqlite/facts_cache.hpp"
#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/page_cache.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem {

class SQLiteConnection final : public DatabaseConnection {
  public:
    SQLiteConnection(DatabaseConfig config, Clock const& clock, Log& log);
    ~SQLiteConnection() override;

    Async<Result<void>> initialize() override;
    Async<Result<void>> close() override;
    Async<DatabaseHealth> health_check() override;
    [[nodiscard]] DatabaseDescription describe() const override;
    Async<Result<std::vector<TableInfo>>> table_info() override;
    Async<std::uint64_t> write_generation() override;
    [[nodiscard]] seconds generation_lag() const override { return seconds(0); }

    /// Runs `work(Handle&) -> Result<T>` on a reader.
    template <class Work>
    auto read(Work work) -> Async<std::invoke_result_t<Work&, sqlite::Handle&>>;
    /// Runs `work(Handle&) -> Result<T>` on the writer's thread; afterwards answers may have changed.
    template <class Work>
    auto write(Work work) -> Async<std::invoke_result_t<Work&, sqlite::Handle&>>;
    /// Answers may have changed by what another's write() has written for the caller.
    void note_write() { ++generation_; }
    /// Runs `work() -> T` (computation only) beside the readers and the writer.
    template <class Work>
    auto compute(Work work) -> Async<std::invoke_result_t<Work&>> {
        co_return co_await run_on(helpers_, std::move(work));
    }

    /// Inside write(), after a commit: what was deleted must not linger in the log. Warns when it must for a while.
    void empty_log();

    [[nodiscard]] sqlite::PageCache& pages() { return pages_; }
    [[nodiscard]] sqlite::FactsCache& facts() { return facts_; }
    [[nodiscard]] sqlite::CommitsCache& commits() { return commits_; }
    [[nodiscard]] sqlite::Kinds& kinds() { return kinds_; }
    /// After rows of the dictionaries were removed.
    void forget_decoded() { kinds_.clear(); }
    [[nodiscard]] DatabaseConfig const& config() const { return config_; }
    [[nodiscard]] Clock const& clock() const { return clock_; }
    [[nodiscard]] Log& log() const { return log_; }
    [[nodiscard]] bool in_memory() const { return config_.db_path == ":memory:"; }
    /// Whole hours: events from before it are refused as expired. Nothing when everything is kept.
    [[nodiscard]] std::optional<UtcTime> retention_horizon() const;

  private:
    Result<void> open();
    /// On the writer's thread. close() may have come first.
    template <class Work>
    auto on_writer(Work& work) -> std::invoke_result_t<Work&, sqlite::Handle&> {
        if (auto ready = usable(); !ready) return std::unexpected(ready.error());
        return sqlite::guarded([&] {
            notice_new_tables(*writer_);
            return work(*writer_);
        });
    }
    /// Forgets what the numbers of kinds mean when the tables were made anew, by whomever.
    void notice_new_tables(sqlite::Handle& handle);
    std::unique_ptr<sqlite::Handle> take_reader();
    void give_back(std::unique_ptr<sqlite::Handle> reader);
    [[nodiscard]] Result<void> usable() const;

    DatabaseConfig config_;
    Clock const& clock_;
    Log& log_;
    std::atomic<bool> open_{false};
    std::unique_ptr<sqlite::Handle> writer_;
    std::unique_ptr<sqlite::Checkpointer> checkpointer_; ///< none in memory
    std::mutex readers_mutex_;
    std::condition_variable readers_idle_;
    int busy_readers_ = 0;
    std::vector<std::unique_ptr<sqlite::Handle>> idle_readers_;
    std::unique_ptr<sqlite::Handle> watcher_; ///< sees by PRAGMA data_version that the file changed
    std::mutex watcher_mutex_;
    std::int64_t watched_version_ = 0;
    std::atomic<std::uint64_t> generation_{1};
    std::atomic<std::int64_t> schema_seen_{0};
    std::uint64_t device_ = 0; ///< with file_: which file was opened
    std::uint64_t file_ = 0;
    sqlite::Kinds kinds_;
    sqlite::PageCache pages_{std::size_t{160} << 20};
    sqlite::FactsCache facts_{std::size_t{64} << 20};
    sqlite::CommitsCache commits_{std::size_t{64} << 20};
    std::mutex tables_mutex_;
    std::uint64_t tables_generation_ = 0; ///< of tables_
    std::vector<TableInfo> tables_;       ///< as they were counted
    boost::asio::thread_pool writer_thread_{1};
    boost::asio::thread_pool reader_threads_{3};
    boost::asio::thread_pool helpers_{2};
};

// ---------------------------------------------------------------------------------------------------------------------

template <class Work>
auto SQLiteConnection::read(Work work) -> Async<std::invoke_result_t<Work&, sqlite::Handle&>> {
    using Answer = std::invoke_result_t<Work&, sqlite::Handle&>;
    if (auto ready = usable(); !ready) co_return Answer(std::unexpect, ready.error());
    if (in_memory()) {
        co_return co_await run_on(writer_thread_, [&] { return on_writer(work); });
    }
    co_return co_await run_on(reader_threads_, [&]() -> Answer {
        return sqlite::guarded([&]() -> Answer {
            auto reader = take_reader();
            try {
                notice_new_tables(*reader);
                auto answer = work(*reader);
                give_back(std::move(reader));
                return answer;
            } catch (...) {
                give_back(std::move(reader));
                throw;
            }
        });
    });
}

template <class Work>
auto SQLiteConnection::write(Work work) -> Async<std::invoke_result_t<Work&, sqlite::Handle&>> {
    using Answer = std::invoke_result_t<Work&, sqlite::Handle&>;
    if (auto ready = usable(); !ready) co_return Answer(std::unexpect, ready.error());
    auto answer = co_await run_on(writer_thread_, [&] { return on_writer(work); });
    ++generation_;
    co_return answer;
}

} // namespace gem
