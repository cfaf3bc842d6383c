// Stands between a client and DynamoDB Local and makes trouble: refusals, broken connections, delays, batches half
// done, answers lost after the write was done, writes that arrive after the client gave up.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gem::test {

enum class Fault {
    none,
    throttle,     ///< ProvisionedThroughputExceededException, nothing done
    server_error, ///< 500, nothing done
    reset,        ///< the connection is reset, nothing done
    slow,         ///< done and answered after `delay`
    unprocessed,  ///< a random part of a batch is left undone; other requests are done as usual
    lost_answer,  ///< done, then the connection is reset
    late,         ///< reset at once, and done after `delay`: a retry may come before it
    damaged,      ///< done; a byte of the answer is another one
};
inline constexpr std::size_t fault_kinds = 9;

/// The share of requests, 0 to 1, that meet a fault; the rest is passed on.
struct FaultRates {
    std::map<Fault, double> share{};
    std::chrono::milliseconds delay{30};

    /// All kinds alike, together `share` of the requests.
    static FaultRates all(double share);
};

/// What a request is about.
struct ProxiedCall {
    std::string operation; ///< `PutItem`
    std::string body;
    std::uint64_t number; ///< of all requests, from 0
};

/// One thread a connection. Which fault a request meets follows from the seed and the order in which requests come.
class FaultProxy {
  public:
    /// `backend`: `http://127.0.0.1:PORT`.
    FaultProxy(std::string const& backend, FaultRates rates, std::uint64_t seed);
    ~FaultProxy();
    FaultProxy(FaultProxy const&) = delete;
    FaultProxy& operator=(FaultProxy const&) = delete;

    [[nodiscard]] std::string url() const;
    void set_rates(FaultRates rates);
    /// Asked before the dice are thrown; for faults at a certain request. Called by one thread at a time.
    void set_script(std::function<std::optional<Fault>(ProxiedCall const&)> script);
    /// Told of every request that met no fault and of DynamoDB's whole answer to it, before the client has that. Called
    /// by one thread at a time.
    void set_observer(std::function<void(ProxiedCall const&, std::string_view answer)> observer);
    /// How often each fault was made so far.
    [[nodiscard]] std::map<Fault, int> made() const;
    /// Returns when no request is on its way any more, late ones included.
    void wait_until_idle() const;

  private:
    struct Request;
    void accept_all();
    void serve(int client);
    bool answer(int client, int& backend, Request const& request);
    bool answer_batch(int client, int& backend, Request const& request);
    Fault choose(ProxiedCall const& call);
    /// DynamoDB's whole answer, head and body; empty if it cannot be reached.
    std::string forward(int& backend, Request const& request) const;
    double random();

    std::uint16_t backend_port_ = 0;
    mutable std::mutex mutex_;
    FaultRates rates_;                                                   // mutex_
    std::mt19937_64 dice_;                                               // mutex_
    std::function<std::optional<Fault>(ProxiedCall const&)> script_;     // mutex_
    std::function<void(ProxiedCall const&, std::string_view)> observer_; // mutex_
    std::array<int, fault_kinds> made_{};                                // mutex_
    std::uint64_t requests_ = 0;                                         // mutex_
    std::vector<int> open_;                                              // mutex_
    std::vector<std::thread> threads_;                                   // mutex_
    std::atomic<int> busy_ = 0;
    std::atomic<bool> stopping_ = false;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
};

} // namespace gem::test
