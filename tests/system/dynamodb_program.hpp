// The built program over tables of its own in DynamoDB Local.
#pragma once

#include "support/dynamodb_local.hpp"
#include "system/program_fixture.hpp"

namespace gem::tests {

class DynamoProgram : public Program {
  protected:
    using Variables = std::map<std::string, std::string>;

    /// `prefix`: of the tables; the test's own when it is empty.
    [[nodiscard]] Variables dynamodb(std::string const& prefix = {}) const {
        return {{"DATABASE_PROVIDER", "dynamodb"},
                {"DYNAMODB_ENDPOINT_URL", test::DynamoDbLocal::instance().url()},
                {"DYNAMODB_TABLE_PREFIX", prefix.empty() ? prefix_ : prefix},
                {"AWS_ACCESS_KEY_ID", "dummy"},
                {"AWS_SECRET_ACCESS_KEY", "dummy"},
                {"DATABASE_PATH", database()}};
    }

    /// On DynamoDB, unless `more` names another provider.
    ProcessOutcome run_with(std::vector<std::string> arguments, Variables const& more = {}) const {
        auto variables = dynamodb();
        for (auto const& [name, value] : more) variables[name] = value;
        return ChildProcess(GEM_PROGRAM, std::move(arguments), variables).wait();
    }

    std::string const prefix_ = test::DynamoDbLocal::unique_prefix();
};

} // namespace gem::tests
