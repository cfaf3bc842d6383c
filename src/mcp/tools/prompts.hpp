// The prompts: ready questions for an assistant, which name the tools that answer them.
#pragma once

#include <vector>

#include "mcp/catalog.hpp"

namespace gem::mcp {

std::vector<Prompt> product_prompts();

} // namespace gem::mcp
