#include "storage/dynamodb/aws_errors.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include "storage/dynamodb/item_json.hpp"

namespace gem::dynamodb {

namespace {

using Kind = Failure::Kind;

struct KnownCode {
    std::string_view code;
    Kind kind;
    bool retry;
};

constexpr auto known_codes = std::to_array<KnownCode>({
    {"ConditionalCheckFailedException", Kind::condition_failed, false},
    {"TransactionConflictException", Kind::conflict, true},
    {"TransactionInProgressException", Kind::conflict, true},
    {"ResourceInUseException", Kind::conflict, false},
    {"TableInUseException", Kind::conflict, false},
    {"TableAlreadyExistsException", Kind::conflict, false},
    {"ReplicatedWriteConflictException", Kind::conflict, true},
    {"ProvisionedThroughputExceededException", Kind::throttled, true},
    {"ProvisionedThroughputExceeded", Kind::throttled, true},
    {"ThrottlingException", Kind::throttled, true},
    {"Throttling", Kind::throttled, true},
    {"RequestLimitExceeded", Kind::throttled, true},
    {"LimitExceededException", Kind::throttled, true},
    {"ResourceNotFoundException", Kind::table_missing, false},
    {"TableNotFoundException", Kind::table_missing, false},
    {"AccessDeniedException", Kind::access_denied, false},
    {"AccessDenied", Kind::access_denied, false},
    {"KMSAccessDeniedException", Kind::access_denied, false},
    {"UnrecognizedClientException", Kind::credentials, false},
    {"InvalidClientTokenId", Kind::credentials, false},
    {"ExpiredTokenException", Kind::credentials, false},
    {"ExpiredToken", Kind::credentials, false},
    {"InvalidSignatureException", Kind::credentials, false},
    {"IncompleteSignatureException", Kind::credentials, false},
    {"IncompleteSignature", Kind::credentials, false},
    {"SignatureDoesNotMatch", Kind::credentials, false},
    {"MissingAuthenticationToken", Kind::credentials, false},
    {"MissingAuthenticationTokenException", Kind::credentials, false},
    {"RequestTimeTooSkewed", Kind::clock, false},
    {"RequestExpired", Kind::clock, false},
    {"RequestInTheFuture", Kind::clock, false},
    {"InternalServerError", Kind::server, true},
    {"InternalFailure", Kind::server, true},
    {"ServiceUnavailable", Kind::server, true},
    {"ServiceUnavailableException", Kind::server, true},
});

/// DynamoDB's JSON of an error, as far as it can be read.
struct AwsError {
    std::string code;
    std::string message;
    std::optional<Item> item;
    std::vector<std::pair<std::string, std::string>> reasons; ///< code and message of a cancelled transaction's parts
};

std::string text_at(simdjson::dom::element element, std::string_view name) {
    std::string_view text;
    if (element[name].get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
}

std::optional<AwsError> parse_error(std::string const& body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(body).get(root) != simdjson::SUCCESS || !root.is_object()) return std::nullopt;
    AwsError error;
    error.code = text_at(root, "__type");
    if (error.code.empty()) return std::nullopt;
    error.code.erase(0, error.code.rfind('#') + 1);
    error.message = text_at(root, "message");
    if (error.message.empty()) error.message = text_at(root, "Message");
    simdjson::dom::element item;
    if (root["Item"].get(item) == simdjson::SUCCESS) error.item = read_item(item);
    simdjson::dom::array reasons;
    if (root["CancellationReasons"].get(reasons) == simdjson::SUCCESS) {
        for (auto const reason : reasons) {
            if (auto code = text_at(reason, "Code"); !code.empty() && code != "None") {
                error.reasons.emplace_back(std::move(code), text_at(reason, "Message"));
            }
        }
    }
    return error;
}

/// A transaction is refused for the gravest of its parts' reasons.
void judge_cancelled(AwsError const& error, Failure& failure, bool& retry) {
    auto const has = [&](std::string_view code) {
        return std::ranges::any_of(error.reasons, [&](auto const& reason) { return reason.first == code; });
    };
    retry = false;
    if (has("ValidationError") || has("ItemCollectionSizeLimitExceeded")) {
        failure.kind = Kind::invalid;
    } else if (has("AccessDenied")) {
        failure.kind = Kind::access_denied;
    } else if (has("ConditionalCheckFailed")) {
        failure.kind = Kind::condition_failed;
    } else if (has("TransactionConflict") || has("DuplicateItem")) {
        failure.kind = Kind::conflict;
        retry = true;
    } else if (has("ProvisionedThroughputExceeded") || has("ThrottlingError")) {
        failure.kind = Kind::throttled;
        retry = true;
    }
    for (auto const& [code, message] : error.reasons) failure.message += fmt::format("; {} {}", code, message);
}

/// How far this machine's clock is ahead of the server's, as its Date header tells.
std::optional<seconds> clock_ahead(http::ClientResponse const& answer, UtcTime now) {
    auto const date = answer.header("date");
    if (!date) return std::nullopt;
    auto const theirs = curl_getdate(std::string(*date).c_str(), nullptr);
    if (theirs < 0) return std::nullopt;
    return now - from_unix(theirs);
}

bool is_about_time(AwsError const& error) {
    return error.code == "InvalidSignatureException" && (error.message.find("Signature expired") != std::string::npos ||
                                                         error.message.find("not yet current") != std::string::npos);
}

std::string_view advice(Kind kind) {
    switch (kind) {
    case Kind::throttled:
        return "DynamoDB takes no more just now. On-demand tables grow by themselves within minutes; if it lasts, look "
               "at the table's maximum throughput and at the account's limits";
    case Kind::table_missing:
        return "the table is not there: run `github-events-monitor setup create`, or check AWS_REGION and "
               "DYNAMODB_TABLE_PREFIX";
    case Kind::access_denied:
        return "the credentials are good, but their policy does not allow this: docs/DYNAMODB_SETUP.md has the policy "
               "for each role";
    case Kind::credentials:
        return "the credentials are not valid (any more): check the access key, its secret and the session token";
    case Kind::invalid:
        return "the tables may have been made by another program: `github-events-monitor setup info` compares their "
               "keys; otherwise this is a bug, please report it";
    case Kind::conflict:
        return "somebody else is changing the same thing; try again";
    default:
        return "";
    }
}

std::string excerpt(std::string_view body) {
    std::string text(body.substr(0, 120));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) c = ' ';
    }
    return text;
}

Failure failure_of(Call const& call, Kind kind, std::string code, std::string message) {
    return {.kind = kind,
            .operation = call.operation,
            .table = call.table,
            .aws_code = std::move(code),
            .message = std::move(message)};
}

} // namespace

Refusal no_answer(Call const& call, Error const& error, std::string_view endpoint) {
    if (error.code == ErrorCode::timed_out) {
        return {.failure = failure_of(call, Kind::timed_out, "", fmt::format("no answer in time from {}", endpoint)),
                .retry = true};
    }
    if (error.code == ErrorCode::internal) {
        return {.failure = failure_of(call, Kind::unreachable, "", error.message)};
    }
    bool const may_pass = error.code == ErrorCode::unavailable;
    return {.failure = failure_of(call, Kind::unreachable, "",
                                  fmt::format("DynamoDB cannot be reached at {}: {}. Check the network, AWS_REGION and "
                                              "DYNAMODB_ENDPOINT_URL",
                                              endpoint, error.message)),
            .retry = may_pass};
}

Refusal bad_answer(Call const& call, std::string what) {
    return {.failure = failure_of(call, Kind::server, "", std::move(what)), .retry = true};
}

Refusal not_dynamodb(Call const& call, http::ClientResponse const& answer, std::string_view endpoint) {
    bool const server_error = answer.status >= 500;
    auto const type = answer.header("content-type").value_or("no content type");
    if (server_error) { // a load balancer's, or DynamoDB's own without a body
        return {.failure = failure_of(call, Kind::server, "",
                                      fmt::format("{} answered {} without saying why: '{}'", endpoint, answer.status,
                                                  excerpt(answer.body))),
                .retry = true};
    }
    return {.failure = failure_of(call, Kind::unreachable, "",
                                  fmt::format("what answers at {} is not DynamoDB: status {}, {}, '{}'. Check "
                                              "DYNAMODB_ENDPOINT_URL (unset it to use AWS)",
                                              endpoint, answer.status, type, excerpt(answer.body)))};
}

Failure no_credentials(Call const& call, Error const& error) {
    return failure_of(call, Kind::credentials, "", error.message);
}

Refusal read_refusal(Call const& call, http::ClientResponse const& answer, UtcTime now, std::string_view endpoint) {
    auto error = parse_error(answer.body);
    if (!error) return not_dynamodb(call, answer, endpoint);
    Refusal refusal{.failure = failure_of(call, Kind::invalid, error->code, error->message)};
    auto& failure = refusal.failure;
    auto const* const known = std::ranges::find(known_codes, error->code, &KnownCode::code);
    if (known != known_codes.end()) {
        failure.kind = known->kind;
        refusal.retry = known->retry;
    } else if (answer.status >= 500) {
        failure.kind = Kind::server;
        refusal.retry = true;
    }
    if (error->code == "TransactionCanceledException") judge_cancelled(*error, failure, refusal.retry);
    if (failure.kind == Kind::condition_failed) failure.old_item = std::move(error->item);

    auto const ahead = clock_ahead(answer, now);
    if (is_about_time(*error) || failure.kind == Kind::clock) {
        failure.kind = Kind::clock;
        failure.message = fmt::format(
            "this machine's clock is wrong, so that DynamoDB does not accept what it signs{}. Set the clock (NTP). "
            "DynamoDB says: {}",
            ahead ? fmt::format(": it is {} s {} DynamoDB's", std::abs(ahead->count()),
                                ahead->count() < 0 ? "behind" : "ahead of")
                  : std::string(),
            failure.message);
        return refusal;
    }
    refusal.credentials_expired = error->code.starts_with("ExpiredToken");
    if (refusal.credentials_expired) {
        failure.message += ". The session token has expired: get new credentials";
        return refusal;
    }
    if (auto const what_to_do = advice(failure.kind); !what_to_do.empty()) {
        if (!failure.message.empty()) failure.message += ". ";
        failure.message += what_to_do;
    }
    return refusal;
}

Error to_error(Failure const& failure) {
    // Whoever asked us is not to be told that *his* credentials are wrong or that *he* asks too often.
    auto const code = [&] {
        switch (failure.kind) {
        case Kind::condition_failed:
        case Kind::conflict:
            return ErrorCode::conflict;
        case Kind::access_denied:
        case Kind::credentials:
        case Kind::clock:
        case Kind::table_missing:
        case Kind::throttled:
        case Kind::unreachable:
        case Kind::server:
            return ErrorCode::unavailable;
        case Kind::timed_out:
            return ErrorCode::timed_out;
        case Kind::invalid:
            return ErrorCode::internal;
        }
        return ErrorCode::internal;
    }();
    std::string where = "DynamoDB " + failure.operation;
    if (!failure.table.empty()) where += " on " + failure.table;
    if (!failure.aws_code.empty()) where += ": " + failure.aws_code;
    auto error = fail(code, where + ": " + failure.message).error();
    error.retryable = failure.kind != Kind::invalid && failure.kind != Kind::condition_failed;
    return error;
}

} // namespace gem::dynamodb
