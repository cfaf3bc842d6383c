// What GitHub can still tell of a repository's past when it is first watched: issues, pull requests, answers and
// releases as they stand. Nothing of it is an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/time.hpp"

namespace gem {

/// An issue or a pull request.
struct HistoryItem {
    std::int64_t number = 0;
    bool pull_request = false;
    std::string author_login{}; ///< empty if GitHub no longer knows
    std::optional<std::int64_t> author_id{};
    UtcTime opened{};
    std::optional<UtcTime> closed{}; ///< of a merged pull request, too; empty while it is open
    std::optional<UtcTime> merged{};
    friend bool operator==(HistoryItem const&, HistoryItem const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryItem, (), (number, pull_request, author_login, author_id, opened, closed, merged))

/// A comment on an issue.
struct HistoryAnswer {
    std::int64_t number = 0; ///< of the issue
    std::string login{};
    std::optional<std::int64_t> id{}; ///< of the person
    UtcTime at{};
    friend bool operator==(HistoryAnswer const&, HistoryAnswer const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryAnswer, (), (number, login, id, at))

/// A published release.
struct HistoryRelease {
    std::string tag_name{};
    std::string name{};
    bool prerelease = false;
    std::string author_login{};
    std::optional<std::int64_t> author_id{};
    UtcTime published{};
    friend bool operator==(HistoryRelease const&, HistoryRelease const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryRelease, (), (tag_name, name, prerelease, author_login, author_id, published))

/// What one page of an answer of GitHub told.
struct HistoryPage {
    std::vector<HistoryItem> items{};
    std::vector<HistoryAnswer> answers{};
    std::vector<HistoryRelease> releases{};
    [[nodiscard]] bool empty() const { return items.empty() && answers.empty() && releases.empty(); }
    friend bool operator==(HistoryPage const&, HistoryPage const&) = default;
};
BOOST_DESCRIBE_STRUCT(HistoryPage, (), (items, answers, releases))

} // namespace gem
