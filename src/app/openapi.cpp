#include "app/openapi.hpp"

#include "api/openapi.hpp"

namespace gem {

std::string openapi_text() { return api::openapi_document(api::route_table()); }

} // namespace gem
