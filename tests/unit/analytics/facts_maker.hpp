// Rows of facts for tests of pure figures: `fact("IssuesEvent", noon).action("opened").number(7).by("ada")`.
#pragma once

#include "storage/database_interface.hpp"

namespace gem::test {

/// 2015-01-01T12:00:00Z, a Thursday.
inline constexpr UtcTime noon = from_unix(1'420'113'600);

class FactMaker {
  public:
    FactMaker(std::string type, UtcTime at) {
        static int next = 1;
        row_.id = std::to_string(next++);
        row_.type = std::move(type);
        row_.created_at = at;
    }
    FactMaker& by(std::string login, std::optional<std::int64_t> id = {}) {
        row_.actor_login = std::move(login);
        row_.actor_id = id;
        return *this;
    }
    FactMaker& action(std::string action) { return set(row_.facts.action, std::move(action)); }
    FactMaker& number(std::int64_t number) { return set(row_.facts.number, number); }
    FactMaker& state(std::string state) { return set(row_.facts.state, std::move(state)); }
    FactMaker& name(std::string name) { return set(row_.facts.name, std::move(name)); }
    FactMaker& author(std::string login) { return set(row_.facts.author_login, std::move(login)); }
    FactMaker& merged() { return set(row_.facts.merged, true); }
    FactMaker& commits(std::int64_t count) { return set(row_.facts.distinct_size, count); }
    FactMaker& ref(std::string ref) { return set(row_.facts.ref, std::move(ref)); }
    FactMaker& ref_type(std::string type) { return set(row_.facts.ref_type, std::move(type)); }
    FactMaker& head(std::string sha) { return set(row_.facts.head, std::move(sha)); }
    FactMaker& flag(bool flag = true) { return set(row_.facts.flag, flag); }
    operator EventFactsRow() const { return row_; } // NOLINT(google-explicit-constructor): reads as the row it makes

  private:
    template <class T, class U>
    FactMaker& set(T& field, U&& value) {
        field = std::forward<U>(value);
        return *this;
    }
    EventFactsRow row_;
};

inline FactMaker fact(std::string type, UtcTime at) { return {std::move(type), at}; }

} // namespace gem::test
