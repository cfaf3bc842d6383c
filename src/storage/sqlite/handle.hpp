// SQLite's C interface, owned: a connection and its prepared statements. Used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gem::sqlite {

/// What SQLite refused to do. Thrown inside the provider only; `guarded()` turns it into an Error at its border.
class SqliteError final : public std::runtime_error {
  public:
    SqliteError(int code, std::string const& what) : std::runtime_error(what), code_(code) {}
    /// The extended result code.
    [[nodiscard]] int code() const { return code_; }

  private:
    int code_;
};

Error to_error(SqliteError const& error);

class Handle;

/// A prepared statement that is reset when the cursor over it ends. Bind with `bind(1-based index, value)`; texts and
/// blobs are not copied: they live until the statement is reset.
class Statement {
  public:
    Statement(Handle& handle, sqlite3_stmt* statement) : handle_(handle), statement_(statement) {}

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, int value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, char const* text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, std::string const& text) { return bind(index, std::string_view(text)); }
    Statement& bind_blob(int index, std::string_view bytes);
    Statement& bind_null(int index);
    template <class T>
    Statement& bind(int index, std::optional<T> const& value) {
        return value ? bind(index, *value) : bind_null(index);
    }
    Statement& bind(int index, bool value) { return bind(index, static_cast<std::int64_t>(value)); }

    /// Steps to the next row; false at the end.
    bool next();
    /// Runs to the end and resets. Returns how many rows were changed.
    std::int64_t run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    /// Valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_blob(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;

  private:
    Handle& handle_;
    sqlite3_stmt* statement_;
};

/// Resets a statement at the end of a scope, so that no read transaction stays open.
class Rows {
  public:
    explicit Rows(Statement& statement) : statement_(statement) {}
    ~Rows() { statement_.reset(); }
    Rows(Rows const&) = delete;
    Rows& operator=(Rows const&) = delete;
    bool next() { return statement_.next(); }
    Statement const* operator->() const { return &statement_; }

  private:
    Statement& statement_;
};

enum class OpenMode {
    create,   ///< the file is made when it is not there
    existing, ///< it must be there
};

class Handle {
  public:
    /// How long a lock of another process is waited for.
    static constexpr std::chrono::milliseconds patience{10'000};

    /// Opens or creates (mode 0600) the file. Throws SqliteError.
    Handle(std::string const& path, OpenMode mode, int cache_kib);
    ~Handle();
    Handle(Handle const&) = delete;
    Handle& operator=(Handle const&) = delete;

    /// The statement of this SQL, prepared once. `sql` must be a string that lives as long as the handle.
    Statement& prepare(char const* sql);
    /// A fresh statement for SQL that is made at run time; kept as well.
    Statement& prepare_text(std::string const& sql);
    /// Runs statements without results.
    void execute(std::string const& sql);
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::int64_t scalar(char const* sql);
    [[nodiscard]] sqlite3* raw() const { return db_; }
    /// No two handles of a process have the same.
    [[nodiscard]] std::uint64_t serial() const { return serial_; }
    [[noreturn]] void raise(int code, std::string_view doing) const;

  private:
    struct Entry;
    sqlite3* db_ = nullptr;
    std::uint64_t serial_;
    std::string path_;
    std::unordered_map<void const*, std::unique_ptr<Entry>> by_address_;
    std::unordered_map<std::string, std::unique_ptr<Entry>> by_text_;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back when it is left without `commit()`.
class Transaction {
  public:
    explicit Transaction(Handle& handle);
    ~Transaction();
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;
    void commit();

  private:
    Handle& handle_;
    bool open_ = true;
};

/// One consistent view over several reads.
class ReadTransaction {
  public:
    explicit ReadTransaction(Handle& handle);
    ~ReadTransaction();
    ReadTransaction(ReadTransaction const&) = delete;
    ReadTransaction& operator=(ReadTransaction const&) = delete;

  private:
    Statement& end_;
};

/// Runs `work` (which returns a Result) and turns what SQLite throws into its Error.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (SqliteError const& error) {
        return fail(to_error(error));
    }
}

} // namespace gem::sqlite
