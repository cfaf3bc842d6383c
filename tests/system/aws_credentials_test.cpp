// Credentials over real sockets: stand-ins of EC2's instance metadata, of the container endpoint and of STS.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "http/client.hpp"
#include "storage/dynamodb/credentials.hpp"
#include "support/await.hpp"
#include "support/manual_clock.hpp"
#include "support/run_async.hpp"
#include "support/socket_server.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;

struct AwsCredentials : testing::Test {
    AwsCredentials() {
        folder = std::filesystem::temp_directory_path() / fmt::format("gem_aws_credentials_{}", ::getpid());
        std::filesystem::create_directories(folder);
        variables["HOME"] = folder.string();
        // Nobody is there: a proxy must not be asked about secrets of this machine.
        ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    }
    ~AwsCredentials() override {
        ::unsetenv("http_proxy");
        std::filesystem::remove_all(folder);
    }
    std::unique_ptr<CredentialsProvider> chain() {
        return credentials_chain({.variable = [this](std::string const& name) -> std::optional<std::string> {
                                      auto const found = variables.find(name);
                                      if (found == variables.end()) return std::nullopt;
                                      return found->second;
                                  },
                                  .pause = {}},
                                 http, clock, log);
    }

    std::filesystem::path folder;
    std::map<std::string, std::string> variables;
    ManualClock clock; // 2026-01-15T12:00:00Z
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    http::CurlClient http;
};

constexpr std::string_view answer =
    R"({"Code":"Success","AccessKeyId":"ID","SecretAccessKey":"S","Token":"T","Expiration":"2026-01-15T18:00:00Z"})";

} // namespace

TEST_F(AwsCredentials, come_from_the_instance_metadata_version_2) {
    SocketServer const server([](SocketRequest const& request) {
        if (request.head.starts_with("PUT /latest/api/token ") &&
            request.header("X-aws-ec2-metadata-token-ttl-seconds") == "21600") {
            return SocketReply::of(200, "", "session-1");
        }
        if (request.header("X-aws-ec2-metadata-token") != "session-1") return SocketReply::of(401, "", "");
        if (request.target() == "/latest/meta-data/iam/security-credentials/") return SocketReply::of(200, "", "role");
        return SocketReply::of(200, "", answer);
    });
    variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url() + "/";
    auto const provider = chain();
    auto const got = await(provider->get());
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->access_key_id, "ID");
    EXPECT_EQ(got->session_token, "T");
    EXPECT_EQ(got->source, "EC2 instance role role");
}

TEST_F(AwsCredentials, come_from_the_container_endpoint_once_for_many_who_ask) {
    std::atomic<int> asked = 0;
    SocketServer const server([&](SocketRequest const& request) {
        ++asked;
        return request.header("Authorization") == "secret-1" ? SocketReply::of(200, "", answer)
                                                             : SocketReply::of(403, "", "");
    });
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url() + "/v1";
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "secret-1";
    auto const provider = chain();
    auto const ask = [](CredentialsProvider& from) -> Async<std::string> {
        auto const got = co_await from.get();
        co_return got ? got->access_key_id : got.error().message;
    };
    std::vector<Async<std::string>> many;
    for (int i = 0; i < 20; ++i) many.push_back(ask(*provider));
    EXPECT_EQ(run_together(std::move(many)), std::vector<std::string>(20, "ID"));
    EXPECT_EQ(asked, 1);
}

TEST_F(AwsCredentials, are_refused_once_for_many_who_ask) {
    std::atomic<int> asked = 0;
    SocketServer const server([&](SocketRequest const&) {
        ++asked;
        return SocketReply::of(403, "", "");
    });
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url() + "/v1";
    auto const provider = chain();
    auto const ask = [](CredentialsProvider& from) -> Async<std::string> {
        auto const got = co_await from.get();
        co_return got ? got->access_key_id : got.error().message;
    };
    std::vector<Async<std::string>> many;
    for (int i = 0; i < 20; ++i) many.push_back(ask(*provider));
    for (auto const& said : run_together(std::move(many))) EXPECT_NE(said.find("answered 403"), std::string::npos);
    EXPECT_EQ(asked, 1);
}

TEST_F(AwsCredentials, come_from_sts_for_a_web_identity) {
    std::string body;
    SocketServer const server([&](SocketRequest const& request) {
        body = request.body;
        return SocketReply::of(200, "Content-Type: text/xml\r\n",
                               "<Credentials><AccessKeyId>ID</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
                               "<SessionToken>T</SessionToken><Expiration>2026-01-15T13:00:00Z</Expiration>"
                               "</Credentials>");
    });
    ::unsetenv("http_proxy"); // STS is on the internet: a proxy is right for it
    std::ofstream(folder / "token") << "jwt\n";
    variables["AWS_ENDPOINT_URL_STS"] = server.url();
    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (folder / "token").string();
    variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/app";
    auto const provider = chain();
    auto const got = await(provider->get());
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->session_token, "T");
    EXPECT_NE(body.find("WebIdentityToken=jwt"), std::string::npos);
}

} // namespace gem::test
