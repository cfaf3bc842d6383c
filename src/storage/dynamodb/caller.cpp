#include "storage/dynamodb/caller.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include <curl/curl.h>
#include <fmt/format.h>
#include <zlib.h>

namespace gem::dynamodb {

namespace {

using Elapsed = std::chrono::steady_clock;

/// Lets libcurl sign. Its own header list replaces the http client's, because libcurl 7.88 signs the `Expect:` that
/// only removes a header.
class Signer {
  public:
    Signer(std::string const& region, Credentials credentials, bool direct, http::HeaderList const& headers)
        : provider_("aws:amz:" + region + ":dynamodb"), credentials_(std::move(credentials)), direct_(direct) {
        for (auto const& [name, value] : headers) append(name + ": " + value);
        if (!credentials_.session_token.empty()) append("X-Amz-Security-Token: " + credentials_.session_token);
    }

    void operator()(CURL* easy) const {
        if (direct_) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, provider_.c_str());
        curl_easy_setopt(easy, CURLOPT_USERNAME, credentials_.access_key_id.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, credentials_.secret_access_key.c_str());
        curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 100L); // bodies over 1 MB
    }

  private:
    struct Free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    void append(std::string const& line) {
        if (auto* const longer = curl_slist_append(headers_.get(), line.c_str())) {
            static_cast<void>(headers_.release());
            headers_.reset(longer);
        }
    }
    std::string provider_;
    Credentials credentials_;
    bool direct_; ///< not by way of a proxy
    std::unique_ptr<curl_slist, Free> headers_;
};

/// Nothing if DynamoDB sent no checksum, else whether it is the body's.
std::optional<bool> checksum_holds(http::ClientResponse const& answer) {
    auto const told = answer.header("x-amz-crc32");
    if (!told) return std::nullopt;
    std::uint32_t expected = 0;
    auto const [end, error] = std::from_chars(told->data(), told->data() + told->size(), expected);
    if (error != std::errc() || end != told->data() + told->size()) return false;
    auto const actual = crc32_z(0, reinterpret_cast<Bytef const*>(answer.body.data()), answer.body.size());
    return expected == static_cast<std::uint32_t>(actual);
}

double number_at(simdjson::dom::element element, std::string_view name) {
    double value = 0;
    if (element[name].get(value) != simdjson::SUCCESS) return 0;
    return value;
}

constexpr auto reading_operations =
    std::to_array<std::string_view>({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"});

std::string_view without(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

} // namespace

std::optional<Answer> Answer::parse(std::string body) {
    Answer answer;
    answer.body_ = std::move(body);
    answer.parser_ = std::make_unique<simdjson::dom::parser>();
    auto const parsed = answer.parser_->parse(answer.body_.data(), answer.body_.size()).get(answer.root_);
    if (parsed != simdjson::SUCCESS || !answer.root_.is_object()) return std::nullopt;
    return answer;
}

struct Caller::Attempt {
    std::optional<Answer> answer{};
    std::optional<Credentials> used{};
    Refusal refusal{}; ///< without an answer
};

Caller::Caller(ClientOptions options, Endpoint endpoint, ClientParts parts)
    : options_(std::move(options)), parts_(parts), endpoint_(std::move(endpoint)) {
    if (!options_.sleep) options_.sleep = [](std::chrono::nanoseconds time) { return sleep_for(time); };
}

double Caller::random() {
    thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
}

Async<Outcome<Answer>> Caller::run(Call call) {
    auto const begun = Elapsed::now();
    Retry retry(options_.retry, options_.deadline);
    bool credentials_refreshed = false;
    while (true) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(options_.deadline - (Elapsed::now() - begun));
        auto tried = co_await attempt(call, std::min(left, options_.attempt));
        if (tried.answer) co_return std::move(*tried.answer);

        auto& failure = tried.refusal.failure;
        if (tried.refusal.credentials_expired && tried.used && !credentials_refreshed) {
            credentials_refreshed = true;
            parts_.credentials.reject(*tried.used);
            continue;
        }
        if (!tried.refusal.retry) co_return std::unexpected(std::move(failure));
        auto const pause = retry.next(Elapsed::now() - begun, random());
        if (!pause) {
            auto const took = std::chrono::duration<double>(Elapsed::now() - begun).count();
            failure.message += fmt::format(" (tried {} times in {:.1f} s)", retry.attempts(), took);
            co_return std::unexpected(std::move(failure));
        }
        parts_.log.debug("dynamodb_retry", {{"operation", call.operation},
                                            {"table", call.table},
                                            {"code", failure.aws_code},
                                            {"attempt", retry.attempts()}});
        co_await options_.sleep(*pause);
    }
}

Async<Caller::Attempt> Caller::attempt(Call const& call, std::chrono::milliseconds deadline) {
    auto credentials = co_await parts_.credentials.get();
    if (!credentials) co_return Attempt{.refusal = {.failure = no_credentials(call, credentials.error())}};
    http::ClientRequest request{.method = "POST",
                                .url = endpoint_.url + "/",
                                .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                                            {"X-Amz-Target", "DynamoDB_20120810." + call.operation}},
                                .body = call.body,
                                .deadline = deadline,
                                .accept_gzip = false}; // the checksum is of the bytes as they are sent
    auto const signer = std::make_shared<Signer>(options_.region, *credentials, endpoint_.loopback, request.headers);
    request.configure = [signer](void* easy) { (*signer)(static_cast<CURL*>(easy)); };
    auto response = co_await parts_.http.send(std::move(request));
    auto judged = judge(call, std::move(response));
    judged.used = std::move(*credentials);
    co_return judged;
}

Caller::Attempt Caller::judge(Call const& call, Result<http::ClientResponse> response) {
    if (!response) return {.refusal = no_answer(call, response.error(), endpoint_.url)};
    if (checksum_holds(*response) == false) {
        return {.refusal = bad_answer(call, "the answer was damaged on its way: its CRC32 is not the one announced")};
    }
    if (response->status != 200) {
        auto refusal = read_refusal(call, *response, parts_.clock.now(), endpoint_.url);
        if (refusal.failure.kind == Failure::Kind::condition_failed) count_refused(call, refusal.failure);
        return {.refusal = std::move(refusal)};
    }
    auto answer = Answer::parse(std::move(response->body));
    if (!answer) return {.refusal = not_dynamodb(call, *response, endpoint_.url)};
    count(call, answer->root());
    return {.answer = std::move(answer)};
}

/// A write whose condition does not hold is paid for by the size of the item that is there, at least one unit, which
/// the answer does not tell. A transaction's share is not known here, its table is empty.
void Caller::count_refused(Call const& call, Failure const& failure) {
    if (call.table.empty()) return;
    auto const bytes = failure.old_item ? size_of(*failure.old_item) : 0;
    auto const units = static_cast<double>(std::max<std::size_t>(1, (bytes + 1023) / 1024));
    parts_.capacity.add(
        {.table = std::string(without(call.table, options_.table_prefix)), .index = {}, .operation = call.operation},
        {.write_units = units, .requests = 1});
}

void Caller::count(Call const& call, simdjson::dom::element root) {
    bool const reads =
        std::ranges::find(reading_operations, std::string_view(call.operation)) != reading_operations.end();
    auto const add = [&](std::string_view table, std::string_view index, simdjson::dom::element of, bool request) {
        CapacityUse use{.requests = request ? 1 : 0};
        auto const units = number_at(of, "CapacityUnits");
        (reads ? use.read_units : use.write_units) = units;
        parts_.capacity.add({.table = std::string(without(table, options_.table_prefix)),
                             .index = std::string(index),
                             .operation = call.operation},
                            use);
    };
    auto const add_table = [&](simdjson::dom::element consumed) {
        std::string_view table;
        if (consumed["TableName"].get(table) != simdjson::SUCCESS) return;
        simdjson::dom::element own;
        bool const split = consumed["Table"].get(own) == simdjson::SUCCESS;
        add(table, "", split ? own : consumed, true);
        simdjson::dom::object indexes;
        if (!split || consumed["GlobalSecondaryIndexes"].get(indexes) != simdjson::SUCCESS) return;
        for (auto const [name, units] : indexes) add(table, name, units, false);
    };
    simdjson::dom::element consumed;
    if (root["ConsumedCapacity"].get(consumed) != simdjson::SUCCESS) return;
    simdjson::dom::array several;
    if (consumed.get(several) == simdjson::SUCCESS) {
        for (auto const one : several) add_table(one);
    } else {
        add_table(consumed);
    }
}

} // namespace gem::dynamodb
