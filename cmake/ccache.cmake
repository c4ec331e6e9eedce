# ccache, when present. Precompiled headers need two of its checks relaxed, and a header file without a time stamp inside.
if(TANDEM_CCACHE)
  find_program(CCACHE ccache)
endif()
if(TANDEM_CCACHE AND CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
