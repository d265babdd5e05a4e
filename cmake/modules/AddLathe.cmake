# Functions that declare Lathe's parts. Each takes what differs and nothing else:
#   add_lathe_dialect(Lathe lathe)            ODS of include/lathe/Dialect/Lathe/IR
#   add_lathe_interface(LatheInterfaces)      ODS of op interfaces
#   add_lathe_passes(LatheTransforms)         Passes.td of the current folder
#   add_lathe_library(LatheFoo A.cpp ... LINK_LIBS ...)
#   add_lathe_dialect_library / add_lathe_pass_library / add_lathe_conversion_library
#                                             the same, entered in the list lathe-opt links
#   add_lathe_tool(lathe-opt A.cpp ... LINK_LIBS ...)
#   add_lathe_unittest(FooTests A.cpp ... LINK_LIBS ...)

# The warnings every part of Lathe is compiled with, and the sanitizers asked for.
function(lathe_configure_compiler)
  add_compile_options(-Wall -Wextra -Wno-unused-parameter)
  # Assertions change the layout of LLVM's classes, llvm::Statistic one of them, so
  # every build has them if the installed LLVM has.
  if(NOT LLVM_ENABLE_ASSERTIONS)
    add_compile_definitions(NDEBUG)
  endif()
  # LLVM is built without exceptions; we follow, so that its headers agree.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
                      $<$<COMPILE_LANGUAGE:CXX>:-Wsuggest-override>)
  if(NOT LLVM_ENABLE_RTTI)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
  endif()
  if(LATHE_SANITIZE)
    # vptr needs the type information of MLIR's own classes, which a shared
    # library does not always export.
    add_compile_options(-fsanitize=${LATHE_SANITIZE} -fno-sanitize=vptr
                        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${LATHE_SANITIZE})
  endif()
endfunction()

# add_lathe_dialect(<Name> <namespace>): generates <Name>{Ops,Types,Attributes,Enums,Dialect}
# from <Name>Ops.td in the current folder.
function(add_lathe_dialect name namespace)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs)
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${namespace})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${namespace})
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  mlir_tablegen(${name}Attributes.h.inc -gen-attrdef-decls
                -attrdefs-dialect=${namespace})
  mlir_tablegen(${name}Attributes.cpp.inc -gen-attrdef-defs
                -attrdefs-dialect=${namespace})
  add_public_tablegen_target(${name}DialectIncGen)
  add_dependencies(mlir-headers ${name}DialectIncGen)
  lathe_add_doc(${name}Ops.td ${name}Dialect -gen-dialect-doc
                -dialect=${namespace})
endfunction()

# add_lathe_ops(<File> <namespace>): generates the ops of <File>.td, which belong to
# a dialect declared elsewhere, and the interfaces it declares.
function(add_lathe_ops name namespace)
  string(REGEX REPLACE "Ops$" "OpInterfaces" interfaces ${name})
  set(LLVM_TARGET_DEFINITIONS ${name}.td)
  mlir_tablegen(${name}.h.inc -gen-op-decls -dialect=${namespace})
  mlir_tablegen(${name}.cpp.inc -gen-op-defs -dialect=${namespace})
  mlir_tablegen(${interfaces}.h.inc -gen-op-interface-decls)
  mlir_tablegen(${interfaces}.cpp.inc -gen-op-interface-defs)
  add_public_tablegen_target(${name}IncGen)
  add_dependencies(mlir-headers ${name}IncGen)
  lathe_add_doc(${name}.td ${name} -gen-op-doc -dialect=${namespace})
endfunction()

# add_lathe_interface(<File>): generates the op interfaces of <File>.td.
function(add_lathe_interface name)
  set(LLVM_TARGET_DEFINITIONS ${name}.td)
  mlir_tablegen(${name}.h.inc -gen-op-interface-decls)
  mlir_tablegen(${name}.cpp.inc -gen-op-interface-defs)
  add_public_tablegen_target(${name}IncGen)
  add_dependencies(mlir-headers ${name}IncGen)
  lathe_add_doc(${name}.td ${name} -gen-op-interface-docs)
endfunction()

# add_lathe_passes(<Name>): generates declarations and docs from Passes.td.
function(add_lathe_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(${name}PassIncGen)
  add_dependencies(mlir-headers ${name}PassIncGen)
  lathe_add_doc(Passes.td ${name}Passes -gen-pass-doc)
endfunction()

# Generates docs/<output>.md in the build tree when `lathe-doc` is built.
function(lathe_add_doc td output)
  set(LLVM_TARGET_DEFINITIONS ${td})
  tablegen(MLIR ${output}.md ${ARGN})
  set(doc ${CMAKE_BINARY_DIR}/docs/${output}.md)
  add_custom_command(OUTPUT ${doc}
    COMMAND ${CMAKE_COMMAND} -E copy
            ${CMAKE_CURRENT_BINARY_DIR}/${output}.md ${doc}
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${output}.md)
  add_custom_target(${output}DocGen DEPENDS ${doc})
  add_dependencies(lathe-doc ${output}DocGen)
endfunction()

# add_lathe_library(<Name> <sources>... [LINK_LIBS ...] [DEPENDS ...])
function(add_lathe_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} mlir-headers ${ARG_DEPENDS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
endfunction()

function(add_lathe_dialect_library name)
  set_property(GLOBAL APPEND PROPERTY LATHE_DIALECT_LIBS ${name})
  add_lathe_library(${name} ${ARGN})
endfunction()

function(add_lathe_pass_library name)
  set_property(GLOBAL APPEND PROPERTY LATHE_PASS_LIBS ${name})
  add_lathe_library(${name} ${ARGN})
endfunction()

function(add_lathe_conversion_library name)
  set_property(GLOBAL APPEND PROPERTY LATHE_CONVERSION_LIBS ${name})
  add_lathe_library(${name} ${ARGN})
endfunction()

# add_lathe_tool(<name> <sources>... [LINK_LIBS ...])
function(add_lathe_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} mlir-headers)
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# add_lathe_unittest(<name> <sources>... [LINK_LIBS ...]): one GoogleTest program, run by ctest.
function(add_lathe_unittest name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} mlir-headers)
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM
                        GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unittests)
  add_dependencies(LatheUnitTests ${name})
  set_property(GLOBAL APPEND PROPERTY LATHE_UNITTESTS ${name})
endfunction()
