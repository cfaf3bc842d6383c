// The lines of an export: one JSON object each, with what it is in `kind`.
//
// A JSON text that is kept byte for byte (a payload, a detail, a state's value) stands as it is in the last member,
// `json`; as a text in `json_text` if it has line breaks. Absent members are unknown, not zero.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "storage/database_interface.hpp"
#include "storage/database_transfer.hpp"

namespace gem {

/// The form of the stream; a reader refuses what is newer.
inline constexpr std::int64_t transfer_version = 1;

struct TransferHeader {
    std::int64_t version = transfer_version;
};

/// After every block: how many lines there were before this one, and the SHA-256 over them.
struct TransferCheck {
    std::int64_t lines = 0;
    std::string sha256;
};

/// The last line: the same, and how many there were of each kind.
struct TransferEnd {
    std::int64_t lines = 0;
    std::string sha256;
    std::map<std::string, std::int64_t> counts;
};

/// A row that is filed under a repository key.
template <class Row>
struct Filed {
    std::string key;
    Row row;
};

using TransferLine =
    std::variant<TransferHeader, TransferCheck, TransferEnd, Event, Filed<CommitRecord>, Filed<HealthSnapshot>,
                 Filed<DeveloperDay>, Filed<SecurityMetric>, Filed<EventPattern>, Filed<DeploymentMetric>, StateEntry>;

/// `event`, `commit`, `health` …
std::string_view kind_of(TransferLine const& line);

/// The line with its newline.
std::string write_line(TransferLine const& line);

/// corrupt, with what is wrong, if `line` (without its newline) is none of ours.
Result<TransferLine> read_line(std::string_view line);

} // namespace gem
