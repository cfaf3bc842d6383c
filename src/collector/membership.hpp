// The collectors that work on one store at a time: who they are, which of them is gone, and who of them is to ask what.
//
// Key in the store: lease#ID {"id","kin","one_cycle","pays","configured","until","gone"}, looked at three times in a
// lease and renewed at every other look. What a collector holds says PollState::holder. Taking over is two steps: to
// mark the other's entry as gone, which only succeeds if it was not renewed meanwhile, and then to write oneself into
// the state of what it held. So a collector whose renewal succeeds has lost nothing, however long it was frozen; and
// one whose lease has not run out need not ask.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "domain/repo_name.hpp"
#include "storage/database_service.hpp"

namespace gem {

struct LeaseOptions {
    /// Of this process, no other has it; empty: nobody else works on this store, and nothing is written.
    std::string id{};
    seconds length = minutes(1); ///< without renewal
    /// Works only for one cycle now and then: takes what is free, gives all back after the cycle, and gets no share.
    bool one_cycle = false;
    bool pays = true; ///< fetches the commits that pushes owe
    /// RepoName::key() of the repositories that the configuration names, for others to know (is_configured_at_work()).
    std::vector<std::string> configured{};
    /// Whether the process of that id is known to have ended (it was one of this machine); may be empty.
    std::function<bool(std::string_view id)> surely_ended{};
};

/// Whether the configuration of a collector that is at work on this store names the repository.
Async<Result<bool>> is_configured_at_work(DatabaseService& database, RepoName repo, UtcTime now);

/// For one event loop.
class Membership {
  public:
    /// `kin`: what stands for the configured targets. Configured targets are shared among those with the same.
    Membership(DatabaseService& database, Clock const& clock, Log& log, LeaseOptions options, std::string kin);

    [[nodiscard]] bool on() const { return !options_.id.empty(); }

    /// Joins, or looks who else is there when a third of the lease has passed, and renews it when half of it has.
    /// Whoever finds itself marked as gone joins under a new id: what it held is not its own any more.
    Async<Result<void>> keep();
    /// Whether what was held is still our own: to be asked before something is written that only the holder may write.
    Async<Result<bool>> confirm();
    /// Gives everything back. Idempotent; keep() joins again.
    Async<Result<void>> leave();

    /// Ours, as PollState::holder has it; another one after a lease was lost.
    [[nodiscard]] std::string const& id() const { return id_; }
    /// Whether that one, not ourselves, is at work as far as is known.
    [[nodiscard]] bool is_another_at_work(std::string_view id) const { return id != id_ && others_.contains(id); }
    /// Whether that one, not ourselves, is at work and fetches commits.
    [[nodiscard]] bool pays(std::string_view id) const;
    /// Who of those at work that fetch commits is to do this, if it is ourselves; false when the lease has run out.
    [[nodiscard]] bool is_ours_to_pay(std::string_view work) const;
    /// Who of those at work is to do this; among all of them, or those with our configuration.
    [[nodiscard]] std::string favoured(std::string_view work, bool of_all) const;
    /// Changes when somebody came or went.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] UtcTime next_look() const { return looked_ + options_.length / 3; }
    [[nodiscard]] std::size_t at_work() const { return others_.size() + 1; }

  private:
    struct Other {
        std::string kin;
        bool one_cycle = false;
        bool pays = true;
    };
    struct Seen {
        std::int64_t version = 0;
        UtcTime since{}; ///< seen first with this version
    };

    /// Who is to do this of ourselves and those others that are `eligible` and not there for one cycle only.
    [[nodiscard]] std::string favourite(std::string_view work,
                                        std::function<bool(Other const& other)> const& eligible) const;
    [[nodiscard]] bool at_work_ourselves() const;
    Async<Result<bool>> renew();
    Async<Result<void>> look();
    Async<Result<bool>> has_gone(StateEntry entry, std::string id);
    [[nodiscard]] JsonText document(UtcTime until) const;

    DatabaseService& database_;
    Clock const& clock_;
    Log& log_;
    LeaseOptions options_;
    std::string kin_;
    std::string id_;
    std::int64_t incarnation_ = 1;
    std::int64_t version_ = 0; ///< of our entry; 0: not there
    UtcTime looked_{};
    UtcTime renewed_{};
    UtcTime until_{};
    std::map<std::string, Other, std::less<>> others_;
    std::map<std::string, Seen, std::less<>> seen_;
    std::uint64_t generation_ = 0;
};

} // namespace gem
