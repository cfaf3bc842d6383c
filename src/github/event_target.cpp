#include "github/event_target.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/repo_name.hpp"

namespace gem::github {

namespace {

bool is_login(std::string_view text) {
    return !text.empty() && text.size() <= 39 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

} // namespace

Result<EventTarget> EventTarget::parse(std::string_view text) {
    if (text == "public") return everybody();
    if (text.starts_with("org:") && is_login(text.substr(4))) return EventTarget(Kind::organization, text.substr(4));
    if (text.starts_with("user:") && is_login(text.substr(5))) return EventTarget(Kind::user, text.substr(5));
    if (RepoName::valid(text)) return EventTarget(Kind::repository, text);
    return fail(ErrorCode::invalid_argument,
                fmt::format("expected owner/name, org:NAME, user:NAME or public, got \"{}\"", text.substr(0, 80)));
}

std::string EventTarget::text() const {
    if (kind_ == Kind::organization) return "org:" + name_;
    if (kind_ == Kind::user) return "user:" + name_;
    return name_;
}

std::string EventTarget::key() const { return ascii_lower(text()); }

std::string EventTarget::path() const {
    switch (kind_) {
    case Kind::repository:
        return "/repos/" + name_ + "/events";
    case Kind::organization:
        return "/orgs/" + name_ + "/events";
    case Kind::user:
        return "/users/" + name_ + "/events/public";
    case Kind::everybody:
        return "/events";
    }
    return "/events";
}

} // namespace gem::github
