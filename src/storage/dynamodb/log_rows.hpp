// The rows of an hour's log, packed into one value with the dictionaries that they point into.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "domain/event.hpp"
#include "storage/hour_page.hpp"

namespace gem::dynamodb {

/// A repository as its events of this hour named it.
struct LogRepo {
    std::string key;
    std::string name;        ///< spelling; empty where the source told none
    std::uint32_t first = 0; ///< second of the hour of its first event …
    std::uint32_t last = 0;  ///< … and of its last
    friend bool operator==(LogRepo const&, LogRepo const&) = default;
};

struct LogKind {
    std::string type;
    std::string action; ///< counted_action()
    EventSource source = EventSource::archive;
    friend bool operator==(LogKind const&, LogKind const&) = default;
};

struct LogActor {
    std::optional<std::int64_t> id;
    std::string login;
    friend bool operator==(LogActor const&, LogActor const&) = default;

    /// The same for the same person in every log: by id where there is one, else by login in lower case. Never 0.
    [[nodiscard]] std::int64_t person() const;
};

/// What happened in (a part of) one hour. `repo` and `kind` of a row are places in the dictionaries; `actor` is 0 for
/// an unknown one, else twice (its place + 1), plus one for a bot.
struct LogRows {
    std::vector<LogRepo> repos;
    std::vector<LogKind> kinds;
    std::vector<LogActor> actors;
    std::vector<PageRow> rows; ///< by (repo, minute, kind, actor), each once

    [[nodiscard]] std::int64_t events() const;
    [[nodiscard]] LogActor const* actor_of(PageRow const& row) const {
        return row.actor == 0 ? nullptr : &actors[row.actor / 2 - 1];
    }
    [[nodiscard]] std::size_t memory() const;
};

/// Gathers rows; what it holds is always of one hour.
class LogBuilder {
  public:
    void add(Event const& event);
    /// Rows of `other` for which `keep(repo, row)` holds; the times of its repositories are taken over as they are.
    template <class Keep>
    void add(LogRows const& other, Keep keep);
    void add(LogRows const& other) {
        add(other, [](LogRepo const&, PageRow const&) { return true; });
    }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// What was gathered; the builder is empty then.
    LogRows take();

  private:
    std::uint32_t repo_of(std::string const& key, std::string const& name, std::uint32_t first, std::uint32_t last);
    std::uint16_t kind_of(LogKind const& kind);
    std::uint32_t actor_of(LogActor const& actor);

    LogRows gathered_;
    std::vector<PageRow> rows_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> repos_;
    std::map<std::tuple<std::string, std::string, EventSource>, std::uint16_t> kinds_;
    std::map<std::pair<std::optional<std::int64_t>, std::string>, std::uint32_t> actors_;
};

/// One value for an item, compressed.
std::string pack_log_rows(LogRows const& rows);
/// corrupt if `packed` did not come from pack_log_rows().
Result<LogRows> unpack_log_rows(std::string_view packed);

template <class Keep>
void LogBuilder::add(LogRows const& other, Keep keep) {
    for (auto const& row : other.rows) {
        auto const& repo = other.repos[row.repo];
        if (!keep(repo, row)) continue;
        auto added = row;
        added.repo = repo_of(repo.key, repo.name, repo.first, repo.last);
        added.kind = kind_of(other.kinds[row.kind]);
        if (auto const* const actor = other.actor_of(row)) added.actor = actor_of(*actor) * 2 + (row.actor & 1);
        rows_.push_back(added);
    }
}

} // namespace gem::dynamodb
