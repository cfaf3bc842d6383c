#include "collector/membership.hpp"

#include <algorithm>

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include "base/json.hpp"
#include "storage/cursor.hpp"
#include "storage/stored_json.hpp"

namespace gem {

namespace {

constexpr std::string_view member_prefix = "lease#";
/// Marks of those that are gone are kept so long: whoever was frozen longer finds no entry, which tells it the same.
constexpr seconds marks_kept = hours(1);

struct MemberEntry {
    std::string id;
    std::string kin;
    bool one_cycle = false;
    bool pays = true;
    std::vector<std::string> configured{};
    UtcTime until{};
    bool gone = false;
};
BOOST_DESCRIBE_STRUCT(MemberEntry, (), (id, kin, one_cycle, pays, configured, until, gone))

JsonText to_json(MemberEntry const& entry) { return JsonText::already_validated(json::to_string(entry)); }

Result<MemberEntry> parse_member(StateEntry const& stored) {
    auto entry = from_stored<MemberEntry>(stored.value, "the entry " + stored.key);
    if (entry) entry->id = stored.key.substr(member_prefix.size());
    return entry;
}

/// The finalizer of SplitMix64: FNV alone spreads its last bytes badly.
std::uint64_t spread(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

} // namespace

Async<Result<bool>> is_configured_at_work(DatabaseService& database, RepoName repo, UtcTime now) {
    auto const entries = co_await database.metrics().list_state(std::string(member_prefix));
    if (!entries) co_return fail(entries.error().within("looking for collectors"));
    for (auto const& entry : *entries) {
        auto const member = parse_member(entry);
        if (!member) co_return fail(member.error());
        bool const at_work = !member->gone && now < member->until;
        if (at_work && std::ranges::find(member->configured, repo.key()) != member->configured.end()) co_return true;
    }
    co_return false;
}

Membership::Membership(DatabaseService& database, Clock const& clock, Log& log, LeaseOptions options, std::string kin)
    : database_(database), clock_(clock), log_(log), options_(std::move(options)), kin_(std::move(kin)),
      id_(options_.id) {}

JsonText Membership::document(UtcTime until) const {
    return to_json(MemberEntry{.id = id_,
                               .kin = kin_,
                               .one_cycle = options_.one_cycle,
                               .pays = options_.pays,
                               .configured = options_.configured,
                               .until = until});
}

/// False: somebody has marked us as gone, or removed the mark already.
Async<Result<bool>> Membership::renew() {
    auto const now = clock_.now();
    auto const until = now + options_.length;
    auto const written = co_await database_.metrics().put_state(
        {.key = std::string(member_prefix) + id_, .value = document(until), .version = version_});
    if (!written && written.error().code == ErrorCode::conflict) co_return false;
    if (!written) co_return fail(written.error().within("renewing the lease of this collector"));
    version_ = *written;
    renewed_ = now;
    until_ = until;
    co_return true;
}

Async<Result<void>> Membership::keep() {
    if (!on()) co_return Result<void>{};
    auto const now = clock_.now();
    if (version_ != 0 && now >= looked_ && now < next_look()) co_return Result<void>{};
    // At every other look: on DynamoDB a renewal costs five times what a look costs.
    bool const young = version_ != 0 && now >= renewed_ && now < renewed_ + options_.length / 2;
    auto const renewed = young ? Result<bool>(true) : co_await renew();
    if (!renewed) co_return fail(renewed.error());
    if (!*renewed) {
        log_.warn("lease_lost", {{"collector", id_}, {"hint", "it was not renewed in time; others have taken over"}});
        id_ = fmt::format("{}~{}", options_.id, ++incarnation_);
        version_ = 0;
        ++generation_;
        auto const joined = co_await renew();
        if (!joined) co_return fail(joined.error());
        if (!*joined) co_return fail(ErrorCode::conflict, "another collector has the id " + id_);
    }
    looked_ = now;
    co_return co_await look();
}

Async<Result<bool>> Membership::confirm() {
    if (!on()) co_return true;
    auto const now = clock_.now();
    if (version_ != 0 && now >= renewed_ && now < until_) co_return true;
    if (version_ == 0) co_return false;
    co_return co_await renew();
}

/// Whether that one is out, by our doing if need be.
Async<Result<bool>> Membership::has_gone(StateEntry entry, std::string id) {
    auto const now = clock_.now();
    if (options_.surely_ended && options_.surely_ended(id)) {
        auto const removed = co_await database_.metrics().remove_state(entry.key);
        if (!removed) co_return fail(removed.error());
        co_return true;
    }
    auto& seen = seen_[id];
    if (seen.version != entry.version || now < seen.since) seen = {.version = entry.version, .since = now};
    if (now - seen.since < options_.length) co_return false; // by our own clock: the other's may be off
    auto const marked = co_await database_.metrics().put_state(
        {.key = entry.key,
         .value = to_json(MemberEntry{.id = id, .kin = {}, .one_cycle = false, .until = now, .gone = true}),
         .version = entry.version});
    if (!marked && marked.error().code == ErrorCode::conflict) co_return false; // it was renewed in this moment
    if (!marked) co_return fail(marked.error());
    co_return true;
}

Async<Result<void>> Membership::look() {
    auto const entries = co_await database_.metrics().list_state(std::string(member_prefix));
    if (!entries) co_return fail(entries.error().within("looking for other collectors"));
    std::map<std::string, Other, std::less<>> present;
    for (auto const& entry : *entries) {
        auto const member = parse_member(entry);
        if (!member) co_return fail(member.error());
        if (member->id == id_) continue;
        if (member->gone) {
            if (clock_.now() - member->until < marks_kept) continue;
            if (auto const removed = co_await database_.metrics().remove_state(entry.key); !removed)
                co_return fail(removed.error());
            continue;
        }
        auto const gone = co_await has_gone(entry, member->id);
        if (!gone) co_return fail(gone.error().within("taking over from another collector"));
        if (*gone) {
            log_.info("collector_gone", {{"collector", member->id}});
            continue;
        }
        present.emplace(member->id, Other{.kin = member->kin, .one_cycle = member->one_cycle, .pays = member->pays});
    }
    std::erase_if(seen_, [&](auto const& entry) { return !present.contains(entry.first); });
    bool const same = std::ranges::equal(
        present, others_, {}, [](auto const& entry) { return entry.first; },
        [](auto const& entry) { return entry.first; });
    if (!same) ++generation_;
    others_ = std::move(present);
    co_return Result<void>{};
}

Async<Result<void>> Membership::leave() {
    if (!on() || version_ == 0) co_return Result<void>{};
    auto const removed = co_await database_.metrics().remove_state(std::string(member_prefix) + id_);
    if (!removed) co_return fail(removed.error().within("giving back the lease of this collector"));
    version_ = 0;
    until_ = {};
    ++generation_;
    co_return Result<void>{};
}

std::string Membership::favourite(std::string_view work,
                                  std::function<bool(Other const& other)> const& eligible) const {
    auto const weight = [&](std::string_view id) { return spread(hash_question({id, work})); };
    std::string best = id_;
    auto most = options_.one_cycle ? 0 : weight(id_);
    for (auto const& [id, other] : others_) {
        if (other.one_cycle || !eligible(other)) continue;
        if (auto const heavy = weight(id); heavy > most) {
            most = heavy;
            best = id;
        }
    }
    return best;
}

std::string Membership::favoured(std::string_view work, bool of_all) const {
    return favourite(work, [&](Other const& other) { return of_all || other.kin == kin_; });
}

bool Membership::at_work_ourselves() const { return options_.one_cycle || (version_ != 0 && clock_.now() < until_); }

bool Membership::pays(std::string_view id) const {
    auto const found = others_.find(id);
    return found != others_.end() && found->second.pays;
}

bool Membership::is_ours_to_pay(std::string_view work) const {
    if (!on()) return true;
    return options_.pays && at_work_ourselves() &&
           favourite(work, [](Other const& other) { return other.pays; }) == id_;
}

} // namespace gem
