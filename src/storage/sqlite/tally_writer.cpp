#include "storage/sqlite/tally_writer.hpp"

namespace gem::sqlite {

void add_to_hour(Handle& handle, std::int64_t hour, std::uint16_t kind, KindCounts const& counts) {
    handle
        .prepare("INSERT INTO hour_tallies VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
                 "events = events + excluded.events, commits = commits + excluded.commits, "
                 "commits_unknown = commits_unknown + excluded.commits_unknown")
        .bind(1, hour)
        .bind(2, static_cast<int>(kind))
        .bind(3, counts.events)
        .bind(4, counts.commits)
        .bind(5, counts.commits_unknown)
        .run();
    if (counts.events >= 0) return;
    handle.prepare("DELETE FROM hour_tallies WHERE hour = ?1 AND kind = ?2 AND events = 0")
        .bind(1, hour)
        .bind(2, static_cast<int>(kind))
        .run();
}

void add_to_repo_hour(Handle& handle, std::uint32_t repo, std::int64_t hour, std::uint16_t kind,
                      KindCounts const& counts) {
    handle
        .prepare("INSERT INTO repo_hour_tallies VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
                 "events = events + excluded.events, commits = commits + excluded.commits, "
                 "commits_unknown = commits_unknown + excluded.commits_unknown")
        .bind(1, static_cast<std::int64_t>(repo))
        .bind(2, hour)
        .bind(3, static_cast<int>(kind))
        .bind(4, counts.events)
        .bind(5, counts.commits)
        .bind(6, counts.commits_unknown)
        .run();
    if (counts.events >= 0) return;
    handle.prepare("DELETE FROM repo_hour_tallies WHERE repo = ?1 AND hour = ?2 AND kind = ?3 AND events = 0")
        .bind(1, static_cast<std::int64_t>(repo))
        .bind(2, hour)
        .bind(3, static_cast<int>(kind))
        .run();
}

} // namespace gem::sqlite
