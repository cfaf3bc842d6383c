// One simdjson document a delivery; the payload is kept as it came.
#include "github/webhook.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "domain/repo_name.hpp"
#include "github/event_facts.hpp"
#include "github/event_parser.hpp"
#include "github/json_fields.hpp"
#include "github/json_spans.hpp"
#include "http/signature.hpp"

namespace gem::github {

namespace {

constexpr std::size_t small_text = std::size_t{4} << 20; ///< a parser that had to grow beyond is given back
constexpr seconds tolerated_future{300};
constexpr seconds near_enough{120};

/// Kinds that anybody sees on a public repository, sorted.
constexpr std::array<std::string_view, 29> public_kinds = {
    "check_run",
    "check_suite",
    "commit_comment",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "issue_comment",
    "issues",
    "label",
    "member",
    "milestone",
    "page_build",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "release",
    "star",
    "status",
    "watch",
    "workflow_job",
    "workflow_run",
};
static_assert(std::ranges::is_sorted(public_kinds));

/// Where a payload tells when it happened. The first row of the kind whose action fits (empty: any) and that leads to a
/// time is taken.
struct TimePlace {
    std::string_view kind;
    std::string_view action;
    char const* pointer;
};
constexpr TimePlace time_places[] = {
    {"check_run", "completed", "/check_run/completed_at"},
    {"check_run", "created", "/check_run/started_at"},
    {"check_suite", "completed", "/check_suite/updated_at"},
    {"commit_comment", "", "/comment/created_at"},
    {"deployment", "", "/deployment/created_at"},
    {"deployment_status", "", "/deployment_status/created_at"},
    {"discussion", "created", "/discussion/created_at"},
    {"discussion_comment", "created", "/comment/created_at"},
    {"fork", "", "/forkee/created_at"},
    {"issue_comment", "created", "/comment/created_at"},
    {"issue_comment", "edited", "/comment/updated_at"},
    {"issues", "opened", "/issue/created_at"},
    {"issues", "closed", "/issue/closed_at"},
    {"issues", "", "/issue/updated_at"},
    {"pull_request", "opened", "/pull_request/created_at"},
    {"pull_request", "closed", "/pull_request/closed_at"},
    {"pull_request", "", "/pull_request/updated_at"},
    {"pull_request_review", "submitted", "/review/submitted_at"},
    {"pull_request_review_comment", "created", "/comment/created_at"},
    {"pull_request_review_comment", "edited", "/comment/updated_at"},
    {"push", "", "/repository/pushed_at"},
    {"release", "published", "/release/published_at"},
    {"repository", "created", "/repository/created_at"},
    {"star", "created", "/starred_at"},
    {"status", "", "/created_at"},
    {"workflow_job", "completed", "/workflow_job/completed_at"},
    {"workflow_job", "in_progress", "/workflow_job/started_at"},
    {"workflow_run", "completed", "/workflow_run/updated_at"},
    {"workflow_run", "requested", "/workflow_run/created_at"},
};

/// Where the account stands that an event without a repository belongs to.
constexpr char const* account_places[] = {"/organization/login", "/sponsorship/sponsorable/login",
                                          "/marketplace_purchase/account/login", "/installation/account/login",
                                          "/sender/login"};

std::unexpected<Error> expected(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("expected {}", what));
}

std::optional<Element> at(Element root, char const* pointer) {
    Element found;
    if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
    return found;
}

std::optional<UtcTime> time_at(Element root, char const* pointer) {
    auto const element = at(root, pointer);
    if (!element) return std::nullopt;
    if (auto const text = text_of(*element)) {
        if (auto const time = parse_time(*text)) return *time;
    }
    constexpr std::int64_t furthest = 253'402'300'799;
    auto const number = integer_of(*element);
    if (!number || *number <= 0 || *number > furthest) return std::nullopt;
    return from_unix(*number);
}

UtcTime time_of(std::string_view kind, std::string_view action, Element root, UtcTime received) {
    if (kind == "create" || kind == "delete") {
        // The last push is this one, unless the branch came about otherwise.
        auto const pushed = time_at(root, "/repository/pushed_at");
        return pushed && std::chrono::abs(*pushed - received) <= near_enough ? *pushed : received;
    }
    for (auto const& place : time_places) {
        if (place.kind != kind || (!place.action.empty() && place.action != action)) continue;
        auto const time = time_at(root, place.pointer);
        if (time && *time <= received + tolerated_future) return *time;
    }
    return received;
}

void read_person(Element person, Event& event) {
    each_member(person, [&](std::string_view key, Element value) {
        if (key == "id")
            event.actor_id = integer_of(value);
        else if (key == "login" || (key == "name" && event.actor_login.empty()))
            event.actor_login = text_of(value).value_or("");
    });
}

/// The repository, or in its place the account's own. False if there is neither.
bool read_repository(Element root, WebhookContent& content) {
    auto& event = content.event;
    if (auto const repository = member_of(root, "repository")) {
        each_member(*repository, [&](std::string_view key, Element value) {
            if (key == "id")
                event.repo_id = integer_of(value);
            else if (key == "full_name")
                event.repo_name = text_of(value).value_or("");
            else if (key == "private")
                content.private_repository = bool_of(value).value_or(true);
        });
        if (content.private_repository.value_or(false)) event.is_public = false;
        if (RepoName::valid(event.repo_name)) return true;
    }
    event.repo_id.reset();
    event.is_public = false;
    content.private_repository.reset();
    for (auto const* const place : account_places) {
        auto const login = at(root, place);
        if (!login || !text_of(*login)) continue;
        event.repo_name = fmt::format("{}/.github", *text_of(*login));
        if (RepoName::valid(event.repo_name)) return true;
    }
    return false;
}

/// A webhook's push tells its commits and not their number, which GitHub cuts at 2,048.
void count_commits(Element root, EventFacts& facts) {
    constexpr std::size_t most_listed = 2048;
    auto const commits = member_of(root, "commits");
    simdjson::dom::array list;
    if (facts.size || !commits || commits->get_array().get(list) != simdjson::SUCCESS) return;
    std::int64_t distinct = 0;
    std::size_t all = 0;
    for (auto const commit : list) {
        ++all;
        auto const is_distinct = member_of(commit, "distinct");
        if (!is_distinct || bool_of(*is_distinct).value_or(true)) ++distinct;
    }
    if (all >= most_listed) return;
    facts.size = static_cast<std::int64_t>(all);
    facts.distinct_size = distinct;
}

bool is_delivery_id(std::string_view text) {
    auto const fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    };
    return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, fits);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The field `payload` of a form; false if there is none.
bool read_form(std::string_view form, std::string& out) {
    while (!form.empty()) {
        auto const end = std::min(form.find('&'), form.size());
        auto field = form.substr(0, end);
        form.remove_prefix(std::min(end + 1, form.size()));
        if (!field.starts_with("payload=")) continue;
        field.remove_prefix(std::string_view("payload=").size());
        for (std::size_t i = 0; i < field.size(); ++i) {
            int const high = i + 2 < field.size() ? hex_digit(field[i + 1]) : -1;
            int const low = i + 2 < field.size() ? hex_digit(field[i + 2]) : -1;
            if (field[i] == '%' && high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
            } else {
                out += field[i] == '+' ? ' ' : field[i];
            }
        }
        return true;
    }
    return false;
}

} // namespace

bool WebhookSecrets::have_signed(std::string_view body, std::string_view signature) const {
    constexpr std::size_t signature_size = 7 + 64;
    if (signature.size() != signature_size) return false;
    bool matches = false;
    for (auto const& secret : secrets_) {
        auto const text = http::sha256_signature(secret, body);
        bool const same = CRYPTO_memcmp(text.data(), signature.data(), text.size()) == 0;
        matches = matches || same;
    }
    return matches;
}

std::string event_type_of(std::string_view kind) {
    auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (kind.empty() || kind.size() > 60 || !std::ranges::all_of(kind, fits)) return {};
    if (kind == "star") return "WatchEvent";
    std::string type;
    while (!kind.empty()) {
        auto const end = std::min(kind.find('_'), kind.size());
        auto const word = kind.substr(0, end);
        kind.remove_prefix(std::min(end + 1, kind.size()));
        // A type has letters only: of projects_v2_item the version goes.
        if (word.empty() || word.find_first_of("0123456789") != std::string_view::npos) continue;
        type += static_cast<char>(word.front() - 'a' + 'A');
        type += word.substr(1);
    }
    if (!type.empty()) type += "Event";
    return type;
}

bool is_shown_to_everybody(std::string_view kind) { return std::ranges::binary_search(public_kinds, kind); }

struct WebhookReader::Buffers {
    simdjson::dom::parser parser;
    std::string text;     ///< with simdjson's padding behind it
    std::string softened; ///< the same with odd numbers tamed

    /// The payload as it can be stored: the longest members of the object go while it is too long.
    std::string stored_payload(std::string_view json, Element root) {
        if (json.size() <= EventParser::max_payload) return std::string(json);
        struct Part {
            std::string key;
            std::string_view text;
            bool kept = true;
        };
        std::vector<Part> parts;
        std::size_t size = 0;
        each_member(root, [&](std::string_view key, Element) {
            parts.push_back({.key = std::string(key), .text = member_text(parser, json, parts.size())});
            size += key.size() + parts.back().text.size() + 8;
        });
        std::vector<std::string> gone;
        constexpr std::size_t room_for_names = 4096;
        while (size + room_for_names > EventParser::max_payload) {
            auto const longest = std::ranges::max_element(
                parts, {}, [](Part const& part) { return part.kept ? part.text.size() + 1 : 0; });
            if (longest == parts.end() || !longest->kept) break;
            longest->kept = false;
            size -= longest->key.size() + longest->text.size() + 8;
            if (gone.size() < 10) gone.push_back(longest->key.substr(0, 64));
        }
        std::string out = "{";
        for (auto const& part : parts) {
            if (!part.kept) continue;
            json::write_string(out, part.key);
            out += ':';
            out += part.text;
            out += ',';
        }
        out += R"("left_out_by_collector":)";
        out += json::to_string(gone);
        out += '}';
        return out;
    }
};

WebhookReader::WebhookReader() : buffers_(std::make_unique<Buffers>()) {}
WebhookReader::~WebhookReader() = default;

Result<WebhookContent> WebhookReader::read(std::string_view kind, std::string_view delivery,
                                           std::string_view content_type, std::string_view body, UtcTime received) {
    auto const ignored = [](std::string reason) {
        return WebhookContent{.kind = WebhookContent::Kind::ignored, .event = {}, .reason = std::move(reason)};
    };
    auto const type = event_type_of(kind);
    if (type.empty()) return expected("the header X-GitHub-Event to name an event, for example push");
    if (!is_delivery_id(delivery))
        return expected("the header X-GitHub-Delivery to be 1 to 100 letters, digits and hyphens");
    auto& text = buffers_->text;
    text.clear();
    if (ascii_lower(content_type.substr(0, content_type.find(';'))) == "application/x-www-form-urlencoded") {
        if (!read_form(body, text)) return expected("a form with a field `payload`");
    } else {
        text.reserve(body.size() + EventParser::padding);
        text = body;
    }
    text.reserve(text.size() + EventParser::padding);
    auto const json = trimmed(without_byte_order_mark(text));
    if (!json.starts_with('{')) return expected("a JSON object as the payload");
    if (buffers_->parser.capacity() > small_text && json.size() <= small_text)
        buffers_->parser = simdjson::dom::parser();
    Element root;
    if (auto const error = parse_json(buffers_->parser, json, buffers_->softened, root); error != simdjson::SUCCESS)
        return expected(fmt::format("a JSON object as the payload: {}", simdjson::error_message(error)));
    if (!root.is_object()) return expected("a JSON object as the payload");

    WebhookContent content;
    if (kind == "ping") {
        content.kind = WebhookContent::Kind::ping;
        return content;
    }
    auto& event = content.event;
    event.facts = read_facts(type, root);
    auto const action = event.facts.action.value_or("");
    if (kind == "star" && action != "created") return ignored("a star that was taken back is no event");
    if (kind == "push") {
        auto const deleted = member_of(root, "deleted");
        if (deleted && bool_of(*deleted).value_or(false))
            return ignored("the end of a branch or tag is told by the delivery of `delete`");
        count_commits(root, event.facts);
    }
    event.id = fmt::format("wh:{}", delivery);
    event.type = type;
    event.source = EventSource::webhook;
    event.is_public = is_shown_to_everybody(kind);
    if (!read_repository(root, content)) return ignored("it belongs to no repository and to no account");
    if (auto const draft = at(root, "/release/draft"); draft && bool_of(*draft).value_or(false))
        event.is_public = false;
    if (auto const sender = member_of(root, "sender"))
        read_person(*sender, event);
    else if (auto const pusher = member_of(root, "pusher"))
        read_person(*pusher, event);
    event.created_at = time_of(kind, action, root, received);
    event.payload = JsonText::already_validated(buffers_->stored_payload(json, root));
    return content;
}

} // namespace gem::github
