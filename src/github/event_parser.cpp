// One simdjson document a line, one pass over its members; the payload is cut out of the line as it stands.
#include "github/event_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "base/text.hpp"
#include "domain/event_type.hpp"
#include "domain/repo_name.hpp"
#include "github/event_facts.hpp"
#include "github/json_fields.hpp"
#include "github/json_spans.hpp"

namespace gem {

using github::Element;

namespace {

constexpr std::size_t small_text = std::size_t{4} << 20; ///< a parser that had to grow beyond is given back

/// The members of an event that anybody has use for, as they stand.
struct Members {
    std::optional<Element> id, type, actor, repo, payload, created_at, is_public, url, message;
    std::optional<Element> repository, actor_attributes;              // before 2015
    std::optional<Element> repo_id, repo_name, actor_id, actor_login; // BigQuery
    std::size_t payload_ordinal = 0;
    std::string_view first_key;
};

Members read_members(simdjson::dom::object object) {
    Members members;
    std::size_t ordinal = 0;
    auto const put = [](std::optional<Element>& place, Element value) {
        if (!place && !value.is_null()) place = value;
    };
    for (auto const [key, value] : object) {
        if (ordinal == 0) members.first_key = key;
        if (key == "id")
            put(members.id, value);
        else if (key == "type")
            put(members.type, value);
        else if (key == "actor")
            put(members.actor, value);
        else if (key == "repo")
            put(members.repo, value);
        else if (key == "payload") {
            if (!members.payload) members.payload_ordinal = ordinal;
            put(members.payload, value);
        } else if (key == "created_at")
            put(members.created_at, value);
        else if (key == "public")
            put(members.is_public, value);
        else if (key == "url")
            put(members.url, value);
        else if (key == "message")
            put(members.message, value);
        else if (key == "repository")
            put(members.repository, value);
        else if (key == "actor_attributes")
            put(members.actor_attributes, value);
        else if (key == "repo_id")
            put(members.repo_id, value);
        else if (key == "repo_name")
            put(members.repo_name, value);
        else if (key == "actor_id")
            put(members.actor_id, value);
        else if (key == "actor_login")
            put(members.actor_login, value);
        ++ordinal;
    }
    return members;
}

/// The start of a foreign text, fit to be shown.
std::string shown(std::string_view text) {
    std::string out;
    for (char const c : text.substr(0, 40)) out += c >= ' ' && c <= '~' ? c : '?';
    if (text.size() > 40) out += "…";
    return out;
}

std::unexpected<Error> expected(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("expected {}", what));
}

bool is_bulk_action(std::string_view key) {
    return key == "index" || key == "create" || key == "update" || key == "delete";
}

/// From epoch seconds or milliseconds; nothing if it is not between 1970 and 9999.
std::optional<UtcTime> time_from_number(std::int64_t number) {
    constexpr std::int64_t last_second = 253'402'300'799;
    if (number > 100'000'000'000) number /= 1000;
    if (number < 0 || number > last_second) return std::nullopt;
    return from_unix(number);
}

std::optional<UtcTime> read_time(Element element) {
    if (auto const text = github::text_of(element)) {
        if (auto const time = parse_time(*text)) return time;
        if (auto const number = github::integer_of(element)) return time_from_number(*number);
        return std::nullopt;
    }
    if (auto const number = github::integer_of(element)) return time_from_number(*number);
    if (double number = 0; element.get_double().get(number) == simdjson::SUCCESS && number >= 0 && number < 1e15)
        return time_from_number(static_cast<std::int64_t>(number));
    return std::nullopt;
}

Result<void> read_id(Element id, Event& event) {
    if (auto const text = github::text_of(id))
        event.id = *text;
    else if (auto const number = github::integer_of(id))
        event.id = std::to_string(*number);
    auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (event.id.empty() || event.id.size() > 128 || std::ranges::any_of(event.id, control))
        return expected("`id` to be a number or 1 to 128 characters of text without control characters");
    return {};
}

void read_actor(Members const& members, Event& event) {
    if (members.actor) {
        if (auto const login = github::text_of(*members.actor)) event.actor_login = *login;
        github::each_member(*members.actor, [&](std::string_view key, Element value) {
            if (key == "id")
                event.actor_id = github::integer_of(value);
            else if (key == "login")
                event.actor_login = github::text_of(value).value_or("");
        });
    }
    if (members.actor_id && !event.actor_id) event.actor_id = github::integer_of(*members.actor_id);
    if (event.actor_login.empty() && members.actor_login)
        event.actor_login = github::text_of(*members.actor_login).value_or("");
    if (event.actor_login.empty() && members.actor_attributes) {
        if (auto const login = github::member_of(*members.actor_attributes, "login"))
            event.actor_login = github::text_of(*login).value_or("");
    }
}

/// `repository` of the time before 2015: an owner and a name, or a URL that ends in both.
void read_old_repository(Element repository, Event& event) {
    std::string_view owner;
    std::string_view name;
    std::string_view url;
    github::each_member(repository, [&](std::string_view key, Element value) {
        if (key == "id")
            event.repo_id = github::integer_of(value);
        else if (key == "owner") {
            owner = github::text_of(value).value_or("");
            if (auto const login = github::member_of(value, "login")) owner = github::text_of(*login).value_or("");
        } else if (key == "name")
            name = github::text_of(value).value_or("");
        else if (key == "url")
            url = github::text_of(value).value_or("");
    });
    if (!owner.empty() && !name.empty()) {
        event.repo_name = fmt::format("{}/{}", owner, name);
    } else if (auto const slash = url.rfind('/'); slash != std::string_view::npos && slash > 0) {
        auto const before = url.rfind('/', slash - 1);
        if (before != std::string_view::npos) event.repo_name = url.substr(before + 1);
    }
}

Result<void> read_repo(Members const& members, Event& event) {
    if (members.repo) {
        github::each_member(*members.repo, [&](std::string_view key, Element value) {
            if (key == "id")
                event.repo_id = github::integer_of(value);
            else if (key == "name")
                event.repo_name = github::text_of(value).value_or("");
        });
    } else if (members.repository) {
        read_old_repository(*members.repository, event);
    } else {
        if (members.repo_id) event.repo_id = github::integer_of(*members.repo_id);
        if (members.repo_name) event.repo_name = github::text_of(*members.repo_name).value_or("");
    }
    if (!event.repo_id && !RepoName::valid(event.repo_name))
        return expected(
            "a repository: `repo` with `id` and `name`, `repo_id` and `repo_name`, or `repository` (before 2015)");
    return {};
}

/// `…/issues/500#issuecomment-6344615`, `…/pull/10`: old payloads of comments do not tell the number.
std::optional<std::int64_t> number_in_url(std::string_view url) {
    for (std::string_view const part : {"/issues/", "/pull/"}) {
        auto const at = url.find(part);
        if (at == std::string_view::npos) continue;
        std::int64_t number = 0;
        auto const* const from = url.data() + at + part.size();
        if (std::from_chars(from, url.data() + url.size(), number).ec == std::errc{}) return number;
    }
    return std::nullopt;
}

/// From what tells one event from another. White space in the payload does not count.
std::string derived_id(std::string_view kind, Event const& event, std::string_view url) {
    auto const& payload = event.payload.text();
    std::string identity =
        fmt::format("{}\n{}\n{}\n{}\n{}\n", event.type, to_unix(event.created_at),
                    repository_key(event.repo_id, event.repo_name), ascii_lower(event.actor_login), url);
    auto const head = identity.size();
    identity.resize(head + payload.size());
    std::size_t length = 0;
    if (simdjson::minify(payload.data(), payload.size(), identity.data() + head, length) == simdjson::SUCCESS)
        identity.resize(head + length);
    else
        identity.replace(head, std::string::npos, payload);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<unsigned char const*>(identity.data()), identity.size(), digest.data());
    std::string id(kind);
    for (std::size_t i = 0; i < 8; ++i) id += fmt::format("{:02x}", digest[i]);
    return id;
}

std::string payload_too_long(std::size_t size) {
    return fmt::format("a payload of at most {} bytes, got {}", EventParser::max_payload, size);
}

} // namespace

struct EventParser::Buffers {
    simdjson::dom::parser line;
    simdjson::dom::parser nested;
    std::string softened;        ///< a line with odd numbers, tamed
    std::string softened_nested; ///< the same of a payload that was a string
    std::string padded;          ///< a text that came without padding

    /// Reads the payload and its facts. `text` is what `line` has just parsed.
    Result<void> read_payload(Members const& members, std::string_view text, Event& event) {
        if (!members.payload) return {};
        if (members.payload->is_object()) {
            auto const raw = github::member_text(line, text, members.payload_ordinal);
            if (raw.size() > max_payload) return expected(payload_too_long(raw.size()));
            event.payload = JsonText::already_validated(std::string(raw));
            event.facts = github::read_facts(event.type, *members.payload);
            return {};
        }
        auto const wrapped = github::text_of(*members.payload);
        if (!wrapped) return expected("`payload` to be an object, or a string that holds one");
        if (wrapped->size() > max_payload) return expected(payload_too_long(wrapped->size()));
        std::string inner;
        inner.reserve(wrapped->size() + padding);
        inner = *wrapped;
        Element root;
        auto const error = github::parse_json(nested, inner, softened_nested, root);
        if (error != simdjson::SUCCESS || !root.is_object()) {
            auto const why = error != simdjson::SUCCESS ? simdjson::error_message(error) : "no object";
            return expected(fmt::format("the string `payload` to hold a JSON object: {}", why));
        }
        event.facts = github::read_facts(event.type, root);
        event.payload = JsonText::already_validated(std::string(inner.data(), inner.size()));
        return {};
    }

    Result<ParsedKind> read_event(Members const& members, std::string_view text, EventSource source, Event& event) {
        if (!members.type) {
            if (is_bulk_action(members.first_key)) return ParsedKind::not_an_event;
            if (members.message) {
                auto const message = github::text_of(*members.message).value_or("");
                return expected(fmt::format("an event, got an error answer of GitHub: {}", shown(message)));
            }
            return expected("an event with a `type`");
        }
        event.source = source;
        event.type = github::text_of(*members.type).value_or("");
        if (!is_event_type(event.type))
            return expected(fmt::format("`type` to be 1 to 64 letters, got \"{}\"", shown(event.type)));
        if (!members.created_at) return expected("`created_at`, the time of the event");
        auto const time = read_time(*members.created_at);
        if (!time) return expected("`created_at` as 2015-01-01T15:00:00Z or in milliseconds since 1970");
        event.created_at = *time;
        if (event.type == "GistEvent" || event.type == "FollowEvent") return ParsedKind::no_repository;
        if (auto const repo = read_repo(members, event); !repo) return std::unexpected(repo.error());
        read_actor(members, event);
        if (members.is_public) event.is_public = github::bool_of(*members.is_public).value_or(true);
        if (auto const payload = read_payload(members, text, event); !payload) return std::unexpected(payload.error());
        auto const url = members.url ? github::text_of(*members.url).value_or("") : std::string_view();
        if (members.id) {
            if (auto const id = read_id(*members.id, event); !id) return std::unexpected(id.error());
        } else if (members.repository) {
            event.id = derived_id("old:", event, url);
        } else if (!members.repo) {
            event.id = derived_id("row:", event, url);
        } else {
            return expected("`id`, which every event of 2015 and later has");
        }
        if (members.repository && !event.facts.number) event.facts.number = number_in_url(url);
        return ParsedKind::event;
    }
};

EventParser::EventParser() : buffers_(std::make_unique<Buffers>()) {}
EventParser::~EventParser() = default;
EventParser::EventParser(EventParser&&) noexcept = default;
EventParser& EventParser::operator=(EventParser&&) noexcept = default;

Result<ParsedKind> EventParser::parse_line(std::string_view json, EventSource source, Event& event) {
    auto const text = trimmed(without_byte_order_mark(json));
    if (text.empty()) return expected("a JSON object, got nothing");
    if (text.front() != '{') return expected(fmt::format("a JSON object, got \"{}\"", shown(text)));
    auto& parser = buffers_->line;
    if (parser.capacity() > small_text && text.size() <= small_text) parser = simdjson::dom::parser();
    Element root;
    auto const error = github::parse_json(parser, text, buffers_->softened, root);
    if (error != simdjson::SUCCESS)
        return expected(
            fmt::format("a whole JSON object: {} (it starts \"{}\")", simdjson::error_message(error), shown(text)));
    simdjson::dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) return expected("a JSON object");
    return buffers_->read_event(read_members(object), text, source, event);
}

Result<ParsedKind> EventParser::parse_text(std::string_view json, EventSource source, Event& event) {
    auto& padded = buffers_->padded;
    padded.reserve(json.size() + padding);
    padded = json;
    return parse_line(std::string_view(padded), source, event);
}

Result<EventPageContent> EventParser::parse_page(std::string_view body, EventSource source) {
    std::string page;
    page.reserve(body.size() + padding);
    page = body;
    auto const text = trimmed(without_byte_order_mark(page));
    EventPageContent content;
    std::vector<std::string_view> elements{text};
    bool const is_array = text.starts_with('[');
    if (is_array) {
        Element root;
        auto const error = github::parse_json(buffers_->line, text, buffers_->softened, root);
        if (error != simdjson::SUCCESS)
            return expected(fmt::format("an array of events as JSON: {} (it starts \"{}\")",
                                        simdjson::error_message(error), shown(text)));
        elements = github::element_texts(buffers_->line, text);
    }
    content.events.reserve(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
        Event event;
        auto const kind = parse_line(elements[i], source, event);
        if (!kind && !is_array) return std::unexpected(kind.error());
        if (!kind)
            content.bad.push_back(kind.error().within(fmt::format("element {}", i)));
        else if (*kind == ParsedKind::event)
            content.events.push_back(std::move(event));
        else if (*kind == ParsedKind::no_repository)
            ++content.no_repository;
    }
    return content;
}

} // namespace gem
