#include "api/openapi_examples.hpp"

#include <boost/json.hpp>

#include "api/embedded.hpp"
#include "base/text.hpp"
#include "domain/repo_name.hpp"

namespace gem::api {

namespace {

constexpr std::string_view json_ending = ".json";

} // namespace

std::string example_stem(Route const& route) {
    auto stem = ascii_lower(route.method);
    for (char const c : route.path) {
        if (c == '/')
            stem += '_';
        else if (c != '{' && c != '}')
            stem += c;
    }
    return stem;
}

std::optional<boost::json::value> find_example(std::string_view name) {
    for (auto& [rest, body] : examples_that_begin(name))
        if (rest.empty()) return std::move(body);
    return std::nullopt;
}

std::vector<std::pair<std::string, boost::json::value>> examples_that_begin(std::string_view start) {
    std::vector<std::pair<std::string, boost::json::value>> found;
    for (auto const& file : example_files()) {
        if (!file.name.starts_with(start) || !file.name.ends_with(json_ending)) continue;
        auto const rest = file.name.substr(start.size(), file.name.size() - start.size() - json_ending.size());
        found.emplace_back(rest, boost::json::parse(file.bytes));
    }
    return found;
}

} // namespace gem::api
