#include "fixture_catalog.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace gem::mcp::fixture {

namespace {

constexpr std::string_view red_pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
constexpr std::string_view silence = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";

Object object_of(std::string_view text) { return boost::json::parse(std::string(text)).as_object(); }

Object no_arguments() { return object_of(R"({"type":"object","properties":{}})"); }

Value text_item(std::string_view text) { return Value(Object{{"type", "text"}, {"text", text}}); }
Value image_item() { return Value(Object{{"type", "image"}, {"data", red_pixel}, {"mimeType", "image/png"}}); }
Value resource_item(std::string_view uri, std::string_view mime_type, std::string_view text) {
    Object resource{{"uri", uri}, {"mimeType", mime_type}, {"text", text}};
    return Value(Object{{"type", "resource"}, {"resource", std::move(resource)}});
}

Object content(Array items) {
    Object result;
    result["content"] = std::move(items);
    return result;
}

/// A tool that always answers the same.
ToolHandler always(Object result) {
    return [result](Call&, Object) -> Async<Outcome> { co_return result; };
}

Value elicitation(std::string_view message, std::string_view schema) {
    return Value(Object{{"message", message}, {"requestedSchema", object_of(schema)}});
}

Value input_request(std::string_view method, Value params) {
    return Value(Object{{"method", method}, {"params", std::move(params)}});
}

Object input_required(Object requests, std::string_view state = {}) {
    Object result{{"resultType", "input_required"}, {"inputRequests", std::move(requests)}};
    if (!state.empty()) result["requestState"] = state;
    return result;
}

/// The content of an accepted elicitation; null if the answer is none.
Object const* accepted(Call const& call, std::string_view name) {
    auto const* const answer = call.input(name);
    if (answer == nullptr || get_string(*answer, "action") != "accept") return nullptr;
    return get_object(*answer, "content");
}

constexpr std::string_view ask_name =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
constexpr std::string_view ask_ok = R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})";
constexpr std::string_view ask_color =
    R"({"type":"object","properties":{"color":{"type":"string"}},"required":["color"]})";

Value sampling(std::string_view prompt, int tokens) {
    Object message{{"role", "user"}, {"content", text_item(prompt)}};
    return Value(Object{{"messages", Array{Value(std::move(message))}}, {"maxTokens", tokens}});
}

void add(Catalog& all, std::string name, ToolHandler handler, Object schema = no_arguments()) {
    all.tools.push_back({.name = name,
                         .description = fmt::format("The conformance suite's {}", name),
                         .input_schema = std::move(schema),
                         .call = std::move(handler)});
}

// ---------------------------------------------------------------------------------------------------------------------
// Content, progress, logging

Async<Outcome> with_logging(Call& call, Object) {
    call.log("info", "fixture", "Tool execution started");
    co_await sleep_for(std::chrono::milliseconds(50));
    call.log("info", "fixture", "Tool processing data");
    co_await sleep_for(std::chrono::milliseconds(50));
    call.log("info", "fixture", "Tool execution completed");
    co_return text_result("logged");
}

Async<Outcome> with_progress(Call& call, Object) {
    for (int done = 0; done <= 100; done += 50) {
        if (done > 0) co_await sleep_for(std::chrono::milliseconds(50));
        call.progress(done, 100);
    }
    co_return text_result("progressed");
}

Async<Outcome> reconnect(Call& call, Object) {
    call.suspend();
    co_await sleep_for(std::chrono::milliseconds(100));
    co_return text_result("Reconnection test completed successfully");
}

void add_content(Catalog& all) {
    add(all, "test_simple_text", always(text_result("This is a simple text response for testing.")));
    add(all, "test_image_content", always(content({image_item()})));
    add(all, "test_audio_content",
        always(content({Value(Object{{"type", "audio"}, {"data", silence}, {"mimeType", "audio/wav"}})})));
    add(all, "test_embedded_resource",
        always(content(
            {resource_item("test://embedded-resource", "text/plain", "This is an embedded resource content.")})));
    add(all, "test_multiple_content_types",
        always(content(
            {text_item("Multiple content types test:"), image_item(),
             resource_item("test://mixed-content-resource", "application/json", R"({"test":"data","value":123})")})));
    add(all, "test_error_handling", always(text_result("This tool intentionally returns an error for testing", true)));
    add(all, "test_tool_with_logging", with_logging);
    add(all, "test_logging_tool", with_logging);
    add(all, "test_tool_with_progress", with_progress);
    add(all, "test_reconnection", reconnect);
    add(all, "json_schema_2020_12_tool", always(text_result("ok")), object_of(R"({
        "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
        "$defs":{"address":{"$anchor":"addressDef","type":"object",
            "properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
        "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
            "contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},
            "email":{"type":"string"}},
        "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
        "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
        "then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false})"));
    add(all, "test_x_mcp_header", always(text_result("ok")), object_of(R"({"type":"object",
        "properties":{"region":{"type":"string","x-mcp-header":"Region"}}})"));
}

// ---------------------------------------------------------------------------------------------------------------------
// Questions to the client: legacy

Async<Outcome> ask_and_show(Call& call, std::string capability, std::string method, Object params, std::string show) {
    if (!call.client_can(capability)) co_return text_result("the client has no " + capability, true);
    auto const answer = co_await call.ask(std::move(method), std::move(params));
    if (!answer) co_return text_result(answer.error().message, true);
    co_return text_result(fmt::format(fmt::runtime(show), to_text(Value(*answer))));
}

void add_questions(Catalog& all) {
    auto const text_argument = [](std::string_view name) {
        Object properties;
        properties[name] = Object{{"type", "string"}};
        return Object{{"type", "object"}, {"properties", properties}, {"required", Array{Value(name)}}};
    };
    add(
        all, "test_sampling",
        [](Call& call, Object arguments) -> Async<Outcome> {
            std::string const prompt(get_string(arguments, "prompt").value_or(""));
            co_return co_await ask_and_show(call, "sampling", "sampling/createMessage",
                                            sampling(prompt, 100).as_object(), "LLM response: {}");
        },
        text_argument("prompt"));
    add(
        all, "test_elicitation",
        [](Call& call, Object arguments) -> Async<Outcome> {
            auto const schema = R"({"type":"object","properties":{
                "username":{"type":"string","description":"User's response"},
                "email":{"type":"string","description":"User's email address"}},"required":["username","email"]})";
            auto params = elicitation(get_string(arguments, "message").value_or(""), schema).as_object();
            co_return co_await ask_and_show(call, "elicitation", "elicitation/create", std::move(params),
                                            "User response: {}");
        },
        text_argument("message"));
    auto const elicit = [&all](std::string name, std::string schema) {
        add(all, std::move(name), [schema](Call& call, Object) -> Async<Outcome> {
            auto params = elicitation("Please review", schema).as_object();
            co_return co_await ask_and_show(call, "elicitation", "elicitation/create", std::move(params),
                                            "Elicitation completed: {}");
        });
    };
    elicit("test_elicitation_sep1034_defaults", R"({"type":"object","properties":{
        "name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},
        "score":{"type":"number","default":95.5},
        "status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
        "verified":{"type":"boolean","default":true}}})");
    elicit("test_elicitation_sep1330_enums", R"({"type":"object","properties":{
        "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
        "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},
            {"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
        "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],
            "enumNames":["Option One","Option Two","Option Three"]},
        "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
        "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},
            {"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}}})");
}

// ---------------------------------------------------------------------------------------------------------------------
// Questions to the client: modern

Async<Outcome> greet(Call& call, Object) {
    auto const* const answer = accepted(call, "user_name");
    auto const name = answer == nullptr ? std::nullopt : get_string(*answer, "name");
    if (name) co_return text_result(fmt::format("Hello, {}!", *name));
    Object requests;
    requests["user_name"] = input_request("elicitation/create", elicitation("What is your name?", ask_name));
    co_return input_required(std::move(requests));
}

Async<Outcome> ask_capital(Call& call, Object) {
    if (auto const* const answer = call.input("capital_question")) co_return text_result(to_text(Value(*answer)));
    Object requests;
    requests["capital_question"] =
        input_request("sampling/createMessage", sampling("What is the capital of France?", 100));
    co_return input_required(std::move(requests));
}

Async<Outcome> ask_roots(Call& call, Object) {
    if (auto const* const answer = call.input("client_roots")) co_return text_result(to_text(Value(*answer)));
    Object requests;
    requests["client_roots"] = input_request("roots/list", Value(Object()));
    co_return input_required(std::move(requests));
}

/// Asks for a confirmation with a state that must come back as it was.
Async<Outcome> confirm_with_state(Call& call, Object) {
    constexpr std::string_view state = "confirmation:7f3a";
    if (auto const given = call.request_state()) {
        if (*given != state) co_return refuse(code::invalid_params, "the requestState was changed");
        if (accepted(call, "confirm") != nullptr) co_return text_result("state-ok");
    }
    Object requests;
    requests["confirm"] = input_request("elicitation/create", elicitation("Please confirm", ask_ok));
    co_return input_required(std::move(requests), state);
}

Async<Outcome> ask_several(Call& call, Object) {
    bool const all = accepted(call, "user_name") != nullptr && call.input("greeting") != nullptr &&
                     call.input("client_roots") != nullptr && call.request_state() == "several";
    if (all) co_return text_result("All inputs came");
    Object requests;
    requests["user_name"] = input_request("elicitation/create", elicitation("What is your name?", ask_name));
    requests["greeting"] = input_request("sampling/createMessage", sampling("Generate a greeting", 50));
    requests["client_roots"] = input_request("roots/list", Value(Object()));
    co_return input_required(std::move(requests), "several");
}

Async<Outcome> ask_in_rounds(Call& call, Object) {
    Object requests;
    if (call.request_state() == "round-2" && accepted(call, "step2") != nullptr) co_return text_result("Both came");
    if (call.request_state() == "round-1" && accepted(call, "step1") != nullptr) {
        requests["step2"] =
            input_request("elicitation/create", elicitation("Step 2: What is your favorite color?", ask_color));
        co_return input_required(std::move(requests), "round-2");
    }
    requests["step1"] = input_request("elicitation/create", elicitation("Step 1: What is your name?", ask_name));
    co_return input_required(std::move(requests), "round-1");
}

Async<Outcome> ask_what_the_client_can(Call& call, Object) {
    Object requests;
    if (call.client_can("elicitation"))
        requests["name"] = input_request("elicitation/create", elicitation("What is your name?", ask_name));
    if (call.client_can("sampling"))
        requests["greeting"] = input_request("sampling/createMessage", sampling("Generate a greeting", 50));
    co_return input_required(std::move(requests));
}

Async<Outcome> need_sampling(Call& call, Object) {
    if (!call.client_can("sampling")) co_return std::unexpected(missing_capability("sampling"));
    co_return text_result("ok");
}

void add_rounds(Catalog& all) {
    add(all, "test_input_required_result_elicitation", greet);
    add(all, "test_streaming_elicitation", greet);
    add(all, "test_input_required_result_sampling", ask_capital);
    add(all, "test_input_required_result_list_roots", ask_roots);
    add(all, "test_input_required_result_request_state", confirm_with_state);
    add(all, "test_input_required_result_tampered_state", confirm_with_state);
    add(all, "test_input_required_result_multiple_inputs", ask_several);
    add(all, "test_input_required_result_multi_round", ask_in_rounds);
    add(all, "test_input_required_result_capabilities", ask_what_the_client_can);
    add(all, "test_missing_capability", need_sampling);
}

// ---------------------------------------------------------------------------------------------------------------------
// Resources and prompts

void add_resources(Catalog& all) {
    auto const text = [](std::string mime_type, std::string body) {
        return [mime_type, body](Call&, std::string uri) -> Async<Outcome> {
            co_return resource_result(uri, mime_type, body);
        };
    };
    all.resources.push_back({.uri = "test://static-text",
                             .name = "Static text",
                             .description = "A text",
                             .mime_type = "text/plain",
                             .read = text("text/plain", "This is the content of the static text resource.")});
    all.resources.push_back({.uri = "test://static-binary",
                             .name = "Static binary",
                             .description = "A picture",
                             .mime_type = "image/png",
                             .read = [](Call&, std::string uri) -> Async<Outcome> {
                                 Object item{{"uri", uri}, {"mimeType", "image/png"}, {"blob", red_pixel}};
                                 co_return Object{{"contents", Array{Value(std::move(item))}}};
                             }});
    all.resources.push_back({.uri = "test://watched-resource",
                             .name = "Watched",
                             .description = "May change",
                             .mime_type = "text/plain",
                             .read = text("text/plain", "watched")});
    all.templates.push_back({.uri = "test://template/{id}/data",
                             .name = "Template",
                             .description = "Data by id",
                             .read = [](Call&, std::string uri, Variables variables) -> Async<Outcome> {
                                 auto const& id = variables.at("id");
                                 Object data{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}};
                                 co_return resource_result(uri, "application/json", to_text(Value(std::move(data))));
                             }});
}

Object prompt_of(std::vector<Value> contents) {
    Array messages;
    for (auto& item : contents) messages.emplace_back(Object{{"role", "user"}, {"content", std::move(item)}});
    return Object{{"messages", std::move(messages)}};
}

void add_prompts(Catalog& all) {
    all.prompts.push_back(
        {.name = "test_simple_prompt", .description = "A simple prompt", .get = [](Call&, Variables) -> Async<Outcome> {
             co_return prompt_of({text_item("This is a simple prompt for testing.")});
         }});
    all.prompts.push_back({.name = "test_prompt_with_arguments",
                           .description = "A prompt with arguments",
                           .arguments = {{.name = "arg1", .description = "First", .required = true},
                                         {.name = "arg2", .description = "Second", .required = true}},
                           .get = [](Call&, Variables given) -> Async<Outcome> {
                               co_return prompt_of({text_item(fmt::format("Prompt with arguments: arg1='{}', arg2='{}'",
                                                                          given.at("arg1"), given.at("arg2")))});
                           }});
    all.prompts.push_back({.name = "test_prompt_with_embedded_resource",
                           .description = "A prompt with a resource",
                           .arguments = {{.name = "resourceUri", .description = "What to embed", .required = true}},
                           .get = [](Call&, Variables given) -> Async<Outcome> {
                               co_return prompt_of({resource_item(given.at("resourceUri"), "text/plain",
                                                                  "Embedded resource content for testing."),
                                                    text_item("Please process the embedded resource above.")});
                           }});
    all.prompts.push_back({.name = "test_prompt_with_image",
                           .description = "A prompt with a picture",
                           .get = [](Call&, Variables) -> Async<Outcome> {
                               co_return prompt_of({image_item(), text_item("Please analyze the image above.")});
                           }});
    all.prompts.push_back(
        {.name = "test_input_required_result_prompt",
         .description = "A prompt that asks first",
         .get = [](Call& call, Variables) -> Async<Outcome> {
             if (auto const* const answer = accepted(call, "user_context"))
                 co_return prompt_of({text_item(to_text(Value(*answer)))});
             Object requests;
             requests["user_context"] = input_request(
                 "elicitation/create",
                 elicitation("What context should the prompt use?",
                             R"({"type":"object","properties":{"context":{"type":"string"}},"required":["context"]})"));
             co_return input_required(std::move(requests));
         }});
}

} // namespace

Catalog catalog(Hub& hub) {
    Catalog all{.name = "conformance-fixture", .version = "1.0.0"};
    all.lists_change = true;
    add_content(all);
    add_questions(all);
    add_rounds(all);
    add(all, "test_trigger_tool_change", [&hub](Call&, Object) -> Async<Outcome> {
        hub.tools_changed();
        co_return text_result("changed");
    });
    add(all, "test_trigger_prompt_change", [&hub](Call&, Object) -> Async<Outcome> {
        hub.prompts_changed();
        co_return text_result("changed");
    });
    add_resources(all);
    add_prompts(all);
    all.complete = [](CompletionQuestion question) -> Async<std::vector<std::string>> {
        co_return std::vector<std::string>{question.prefix + "1", question.prefix + "2"};
    };
    return all;
}

} // namespace gem::mcp::fixture
