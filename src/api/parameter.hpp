// The parameters of a route as a table says them, and what a request gave for them, validated.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include "api/problems.hpp"
#include "base/time.hpp"
#include "domain/repo_name.hpp"
#include "http/message.hpp"

namespace gem::api {

enum class ParameterType {
    integer,     ///< decimal, between min and max
    text,        ///< at most max bytes, no control characters
    choice,      ///< one of `choices`
    event_type,  ///< `[A-Za-z]{1,64}`
    event_types, ///< of these one to max, comma-separated; in a body an array
    repo,        ///< owner/name
    repos,       ///< owner/name, comma-separated, min to max of them, each once
    time,        ///< RFC 3339
    cursor,      ///< what an earlier answer gave
};

enum class ParameterPlace { query, path, body };

/// One row of a route's parameters.
struct Parameter {
    std::string_view name;
    ParameterType type = ParameterType::text;
    std::string_view sentence; ///< what it means, for documentation
    std::vector<std::string_view> aliases{};
    bool required = false;
    std::optional<std::int64_t> default_number{};
    std::string_view default_text{};
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::vector<std::string_view> choices{};
    ParameterPlace place = ParameterPlace::query;
};

using ArgumentValue =
    std::variant<std::int64_t, std::string, RepoName, std::vector<RepoName>, UtcTime, std::vector<std::string>>;

/// Validated values by name; defaults are filled in.
class Arguments {
  public:
    void set(std::string_view name, ArgumentValue value) {
        values_.insert_or_assign(std::string(name), std::move(value));
    }
    [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }

    /// The value of that name and type; nothing if it was neither given nor has a default.
    template <class T>
    [[nodiscard]] std::optional<T> get(std::string_view name) const {
        auto const found = values_.find(name);
        if (found == values_.end()) return std::nullopt;
        if (auto const* value = std::get_if<T>(&found->second)) return *value;
        return std::nullopt;
    }

    /// Fills the members of a described struct by name, the inherited ones too; a member without a value stays as it
    /// is.
    template <class Params>
    [[nodiscard]] Params read() const {
        Params params;
        fill(params);
        return params;
    }

    /// A text that is the same for the same question: names sorted, values in one spelling.
    [[nodiscard]] std::string canonical() const;

  private:
    template <class T>
    void take(T& field, std::string_view name) const {
        if (auto value = get<T>(name)) field = std::move(*value);
    }
    template <class T>
    void take(std::optional<T>& field, std::string_view name) const {
        if (auto value = get<T>(name)) field = std::move(*value);
    }
    template <class Params>
    void fill(Params& params) const {
        boost::mp11::mp_for_each<boost::describe::describe_bases<Params, boost::describe::mod_public>>([&](auto base) {
            using Base = typename decltype(base)::type;
            fill(static_cast<Base&>(params));
        });
        boost::mp11::mp_for_each<boost::describe::describe_members<Params, boost::describe::mod_public>>(
            [&](auto member) { take(params.*member.pointer, member.name); });
    }

    std::map<std::string, ArgumentValue, std::less<>> values_;
};

/// Holds a request against a route's parameters. `path_values` are what the placeholders of the route's path stood for.
/// Refuses: unknown and repeated parameters, missing required ones, what cannot be parsed (400), what is out of range
/// or of the wrong form (422), `hours` together with `offset_minutes`, a body that is not JSON (415, 400) or not an
/// object. A body that the handler reads itself (`own_body`) is not looked at.
std::expected<Arguments, Problem> validate(std::vector<Parameter> const& parameters, http::Request const& request,
                                           std::vector<std::pair<std::string_view, std::string>> const& path_values,
                                           bool own_body = false);

/// The limits of a parameter as a person reads them: `an integer from 1 to 100`.
std::string describe_limits(Parameter const& parameter);

} // namespace gem::api
