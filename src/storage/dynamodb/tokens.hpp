// Conditional writes that recognise their own: a write that was done and whose answer was lost is no conflict.
#pragma once

#include <cstdint>
#include <string>

#include "storage/dynamodb/client.hpp"

namespace gem::dynamodb {

/// Random; goes into the item as `token`.
std::string new_token();
bool has_token(Item const& item, std::string_view token);

/// The item is not there.
Expression not_there();
/// The item's token is this one.
Expression token_is(std::string token);
/// The item's `version` is this one; 0: it is not there.
Expression version_is(std::int64_t version);

} // namespace gem::dynamodb
