// What key attributes and indexes of the nine tables are called.
#pragma once

#include <string_view>

namespace gem::dynamodb {

// Keys are called the same in every table: the hash key `pk` (mostly a repository key), the range key `sk`.
inline constexpr std::string_view hash_name = "pk";
inline constexpr std::string_view range_name = "sk";
/// Unix seconds after which DynamoDB may remove an item.
inline constexpr std::string_view ttl_name = "expires_at";

/// events: `type` (S, on rare types only, so that the index is sparse), `created_at` (N, unix seconds).
inline constexpr std::string_view type_index = "type-created-index";
/// commits: `sha7` (S, the first seven digits), `sha` (S).
inline constexpr std::string_view sha_index = "sha-index";
/// commit_summaries: `pk`, `impact_score` (N, on high scores only).
inline constexpr std::string_view impact_index = "repo-impact-index";

} // namespace gem::dynamodb
