// AWS's DynamoDB Local for tests: one for a test program, in memory, gone with it.
#pragma once

#include <string>

namespace gem::test {

/// Starts with the first use and ends with the program, however that ends. With GEM_DYNAMODB_LOCAL set to the URL of
/// one that runs already (script/test does so, for it runs each test in a process of its own) that one is used.
class DynamoDbLocal {
  public:
    /// Throws when it cannot be started, with what to do about it.
    static DynamoDbLocal& instance();

    [[nodiscard]] std::string const& url() const { return url_; }
    /// For table names: no other test has it, neither of this program nor of another.
    static std::string unique_prefix();

    ~DynamoDbLocal();
    DynamoDbLocal(DynamoDbLocal const&) = delete;
    DynamoDbLocal& operator=(DynamoDbLocal const&) = delete;

  private:
    DynamoDbLocal();
    std::string url_;
    int process_ = -1;
};

} // namespace gem::test
