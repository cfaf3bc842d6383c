#include "storage/dynamodb/credentials.hpp"

namespace gem::dynamodb {

namespace {

class FixedCredentials final : public CredentialsProvider {
  public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    Async<Result<Credentials>> get() override { co_return credentials_; }
    void reject(Credentials const&) override {}

  private:
    Credentials credentials_;
};

} // namespace

std::unique_ptr<CredentialsProvider> fixed_credentials(Credentials credentials) {
    return std::make_unique<FixedCredentials>(std::move(credentials));
}

} // namespace gem::dynamodb
