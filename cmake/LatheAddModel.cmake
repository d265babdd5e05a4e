# lathe_add_model(<name>
#                 MODEL <file.onnx>
#                 TARGET <target>
#                 [OPTIONS <flag>...]
#                 [DEPENDS <file or target>...])
#
# Adds the static library <name>, which the build makes from the model. What links
# it includes <name>.h and calls <name>_run.
#
#   MODEL    the model; relative to the current source folder.
#   TARGET   as for lathe compile: cortex-m4, x86-64-v3, a board, host ... For a
#            target with the C backend (see lathe targets) the generated C is
#            compiled by the project's own compiler, for others lathe gives the
#            object. The weights of C go into a binary file where the project has
#            enabled the language ASM, and into C arrays elsewhere; the former is
#            much faster to compile when they are large.
#   OPTIONS  more flags of lathe compile, such as --dim batch=1 or --threads=2.
#            With --self-test there is a second library, <name>_self_test.
#   DEPENDS  what the model is rebuilt for besides its file: a file of external
#            data, or the target that trains it.
function(lathe_add_model name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "MODEL;TARGET" "OPTIONS;DEPENDS")
  if(NOT name MATCHES "^[A-Za-z][A-Za-z0-9_]*$")
    message(FATAL_ERROR "lathe_add_model: '${name}' is no identifier in C")
  endif()
  foreach(argument MODEL TARGET)
    if(NOT ARG_${argument})
      message(FATAL_ERROR "lathe_add_model(${name}): ${argument} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "lathe_add_model(${name}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(ARG_OPTIONS MATCHES "(^|;)--?(o|emit|name|weights|target|package)(=|;|$)")
    message(FATAL_ERROR "lathe_add_model(${name}) chooses the flag "
      "'${CMAKE_MATCH_2}' itself; take it out of OPTIONS")
  endif()
  _lathe_get_backend(backend "${ARG_TARGET}")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/lathe/${name}")
  set(headers ${name}.h)
  set(others manifest.json)
  if(backend STREQUAL "llvm")
    set(sources ${name}.o)
    set(flags --emit=obj)
  elseif("ASM" IN_LIST languages)
    set(sources ${name}.c ${name}_weights.S)
    list(APPEND others ${name}_weights.bin)
    set(flags --emit=c --weights=incbin)
  else()
    set(sources ${name}.c ${name}_weights.c)
    list(APPEND headers ${name}_weights.h)
    set(flags --emit=c --weights=c)
  endif()
  set(self_test "")
  if("--self-test" IN_LIST ARG_OPTIONS)
    set(self_test ${name}_self_test.c ${name}_self_test.h)
  endif()
  foreach(list headers others sources self_test)
    list(TRANSFORM ${list} PREPEND "${folder}/")
  endforeach()

  get_filename_component(model "${ARG_MODEL}" ABSOLUTE)
  file(RELATIVE_PATH shown "${CMAKE_SOURCE_DIR}" "${model}")
  add_custom_command(
    OUTPUT ${sources} ${headers} ${self_test}
    BYPRODUCTS ${others}
    COMMAND Lathe::lathe compile "${model}" --target=${ARG_TARGET} ${flags}
            --name=${name} ${ARG_OPTIONS} -o "${folder}"
    DEPENDS "${model}" Lathe::lathe ${ARG_DEPENDS}
    COMMENT "Compiling ${shown} for ${ARG_TARGET}"
    VERBATIM)

  add_library(${name} STATIC ${sources} ${headers})
  set_target_properties(${name} PROPERTIES C_STANDARD 99 LINKER_LANGUAGE C)
  set_source_files_properties(${folder}/${name}.o PROPERTIES
    EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set_source_files_properties(${folder}/${name}_weights.S PROPERTIES
    OBJECT_DEPENDS "${folder}/${name}_weights.bin")
  target_include_directories(${name} PUBLIC "${folder}")
  # The arena holds elements of one type after those of another.
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANG_AND_ID:C,GNU,Clang,AppleClang,ARMClang>:-fno-strict-aliasing>)
  if(NOT MSVC)
    target_link_libraries(${name} PUBLIC m)
  endif()
  if(backend STREQUAL "llvm" AND ARG_OPTIONS MATCHES "--threads[=;]([0-9]+)"
     AND CMAKE_MATCH_1 GREATER 1)
    find_package(OpenMP REQUIRED COMPONENTS C)
    target_link_libraries(${name} PUBLIC OpenMP::OpenMP_C)
  endif()
  if(self_test)
    add_library(${name}_self_test STATIC EXCLUDE_FROM_ALL ${self_test})
    target_link_libraries(${name}_self_test PUBLIC ${name})
  endif()
endfunction()

# Sets `result` to the backend of a target, c or llvm.
function(_lathe_get_backend result target)
  get_target_property(lathe Lathe::lathe IMPORTED_LOCATION)
  execute_process(COMMAND "${lathe}" targets "${target}"
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT output MATCHES "backend +(c|llvm)")
    message(FATAL_ERROR "lathe targets ${target}: ${error}")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()
