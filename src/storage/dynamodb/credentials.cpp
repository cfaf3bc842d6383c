#include "storage/dynamodb/credentials.hpp"

#include <vector>

#include <boost/asio/redirect_error.hpp>

#include "storage/dynamodb/credential_sources.hpp"

namespace gem::dynamodb {

namespace {

constexpr minutes renewed_before{5}; ///< the end
constexpr minutes tried_again_after{1};

class FixedCredentials final : public CredentialsProvider {
  public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    Async<Result<Credentials>> get() override { co_return credentials_; }
    void reject(Credentials const&) override {}

  private:
    Credentials credentials_;
};

class CredentialsChain final : public CredentialsProvider {
  public:
    CredentialsChain(CredentialSources sources, http::HttpClient& http, Clock const& clock, Log& log)
        : sources_(std::move(sources)), http_(http), clock_(clock), log_(log) {}

    Async<Result<Credentials>> get() override;

    void reject(Credentials const& used) override {
        if (known_ && known_->session_token == used.session_token && known_->access_key_id == used.access_key_id) {
            known_.reset();
        }
    }

  private:
    [[nodiscard]] bool valid(minutes ahead) const {
        return known_ && (!known_->expires || *known_->expires > clock_.now() + ahead);
    }
    Async<Result<Credentials>> ask();
    Async<SourceResult> ask_source(int number);

    /// The one refresh under way. Whoever comes meanwhile waits for it and takes what it brings.
    struct UnderWay {
        explicit UnderWay(asio::any_io_executor const& executor)
            : ended(executor, asio::steady_timer::time_point::max()) {}
        asio::steady_timer ended;
        std::optional<Result<Credentials>> outcome; ///< nothing when it was cancelled
    };
    /// Ends it, also when an exception passes.
    struct End {
        std::shared_ptr<UnderWay>& refresh;
        ~End() {
            refresh->ended.cancel();
            refresh.reset();
        }
    };
    Async<Result<Credentials>> renew();

    CredentialSources sources_;
    http::HttpClient& http_;
    Clock const& clock_;
    Log& log_;
    std::optional<Credentials> known_;
    UtcTime next_try_{}; ///< after a refresh failed while what is known was still good
    std::shared_ptr<UnderWay> under_way_;
};

Async<Result<Credentials>> CredentialsChain::get() {
    while (true) {
        if (valid(renewed_before)) co_return *known_;
        bool const usable = valid(minutes(0));
        if (usable && (under_way_ || clock_.now() < next_try_)) co_return *known_;
        if (!under_way_) break;
        auto const refresh = under_way_;
        boost::system::error_code ended;
        co_await refresh->ended.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        if (refresh->outcome) co_return *refresh->outcome;
    }
    auto const refresh = std::make_shared<UnderWay>(co_await asio::this_coro::executor);
    under_way_ = refresh;
    End const end{under_way_};
    refresh->outcome = co_await renew();
    co_return *refresh->outcome;
}

Async<Result<Credentials>> CredentialsChain::renew() {
    auto fresh = co_await ask();
    if (fresh) {
        if (!known_ || known_->source != fresh->source) log_.info("aws_credentials", {{"source", fresh->source}});
        known_ = *fresh;
        co_return fresh;
    }
    if (!valid(minutes(0))) co_return fresh;
    next_try_ = clock_.now() + tried_again_after;
    log_.warn("aws_credentials_not_renewed",
              {{"error", fresh.error().message}, {"valid_until", format_time(*known_->expires)}});
    co_return *known_;
}

Async<SourceResult> CredentialsChain::ask_source(int number) {
    switch (number) {
    case 0:
        co_return from_environment(sources_);
    case 1:
        co_return co_await from_profile(sources_, http_);
    case 2:
        co_return co_await from_web_identity(sources_, http_);
    case 3:
        co_return co_await from_container(sources_, http_);
    default:
        co_return co_await from_instance(sources_, http_);
    }
}

Async<Result<Credentials>> CredentialsChain::ask() {
    std::string tried;
    for (int number = 0; number < 5; ++number) {
        auto answer = co_await ask_source(number);
        if (!answer) co_return fail(answer.error().within("AWS credentials"));
        if (answer->credentials) {
            auto const& expires = answer->credentials->expires;
            if (expires && *expires <= clock_.now()) {
                co_return fail(ErrorCode::unauthorized, "AWS credentials: those of " + answer->credentials->source +
                                                            " expired at " + format_time(*expires));
            }
            co_return std::move(*answer->credentials);
        }
        tried += tried.empty() ? "" : "; ";
        tried += answer->none;
    }
    co_return fail(ErrorCode::unauthorized, "no AWS credentials. Tried, in this order: " + tried);
}

} // namespace

std::unique_ptr<CredentialsProvider> fixed_credentials(Credentials credentials) {
    return std::make_unique<FixedCredentials>(std::move(credentials));
}

std::unique_ptr<CredentialsProvider> credentials_chain(CredentialSources sources, http::HttpClient& http,
                                                       Clock const& clock, Log& log) {
    return std::make_unique<CredentialsChain>(std::move(sources), http, clock, log);
}

} // namespace gem::dynamodb
