// The SQLite file of the Python program that this one follows: its events and commits, read as they are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/commit.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

struct PredecessorEvent {
    std::int64_t row = 0; ///< its place in the file
    std::string id;
    std::string type;
    std::string repo_name;
    std::string actor_login;
    std::string created_at;
    std::string payload; ///< as it stands there: should be JSON
};

class Predecessor {
  public:
    /// Whether the file begins as SQLite's do.
    static bool is_sqlite(std::string const& path);
    /// invalid_argument if it is another program's database (this one's too: that is what `export` is for).
    static Result<std::unique_ptr<Predecessor>> open(std::string const& path);

    /// Ascending by row, after `row`, at most `limit`.
    Result<std::vector<PredecessorEvent>> events(std::int64_t row, std::size_t limit);
    /// Ascending by sha, after `sha`, at most `limit`; with files and summary as far as there are any. Figures that the
    /// program set to zero where it did not know them are unknown.
    Result<std::vector<CommitRecord>> commits(std::string const& sha, std::size_t limit);

  private:
    explicit Predecessor(std::string const& path) : handle_(path, OpenMode::existing, 2048) {}
    std::vector<CommitFile> files(std::string const& sha);
    bool has_table(char const* name);

    Handle handle_;
};

} // namespace gem::sqlite
