// The pieces of the OpenAPI document that one operation is made of.
#pragma once

#include <boost/json/object.hpp>

#include "api/route.hpp"

namespace gem::api {

/// The name under which an example stands in parameters and answers that belong together.
inline constexpr std::string_view usual_example = "usual";

/// `{"$ref": "#/components/KIND/NAME"}`.
boost::json::object reference_to(std::string_view kind, std::string_view name);

/// Parameters that are not members of the body: `{name, in, required, schema, examples …}`, each alias as a row too.
boost::json::array openapi_parameters(Route const& route);

/// The body that a request may have; nothing if none is taken.
std::optional<boost::json::object> openapi_request_body(Route const& route);

/// Answers and refusals by status; schemas of the answers go into `book`.
boost::json::object openapi_responses(Route const& route, SchemaBook& book);

/// `components/headers`: those that answers refer to.
boost::json::object openapi_headers();

/// `components/responses`: the refusals, with the examples of their status.
boost::json::object openapi_problem_responses();

/// `components/schemas/Problem`.
boost::json::object openapi_problem_schema();

} // namespace gem::api
