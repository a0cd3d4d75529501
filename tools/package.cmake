# What `cmake --install BUILD --prefix WHERE` puts where: the libraries with a CMake package (find_package(zmesh),
# zmesh::zmesh), their public headers, the programs with their manual pages, completions and systemd unit, and what
# there is to read. tests/process/install_test tries it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/zmesh)
install(
  TARGETS zmesh_flags
          zmesh_journal
          zmesh_model
          zmesh_core_publisher
          zmesh_core_consumer
          zmesh_wire
          zmesh_io
          zmesh
  EXPORT zmesh-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT zmesh-targets NAMESPACE zmesh:: DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/zmesh-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/zmesh-config.cmake ${CMAKE_BINARY_DIR}/package/zmesh-config-version.cmake
        DESTINATION ${package_dir})
foreach(folder journal mesh mesh/model)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()

install(FILES README.md CHANGELOG.md LICENSE journal/FORMAT.md mesh/wire/PROTOCOL.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(ZMESH_TOOLS)
  install(TARGETS zmesh_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The program writes its manual and completions itself.
  install(
    CODE "file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/package/man\")
          execute_process(COMMAND \"$<TARGET_FILE:zmesh_tool>\" man --to \"${CMAKE_BINARY_DIR}/package/man\"
                          COMMAND_ERROR_IS_FATAL ANY)
          foreach(shell bash zsh)
            execute_process(COMMAND \"$<TARGET_FILE:zmesh_tool>\" completion \${shell}
                            OUTPUT_FILE \"${CMAKE_BINARY_DIR}/package/\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
          endforeach()")
  install(DIRECTORY ${CMAKE_BINARY_DIR}/package/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${CMAKE_BINARY_DIR}/package/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME zmesh)
  install(FILES ${CMAKE_BINARY_DIR}/package/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
          RENAME _zmesh)
  install(FILES tools/zmesh/JSON.md tools/wireshark/zmesh.lua DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

if(ZMESH_NODES)
  install(TARGETS zmeshd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The unit names the program where it really is.
  install(
    CODE "file(READ \"${PROJECT_SOURCE_DIR}/nodes/zmeshd.service\" unit)
          string(REPLACE \"=/usr/bin/\" \"=\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/\" unit \"\${unit}\")
          file(WRITE \"${CMAKE_BINARY_DIR}/package/zmeshd.service\" \"\${unit}\")")
  install(FILES ${CMAKE_BINARY_DIR}/package/zmeshd.service DESTINATION lib/systemd/system)
  install(FILES nodes/GATEWAY.md nodes/zmeshd.toml DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
