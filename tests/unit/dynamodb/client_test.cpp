// The client against a script in the place of DynamoDB: retries, batches, damaged answers, and what its failures say.
#include <gtest/gtest.h>

#include <zlib.h>

#include "storage/dynamodb/dynamodb_client.hpp"
#include "storage/usage.hpp"
#include "support/await.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_http_client.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;
using namespace std::chrono_literals;
using Kind = Failure::Kind;

template <class T>
Outcome<T> outcome_of(Async<Outcome<T>> coroutine) {
    auto wrap = [](Async<Outcome<T>> inner) -> Async<std::optional<Outcome<T>>> {
        co_return co_await std::move(inner);
    };
    return std::move(*run_to_end(wrap(std::move(coroutine))));
}

std::string error_body(std::string_view code, std::string_view message = "said AWS") {
    return fmt::format(R"({{"__type":"com.amazonaws.dynamodb.v20120810#{}","message":"{}"}})", code, message);
}

struct CountingCredentials final : CredentialsProvider {
    Async<Result<Credentials>> get() override {
        ++asked;
        if (missing) co_return fail(ErrorCode::unauthorized, "no AWS credentials. Tried, in this order: pockets");
        co_return Credentials{.access_key_id = "id", .secret_access_key = "secret", .session_token = "token"};
    }
    void reject(Credentials const& used) override { rejected += used.session_token == "token" ? 1 : 0; }
    bool missing = false;
    int asked = 0;
    int rejected = 0;
};

struct DynamoDbClient : testing::Test {
    DynamoDbClient() { make({}); }

    void make(ClientOptions options) {
        options.endpoint_url = "http://127.0.0.1:1";
        options.table_prefix = "p-";
        options.sleep = [this](std::chrono::nanoseconds time) -> Async<void> {
            pauses.push_back(time);
            co_return;
        };
        client = std::move(*make_client(std::move(options), {http, credentials, capacity, clock, log}));
    }
    auto get() { return outcome_of(client->get({.table = "t", .key = {{"k", AttributeValue::string("1")}}})); }
    /// The failure of a get() that is answered so.
    Failure refused(unsigned status, std::string body, http::HeaderList headers = {}) {
        http.by_function = [=](auto const&) {
            return http::ClientResponse{.status = status, .headers = headers, .body = body};
        };
        auto const outcome = get();
        http.by_function = nullptr;
        return outcome ? Failure{.message = "no failure"} : outcome.error();
    }

    ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    ScriptedHttpClient http;
    CountingCredentials credentials;
    CapacityMeter capacity;
    std::vector<std::chrono::nanoseconds> pauses;
    std::unique_ptr<Client> client;
};

bool says(Failure const& failure, std::string_view what) { return failure.message.find(what) != std::string::npos; }

} // namespace

TEST_F(DynamoDbClient, asks_with_target_type_prefix_and_for_the_capacity) {
    http.will_answer(200, {}, R"({"Item":{"k":{"S":"1"}}})");
    auto const item = get();
    ASSERT_TRUE(item && *item);
    auto const& asked = http.asked.at(0);
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.url, "http://127.0.0.1:1/");
    EXPECT_EQ(header_of(asked, "X-Amz-Target"), "DynamoDB_20120810.GetItem");
    EXPECT_EQ(header_of(asked, "Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(asked.body, R"({"TableName":"p-t","Key":{"k":{"S":"1"}},"ConsistentRead":true,)"
                          R"("ReturnConsumedCapacity":"INDEXES"})");
    EXPECT_FALSE(asked.accept_gzip);
    EXPECT_TRUE(asked.configure);
}

TEST_F(DynamoDbClient, tries_throttled_failed_and_broken_calls_again) {
    http.will_answer(400, {}, error_body("ProvisionedThroughputExceededException"));
    http.will_answer(500, {}, error_body("InternalServerError"));
    http.will_answer(503, {}, "<html>busy</html>");
    http.will_answer(fail(ErrorCode::unavailable, "h: the connection broke"));
    http.will_answer(fail(ErrorCode::timed_out, "h: did not answer in time"));
    http.will_answer(200, {}, "{}");
    auto const item = get();
    ASSERT_TRUE(item);
    EXPECT_FALSE(*item);
    EXPECT_EQ(pauses.size(), 5);
    EXPECT_TRUE(http.at_end());
}

TEST_F(DynamoDbClient, gives_up_after_its_attempts_and_tells_how_many_it_made) {
    make({.retry = {.attempts = 3}});
    auto const failure = refused(400, error_body("ThrottlingException"));
    EXPECT_EQ(failure.kind, Kind::throttled);
    EXPECT_EQ(failure.operation, "GetItem");
    EXPECT_EQ(failure.table, "p-t");
    EXPECT_EQ(failure.aws_code, "ThrottlingException");
    EXPECT_TRUE(says(failure, "tried 3 times")) << failure.message;
    EXPECT_EQ(http.asked.size(), 3);
}

TEST_F(DynamoDbClient, tells_a_time_out_as_one_once_its_deadline_has_passed) {
    make({.deadline = 0ms});
    http.will_answer(fail(ErrorCode::timed_out, "h: did not answer in time"));
    EXPECT_EQ(get().error().kind, Kind::timed_out);
    EXPECT_EQ(http.asked.size(), 1);
}

TEST_F(DynamoDbClient, believes_no_answer_whose_checksum_is_wrong) {
    std::string const body = R"({"Item":{"k":{"S":"1"}}})";
    auto const sum = std::to_string(crc32_z(0, reinterpret_cast<Bytef const*>(body.data()), body.size()));
    http.will_answer(200, {{"x-amz-crc32", "12345"}}, body);
    http.will_answer(200, {{"x-amz-crc32", "no number"}}, body);
    http.will_answer(200, {{"x-amz-crc32", sum}}, body);
    EXPECT_TRUE(get());
    EXPECT_EQ(pauses.size(), 2);
}

TEST_F(DynamoDbClient, asks_for_new_credentials_once_when_the_token_has_expired) {
    http.will_answer(400, {}, error_body("ExpiredTokenException"));
    http.will_answer(200, {}, "{}");
    EXPECT_TRUE(get());
    EXPECT_EQ(credentials.rejected, 1);
    EXPECT_EQ(pauses.size(), 0);

    auto const failure = refused(400, error_body("ExpiredTokenException", "The security token has expired"));
    EXPECT_EQ(failure.kind, Kind::credentials);
    EXPECT_TRUE(says(failure, "get new credentials")) << failure.message;
    EXPECT_EQ(credentials.rejected, 2);
}

TEST_F(DynamoDbClient, says_which_sources_of_credentials_were_tried) {
    credentials.missing = true;
    auto const outcome = get();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::credentials);
    EXPECT_TRUE(says(outcome.error(), "Tried, in this order: pockets"));
    EXPECT_TRUE(http.asked.empty());
}

TEST_F(DynamoDbClient, gives_each_failure_its_kind_and_says_what_to_do) {
    struct Case {
        unsigned status;
        char const* code;
        Kind kind;
        char const* advice;
    };
    for (auto const& [status, code, kind, advice] :
         std::initializer_list<Case>{{400, "ResourceNotFoundException", Kind::table_missing, "setup create"},
                                     {400, "AccessDeniedException", Kind::access_denied, "policy"},
                                     {400, "UnrecognizedClientException", Kind::credentials, "access key"},
                                     {400, "InvalidSignatureException", Kind::credentials, "secret"},
                                     {400, "ValidationException", Kind::invalid, "setup info"},
                                     {400, "SomethingNewException", Kind::invalid, "bug"},
                                     {400, "ResourceInUseException", Kind::conflict, "try again"},
                                     {400, "ConditionalCheckFailedException", Kind::condition_failed, "said AWS"}}) {
        auto const failure = refused(status, error_body(code));
        EXPECT_EQ(failure.kind, kind) << code;
        EXPECT_EQ(failure.aws_code, code);
        EXPECT_TRUE(says(failure, advice)) << code << ": " << failure.message;
        EXPECT_EQ(pauses.size(), 0) << code;
    }
}

TEST_F(DynamoDbClient, tells_a_wrong_clock_with_the_difference) {
    clock.set(from_unix(784'111'777 + 420)); // RFC 9110's example, seven minutes on
    auto const ahead = refused(400, error_body("InvalidSignatureException", "Signature not yet current: 1 is later"),
                               {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
    EXPECT_EQ(ahead.kind, Kind::clock);
    EXPECT_TRUE(says(ahead, "420 s ahead of DynamoDB's")) << ahead.message;
    clock.set(from_unix(784'111'777 - 900));
    auto const behind = refused(400, error_body("InvalidSignatureException", "Signature expired: 1 is now earlier"),
                                {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
    EXPECT_TRUE(says(behind, "900 s behind DynamoDB's")) << behind.message;
    EXPECT_EQ(refused(400, error_body("RequestTimeTooSkewed")).kind, Kind::clock);
}

TEST_F(DynamoDbClient, sees_that_it_is_not_dynamodb_that_answers) {
    for (auto const& [status, body] : std::initializer_list<std::pair<unsigned, std::string>>{
             {200, "<html>Welcome to nginx!</html>"}, {404, "404 page not found"}, {301, ""}, {400, R"({"a":1})"}}) {
        auto const failure = refused(status, body, {{"content-type", "text/html"}});
        EXPECT_EQ(failure.kind, Kind::unreachable) << body;
        EXPECT_TRUE(says(failure, "is not DynamoDB")) << failure.message;
        EXPECT_TRUE(says(failure, "DYNAMODB_ENDPOINT_URL")) << failure.message;
    }
    EXPECT_EQ(pauses.size(), 0);
}

TEST_F(DynamoDbClient, says_where_it_could_not_connect) {
    make({.retry = {.attempts = 1}});
    http.will_answer(fail(ErrorCode::unavailable, "127.0.0.1:1: cannot connect"));
    auto const outcome = get();
    EXPECT_EQ(outcome.error().kind, Kind::unreachable);
    EXPECT_TRUE(says(outcome.error(), "http://127.0.0.1:1")) << outcome.error().message;
    http.will_answer(fail(ErrorCode::unauthorized, "h: its TLS certificate cannot be trusted"));
    EXPECT_EQ(get().error().kind, Kind::unreachable);
}

TEST_F(DynamoDbClient, writes_again_what_a_batch_left_undone) {
    std::string const left = R"({"PutRequest":{"Item":{"k":{"S":"é\n\"2\""},"b":{"B":"AP8="}}}})";
    http.will_answer(200, {}, fmt::format(R"({{"UnprocessedItems":{{"p-t":[{}]}}}})", left));
    http.will_answer(200, {}, R"({"UnprocessedItems":{}})");
    ASSERT_TRUE(outcome_of(client->batch_write({WriteRequest::put("t", {{"k", AttributeValue::string("1")}}),
                                                WriteRequest::put("t", {{"k", AttributeValue::string("2")}})})));
    EXPECT_EQ(pauses.size(), 1);
    EXPECT_EQ(http.asked.at(1).body,
              fmt::format(R"({{"RequestItems":{{"p-t":[{}]}},"ReturnConsumedCapacity":"INDEXES"}})", left));
}

TEST_F(DynamoDbClient, calls_a_batch_that_never_gets_through_throttled) {
    make({.retry = {.attempts = 4}});
    http.by_function = [](auto const&) {
        return http::ClientResponse{
            .status = 200, .body = R"({"UnprocessedItems":{"p-t":[{"DeleteRequest":{"Key":{"k":{"S":"1"}}}}]}})"};
    };
    auto const outcome =
        outcome_of(client->batch_write({WriteRequest::remove("t", {{"k", AttributeValue::string("1")}})}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::throttled);
    EXPECT_EQ(outcome.error().operation, "BatchWriteItem");
    EXPECT_EQ(http.asked.size(), 4);
}

TEST_F(DynamoDbClient, splits_batches_by_number_and_by_size) {
    http.by_function = [](auto const&) { return http::ClientResponse{.status = 200, .body = "{}"}; };
    std::vector<WriteRequest> small(60, WriteRequest::remove("t", {{"k", AttributeValue::string("1")}}));
    ASSERT_TRUE(outcome_of(client->batch_write(small)));
    EXPECT_EQ(http.asked.size(), 3);
    http.asked.clear();
    std::vector<WriteRequest> large(10,
                                    WriteRequest::put("t", {{"b", AttributeValue::binary(std::string(300'000, 'x'))}}));
    ASSERT_TRUE(outcome_of(client->batch_write(large)));
    EXPECT_EQ(http.asked.size(), 5); // 400 KB each as base64
    for (auto const& request : http.asked) EXPECT_LT(request.body.size(), 1'000'000);
    http.asked.clear();
    ASSERT_TRUE(outcome_of(client->batch_write({})));
    EXPECT_TRUE(http.asked.empty());
}

TEST_F(DynamoDbClient, asks_again_for_keys_that_a_batch_left_unread) {
    http.will_answer(200, {},
                     R"({"Responses":{"p-t":[{"k":{"S":"1"}}]},)"
                     R"("UnprocessedKeys":{"p-t":{"Keys":[{"k":{"S":"2"}}],"ConsistentRead":true}}})");
    http.will_answer(200, {}, R"({"Responses":{"p-t":[{"k":{"S":"2"}}]},"UnprocessedKeys":{}})");
    auto const items = outcome_of(
        client->batch_get("t", {{{"k", AttributeValue::string("1")}}, {{"k", AttributeValue::string("2")}}}, true));
    ASSERT_TRUE(items);
    EXPECT_EQ(items->size(), 2);
    EXPECT_EQ(http.asked.at(1).body, R"({"RequestItems":{"p-t":{"Keys":[{"k":{"S":"2"}}],"ConsistentRead":true}},)"
                                     R"("ReturnConsumedCapacity":"INDEXES"})");
}

TEST_F(DynamoDbClient, judges_a_cancelled_transaction_by_its_gravest_reason) {
    auto const cancelled = [](std::string_view codes) {
        return fmt::format(R"({{"__type":"x#TransactionCanceledException","Message":"cancelled",)"
                           R"("CancellationReasons":[{{"Code":"None"}},{}]}})",
                           codes);
    };
    std::vector<TransactionPart> const parts{PutItem{.table = "t", .item = {}}};
    http.will_answer(400, {}, cancelled(R"({"Code":"TransactionConflict","Message":"busy"})"));
    http.will_answer(400, {}, cancelled(R"({"Code":"ThrottlingError","Message":"slow"})"));
    http.will_answer(400, {}, cancelled(R"({"Code":"TransactionConflict"},{"Code":"ConditionalCheckFailed"})"));
    auto const outcome = outcome_of(client->transact(parts));
    EXPECT_EQ(outcome.error().kind, Kind::condition_failed);
    EXPECT_EQ(pauses.size(), 2);
    http.will_answer(400, {}, cancelled(R"({"Code":"ValidationError","Message":"too big"})"));
    auto const invalid = outcome_of(client->transact(parts)).error();
    EXPECT_EQ(invalid.kind, Kind::invalid);
    EXPECT_TRUE(says(invalid, "too big")) << invalid.message;
}

TEST_F(DynamoDbClient, counts_units_by_table_index_and_operation) {
    http.will_answer(200, {},
                     R"({"ConsumedCapacity":{"TableName":"p-t","CapacityUnits":3.5,"Table":)"
                     R"({"CapacityUnits":1.0},"GlobalSecondaryIndexes":{"i":{"CapacityUnits":2.5}}}})");
    http.will_answer(200, {},
                     R"({"ConsumedCapacity":[{"TableName":"p-a","CapacityUnits":2.0},)"
                     R"({"TableName":"p-b","CapacityUnits":3.0}]})");
    auto const item = AttributeValue::string(std::string(2000, 'x'));
    http.will_answer(400, {},
                     fmt::format(R"({{"__type":"x#ConditionalCheckFailedException","Item":{{"k":{{"S":"{}"}}}}}})",
                                 std::string(2000, 'x')));
    static_cast<void>(get());
    static_cast<void>(outcome_of(client->batch_write({WriteRequest::remove("a", {{"k", item}})})));
    static_cast<void>(outcome_of(client->put({.table = "t", .item = {}, .condition = {.text = "x = :y"}})));
    auto const use = capacity.snapshot();
    EXPECT_EQ(use.at({"t", "", "GetItem"}).read_units, 1.0);
    EXPECT_EQ(use.at({"t", "i", "GetItem"}).read_units, 2.5);
    EXPECT_EQ(use.at({"a", "", "BatchWriteItem"}).write_units, 2.0);
    EXPECT_EQ(use.at({"b", "", "BatchWriteItem"}).write_units, 3.0);
    EXPECT_EQ(use.at({"t", "", "PutItem"}).write_units, 2.0); // refused, and paid for by what was there
    EXPECT_DOUBLE_EQ(price_of(total(use).read_units, total(use).write_units), 3.5 * 0.125e-6 + 7 * 0.625e-6);
}

TEST(DynamoDbEndpoint, may_be_plain_http_on_this_machine_only) {
    ManualClock const clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    ScriptedHttpClient http;
    CountingCredentials credentials;
    CapacityMeter capacity;
    auto const made = [&](std::string url, bool allow = false) {
        return make_client({.endpoint_url = std::move(url), .allow_plain_http = allow},
                           {http, credentials, capacity, clock, log})
            .has_value();
    };
    EXPECT_TRUE(made("http://127.0.0.1:8000"));
    EXPECT_TRUE(made("http://localhost:8000/"));
    EXPECT_TRUE(made("http://[::1]:8000"));
    EXPECT_TRUE(made("https://dynamodb.example.org"));
    EXPECT_FALSE(made("http://dynamodb:8000"));
    EXPECT_FALSE(made("http://localhost.example.org"));
    EXPECT_TRUE(made("http://dynamodb:8000", true));
    for (char const* const bad : {"", "dynamodb", "ftp://127.0.0.1", "http://127.0.0.1/path", "http://a@127.0.0.1",
                                  "http://127.0.0.1?a=b", "http://"}) {
        EXPECT_FALSE(made(bad, true)) << bad;
    }
}

} // namespace gem::test
