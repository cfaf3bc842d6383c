// The chain of credentials: its order, what each source needs, when it is asked again.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "base/text.hpp"
#include "storage/dynamodb/credential_sources.hpp"
#include "storage/dynamodb/profile_file.hpp"
#include "support/await.hpp"
#include "support/manual_clock.hpp"
#include "support/run_async.hpp"
#include "support/scripted_http_client.hpp"

namespace gem::test {

namespace {

using namespace dynamodb;

std::string container_answer(std::string_view id, std::string_view expires) {
    return fmt::format(R"({{"AccessKeyId":"{}","SecretAccessKey":"s","Token":"t","Expiration":"{}"}})", id, expires);
}

struct CredentialChain : testing::Test {
    CredentialChain() {
        folder = std::filesystem::temp_directory_path() / fmt::format("gem_credentials_{}", ::getpid());
        std::filesystem::create_directories(folder / ".aws");
        variables["HOME"] = folder.string();
        variables["AWS_EC2_METADATA_DISABLED"] = "true";
        make();
    }
    ~CredentialChain() override { std::filesystem::remove_all(folder); }

    void make() {
        CredentialSources sources{.variable = [this](std::string const& name) -> std::optional<std::string> {
                                      auto const found = variables.find(name);
                                      if (found == variables.end()) return std::nullopt;
                                      return found->second;
                                  },
                                  .pause = {}};
        chain = credentials_chain(std::move(sources), http, clock, log);
    }
    void write(std::string const& name, std::string const& text) const { std::ofstream(folder / name) << text; }
    Result<Credentials> get() { return await(chain->get()); }
    std::string error() {
        auto const got = get();
        return got ? "found " + got->source : got.error().message;
    }

    std::filesystem::path folder;
    std::map<std::string, std::string> variables;
    ManualClock clock; // 2026-01-15T12:00:00Z
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    ScriptedHttpClient http;
    std::unique_ptr<CredentialsProvider> chain;
};

bool says(std::string const& message, std::string_view what) { return message.find(what) != std::string::npos; }

} // namespace

TEST_F(CredentialChain, without_any_lists_what_it_tried_in_order) {
    auto const message = error();
    std::size_t at = 0;
    for (char const* const source : {"AWS_ACCESS_KEY_ID", "no profile default", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "EC2 instance metadata"}) {
        auto const found = message.find(source, at);
        ASSERT_NE(found, std::string::npos) << source << " in: " << message;
        at = found;
    }
    EXPECT_TRUE(http.asked.empty());
}

TEST_F(CredentialChain, takes_the_environment_before_files) {
    write(".aws/credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
    variables["AWS_ACCESS_KEY_ID"] = "ENV";
    variables["AWS_SECRET_ACCESS_KEY"] = "secret";
    EXPECT_EQ(get()->access_key_id, "ENV");
    EXPECT_EQ(get()->session_token, "");
    variables["AWS_SESSION_TOKEN"] = "session";
    make();
    EXPECT_EQ(get()->session_token, "session");
    variables.erase("AWS_SECRET_ACCESS_KEY");
    make();
    EXPECT_TRUE(says(error(), "AWS_SECRET_ACCESS_KEY is not")) << error();
}

TEST_F(CredentialChain, reads_the_profile_from_both_files_the_credentials_file_wins) {
    write(".aws/config", "[default]\nregion = eu-west-1\naws_access_key_id = CONFIG\naws_secret_access_key = c\n"
                         "[profile work]\naws_access_key_id=WORK\naws_secret_access_key=w#x ; said so\n"
                         "aws_session_token = tok\ns3 =\n  aws_access_key_id = NESTED\n");
    EXPECT_EQ(get()->access_key_id, "CONFIG");
    write(".aws/credentials", "# mine\n[default]\naws_access_key_id = FILE\naws_secret_access_key = f\n");
    make();
    EXPECT_EQ(get()->access_key_id, "FILE");
    EXPECT_EQ(get()->secret_access_key, "f");
    variables["AWS_PROFILE"] = "work";
    make();
    EXPECT_EQ(get()->access_key_id, "WORK");
    EXPECT_EQ(get()->secret_access_key, "w#x");
    EXPECT_EQ(get()->session_token, "tok");
    EXPECT_EQ(get()->source, "profile work");
    variables["AWS_PROFILE"] = "nobody";
    make();
    EXPECT_TRUE(says(error(), "AWS_PROFILE: no profile nobody")) << error();
}

TEST_F(CredentialChain, looks_for_the_files_where_the_environment_says) {
    write("elsewhere", "[default]\naws_access_key_id = ELSE\naws_secret_access_key = s\n");
    variables["AWS_SHARED_CREDENTIALS_FILE"] = (folder / "elsewhere").string();
    EXPECT_EQ(get()->access_key_id, "ELSE");
}

TEST_F(CredentialChain, runs_the_credential_process_of_a_profile) {
    write(".aws/config",
          "[default]\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":\"PROC\","
          "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"2026-01-15T13:00:00Z\"}'\n");
    auto const got = get();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->access_key_id, "PROC");
    EXPECT_EQ(got->session_token, "t");
    EXPECT_EQ(got->expires, from_unix(1'768'482'000));
    write(".aws/config", "[default]\ncredential_process = exit 3\n");
    make();
    EXPECT_TRUE(says(error(), "profile default: the credential_process failed with status 3")) << error();
    write(".aws/config", "[default]\ncredential_process = echo secret words\n");
    make();
    EXPECT_TRUE(says(error(), "is not JSON")) << error();
    EXPECT_FALSE(says(error(), "secret words"));
}

TEST_F(CredentialChain, points_to_the_aws_cli_for_roles_and_sso) {
    write(".aws/config", "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = x\n");
    EXPECT_TRUE(says(error(), "aws configure export-credentials --profile default")) << error();
}

TEST_F(CredentialChain, takes_a_web_identity_to_sts) {
    write("token", "jwt+/=\n");
    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (folder / "token").string();
    EXPECT_TRUE(says(error(), "AWS_ROLE_ARN")) << error();
    variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/app";
    http.will_answer(200, {},
                     "<AssumeRoleWithWebIdentityResponse><Credentials><SessionToken>tok</SessionToken>"
                     "<SecretAccessKey>sec</SecretAccessKey><Expiration>2026-01-15T13:00:00Z</Expiration>"
                     "<AccessKeyId>STS</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResponse>");
    auto const got = get();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->access_key_id, "STS");
    EXPECT_EQ(got->session_token, "tok");
    EXPECT_EQ(http.asked.back().url, "https://sts.us-east-1.amazonaws.com/");
    EXPECT_EQ(http.asked.back().body,
              "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fapp&"
              "RoleSessionName=github-events-monitor&WebIdentityToken=jwt%2B%2F%3D");
    make();
    http.will_answer(403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you</Message></Error>");
    auto const refused = error();
    EXPECT_TRUE(says(refused, "AccessDenied: Not you")) << refused;
}

TEST_F(CredentialChain, asks_the_container_endpoint_with_a_token_read_anew_each_time) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
    http.will_answer(200, {}, container_answer("ECS", "2026-01-15T12:30:00Z"));
    EXPECT_EQ(get()->access_key_id, "ECS");
    EXPECT_EQ(http.asked.back().url, "http://169.254.170.2/v2/credentials/1");
    EXPECT_FALSE(header_of(http.asked.back(), "Authorization"));

    variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (folder / "token").string();
    make();
    for (char const* const token : {"first\n", "second\n"}) {
        write("token", token);
        http.will_answer(200, {}, container_answer("EKS", "2026-01-15T12:04:00Z")); // needs a refresh at once
        EXPECT_EQ(get()->access_key_id, "EKS");
        EXPECT_EQ(header_of(http.asked.back(), "Authorization"), trimmed(token));
    }
}

TEST_F(CredentialChain, sends_no_container_token_in_the_clear_to_anybody_else) {
    for (char const* const url :
         {"http://example.org/", "http://169.254.170.2.example.org/", "http://localhost.example.org/"}) {
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        make();
        EXPECT_TRUE(says(error(), "must be https")) << url;
    }
    EXPECT_TRUE(http.asked.empty());
}

TEST_F(CredentialChain, asks_the_instance_metadata_with_a_session_token) {
    variables.erase("AWS_EC2_METADATA_DISABLED");
    http.will_answer(200, {}, "session");
    http.will_answer(200, {}, "app-role");
    http.will_answer(200, {}, container_answer("EC2", "2026-01-15T18:00:00Z"));
    auto const got = get();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->access_key_id, "EC2");
    EXPECT_EQ(got->source, "EC2 instance role app-role");
    ASSERT_EQ(http.asked.size(), 3);
    EXPECT_EQ(http.asked[0].method, "PUT");
    EXPECT_EQ(header_of(http.asked[0], "X-aws-ec2-metadata-token-ttl-seconds"), "21600");
    EXPECT_EQ(header_of(http.asked[1], "X-aws-ec2-metadata-token"), "session");
    EXPECT_EQ(http.asked[2].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/app-role");
    EXPECT_EQ(header_of(http.asked[2], "X-aws-ec2-metadata-token"), "session");
}

TEST_F(CredentialChain, passes_over_instance_metadata_that_nobody_answers) {
    variables.erase("AWS_EC2_METADATA_DISABLED");
    http.by_function = [](auto const&) { return fail(ErrorCode::timed_out, "169.254.169.254: did not answer"); };
    EXPECT_TRUE(says(error(), "this is no EC2 instance"));
    EXPECT_EQ(http.asked.size(), 2);
    http.by_function = [](auto const& request) {
        return http::ClientResponse{.status = request.method == "PUT" ? 200U : 404U, .body = "x"};
    };
    EXPECT_TRUE(says(error(), "the instance has no role"));
}

TEST_F(CredentialChain, renews_five_minutes_before_the_end_and_lives_on_the_old_ones_if_it_cannot) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
    http.will_answer(200, {}, container_answer("ONE", "2026-01-15T12:30:00Z"));
    EXPECT_EQ(get()->access_key_id, "ONE");
    clock.advance(minutes(24));
    EXPECT_EQ(get()->access_key_id, "ONE");
    EXPECT_EQ(http.asked.size(), 1);
    clock.advance(minutes(2));
    http.will_answer(404, {}, "");
    EXPECT_EQ(get()->access_key_id, "ONE");
    EXPECT_EQ(get()->access_key_id, "ONE"); // does not ask again at once
    EXPECT_EQ(http.asked.size(), 2);
    clock.advance(minutes(1));
    http.will_answer(200, {}, container_answer("TWO", "2026-01-15T13:30:00Z"));
    EXPECT_EQ(get()->access_key_id, "TWO");
    clock.advance(minutes(120));
    http.will_answer(404, {}, "");
    EXPECT_TRUE(says(error(), "container endpoint: it answered 404"));
}

TEST_F(CredentialChain, asks_the_source_again_after_a_rejection) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
    http.will_answer(200, {}, container_answer("ONE", "2026-01-15T18:00:00Z"));
    auto const first = *get();
    chain->reject({.access_key_id = "OTHER", .secret_access_key = "", .session_token = "t"});
    EXPECT_EQ(get()->access_key_id, "ONE");
    chain->reject(first);
    http.will_answer(200, {}, container_answer("TWO", "2026-01-15T18:00:00Z"));
    EXPECT_EQ(get()->access_key_id, "TWO");
}

TEST_F(CredentialChain, refuses_what_has_expired_already) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
    http.will_answer(200, {}, container_answer("OLD", "2026-01-15T11:00:00Z"));
    EXPECT_TRUE(says(error(), "expired at 2026-01-15T11:00:00Z"));
}

TEST(ProfileFile, skips_what_it_does_not_know) {
    auto const profiles =
        parse_profiles("a = 1\n[profile \"with blanks\"]\r\nKey = v\r\n[sso-session x]\nkey = no\n[", true);
    ASSERT_EQ(profiles.size(), 1);
    EXPECT_EQ(profiles.at("with blanks").at("key"), "v");
}

} // namespace gem::test
