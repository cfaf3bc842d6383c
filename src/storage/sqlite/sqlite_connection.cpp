#include "storage/sqlite/sqlite_connection.hpp"

#include <filesystem>

#include <sys/stat.h>

#include <sqlite3.h>

#include <fmt/format.h>

#include "storage/sqlite/schema.hpp"

namespace gem {

namespace {

constexpr int writer_cache_kib = 24 * 1024;
constexpr int reader_cache_kib = 8 * 1024;

} // namespace

SQLiteConnection::SQLiteConnection(DatabaseConfig config, Clock const& clock, Log& log)
    : config_(std::move(config)), clock_(clock), log_(log) {}

SQLiteConnection::~SQLiteConnection() {
    // Whoever forgot close() still must not lose threads that work on members.
    helpers_.join();
    reader_threads_.join();
    writer_thread_.join();
}

Result<void> SQLiteConnection::usable() const {
    if (open_) return {};
    return fail(ErrorCode::unavailable, fmt::format("the database {} is not open", config_.db_path));
}

Result<void> SQLiteConnection::open() {
    auto const& path = config_.db_path;
    if (open_) { // the tables may have been dropped since
        return sqlite::guarded([&] { return sqlite::prepare_schema(*writer_, path); });
    }
    if (path.empty()) return fail(ErrorCode::invalid_argument, "DATABASE_PATH is empty: name a file, or :memory:");
    std::error_code ignored;
    if (!in_memory() && std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::invalid_argument, fmt::format("DATABASE_PATH {} is a folder: name a file", path));
    return sqlite::guarded([&]() -> Result<void> {
        auto writer = std::make_unique<sqlite::Handle>(path, sqlite::OpenMode::create, writer_cache_kib);
        if (auto prepared = sqlite::prepare_schema(*writer, path); !prepared) return prepared;
        writer->execute("PRAGMA journal_size_limit = 67108864");
        checkpointer_.reset(); // of an opening that failed half-way
        writer_ = std::move(writer);
        if (!in_memory()) {
            checkpointer_ = std::make_unique<sqlite::Checkpointer>(*writer_, path, log_);
            watcher_ = std::make_unique<sqlite::Handle>(path, sqlite::OpenMode::existing, 64);
            watcher_->execute("PRAGMA busy_timeout = 0"); // asked on the event loop, which must not wait
            watched_version_ = watcher_->scalar("PRAGMA data_version");
            struct stat opened{};
            if (::stat(path.c_str(), &opened) == 0) {
                device_ = opened.st_dev;
                file_ = opened.st_ino;
            }
        }
        open_ = true;
        return {};
    });
}

Async<Result<void>> SQLiteConnection::initialize() {
    co_return co_await run_on(writer_thread_, [this] { return open(); });
}

Async<Result<void>> SQLiteConnection::close() {
    co_return co_await run_on(writer_thread_, [this]() -> Result<void> {
        if (!open_.exchange(false)) return {};
        return sqlite::guarded([&]() -> Result<void> {
            {
                std::unique_lock lock(readers_mutex_);
                readers_idle_.wait(lock, [this] { return busy_readers_ == 0; });
                idle_readers_.clear();
            }
            {
                std::scoped_lock const lock(watcher_mutex_);
                watcher_.reset();
            }
            checkpointer_.reset();
            writer_.reset(); // the last one out folds the log into the file
            return {};
        });
    });
}

void SQLiteConnection::notice_new_tables(sqlite::Handle& handle) {
    auto const version = handle.scalar("PRAGMA schema_version");
    if (schema_seen_.exchange(version) != version) kinds_.clear();
}

std::unique_ptr<sqlite::Handle> SQLiteConnection::take_reader() {
    {
        std::scoped_lock const lock(readers_mutex_);
        if (!open_) throw sqlite::SqliteError(SQLITE_MISUSE, "the database was closed");
        ++busy_readers_;
        if (!idle_readers_.empty()) {
            auto reader = std::move(idle_readers_.back());
            idle_readers_.pop_back();
            return reader;
        }
    }
    try {
        auto reader = std::make_unique<sqlite::Handle>(config_.db_path, sqlite::OpenMode::existing, reader_cache_kib);
        reader->execute("PRAGMA query_only = ON");
        return reader;
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void SQLiteConnection::give_back(std::unique_ptr<sqlite::Handle> reader) {
    std::scoped_lock const lock(readers_mutex_);
    --busy_readers_;
    if (reader && open_) idle_readers_.push_back(std::move(reader));
    readers_idle_.notify_all();
}

void SQLiteConnection::empty_log() {
    if (!checkpointer_ || checkpointer_->empty_log()) return;
    log_.warn("log_not_emptied",
              {{"reason", "somebody reads the database: what was removed leaves the -wal file when they are done"}});
}

Async<DatabaseHealth> SQLiteConnection::health_check() {
    auto tables = co_await read([](sqlite::Handle& handle) -> Result<int> { return sqlite::count_tables(handle); });
    if (!tables) co_return DatabaseHealth{.healthy = false, .tables_found = 0, .error = tables.error().message};
    if (*tables != static_cast<int>(table_names.size())) {
        co_return DatabaseHealth{
            .healthy = false,
            .tables_found = *tables,
            .error = fmt::format("{} of {} tables are there: run `setup create`", *tables, table_names.size())};
    }
    struct stat now{};
    if (!in_memory() && (::stat(config_.db_path.c_str(), &now) != 0 || now.st_dev != device_ || now.st_ino != file_)) {
        co_return DatabaseHealth{
            .healthy = false,
            .tables_found = 0,
            .error =
                fmt::format("the database file {} was removed or replaced: put it back, or restart", config_.db_path)};
    }
    co_return DatabaseHealth{.healthy = true, .tables_found = *tables, .error = {}};
}

DatabaseDescription SQLiteConnection::describe() const {
    return {.provider = "sqlite", .configuration = {{"database_path", config_.db_path}}};
}

std::optional<UtcTime> SQLiteConnection::retention_horizon() const {
    if (config_.retention.count() == 0) return std::nullopt;
    return std::chrono::floor<hours>(clock_.now() - config_.retention);
}

Async<std::uint64_t> SQLiteConnection::write_generation() {
    if (open_ && !in_memory()) {
        std::scoped_lock const lock(watcher_mutex_);
        if (watcher_) {
            try {
                auto const version = watcher_->scalar("PRAGMA data_version");
                if (version != watched_version_) {
                    watched_version_ = version;
                    ++generation_;
                }
            } catch (sqlite::SqliteError const& error) {
                log_.debug("database_version_unknown", {{"reason", error.what()}});
                ++generation_; // who cannot tell must not say that nothing changed
            }
        }
    }
    co_return generation_.load();
}

Async<Result<std::vector<TableInfo>>> SQLiteConnection::table_info() {
    auto const generation = co_await write_generation();
    co_return co_await read([this, generation](sqlite::Handle& handle) -> Result<std::vector<TableInfo>> {
        {
            // Counting takes a scan of every table.
            std::scoped_lock const lock(tables_mutex_);
            if (tables_generation_ == generation) return tables_;
        }
        sqlite::ReadTransaction const view(handle);
        std::vector<TableInfo> tables;
        for (auto const name : table_names) {
            TableInfo info{
                .name = std::string(name), .rows = std::nullopt, .bytes = std::nullopt, .approximate = false};
            if (name == "events") {
                info.rows = handle.scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'raw_events'), 0)");
            } else if (name == "event_patterns") {
                // Pages stand for what happened in an hour; counting the rows of the tallies would take a scan.
                info.rows =
                    handle.scalar("SELECT (SELECT count(*) FROM hour_pages) + (SELECT count(*) FROM anomalies) + "
                                  "(SELECT count(*) FROM state_entries)");
            } else {
                auto& statement = handle.prepare_text(fmt::format("SELECT count(*) FROM {}", name));
                sqlite::Rows rows(statement);
                if (rows.next()) info.rows = rows->integer(0);
            }
            tables.push_back(std::move(info));
        }
        auto const total = handle.scalar("PRAGMA page_count") * handle.scalar("PRAGMA page_size");
        // Exact sizes by table would read the whole file (dbstat); all but the events is small, so the file's size is
        // theirs.
        tables.front().bytes = total;
        tables.front().approximate = true;
        std::scoped_lock const lock(tables_mutex_);
        tables_generation_ = generation;
        tables_ = tables;
        return tables;
    });
}

} // namespace gem
