# What `cmake --install` puts where, and the Debian package out of it (`cpack`). Components: Runtime, the program and what
# belongs to a service; Development, the library (cmake/library.cmake).
include(GNUInstallDirs)

install(TARGETS github-events-monitor RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Runtime)
install(TARGETS gem_sqlite_functions LIBRARY DESTINATION lib/github-events-monitor COMPONENT Runtime)
install(FILES deploy/prometheus/alerts.yml deploy/grafana/dashboard.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/github-events-monitor COMPONENT Runtime)
# The rest depends on the prefix or is made by the program itself, so it is made when it is installed.
install(CODE "set(gem_program \"$<TARGET_FILE:github-events-monitor>\")
set(gem_source \"${CMAKE_SOURCE_DIR}\")
set(gem_work \"${CMAKE_BINARY_DIR}/install\")
set(gem_version \"${PROJECT_VERSION}\")" COMPONENT Runtime)
install(SCRIPT cmake/install_made.cmake COMPONENT Runtime)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME github-events-monitor)
set(CPACK_PACKAGE_VENDOR "The GitHub Events Monitor authors")
set(CPACK_PACKAGE_CONTACT "The GitHub Events Monitor authors <maintainers@github-events-monitor.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# With DESTDIR, so that the prefix is /usr while files are laid down, and /etc is /etc.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL Runtime)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME github-events-monitor)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS fonts-dejavu-core) # texts of PNG charts
set(CPACK_DEBIAN_PACKAGE_SUGGESTS sqlite3)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
"Polls GitHub's Events API, takes webhooks and reads GH Archive files; keeps
every event exactly once in an SQLite file or in Amazon DynamoDB.

Answers over HTTP (JSON, charts, badges), in a dashboard, to AI assistants
(MCP) and on the command line. Comes as a service on 127.0.0.1:8000.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles ${CMAKE_SOURCE_DIR}/deploy/debian/postinst
    ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
