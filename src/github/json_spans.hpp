// Where in the text a value of a parsed document stands: simdjson's document does not tell, its structural index does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace gem::github {

/// Validates and parses `text`, which has simdjson's padding after it. A number beyond the range of machine types is
/// JSON all the same: then the document is made from a copy in `scratch` where such numbers are 0, at the same offsets.
simdjson::error_code parse_json(simdjson::dom::parser& parser, std::string_view text, std::string& scratch,
                                simdjson::dom::element& root);

/// The text of the value of the member that comes as `ordinal` (from 0) in the object that `text` is; `text` was the
/// last thing that `parser` has parsed.
std::string_view member_text(simdjson::dom::parser const& parser, std::string_view text, std::size_t ordinal);

/// The texts of the elements of the array that `text` is; as above.
std::vector<std::string_view> element_texts(simdjson::dom::parser const& parser, std::string_view text);

} // namespace gem::github
