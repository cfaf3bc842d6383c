#include "analytics/people.hpp"

namespace gem {

bool Person::same_as(Person const& other) const {
    if (id && other.id) return *id == *other.id;
    return !login.empty() && ascii_lower(login) == ascii_lower(other.login);
}

std::string Person::key() const {
    if (id) return std::to_string(*id);
    return login.empty() ? std::string{} : "l:" + ascii_lower(login);
}

Person actor_of(EventFactsRow const& row) { return {.id = row.actor_id, .login = row.actor_login}; }

Person author_of(EventFactsRow const& row) {
    if (row.facts.author_id || row.facts.author_login)
        return {.id = row.facts.author_id, .login = row.facts.author_login.value_or("")};
    bool const opens = row.facts.action == "opened" && (row.type == "IssuesEvent" || row.type == "PullRequestEvent");
    return opens ? actor_of(row) : Person{};
}

} // namespace gem
