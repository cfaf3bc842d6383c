// AWS's shared files: ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace gem::dynamodb {

using Profile = std::map<std::string, std::string, std::less<>>; ///< names in lower case to values
using Profiles = std::map<std::string, Profile, std::less<>>;

/// Sections of an INI file as AWS writes it: comments with `#` or `;`, nested settings (indented lines) left out. In a
/// config file a profile's section is `[profile NAME]` or `[default]`, in a credentials file `[NAME]`.
Profiles parse_profiles(std::string_view text, bool config_file);

} // namespace gem::dynamodb
