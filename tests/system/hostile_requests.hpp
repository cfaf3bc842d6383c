// Requests that nobody may mean well with, made out of the route table, each with what the server has to answer.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "api/route.hpp"

namespace gem::tests {

/// One request as it goes over the wire.
struct Attack {
    std::string kind; ///< for a person, with the route
    std::string bytes;
    std::vector<int> statuses; ///< any of them is right
    bool ends = false;         ///< the server closes the connection, as it cannot tell where the next request begins
    bool to_head = false;
};

/// Makes attacks on one route after the other; the same seed makes the same ones.
class HostileRequests {
  public:
    HostileRequests(std::vector<api::Route> const& routes, std::uint64_t seed);

    /// So many of all routes and kinds, mixed.
    std::vector<Attack> make(std::size_t count);
    /// Requests of the right form, without a token or with one that does not suffice. `read_token` may read.
    std::vector<Attack> without_rights(std::string const& read_token);

  private:
    using Given = std::vector<std::pair<std::string, std::string>>;

    void attack(api::Route const& route);
    void bad_values(api::Route const& route, api::Parameter const& parameter);
    void bad_names(api::Route const& route);
    void bad_encodings(api::Route const& route);
    void bad_paths(api::Route const& route);
    void bad_methods(api::Route const& route);
    void bad_bodies(api::Route const& route);
    void bad_body_members(api::Route const& route, api::Parameter const& parameter);
    void bad_deliveries(api::Route const& route);
    void bad_frames(api::Route const& route);
    void too_much(api::Route const& route);

    /// The path with its placeholders filled in well.
    static std::string good_path(api::Route const& route);
    /// What the query needs at least.
    static Given good_query(api::Route const& route);
    static std::string with_query(std::string path, Given const& query);
    static std::string good_body(api::Route const& route);
    std::vector<std::string> methods_of(std::string_view path) const;

    /// `target` is taken as it is. A request with a body has its length.
    void add(std::string kind, std::string_view method, std::string const& target, std::vector<int> statuses,
             std::string const& headers = {}, std::string const& body = {});
    /// A request of the route with `query` in place of the good one.
    void ask(std::string kind, api::Route const& route, Given const& query, std::vector<int> statuses);
    void send_body(std::string kind, api::Route const& route, std::string const& body, std::vector<int> statuses,
                   std::string const& type = "application/json");
    /// Bytes that end the connection.
    void add_fatal(std::string kind, std::string bytes, std::vector<int> statuses);
    std::string noise(std::size_t length, std::string_view letters);

    std::vector<api::Route> const& routes_;
    std::mt19937_64 random_;
    std::vector<Attack> attacks_;
};

} // namespace gem::tests
