// What is stored of happenings that several sources tell of (docs/decisions/0008). All of it lies in the table
// `event_patterns`.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/time_window.hpp"
#include "storage/dynamodb/attribute_value.hpp"
#include "storage/natural_key.hpp"

namespace gem::dynamodb {

/// Which event of a repository and type stands for a happening.
struct StoredAs {
    std::int64_t created_at = 0; ///< unix seconds
    std::string id;
    friend auto operator<=>(StoredAs const&, StoredAs const&) = default;
};

struct Happening {
    StoredAs stored;
    int channels = 0;             ///< the set of Channel that have told of it
    std::vector<StoredAs> others; ///< events that were matched away
};

/// The happenings of one natural key within some hours: one item, so that rivals meet at its version.
struct Cell {
    std::int64_t version = 0; ///< 0: is not there
    std::vector<Happening> happenings;
};

/// Where a happening is kept: the repository's key, and the natural key's hash with its hours.
struct CellName {
    std::string key;
    std::string name;
    friend auto operator<=>(CellName const&, CellName const&) = default;
};

/// The cell of a happening at that time; behind it the neighbour, if a match may lie there.
std::vector<CellName> cells_of(std::string const& key, NaturalKey const& natural, std::int64_t created_at);
/// How far apart events of one happening may be.
seconds distance_of(NaturalKey const& natural);

Item cell_key(CellName const& name);
Item to_item(CellName const& name, Cell const& cell, std::optional<UtcTime> expires_at);
Result<Cell> read_cell(Item const& item);
CellName cell_name(Item const& item);

/// Where it is kept that a delivery came, and with which time.
Item delivery_key(std::string const& key, std::string_view type, std::string_view id);

/// Of a repository that webhooks tell of. Times in unix seconds; events from `furthest_match` before them on that
/// happen once only have claims, and from `matching_distance` before them on the others.
struct ClaimMark {
    std::optional<std::int64_t> since;  ///< from here on they are all there
    std::optional<std::int64_t> wanted; ///< from here on whoever stores an event claims it
};

/// Marks lie in one partition, with a number in front that grows after each change.
inline constexpr std::string_view marks_partition = "claims";
Item mark_key(std::string const& key);
Item marks_number_key();
bool is_marks_number(Item const& item);
ClaimMark read_mark(Item const& item);

} // namespace gem::dynamodb
