// Commits of busy repositories, kept as they were read.
#pragma once

#include "storage/sqlite/stretch_cache.hpp"

namespace gem::sqlite {

/// Newest first, without files.
struct CommitsKind {
    using Row = CommitRecord;
    static constexpr bool newest_first = true;
    static UtcTime time_of(Row const& row) { return row.commit.commit_date; }
    static std::size_t bytes_of(Row const& row);
};
using CommitsCache = StretchCache<CommitsKind>;

} // namespace gem::sqlite
