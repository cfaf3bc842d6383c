// The items of the log: heads, pages, and what a shard tells of its hours (docs/decisions/0006). All of them lie in
// the table `event_patterns`.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

inline constexpr std::string_view log_table = "event_patterns";
inline constexpr int shard_count = 8;

/// Where an event is counted: the shard of the name that it told (of the key, if it told none), and its hour.
struct Unit {
    int shard = 0;
    std::int64_t hour = 0; ///< since the epoch
    friend auto operator<=>(Unit const&, Unit const&) = default;
};

int shard_of(std::string_view lower_name, std::string_view key);

/// Writers name their batches `writer:number`; numbers rise, so the last one logged tells of all before it.
struct Token {
    std::string writer;
    std::int64_t number = 0;

    [[nodiscard]] std::string text() const;
    static Token parse(std::string_view text);
    friend bool operator==(Token const&, Token const&) = default;
};

/// Ten characters that nobody else has.
std::string random_id();

/// Somebody writes into the unit without conditions; others wait.
struct Claim {
    Token token;
    std::int64_t until = 0; ///< unix seconds; then it may be taken away
    std::string process{};  ///< process_identity() of who claims
};

/// A page as its head names it.
struct PageName {
    std::string id;
    std::int64_t bytes = 0;
    friend auto operator<=>(PageName const&, PageName const&) = default;
};

struct Head {
    Unit unit;
    std::int64_t version = 0;                    ///< grows with each write; 0: is not there
    std::map<std::string, std::int64_t> writers; ///< the number of each one's last batch that was logged here
    std::set<std::string> disowned;              ///< tokens that will never be logged here
    std::vector<PageName> pages;
    std::string rows;           ///< packed; empty: none beside the pages
    std::int64_t events = 0;    ///< counted in pages and rows
    std::int64_t purged = 0;    ///< of these the ones whose raw form retention took …
    std::int64_t purged_to = 0; ///< … all from before this time (unix seconds)
    bool sealed = false;        ///< its shard's frontier has passed: a change is announced before it is made
    std::int64_t claims = 0;    ///< how often it was claimed
    std::int64_t epoch = 0;     ///< grows when what was counted is taken back
    std::optional<Claim> claim;

    [[nodiscard]] bool logged(Token const& token) const;
};

/// What a shard tells of its hours, and of the names in it.
struct ShardInfo {
    std::int64_t frontier = 0; ///< every head before this hour is sealed, and none comes to be that is not
    /// Of changed heads before the frontier: the version that a head has or is about to have.
    std::map<std::int64_t, std::int64_t> announced;
    std::int64_t pruned = 0;  ///< grows when announcements were dropped: what is remembered may be old
    std::int64_t aliases = 0; ///< grows when a key of this shard has got a further name
};

std::string log_partition(int shard);
std::string page_partition(int shard);
std::string hour_key(std::int64_t hour);

Item head_key(Unit unit);
Item info_key(int shard);
Item page_key(Unit unit, std::string_view page);

Item to_item(Head const& head);
Result<Head> read_head(Item const& item);
ShardInfo read_info(Item const& item);
bool is_info(Item const& item);
/// The attribute of ShardInfo::announced for an hour: there the announcements are attributes of their own, so that they
/// can be raised one by one.
std::string announcement_name(std::int64_t hour);

} // namespace gem::dynamodb
