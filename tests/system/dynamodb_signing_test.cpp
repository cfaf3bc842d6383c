// Signatures judged by a verifier that is not libcurl (tests/judges/sigv4_verifier.mjs, on npm's aws4).
#include <gtest/gtest.h>

#include <filesystem>

#include "support/child_process.hpp"
#include "support/dynamodb_fixture.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;

struct Verifier {
    explicit Verifier(Credentials const& credentials)
        : process("/usr/bin/env", {"node", GEM_SOURCE_DIR "/tests/judges/sigv4_verifier.mjs", credentials.access_key_id,
                                   credentials.secret_access_key, credentials.session_token}) {
        if (!process.wait_for_err(" \n")) throw std::runtime_error("the verifier does not start: " + process.err());
        auto const text = process.err();
        url = "http://127.0.0.1:" + std::to_string(std::stoi(text.substr(text.rfind(" on ") + 4)));
    }
    tests::ChildProcess process;
    std::string url;
};

/// One operation of each kind of body.
void expect_accepted(Credentials const& credentials, std::string const& region) {
    Verifier const verifier(credentials);
    DynamoClient const client({.region = region, .endpoint_url = verifier.url, .retry = {.attempts = 1}}, credentials);
    Item const key{{"k", AttributeValue::string("é / + % ~ 漢 😀 \"\\\n")}};
    EXPECT_FALSE(ok(client->get({.table = "t", .key = key})));
    auto item = key;
    item.emplace("bytes", AttributeValue::binary(std::string(300'000, '\x9C')));
    ok(client->put({.table = "t", .item = item}));
    ok(client->call("UpdateTimeToLive", "t", ""));
    // Beyond a megabyte libcurl asks for leave with `Expect: 100-continue`.
    std::vector<TransactionPart> const parts(4, PutItem{.table = "t", .item = item});
    ok(client->transact(parts));
    ok(client->transact(parts)); // on the kept connection
}

struct DynamoDbSigning : testing::Test {
    void SetUp() override {
        if (!std::filesystem::exists(GEM_SOURCE_DIR "/tests/judges/node_modules/aws4")) {
            FAIL() << "aws4 is not installed: run script/bootstrap test";
        }
    }
};

} // namespace

TEST_F(DynamoDbSigning, is_accepted_with_keys_alone) {
    expect_accepted({.access_key_id = "AKIDEXAMPLE", .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
                    "us-east-1");
}

TEST_F(DynamoDbSigning, is_accepted_with_a_session_token) {
    expect_accepted({.access_key_id = "ASIAEXAMPLE",
                     .secret_access_key = "a:b@c/d+e=",
                     .session_token = "IQoJb3JpZ2luX2VjE+/=" + std::string(1500, 'x')},
                    "eu-central-1");
}

TEST_F(DynamoDbSigning, is_refused_with_another_secret) {
    Verifier const verifier({.access_key_id = "AKIDEXAMPLE", .secret_access_key = "right"});
    DynamoClient const client({.endpoint_url = verifier.url},
                              {.access_key_id = "AKIDEXAMPLE", .secret_access_key = "wrong"});
    EXPECT_EQ(failure_of(client->get({.table = "t", .key = {{"k", AttributeValue::string("1")}}})).kind,
              Failure::Kind::credentials);
}

} // namespace gem::test
