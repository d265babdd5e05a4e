//===- CodeSize.cpp - What a C compiler makes of a model ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/CodeSize.h"
#include "ProgramRunner.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace lathe;
namespace fs = llvm::sys::fs;

/// The sources without weights: those at the top of the folder, since Zephyr's
/// and Arduino's are the same.
static std::vector<std::string> getSources(llvm::ArrayRef<OutputFile> files) {
  std::vector<std::string> sources;
  for (const OutputFile &file : files) {
    llvm::StringRef path = file.path;
    if (path.ends_with(".c") && !path.ends_with("_weights.c") &&
        !path.contains('/'))
      sources.push_back(file.path);
  }
  return sources;
}

/// Bytes that go into flash. Sections that are no part of the program in
/// memory, or all zeros, have none.
static int64_t getLoadedBytes(const llvm::object::ObjectFile &object) {
  int64_t bytes = 0;
  for (const llvm::object::SectionRef &section : object.sections())
    if (section.isText() || section.isData())
      bytes += static_cast<int64_t>(section.getSize());
  return bytes;
}

/// The functions that `object` calls and does not have, but for weights, which
/// are no functions.
static std::vector<std::string>
getLibraryFunctions(const llvm::object::ObjectFile &object,
                    llvm::ArrayRef<std::string> names) {
  std::vector<std::string> functions;
  for (const llvm::object::SymbolRef &symbol : object.symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (flags && name && (*flags & llvm::object::SymbolRef::SF_Undefined) &&
        !name->empty() && llvm::none_of(names, [&](const std::string &prefix) {
          return name->starts_with(prefix);
        }))
      functions.push_back(name->str());
    llvm::consumeError(flags.takeError());
    llvm::consumeError(name.takeError());
  }
  llvm::sort(functions);
  return functions;
}

namespace {

/// A temporary folder in which one model is compiled.
class CompiledFolder {
public:
  CompiledFolder(const TargetDescription &target, llvm::StringRef compiler,
                 bool smallCode)
      : target(target), compiler(!compiler.empty()           ? compiler.str()
                                 : !target.cCompiler.empty() ? target.cCompiler
                                                             : "cc"),
        optimization(smallCode ? "-Os" : "-O2") {}
  ~CompiledFolder() {
    if (!directory.empty())
      fs::remove_directories(directory);
  }

  llvm::Expected<CodeSize> measure(llvm::ArrayRef<OutputFile> files);

private:
  llvm::Error compile(llvm::StringRef source);
  llvm::Error add(llvm::StringRef source, CodeSize &size);
  std::string at(const llvm::Twine &file) const {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, file);
    return path.str().str();
  }

  const TargetDescription &target;
  std::string compiler;
  const char *optimization;
  llvm::SmallString<64> directory;
};

} // namespace

/// Compiles `source` to "code.o", and if the compiler can do that with its call
/// graph in "code.ci".
llvm::Error CompiledFolder::compile(llvm::StringRef source) {
  std::vector<std::string> arguments = target.cFlags;
  for (const char *flag : {optimization, "-std=c99", "-fno-strict-aliasing"})
    arguments.push_back(flag);
  arguments.push_back("-I" + directory.str().str());
  arguments.insert(arguments.end(), {"-c", at(source), "-o", at("code.o")});
  std::vector<std::string> withGraph = arguments;
  withGraph.push_back("-fcallgraph-info=su");
  llvm::Error error =
      runProgram(compiler, withGraph, at("log"), "measure the code");
  if (!error)
    return error;
  llvm::consumeError(std::move(error));
  return runProgram(compiler, arguments, at("log"), "measure the code");
}

llvm::Error CompiledFolder::add(llvm::StringRef source, CodeSize &size) {
  if (llvm::Error error = compile(source))
    return error;
  auto object = llvm::object::ObjectFile::createObjectFile(at("code.o"));
  if (!object)
    return object.takeError();
  size.code += getLoadedBytes(*object->getBinary());
  auto graph = llvm::MemoryBuffer::getFile(at("code.ci"));
  if (!graph) {
    size.stack.note = compiler + " has no -fcallgraph-info=su, as GCC has";
    return llvm::Error::success();
  }
  size.stack = findDeepestStack((*graph)->getBuffer());
  // What the compiler calls by itself is in the object alone.
  std::vector<std::string> library = getLibraryFunctions(
      *object->getBinary(), {source.drop_back(2).str() + "_"});
  if (size.stack.bytes && !library.empty())
    size.stack.note = "without that of " + llvm::join(library, ", ");
  return llvm::Error::success();
}

llvm::Expected<CodeSize>
CompiledFolder::measure(llvm::ArrayRef<OutputFile> files) {
  if (std::error_code error =
          fs::createUniqueDirectory("lathe-measure", directory))
    return llvm::createStringError("no temporary folder: " + error.message());
  if (llvm::Error error = writeOutputFiles(directory, files))
    return std::move(error);
  CodeSize size;
  for (const std::string &source : getSources(files))
    if (llvm::Error error = add(source, size))
      return std::move(error);
  return size;
}

llvm::Expected<CodeSize> lathe::measureCode(llvm::ArrayRef<OutputFile> files,
                                            const TargetDescription &target,
                                            llvm::StringRef compiler,
                                            bool smallCode) {
  return CompiledFolder(target, compiler, smallCode).measure(files);
}
