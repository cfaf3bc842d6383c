#include "mcp/engine.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

namespace gem::mcp {

namespace {

constexpr std::size_t most_subscriptions = 1024;
constexpr std::size_t most_watched_by_one = 256;
constexpr std::size_t most_completions = 100; // the protocol's limit
constexpr std::int64_t list_fresh_ms = 300'000;
constexpr std::int64_t read_fresh_ms = 5'000;

constexpr std::array<std::string_view, 8> common_methods = {
    "tools/list",     "tools/call",   "resources/list", "resources/templates/list",
    "resources/read", "prompts/list", "prompts/get",    "completion/complete"};
constexpr std::array<std::string_view, 5> legacy_methods = {"initialize", "ping", "logging/setLevel",
                                                            "resources/subscribe", "resources/unsubscribe"};
constexpr std::array<std::string_view, 2> modern_methods = {"server/discover", "subscriptions/listen"};

bool is_cacheable(std::string_view method) {
    return method == "server/discover" || method == "resources/read" || method.ends_with("/list");
}

RpcError bad_params(std::string message) { return {.code = code::invalid_params, .message = std::move(message)}; }

/// One page of `count` items: where it starts, and the cursor of the next one.
struct Page {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<std::string> next{};
};

std::expected<Page, RpcError> page_of(Object const& params, std::size_t count, std::size_t size) {
    Page page;
    if (auto const* const given = params.if_contains("cursor")) {
        auto const* const cursor = given->if_string();
        bool const plain = cursor != nullptr && !cursor->empty() && cursor->size() < 9 &&
                           std::ranges::all_of(*cursor, [](char c) { return c >= '0' && c <= '9'; });
        if (plain) page.begin = std::stoul(std::string(*cursor));
        if (!plain || page.begin == 0 || page.begin >= count)
            return std::unexpected(bad_params("`cursor` is not one that an earlier answer gave"));
    }
    page.end = std::min(count, page.begin + size);
    if (page.end < count) page.next = std::to_string(page.end);
    return page;
}

template <class Item, class Describe>
Outcome list(std::string_view name, std::vector<Item const*> const& items, Object const& params, std::size_t size,
             Describe describe) {
    auto const page = page_of(params, items.size(), size);
    if (!page) return std::unexpected(page.error());
    Array shown;
    for (std::size_t i = page->begin; i < page->end; ++i) shown.emplace_back(describe(*items[i]));
    Object result;
    result[name] = std::move(shown);
    if (page->next) result["nextCursor"] = *page->next;
    return result;
}

template <class Item>
std::vector<Item const*> pointers(std::vector<Item> const& items) {
    std::vector<Item const*> out;
    for (auto const& item : items) out.push_back(&item);
    return out;
}

void put_text(Object& object, std::string_view name, std::string const& text) {
    if (!text.empty()) object[name] = text;
}

Object describe_tool(Tool const& tool) {
    Object shown{{"name", tool.name}};
    put_text(shown, "title", tool.title);
    shown["description"] = tool.description;
    shown["inputSchema"] = tool.input_schema;
    if (!tool.output_schema.empty()) shown["outputSchema"] = tool.output_schema;
    if (!tool.annotations.empty()) shown["annotations"] = tool.annotations;
    return shown;
}

template <class Item>
Object describe_resource(Item const& item, std::string_view uri_key) {
    Object shown;
    shown[uri_key] = item.uri;
    shown["name"] = item.name;
    put_text(shown, "title", item.title);
    put_text(shown, "description", item.description);
    put_text(shown, "mimeType", item.mime_type);
    return shown;
}

Object describe_prompt(Prompt const& prompt) {
    Object shown{{"name", prompt.name}};
    put_text(shown, "title", prompt.title);
    shown["description"] = prompt.description;
    Array arguments;
    for (auto const& argument : prompt.arguments) {
        Object one{{"name", argument.name}, {"description", argument.description}};
        if (argument.required) one["required"] = true;
        arguments.emplace_back(std::move(one));
    }
    if (!arguments.empty()) shown["arguments"] = std::move(arguments);
    return shown;
}

/// The texts of an object whose members are all texts.
std::optional<Variables> texts_of(Object const* object) {
    Variables texts;
    if (object == nullptr) return texts;
    for (auto const& member : *object) {
        auto const* const text = member.value().if_string();
        if (text == nullptr) return std::nullopt;
        texts.emplace(member.key(), std::string_view(*text));
    }
    return texts;
}

std::string shown(std::string_view text) { return std::string(text.substr(0, 100)); }

RpcError unknown_resource(Era era, std::string_view uri) {
    return {.code = era == Era::modern ? code::invalid_params : code::resource_not_found,
            .message = "Resource not found",
            .data = Value(Object{{"uri", uri}})};
}

bool has_template(std::string_view pattern, std::string_view uri) { return match_template(pattern, uri).has_value(); }

/// `true` of a boolean member.
bool is_true(Object const& object, std::string_view name) {
    auto const* const value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

} // namespace

bool knows_method(Era era, std::string_view method) {
    auto const among = [&](auto const& methods) { return std::ranges::find(methods, method) != methods.end(); };
    if (method.empty()) return false;
    return among(common_methods) || (era == Era::legacy ? among(legacy_methods) : among(modern_methods));
}

std::expected<Client, RpcError> modern_client(Object const& params) {
    auto const* const meta = get_object(params, "_meta");
    auto const missing = [](std::string_view name) {
        return std::unexpected(bad_params(fmt::format("`params._meta` must have `{}`", name)));
    };
    if (meta == nullptr) return missing(key::protocol_version);
    auto const version = get_string(*meta, key::protocol_version);
    if (!version) return missing(key::protocol_version);
    if (*version != modern_version) return std::unexpected(unsupported_version(*version));
    auto const* const capabilities = get_object(*meta, key::client_capabilities);
    if (capabilities == nullptr) return missing(key::client_capabilities);
    Client client{.era = Era::modern, .version = std::string(*version), .capabilities = *capabilities};
    if (auto const level = get_string(*meta, key::log_level)) {
        client.log_level = log_level_of(*level);
        if (!client.log_level)
            return std::unexpected(bad_params(fmt::format("`{}` must be one of debug, info, notice, warning, error, "
                                                          "critical, alert, emergency",
                                                          key::log_level)));
    }
    return client;
}

Async<Outcome> Engine::answer(Client& client, Message const& request, Channel& channel) {
    auto const& method = request.method;
    Outcome outcome;
    try {
        outcome = co_await dispatch(client, request, channel);
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        log_.error("mcp_request_failed", {{"method", method}, {"error", error.what()}});
        outcome = refuse(code::internal_error, "the server failed to answer this; its log tells why");
    } catch (std::exception const& error) {
        log_.error("mcp_request_failed", {{"method", method}, {"error", error.what()}});
        outcome = refuse(code::internal_error, "the server failed to answer this; its log tells why");
    }
    if (!outcome || client.era == Era::legacy) co_return outcome;
    auto& result = *outcome;
    if (!result.contains("resultType")) result["resultType"] = "complete";
    auto& meta = result["_meta"];
    if (!meta.is_object()) meta = Object();
    meta.get_object()[key::server_info] = Object{{"name", catalog_.name}, {"version", catalog_.version}};
    if (is_cacheable(method) && result.at("resultType") == "complete") {
        result["ttlMs"] = method == "resources/read" ? read_fresh_ms : list_fresh_ms;
        result["cacheScope"] = catalog_.cache_scope;
    }
    co_return outcome;
}

Async<Outcome> Engine::dispatch(Client& client, Message const& request, Channel& channel) {
    auto const& method = request.method;
    auto const& params = request.params;
    if (!knows_method(client.era, method)) {
        co_return refuse(code::method_not_found, fmt::format("no such method: {}", shown(method)));
    }
    if (method == "initialize") co_return initialize(client, params);
    if (method == "ping") co_return Object();
    if (method == "server/discover") co_return discover();
    if (method == "tools/list") co_return list_tools(client, params);
    if (method == "tools/call") co_return co_await call_tool(client, params, channel);
    if (method == "resources/list") co_return list_resources(params);
    if (method == "resources/templates/list") co_return list_templates(params);
    if (method == "resources/read") co_return co_await read_resource(client, params, channel);
    if (method == "resources/subscribe") co_return co_await subscribe(client, params);
    if (method == "resources/unsubscribe") {
        client.subscribed.erase(std::string(get_string(params, "uri").value_or("")));
        co_return Object();
    }
    if (method == "subscriptions/listen") co_return co_await listen(request, channel);
    if (method == "prompts/list") co_return list_prompts(params);
    if (method == "prompts/get") co_return co_await get_prompt(client, params, channel);
    if (method == "logging/setLevel") co_return set_level(client, params);
    co_return co_await complete(params);
}

Object Engine::capabilities(Era era) const {
    Object all;
    if (era == Era::legacy) all["logging"] = Object();
    if (catalog_.complete) all["completions"] = Object();
    auto const with_changes = [&] {
        Object one;
        if (catalog_.lists_change) one["listChanged"] = true;
        return one;
    };
    if (!catalog_.tools.empty()) all["tools"] = with_changes();
    if (!catalog_.prompts.empty()) all["prompts"] = with_changes();
    if (!catalog_.resources.empty() || !catalog_.templates.empty()) all["resources"] = Object{{"subscribe", true}};
    return all;
}

Outcome Engine::initialize(Client& client, Object const& params) const {
    auto const version = get_string(params, "protocolVersion");
    auto const* const capabilities_given = get_object(params, "capabilities");
    if (!version || capabilities_given == nullptr)
        return std::unexpected(bad_params("`initialize` has `protocolVersion`, `capabilities` and `clientInfo`"));
    client.version = std::string(is_legacy_version(*version) ? *version : legacy_versions.front());
    client.capabilities = *capabilities_given;
    client.initialized = true;
    Object info{{"name", catalog_.name}, {"version", catalog_.version}};
    put_text(info, "title", catalog_.title);
    Object result{{"protocolVersion", client.version},
                  {"capabilities", capabilities(Era::legacy)},
                  {"serverInfo", std::move(info)}};
    put_text(result, "instructions", catalog_.instructions);
    return result;
}

Object Engine::discover() const {
    Object result;
    result["supportedVersions"] = Array{Value(modern_version)};
    result["capabilities"] = capabilities(Era::modern);
    put_text(result, "instructions", catalog_.instructions);
    return result;
}

Outcome Engine::set_level(Client& client, Object const& params) const {
    auto const level = log_level_of(get_string(params, "level").value_or(""));
    if (!level) {
        return std::unexpected(
            bad_params("`level` must be one of debug, info, notice, warning, error, critical, alert, emergency"));
    }
    client.log_level = level;
    return Object();
}

Tool const* Engine::find_tool(Client const& client, std::string_view name) const {
    auto const found = std::ranges::find(catalog_.tools, name, &Tool::name);
    if (found == catalog_.tools.end() || (found->writes && !client.may_write)) return nullptr;
    return &*found;
}

Outcome Engine::list_tools(Client const& client, Object const& params) const {
    std::vector<Tool const*> visible;
    for (auto const& tool : catalog_.tools) {
        if (!tool.writes || client.may_write) visible.push_back(&tool);
    }
    return list("tools", visible, params, catalog_.page, describe_tool);
}

Outcome Engine::list_resources(Object const& params) const {
    return list("resources", pointers(catalog_.resources), params, catalog_.page,
                [](Resource const& resource) { return describe_resource(resource, "uri"); });
}

Outcome Engine::list_templates(Object const& params) const {
    return list("resourceTemplates", pointers(catalog_.templates), params, catalog_.page,
                [](ResourceTemplate const& resource) { return describe_resource(resource, "uriTemplate"); });
}

Outcome Engine::list_prompts(Object const& params) const {
    return list("prompts", pointers(catalog_.prompts), params, catalog_.page, describe_prompt);
}

Async<Outcome> Engine::call_tool(Client const& client, Object const& params, Channel& channel) {
    auto const name = get_string(params, "name");
    if (!name) co_return std::unexpected(bad_params("`tools/call` has a `name`"));
    auto const* const tool = find_tool(client, *name);
    if (tool == nullptr) {
        ++calls_[{"other", "unknown"}];
        co_return std::unexpected(bad_params(fmt::format("Unknown tool: {}", shown(*name))));
    }
    auto const* const given = params.if_contains("arguments");
    if (given != nullptr && !given->is_object()) co_return std::unexpected(bad_params("`arguments` must be an object"));
    Call call(client, channel, params);
    co_return co_await call_counted(*tool, call, given != nullptr ? given->get_object() : Object());
}

Async<Outcome> Engine::call_counted(Tool const& tool, Call& call, Object arguments) {
    auto const count = [&](std::string_view how) { ++calls_[{tool.name, how}]; };
    try {
        auto outcome = co_await tool.call(call, std::move(arguments));
        if (!outcome)
            count("failed");
        else
            count(is_true(*outcome, "isError") ? "refused" : "answered");
        co_return outcome;
    } catch (boost::system::system_error const& error) {
        count(error.code() == asio::error::operation_aborted ? "cancelled" : "failed");
        throw;
    } catch (std::exception const&) {
        count("failed");
        throw;
    }
}

Async<Outcome> Engine::read_resource(Client const& client, Object const& params, Channel& channel) {
    auto const given = get_string(params, "uri");
    if (!given) co_return std::unexpected(bad_params("`resources/read` has a `uri`"));
    std::string uri(*given);
    Call call(client, channel, params);
    auto const direct = std::ranges::find(catalog_.resources, uri, &Resource::uri);
    if (direct != catalog_.resources.end()) co_return co_await direct->read(call, uri);
    for (auto const& pattern : catalog_.templates) {
        auto variables = match_template(pattern.uri, uri);
        if (variables) co_return co_await pattern.read(call, uri, std::move(*variables));
    }
    co_return std::unexpected(unknown_resource(client.era, uri));
}

Async<Outcome> Engine::get_prompt(Client const& client, Object const& params, Channel& channel) {
    auto const name = get_string(params, "name").value_or("");
    auto const prompt = std::ranges::find(catalog_.prompts, name, &Prompt::name);
    if (prompt == catalog_.prompts.end())
        co_return std::unexpected(bad_params(fmt::format("Unknown prompt: {}", shown(name))));
    auto arguments = texts_of(get_object(params, "arguments"));
    if (!arguments) co_return std::unexpected(bad_params("the `arguments` of a prompt are strings"));
    for (auto const& argument : prompt->arguments) {
        if (argument.required && !arguments->contains(argument.name))
            co_return std::unexpected(bad_params(fmt::format("the argument `{}` is missing", argument.name)));
    }
    Call call(client, channel, params);
    co_return co_await prompt->get(call, std::move(*arguments));
}

Async<Outcome> Engine::complete(Object const& params) {
    auto const* const reference = get_object(params, "ref");
    auto const* const argument = get_object(params, "argument");
    auto const name = argument != nullptr ? get_string(*argument, "name") : std::nullopt;
    auto const value = argument != nullptr ? get_string(*argument, "value") : std::nullopt;
    if (reference == nullptr || !name || !value)
        co_return std::unexpected(bad_params("`completion/complete` has a `ref` and an `argument` {name, value}"));
    auto const type = get_string(*reference, "type").value_or("");
    bool known = false;
    if (type == "ref/prompt") {
        auto const wanted = get_string(*reference, "name").value_or("");
        known = std::ranges::find(catalog_.prompts, wanted, &Prompt::name) != catalog_.prompts.end();
    } else if (type == "ref/resource") {
        auto const wanted = get_string(*reference, "uri").value_or("");
        known = std::ranges::any_of(catalog_.templates, [&](ResourceTemplate const& pattern) {
            return pattern.uri == wanted || has_template(pattern.uri, wanted);
        });
    }
    if (!known) co_return std::unexpected(bad_params("`ref` names no prompt and no resource template of this server"));
    CompletionQuestion question{.argument = std::string(*name), .prefix = std::string(*value)};
    if (auto const* const context = get_object(params, "context"))
        question.known = texts_of(get_object(*context, "arguments")).value_or(Variables());
    std::vector<std::string> found;
    if (catalog_.complete) found = co_await catalog_.complete(std::move(question));
    Array values;
    for (auto const& each : found) {
        if (values.size() == most_completions) break;
        values.emplace_back(each);
    }
    Object completion{{"values", std::move(values)}, {"hasMore", found.size() > most_completions}};
    co_return Object{{"completion", std::move(completion)}};
}

Async<Outcome> Engine::subscribe(Client& client, Object const& params) {
    auto const uri = get_string(params, "uri");
    if (!uri) co_return std::unexpected(bad_params("`resources/subscribe` has a `uri`"));
    bool const known =
        std::ranges::find(catalog_.resources, *uri, &Resource::uri) != catalog_.resources.end() ||
        std::ranges::any_of(catalog_.templates, [&](auto const& each) { return has_template(each.uri, *uri); });
    if (!known) co_return std::unexpected(unknown_resource(client.era, *uri));
    auto const refusal = [&]() -> std::optional<Outcome> {
        if (client.subscribed.empty() && hub_.size() >= most_subscriptions)
            return refuse(code::internal_error, "Subscription limit reached");
        if (client.subscribed.size() < most_watched_by_one) return std::nullopt;
        return refuse(code::invalid_params,
                      fmt::format("at most {} resources can be watched at once", most_watched_by_one));
    };
    if (auto const refused = refusal()) co_return *refused;
    co_await begin_watching(hub_, catalog_, {std::string(*uri)});
    if (auto const refused = refusal()) co_return *refused; // others of a batch came first
    client.subscribed.emplace(*uri);
    co_return Object();
}

Async<Outcome> Engine::listen(Message const& request, Channel& channel) {
    auto const* const filter = get_object(request.params, "notifications");
    if (filter == nullptr) co_return std::unexpected(bad_params("`subscriptions/listen` has `notifications`"));
    Interest interest;
    Object honored;
    if (catalog_.lists_change && is_true(*filter, "toolsListChanged")) interest.tools = true;
    if (catalog_.lists_change && is_true(*filter, "promptsListChanged")) interest.prompts = true;
    if (interest.tools) honored["toolsListChanged"] = true;
    if (interest.prompts) honored["promptsListChanged"] = true;
    if (auto const* const given = filter->if_contains("resourceSubscriptions")) {
        auto const* const uris = given->if_array();
        if (uris == nullptr || uris->size() > most_watched_by_one) {
            co_return std::unexpected(bad_params(
                fmt::format("`resourceSubscriptions` must be a list of at most {} URIs", most_watched_by_one)));
        }
        for (auto const& uri : *uris) {
            auto const* const text = uri.if_string();
            if (text == nullptr) co_return std::unexpected(bad_params("a URI of `resourceSubscriptions` is no string"));
            interest.uris.emplace(std::string_view(*text));
        }
        if (!uris->empty()) honored["resourceSubscriptions"] = *uris;
    }
    if (hub_.size() >= most_subscriptions) co_return refuse(code::internal_error, "Subscription limit reached");
    auto const deliver = [&channel, &id = request.id](std::string_view method, Object told) {
        auto& meta = told["_meta"];
        if (!meta.is_object()) meta = Object();
        meta.get_object()[key::subscription_id] = id;
        channel.send(notification_text(method, std::move(told)));
    };
    bool const anything = !honored.empty();
    co_await begin_watching(hub_, catalog_, interest.uris);
    deliver("notifications/subscriptions/acknowledged", Object{{"notifications", std::move(honored)}});
    if (anything) {
        Hub::Subscription const subscription(hub_, std::move(interest), deliver);
        co_await channel.until_ending();
    }
    Object meta;
    meta[key::subscription_id] = request.id;
    co_return Object{{"_meta", std::move(meta)}};
}

} // namespace gem::mcp
