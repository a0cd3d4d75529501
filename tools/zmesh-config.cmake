# find_package(zmesh): what its static libraries link, and then zmesh::zmesh.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(cppzmq 4.9 CONFIG)
find_package(msgpack-cxx CONFIG QUIET)  # newer distributions
if(NOT TARGET msgpack-cxx)
  find_dependency(msgpack 4 CONFIG)  # Debian 12
endif()
find_dependency(PkgConfig)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
include(${CMAKE_CURRENT_LIST_DIR}/zmesh-targets.cmake)
