#include "domain/repo_name.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem {

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

} // namespace

std::string ascii_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool RepoName::valid(std::string_view text) {
    auto const slash = text.find('/');
    if (slash == std::string_view::npos) return false;
    auto const owner = text.substr(0, slash);
    auto const name = text.substr(slash + 1);
    if (owner.empty() || owner.size() > 39 || name.empty() || name.size() > 100) return false;
    if (name == "." || name == "..") return false;
    auto const owner_character = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    auto const name_character = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; };
    return std::all_of(owner.begin(), owner.end(), owner_character) &&
           std::all_of(name.begin(), name.end(), name_character);
}

Result<RepoName> RepoName::parse(std::string_view text) {
    if (!valid(text)) {
        auto const shown = text.substr(0, 80);
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("expected a repository as owner/name (owner: up to 39 letters, digits, - or _; name: up "
                        "to 100 letters, digits, -, _ or .), got \"{}\"",
                        shown));
    }
    return RepoName(text);
}

} // namespace gem
