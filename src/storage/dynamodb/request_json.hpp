// The bodies of DynamoDB's requests, as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/dynamodb/client.hpp"

namespace gem::dynamodb {

/// `prefix` goes before the tables' names. All ask for ReturnConsumedCapacity: INDEXES; single writes with a condition
/// for the item that was there.
std::string body_of(GetItem const& request, std::string_view prefix);
std::string body_of(PutItem const& request, std::string_view prefix);
std::string body_of(UpdateItem const& request, std::string_view prefix);
std::string body_of(DeleteItem const& request, std::string_view prefix);
std::string body_of(Query const& request, std::string_view prefix);
std::string body_of(Scan const& request, std::string_view prefix);
std::string body_of(std::vector<TransactionPart> const& parts, std::string_view token, std::string_view prefix);

/// A member of BatchWriteItem's lists.
std::string batch_member_of(WriteRequest const& request);

/// One write or one key of a batch, already JSON, with its table's whole name.
struct BatchMember {
    std::string table;
    std::string json;
};
std::string batch_write_body(std::vector<BatchMember> const& members);
/// All keys are of one table.
std::string batch_get_body(std::vector<BatchMember> const& keys, bool consistent);

} // namespace gem::dynamodb
