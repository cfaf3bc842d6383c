# The library: every room in one archive, with the public header and those that it needs, as
# find_package(GitHubEventsMonitor) finds them after `cmake --install` (component Development).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

get_property(rooms GLOBAL PROPERTY GEM_ROOMS)
list(REMOVE_ITEM rooms gem_cli gem_storage_sqlite_extension) # the program's own
list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(github_events_monitor STATIC EXCLUDE_FROM_ALL ${objects})
set_target_properties(github_events_monitor PROPERTIES EXPORT_NAME GitHubEventsMonitor LINKER_LANGUAGE CXX)
target_compile_features(github_events_monitor INTERFACE cxx_std_23)
target_compile_definitions(github_events_monitor INTERFACE ${GEM_PUBLIC_DEFINITIONS})
target_include_directories(github_events_monitor INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/github_events_monitor/rooms>)
target_link_libraries(github_events_monitor INTERFACE
  Threads::Threads fmt::fmt simdjson::simdjson Boost::boost Boost::json CURL::libcurl OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB
  SQLite::SQLite3 PkgConfig::ZSTD PkgConfig::ISAL PkgConfig::CAIRO prometheus-cpp::core
  tomlplusplus::tomlplusplus)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/GitHubEventsMonitor)
install(TARGETS github_events_monitor EXPORT GitHubEventsMonitor ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT Development EXCLUDE_FROM_ALL)
install(EXPORT GitHubEventsMonitor NAMESPACE GitHubEventsMonitor:: FILE GitHubEventsMonitorTargets.cmake
        DESTINATION ${package_directory} COMPONENT Development EXCLUDE_FROM_ALL)
configure_package_config_file(cmake/GitHubEventsMonitorConfig.cmake.in GitHubEventsMonitorConfig.cmake
                              INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(GitHubEventsMonitorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/GitHubEventsMonitorConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/GitHubEventsMonitorConfigVersion.cmake
        DESTINATION ${package_directory} COMPONENT Development EXCLUDE_FROM_ALL)
install(DIRECTORY include/github_events_monitor DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Development EXCLUDE_FROM_ALL)
# The public header's own: what it returns, and what these are made of.
foreach(room analytics base collector domain github http storage)
  install(DIRECTORY src/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/github_events_monitor/rooms
          COMPONENT Development EXCLUDE_FROM_ALL FILES_MATCHING PATTERN "*.hpp" PATTERN "dynamodb" EXCLUDE PATTERN "sqlite" EXCLUDE)
endforeach()
