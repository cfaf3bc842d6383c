// From what came back (or did not) to a Failure that a person can act on, and whether to try again.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/client.hpp"
#include "storage/dynamodb/errors.hpp"

namespace gem::dynamodb {

/// One call: what messages and counters need to know of it.
struct Call {
    std::string operation; ///< `PutItem`
    std::string table;     ///< whole name; empty if it is about none or several
    std::string body;
};

struct Refusal {
    Failure failure;
    bool retry = false;               ///< the same call may succeed
    bool credentials_expired = false; ///< ask their source again
};

/// No answer: the connection, TLS, a time-out. `endpoint` is for the message.
Refusal no_answer(Call const& call, Error const& error, std::string_view endpoint);
/// An answer that is not 200. `now` is this machine's time when it came.
Refusal read_refusal(Call const& call, http::ClientResponse const& answer, UtcTime now, std::string_view endpoint);
/// An answer that has not the form of DynamoDB's.
Refusal not_dynamodb(Call const& call, http::ClientResponse const& answer, std::string_view endpoint);
/// An answer that was damaged on its way, or says nothing that can be understood.
Refusal bad_answer(Call const& call, std::string what);
Failure no_credentials(Call const& call, Error const& error);

} // namespace gem::dynamodb
