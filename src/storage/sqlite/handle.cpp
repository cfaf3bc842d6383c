#include "storage/sqlite/handle.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include <fmt/format.h>

namespace gem::sqlite {

Error to_error(SqliteError const& error) {
    auto const make = [&](ErrorCode code, std::string_view advice, bool retryable) {
        std::string message = error.what();
        if (!advice.empty()) message += fmt::format(" ({})", advice);
        return Error{.code = code, .message = std::move(message), .retryable = retryable};
    };
    switch (error.code() & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return make(ErrorCode::unavailable, "another process holds the database; try again", true);
    case SQLITE_FULL:
        return make(ErrorCode::unavailable, "the disk is full: nothing of this batch was stored", true);
    case SQLITE_IOERR:
        return make(ErrorCode::unavailable, "the disk refused; nothing of this batch was stored", true);
    case SQLITE_CANTOPEN:
        return make(ErrorCode::unavailable,
                    "check that the folder exists and that DATABASE_PATH may be read and written", false);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return make(ErrorCode::unavailable, "the file or its folder may not be written by this user", false);
    case SQLITE_CORRUPT:
        return make(ErrorCode::corrupt, "run `db check`; restore a backup if it finds anything", false);
    case SQLITE_NOTADB:
        return make(ErrorCode::corrupt, "nothing was changed; choose another DATABASE_PATH", false);
    case SQLITE_TOOBIG:
        return make(ErrorCode::invalid_argument, "the value is too large", false);
    default:
        return make(ErrorCode::internal, {}, false);
    }
}

// ---------------------------------------------------------------------------------------------------------------------

struct Handle::Entry {
    Entry(Handle& handle, sqlite3_stmt* prepared) : raw(prepared), statement(handle, prepared) {}
    ~Entry() { sqlite3_finalize(raw); }
    Entry(Entry const&) = delete;
    Entry& operator=(Entry const&) = delete;
    sqlite3_stmt* raw;
    Statement statement;
};

namespace {

/// Once, before the first connection: nobody reads SQLite's memory statistics, and each allocation pays a lock for
/// them.
void configure_sqlite() {
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

} // namespace

Handle::Handle(std::string const& path, OpenMode mode, int cache_kib) : serial_(next_serial()), path_(path) {
    configure_sqlite();
    if (mode == OpenMode::create && path != ":memory:") {
        // SQLite would create the file by the umask; what people did is nobody else's business.
        int const file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (file >= 0) ::close(file);
    }
    int const flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE |
                      (mode == OpenMode::create ? SQLITE_OPEN_CREATE : 0);
    int const code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
    if (code != SQLITE_OK) {
        std::string const why = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
        sqlite3_close_v2(db_);
        throw SqliteError(code, fmt::format("cannot open the database {}: {}", path, why));
    }
    sqlite3_busy_timeout(db_, static_cast<int>(patience.count()));
    try {
        execute(
            fmt::format("PRAGMA cache_size = -{}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;", cache_kib));
    } catch (...) {
        sqlite3_close_v2(db_);
        throw;
    }
}

Handle::~Handle() {
    by_address_.clear();
    by_text_.clear();
    sqlite3_close_v2(db_);
}

void Handle::raise(int code, std::string_view doing) const {
    throw SqliteError(code, fmt::format("{}: {}", doing, sqlite3_errmsg(db_)));
}

Statement& Handle::prepare(char const* sql) {
    auto& entry = by_address_[sql];
    if (!entry) {
        sqlite3_stmt* statement = nullptr;
        int const code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) {
            by_address_.erase(sql);
            raise(code, "preparing a statement");
        }
        entry = std::make_unique<Entry>(*this, statement);
    }
    return entry->statement;
}

Statement& Handle::prepare_text(std::string const& sql) {
    auto& entry = by_text_[sql];
    if (!entry) {
        sqlite3_stmt* statement = nullptr;
        int const code = sqlite3_prepare_v3(db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) {
            by_text_.erase(sql);
            raise(code, "preparing a statement");
        }
        entry = std::make_unique<Entry>(*this, statement);
    }
    return entry->statement;
}

void Handle::execute(std::string const& sql) {
    int const code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) raise(code, fmt::format("database {}", path_));
}

std::int64_t Handle::changes() const { return sqlite3_changes64(db_); }

std::int64_t Handle::scalar(char const* sql) {
    auto& statement = prepare(sql);
    Rows rows(statement);
    return rows.next() ? rows->integer(0) : 0;
}

// ---------------------------------------------------------------------------------------------------------------------

Statement& Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
}

Statement& Statement::bind(int index, double value) {
    sqlite3_bind_double(statement_, index, value);
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL; an empty text is not that.
    sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    sqlite3_bind_blob64(statement_, index, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_null(int index) {
    sqlite3_bind_null(statement_, index);
    return *this;
}

bool Statement::next() {
    int const code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    sqlite3_reset(statement_);
    handle_.raise(code, "reading or writing the database");
}

std::int64_t Statement::run() {
    int const code = sqlite3_step(statement_);
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        sqlite3_reset(statement_);
        handle_.raise(code, "writing the database");
    }
    sqlite3_reset(statement_);
    return handle_.changes();
}

void Statement::reset() { sqlite3_reset(statement_); }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::text(int column) const {
    auto const* const data = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::blob(int column) const {
    auto const* const data = static_cast<char const*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

bool Statement::is_blob(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_BLOB; }

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return std::string(text(column));
}

// ---------------------------------------------------------------------------------------------------------------------

Transaction::Transaction(Handle& handle) : handle_(handle) { handle_.prepare("BEGIN IMMEDIATE").run(); }

Transaction::~Transaction() {
    if (!open_) return;
    // After an I/O error or a full disk SQLite may have rolled back by itself.
    if (sqlite3_get_autocommit(handle_.raw()) == 0) sqlite3_exec(handle_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    handle_.prepare("COMMIT").run();
    open_ = false;
}

ReadTransaction::ReadTransaction(Handle& handle) : end_(handle.prepare("COMMIT")) { handle.prepare("BEGIN").run(); }

ReadTransaction::~ReadTransaction() {
    try {
        end_.run();
    } catch (SqliteError const&) {
        // What was read is read; a lock that is left goes with the next transaction.
    }
}

} // namespace gem::sqlite
