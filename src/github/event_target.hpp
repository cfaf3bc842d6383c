// One time line of events that GitHub offers: a repository's, an organization's, a user's, or everybody's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem::github {

class EventTarget {
  public:
    enum class Kind { repository, organization, user, everybody };

    /// `owner/name`, `org:NAME`, `user:NAME`, `public`; invalid_argument tells what was expected.
    static Result<EventTarget> parse(std::string_view text);
    static EventTarget everybody() { return {Kind::everybody, "public"}; }

    [[nodiscard]] Kind kind() const { return kind_; }
    /// As parse() takes it, in the spelling that was given.
    [[nodiscard]] std::string text() const;
    /// What targets are told apart by: text() in lower case.
    [[nodiscard]] std::string key() const;
    /// Below GitHub's API base: `/repos/owner/name/events`. Of a user only what is public.
    [[nodiscard]] std::string path() const;

    friend bool operator==(EventTarget const& a, EventTarget const& b) { return a.key() == b.key(); }

  private:
    EventTarget(Kind kind, std::string_view name) : kind_(kind), name_(name) {}
    Kind kind_;
    std::string name_;
};

} // namespace gem::github
